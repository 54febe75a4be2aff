// SPDX-License-Identifier: MIT OR Apache-2.0
use super::StorageError;
use crate::channel::Delivery;
use crate::ids::{Conversation, OutboxId, QueueId};
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// State of an outbox row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// To be sent.
    Waiting,
    /// Accepted by the channel's service.
    Sent,
    /// Given up.
    Dead,
}

/// One message on its way out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// The row.
    pub id: OutboxId,
    /// Where it goes.
    pub conversation: Conversation,
    /// The turn that it answers.
    pub turn: Option<QueueId>,
    /// What the channel rendered.
    pub payload: Value,
    /// Its state.
    pub state: OutboxState,
    /// Failed tries so far.
    pub attempts: u32,
    /// What went wrong last.
    pub error: Option<String>,
    /// When it was stored.
    pub created_at: Timestamp,
}

impl OutboxRow {
    /// As it is handed to the channel.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        Delivery {
            id: self.id,
            conversation: self.conversation.clone(),
            turn: self.turn,
            payload: self.payload.clone(),
        }
    }
}

/// Messages on their way out.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// The oldest waiting row of each conversation of `channels`, if it is due, without the conversations in `busy`;
    /// at most `limit`. With it, the next instant at which another one becomes due. Rows of one conversation leave in order.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    async fn outbox_due(
        &self,
        now: Timestamp,
        channels: &[String],
        busy: &[Conversation],
        limit: usize,
    ) -> Result<(Vec<OutboxRow>, Option<Timestamp>), StorageError>;

    /// The channel has accepted the row, under `external_id`.
    ///
    /// # Errors
    /// When it was not stored; then the row will be sent again.
    async fn outbox_sent(&self, id: OutboxId, external_id: &str, now: Timestamp) -> Result<(), StorageError>;

    /// The row is tried again, not before `until`.
    ///
    /// # Errors
    /// When it was not stored.
    async fn outbox_retry(&self, id: OutboxId, until: Timestamp, error: &str) -> Result<(), StorageError>;

    /// The row is given up and can be seen among the dead letters.
    ///
    /// # Errors
    /// When it was not stored.
    async fn outbox_dead(&self, id: OutboxId, error: &str) -> Result<(), StorageError>;

    /// Rows that were given up, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<OutboxRow>, StorageError>;

    /// A dead row waits again; says whether there was one with this id.
    ///
    /// # Errors
    /// When it was not stored.
    async fn redeliver(&self, id: OutboxId) -> Result<bool, StorageError>;
}
