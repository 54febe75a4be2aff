// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reminders kept in memory, for the tests.
#![allow(clippy::unwrap_used)]

use async_trait::async_trait;
use blufio_core::ids::{Conversation, JobId, QueueId};
use blufio_core::memory::MemoryScope;
use blufio_core::skill::ToolContext;
use blufio_core::storage::{Firing, Job, Jobs, MOST_JOBS, NewJob, StorageError};
use blufio_core::time::Timestamp;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Who asks in the tests.
pub(crate) fn asked(key: &str) -> ToolContext {
    let scope = MemoryScope::Person { channel: "test".into(), sender: "7".into() };
    ToolContext {
        conversation: Conversation::new("test", "7"),
        key: key.into(),
        turn: QueueId(70),
        scopes: vec![MemoryScope::Agent, scope.clone()],
        forgettable: vec![scope.clone()],
        scope,
        said: String::new(),
        foreign: false,
    }
}

/// Reminders kept in memory. Their ids are counted from 1.
#[derive(Default)]
pub(crate) struct Notebook {
    /// Key, job, and whether it is open.
    jobs: Mutex<Vec<(String, Job, bool)>>,
    failing: AtomicBool,
}

impl Notebook {
    /// From now on every call fails.
    pub(crate) fn fail(&self) {
        self.failing.store(true, Ordering::Relaxed);
    }

    /// The open ones, oldest first.
    pub(crate) fn open(&self) -> Vec<Job> {
        self.jobs.lock().unwrap().iter().filter(|(_, _, open)| *open).map(|(_, job, _)| job.clone()).collect()
    }

    fn check(&self) -> Result<(), StorageError> {
        if self.failing.load(Ordering::Relaxed) {
            return Err(StorageError::Full { path: "/var/lib/blufio/blufio.db".into() });
        }
        Ok(())
    }
}

#[async_trait]
impl Jobs for Notebook {
    async fn add_job(&self, new: NewJob, now: Timestamp) -> Result<Job, StorageError> {
        self.check()?;
        let full = self.open().len() >= MOST_JOBS;
        let mut jobs = self.jobs.lock().unwrap();
        if let Some((_, job, _)) = jobs.iter().find(|(key, _, _)| *key == new.key) {
            return Ok(job.clone());
        }
        if full {
            return Err(StorageError::Unexpected("too many open reminders".into()));
        }
        let id = JobId(i64::try_from(jobs.len()).unwrap() + 1);
        let job = Job { id, conversation: new.conversation, text: new.text, due: new.due, created_at: now };
        jobs.push((new.key, job.clone(), true));
        Ok(job)
    }

    async fn open_jobs(&self, conversation: Option<&Conversation>) -> Result<Vec<Job>, StorageError> {
        self.check()?;
        let mut open = self.open();
        open.retain(|job| conversation.is_none_or(|wanted| *wanted == job.conversation));
        open.sort_by_key(|job| (job.due.is_none(), job.due.as_ref().map(|due| due.at)));
        Ok(open)
    }

    async fn close_job(
        &self,
        conversation: &Conversation,
        id: JobId,
        _now: Timestamp,
    ) -> Result<bool, StorageError> {
        self.check()?;
        let mut jobs = self.jobs.lock().unwrap();
        let found =
            jobs.iter_mut().find(|(_, job, open)| job.id == id && job.conversation == *conversation && *open);
        Ok(found.map(|(_, _, open)| *open = false).is_some())
    }

    async fn due_jobs(
        &self,
        _now: Timestamp,
        _channels: &[String],
        _limit: usize,
    ) -> Result<(Vec<Job>, Option<Timestamp>), StorageError> {
        Err(StorageError::Unexpected("no tool asks for what is due".into()))
    }

    async fn fire(&self, _firing: Firing, _now: Timestamp) -> Result<bool, StorageError> {
        Err(StorageError::Unexpected("no tool tells a reminder".into()))
    }
}
