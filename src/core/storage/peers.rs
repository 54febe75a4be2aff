// SPDX-License-Identifier: MIT OR Apache-2.0
use super::StorageError;
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Someone who wrote to the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Name of the channel.
    pub channel: String,
    /// The person's id on it.
    pub sender: String,
    /// The name that the person bore when asking.
    pub name: String,
    /// When the operator let the person in; `None` while not.
    pub approved_at: Option<Timestamp>,
    /// When the person first asked.
    pub asked_at: Timestamp,
    /// The pairing code, while it is valid.
    pub code: Option<String>,
}

/// What came of a stranger's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// A code was made for the stranger, who must be told.
    New {
        /// The code.
        code: String,
    },
    /// The stranger has a valid code already and need not be told again, unless the telling was cut short.
    Pending {
        /// The code.
        code: String,
    },
    /// Too many strangers are waiting; this one is not answered.
    Full,
    /// No stranger: the operator has let him in meanwhile.
    Approved,
}

/// Who may talk to the agent.
#[async_trait]
pub trait Peers: Send + Sync {
    /// Whether the operator has let this person in.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn is_approved(&self, channel: &str, sender: &str) -> Result<bool, StorageError>;

    /// A stranger wrote: remembers `code` for him until `expires`, unless he has one that is still valid, or more
    /// than `most` strangers are waiting.
    ///
    /// # Errors
    /// When it was not stored.
    async fn ask_pairing(
        &self,
        peer: Peer,
        expires: Timestamp,
        most: usize,
        now: Timestamp,
    ) -> Result<Pairing, StorageError>;

    /// Lets the person in who holds this code. `None`: no such code, or it has expired.
    ///
    /// # Errors
    /// When it was not stored.
    async fn approve(&self, code: &str, now: Timestamp) -> Result<Option<Peer>, StorageError>;

    /// Forgets a person; says whether he was known.
    ///
    /// # Errors
    /// When it was not stored.
    async fn remove_peer(&self, channel: &str, sender: &str) -> Result<bool, StorageError>;

    /// Everyone known, newest first. Expired codes are left out of their rows.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn peers(&self, now: Timestamp) -> Result<Vec<Peer>, StorageError>;
}
