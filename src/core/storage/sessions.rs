// SPDX-License-Identifier: MIT OR Apache-2.0
use super::StorageError;
use crate::content::Message;
use crate::ids::{Conversation, QueueId, SessionId};
use crate::money::{NanoUsd, Usage};
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// One provider call that used something, also one that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Id of the model.
    pub model: String,
    /// `ok`, or the class of the error.
    pub class: String,
    /// What it used.
    pub usage: Usage,
    /// What that costs.
    pub cost: NanoUsd,
    /// From the request to the end of the answer, milliseconds.
    pub took_ms: u64,
    /// When it ended.
    pub at: Timestamp,
}

/// Transcripts.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The open session of a conversation; opened now if there is none.
    ///
    /// # Errors
    /// When it cannot be read or written.
    async fn session(&self, conversation: &Conversation, now: Timestamp) -> Result<SessionId, StorageError>;

    /// The transcript of a session, oldest first. At most the last `limit` messages.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn history(&self, session: SessionId, limit: usize) -> Result<Vec<Message>, StorageError>;

    /// How many messages the transcript of a session has.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn history_length(&self, session: SessionId) -> Result<usize, StorageError>;

    /// The newest provider calls with the turns that made them, oldest first. At most `limit`.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn calls(&self, limit: usize) -> Result<Vec<(QueueId, CallRecord)>, StorageError>;
}
