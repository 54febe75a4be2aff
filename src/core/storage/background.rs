// SPDX-License-Identifier: MIT OR Apache-2.0
use super::StorageError;
use crate::content::Message;
use crate::ids::{Conversation, NoticeId};
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that the agent has to say of its own accord.
#[derive(Clone, Debug, PartialEq)]
pub struct Telling {
    /// To whom.
    pub conversation: Conversation,
    /// How.
    pub how: How,
    /// Values that change with it, in the same transaction; see [`Background::note`].
    pub notes: Vec<(String, String)>,
}

/// How something is told.
#[derive(Clone, Debug, PartialEq)]
pub enum How {
    /// At once.
    Now {
        /// Messages to send, as the channel rendered them.
        outbox: Vec<Value>,
        /// What joins the transcript of the conversation's open session; one is opened if there is none.
        transcript: Vec<Message>,
    },
    /// With the next answer in the conversation.
    WithNext {
        /// The words.
        text: String,
    },
}

/// Words that wait for the next answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The row.
    pub id: NoticeId,
    /// The words, Markdown.
    pub text: String,
    /// When they were written.
    pub at: Timestamp,
}

/// Why work in the background stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standstill {
    /// What happened, for people.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What the agent does unasked: what it has seen, what it has to say, and whether it may.
#[async_trait]
pub trait Background: Send + Sync {
    /// A small value that is kept under a name: digests of what is watched, when the last look was.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn noted(&self, name: &str) -> Result<Option<String>, StorageError>;

    /// Keeps small values under their names, all or none.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn note(&self, notes: Vec<(String, String)>) -> Result<(), StorageError>;

    /// Says something, or keeps it for the next answer.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn tell(&self, telling: Telling, now: Timestamp) -> Result<(), StorageError>;

    /// Notices that wait for the next answer in a conversation, oldest first. They are marked as told by
    /// [`Settlement::told`](super::Settlement::told).
    ///
    /// # Errors
    /// When they cannot be read.
    async fn notices(&self, conversation: &Conversation) -> Result<Vec<Notice>, StorageError>;

    /// Moves the notices that wait in other conversations to this one, behind its own; at most as many wait as ever.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn move_notices(&self, to: &Conversation) -> Result<(), StorageError>;

    /// The private conversation in which one of these people (channel, sender) was last answered; an empty sender
    /// stands for everybody on that channel.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn last_private(&self, people: &[(String, String)]) -> Result<Option<Conversation>, StorageError>;

    /// Why background work stands still, if it does.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn standstill(&self) -> Result<Option<Standstill>, StorageError>;

    /// Stops all background work, with a reason, or lets it go on.
    ///
    /// # Errors
    /// When it was not stored.
    async fn set_standstill(&self, why: Option<Standstill>) -> Result<(), StorageError>;
}
