// SPDX-License-Identifier: MIT OR Apache-2.0
use super::StorageError;
use crate::content::Message;
use crate::ids::{Conversation, MessageId, SessionId};
use crate::route::{Decision, Route};
use crate::time::Timestamp;
use async_trait::async_trait;

/// A message of a transcript.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMessage {
    /// The row.
    pub id: MessageId,
    /// The message.
    pub message: Message,
}

/// What stands for the older part of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The last message that it stands for.
    pub upto: MessageId,
    /// The summary.
    pub text: String,
}

/// The transcript of a session, as the model is shown it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// What stands for everything before `messages`, if that was summarised.
    pub summary: Option<Summary>,
    /// When that was swapped in.
    pub summarised_at: Option<Timestamp>,
    /// The messages behind it, oldest first.
    pub messages: Vec<StoredMessage>,
}

/// A summary that takes the place of the older part of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compaction {
    /// The session.
    pub session: SessionId,
    /// The summary that it was made from, by its last message. `None`: there was none.
    pub after: Option<MessageId>,
    /// The new summary.
    pub summary: Summary,
}

/// Transcripts.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The open session of a conversation; opened now if there is none.
    ///
    /// # Errors
    /// When it cannot be read or written.
    async fn session(&self, conversation: &Conversation, now: Timestamp) -> Result<SessionId, StorageError>;

    /// The transcript of a session: its summary, and at most the last `limit` messages behind it.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn transcript(&self, session: SessionId, limit: usize) -> Result<Transcript, StorageError>;

    /// The transcript of a session from its other end: its summary, and at most the first `limit` messages behind it, no
    /// more of them once they come to `bytes` as they are stored. At least one, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn oldest(
        &self,
        session: SessionId,
        limit: usize,
        bytes: usize,
    ) -> Result<Transcript, StorageError>;

    /// How many messages the transcript of a session has, summarised ones included.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn transcript_length(&self, session: SessionId) -> Result<usize, StorageError>;

    /// Swaps a summary in, in one transaction. The messages that it stands for stay stored. Says `false`, and changes
    /// nothing, when the session has been summarised anew meanwhile, or has ended.
    ///
    /// # Errors
    /// When it was not stored.
    async fn compact(&self, compaction: Compaction, now: Timestamp) -> Result<bool, StorageError>;

    /// What was decided for the last answers of a session and when they were settled, oldest first. At most `limit`.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn decisions(
        &self,
        session: SessionId,
        limit: usize,
    ) -> Result<Vec<(Decision, Timestamp)>, StorageError>;

    /// The route that the person has pinned in a conversation.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn pin(&self, conversation: &Conversation) -> Result<Option<Route>, StorageError>;

    /// Pins a route for a conversation, or unpins it.
    ///
    /// # Errors
    /// When it was not stored.
    async fn set_pin(&self, conversation: &Conversation, route: Option<Route>) -> Result<(), StorageError>;
}
