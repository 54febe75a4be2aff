// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `Storage` trait: one file that holds everything, in transactions.
//!
//! It is made of small traits, one a concern, so that each part of the house asks only for what it needs.
//! All methods take the time as an argument. All of them may be dropped at any await: a write that was handed over
//! is then still carried out as a whole.

mod background;
mod backups;
mod error;
mod jobs;
mod ledger;
mod memories;
mod outbox;
mod peers;
mod queue;
mod sessions;

pub use background::{Background, How, Notice, Standstill, Telling};
pub use backups::{Backup, Backups};
pub use error::StorageError;
pub use jobs::{Every, Firing, Job, Jobs, MOST_JOBS, NewJob, When};
pub use ledger::{
    Answer, CallRecord, Cost, CostBy, Feature, Ledger, Limit, Reservation, Reserved, Scope, Standing,
};
pub use memories::{
    Candidate, Candidates, Embedded, Forgetting, Forgotten, Lesson, Memories, MemoryFilter, Quiet,
    RecallQuery, Remembered, Said, SaidAgain, Unembedded,
};
pub use outbox::{Outbox, OutboxRow, OutboxState};
pub use peers::{Pairing, Peer, Peers};
pub use queue::{
    Arrival, Claim, Once, Postponement, Queue, Rank, Settlement, TurnOutcome, TurnRecord, WAITS_FOR_BUDGET,
};
pub use sessions::{Compaction, Sessions, StoredMessage, Summary, Transcript};

use crate::secret::SecretRecords;
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// How the state stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreStats {
    /// Version of the schema.
    pub schema_version: u32,
    /// Messages that wait for an answer, the running ones included.
    pub queue_depth: u64,
    /// When the oldest of them arrived.
    pub queue_oldest: Option<Timestamp>,
    /// Messages on their way out.
    pub outbox_depth: u64,
    /// When the oldest of them was stored.
    pub outbox_oldest: Option<Timestamp>,
    /// Messages that could not be delivered and are no longer tried.
    pub dead_letters: u64,
    /// Sessions, ended ones included.
    pub sessions: u64,
    /// Messages in all transcripts.
    pub messages: u64,
    /// Reminders and open tasks.
    pub open_jobs: u64,
    /// Memories that hold; without those that were replaced.
    #[serde(default)]
    pub memories: u64,
    /// Past words that can be found, in parts of messages.
    #[serde(default)]
    pub passages: u64,
    /// Size of the main file, bytes.
    pub file_bytes: u64,
    /// Size of the write-ahead log, bytes.
    pub wal_bytes: u64,
    /// When the newest backup beside the state was made.
    #[serde(default)]
    pub newest_backup: Option<Timestamp>,
}

/// A state that has passed its self-test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Examined {
    /// Version of its schema.
    pub schema: u32,
    /// The version that the program knows.
    pub known: u32,
}

/// Everything that is kept.
#[async_trait]
pub trait Storage:
    Queue + Outbox + Sessions + Ledger + Jobs + Background + Memories + Peers + SecretRecords + Backups
{
    /// How the state stands at `now`: a backup that bears a later name does not count as the newest, since the clock was wrong
    /// when it was made.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn stats(&self, now: Timestamp) -> Result<StoreStats, StorageError>;

    /// Writes a mark, reads it back, and looks through the file for damage: a small file each time, a large one once a
    /// day. Cheap enough for every minute.
    ///
    /// # Errors
    /// What is wrong with the state.
    async fn examine(&self, now: Timestamp) -> Result<Examined, StorageError>;

    /// Writes a consistent copy of everything to `target`, which must not exist.
    ///
    /// # Errors
    /// When the copy cannot be made; then there is no `target`.
    async fn snapshot(&self, target: &std::path::Path) -> Result<(), StorageError>;
}
