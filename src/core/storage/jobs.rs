// SPDX-License-Identifier: MIT OR Apache-2.0
use super::StorageError;
use crate::content::Message;
use crate::ids::{Conversation, JobId};
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How often a reminder comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Each day.
    Day,
    /// Monday to Friday.
    Weekday,
    /// The same day of each week.
    Week,
    /// The same day of each month, or its last where it is shorter.
    Month,
    /// The same day of each year.
    Year,
}

/// When a reminder comes: the wall clock of a place, and the instant that it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// Date and time on the wall clock, `2026-03-29T09:00:00`. What repeats is this, and not the instant.
    pub local: String,
    /// IANA name of the time zone.
    pub zone: String,
    /// The instant.
    pub at: Timestamp,
    /// Whether, and how, it comes back.
    pub every: Option<Every>,
}

/// A reminder, or a task that is open (a reminder without a time).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The row.
    pub id: JobId,
    /// Where it was asked for, and where it is told.
    pub conversation: Conversation,
    /// What to say.
    pub text: String,
    /// When it is due next. `None`: an open task.
    pub due: Option<When>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A job that is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Names the request: the same key twice is the same job, so that a repeated tool call makes one.
    pub key: String,
    /// Where it was asked for.
    pub conversation: Conversation,
    /// What to say.
    pub text: String,
    /// When.
    pub due: Option<When>,
}

/// A due job that is told: written in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// The job.
    pub job: JobId,
    /// The instant for which it was due: the other half of the key under which it is told once.
    pub scheduled: Timestamp,
    /// When it is due next; `None`: it is done.
    pub next: Option<When>,
    /// What joins the transcript of the conversation's open session; one is opened if there is none.
    pub transcript: Vec<Message>,
    /// Messages to send, as the channel rendered them.
    pub outbox: Vec<Value>,
}

/// Reminders and open tasks.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Stores a job; one with the same key is returned as it is.
    ///
    /// # Errors
    /// When it was not stored, or the conversation has [`MOST_JOBS`] open ones already.
    async fn add_job(&self, job: NewJob, now: Timestamp) -> Result<Job, StorageError>;

    /// The open jobs of a conversation, or of all: those with a time first, by time, then the others, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn open_jobs(&self, conversation: Option<&Conversation>) -> Result<Vec<Job>, StorageError>;

    /// Ends a job of this conversation; says whether it was open.
    ///
    /// # Errors
    /// When it was not stored.
    async fn close_job(
        &self,
        conversation: &Conversation,
        id: JobId,
        now: Timestamp,
    ) -> Result<bool, StorageError>;

    /// Jobs of these channels that are due, oldest first, at most `limit`; with them, the next instant at which another one is.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn due_jobs(
        &self,
        now: Timestamp,
        channels: &[String],
        limit: usize,
    ) -> Result<(Vec<Job>, Option<Timestamp>), StorageError>;

    /// Tells a due job, once: says `false`, and writes nothing, when it is no longer due at `scheduled`.
    ///
    /// # Errors
    /// When it was not stored.
    async fn fire(&self, firing: Firing, now: Timestamp) -> Result<bool, StorageError>;
}

/// Most open jobs of one conversation.
pub const MOST_JOBS: usize = 500;
