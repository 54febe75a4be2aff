// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reminders and open tasks. Telling one moves it to its next instant, or closes it, in the transaction that puts the
//! messages on their way: so it is told once for each instant, whatever happens in between.

use crate::background;
use crate::columns::{Due, conversation, from_json, to_json};
use crate::error::RowError;
use crate::store::Store;
use crate::writer::Durability;
use async_trait::async_trait;
use blufio_core::ids::{Conversation, JobId};
use blufio_core::storage::{Firing, Job, Jobs, MOST_JOBS, NewJob, StorageError, When};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::sync::PoisonError;

#[cfg(test)]
mod tests;

pub(crate) const WITH_KEY: &str =
    "SELECT channel, chat, thread, id, text, due, created_at FROM jobs WHERE key = ?1";

pub(crate) const COUNT_OPEN: &str = "SELECT count(*) FROM jobs INDEXED BY jobs_open
    WHERE closed_at IS NULL AND channel = ?1 AND chat = ?2 AND thread = ?3";

const ADD: &str = "INSERT INTO jobs (key, channel, chat, thread, text, due, due_at, created_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

pub(crate) const OPEN: &str = "SELECT channel, chat, thread, id, text, due, created_at
    FROM jobs INDEXED BY jobs_open WHERE closed_at IS NULL ORDER BY due_at IS NULL, due_at, id";

pub(crate) const OPEN_OF: &str = "SELECT channel, chat, thread, id, text, due, created_at
    FROM jobs INDEXED BY jobs_open WHERE closed_at IS NULL AND channel = ?1 AND chat = ?2 AND thread = ?3
    ORDER BY due_at IS NULL, due_at, id";

const CLOSE: &str = "UPDATE jobs SET closed_at = ?5
    WHERE id = ?1 AND channel = ?2 AND chat = ?3 AND thread = ?4 AND closed_at IS NULL";

pub(crate) const WITH_TIME: &str = "SELECT channel, chat, thread, id, text, due, created_at, due_at
    FROM jobs INDEXED BY jobs_due WHERE closed_at IS NULL AND due_at IS NOT NULL ORDER BY due_at, id";

/// `closed_at` is for the year after which it is dropped.
const MOVE_ON: &str = "UPDATE jobs SET due = coalesce(?3, due), due_at = coalesce(?4, due_at), closed_at = ?5
    WHERE id = ?1 AND due_at = ?2 AND closed_at IS NULL RETURNING channel, chat, thread";

#[async_trait]
impl Jobs for Store {
    async fn add_job(&self, job: NewJob, now: Timestamp) -> Result<Job, StorageError> {
        self.write(Durability::Now, move |connection| add(connection, job, now)).await
    }

    async fn open_jobs(&self, conversation: Option<&Conversation>) -> Result<Vec<Job>, StorageError> {
        let conversation = conversation.cloned();
        let (jobs, unreadable) = self
            .read(move |connection| {
                let mut open = connection.prepare_cached(match conversation {
                    Some(_) => OPEN_OF,
                    None => OPEN,
                })?;
                let mut rows = match &conversation {
                    Some(Conversation { channel, chat, thread }) => {
                        open.query(params![channel, chat, thread])?
                    }
                    None => open.query([])?,
                };
                let (mut jobs, mut unreadable) = (Vec::new(), Vec::new());
                while let Some(row) = rows.next()? {
                    match job(row) {
                        Ok(job) => jobs.push(job),
                        Err(error) => unreadable.push((row.get(3)?, error.to_string())),
                    }
                }
                Ok((jobs, unreadable))
            })
            .await?;
        self.complain(unreadable);
        Ok(jobs)
    }

    async fn close_job(
        &self,
        conversation: &Conversation,
        id: JobId,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let Conversation { channel, chat, thread } = conversation.clone();
        self.write(Durability::Now, move |connection| {
            let mut close = connection.prepare_cached(CLOSE)?;
            Ok(close.execute(params![id.0, channel, chat, thread, now.0])? == 1)
        })
        .await
    }

    async fn due_jobs(
        &self,
        now: Timestamp,
        channels: &[String],
        limit: usize,
    ) -> Result<(Vec<Job>, Option<Timestamp>), StorageError> {
        let channels = channels.to_vec();
        let (jobs, next, unreadable) = self
            .read(move |connection| {
                let mut due = Due::at(now, limit);
                // One that cannot be read must not keep the others back.
                let mut unreadable = Vec::new();
                let mut with_time = connection.prepare_cached(WITH_TIME)?;
                let mut rows = with_time.query([])?;
                while due.next.is_none()
                    && let Some(row) = rows.next()?
                {
                    if !conversation(row).is_ok_and(|at| channels.contains(&at.channel)) {
                        continue;
                    }
                    let at = Timestamp(row.get(7)?);
                    match job(row) {
                        Ok(job) => due.consider(at, || job),
                        Err(error) if at <= now => unreadable.push((row.get(3)?, error.to_string())),
                        // In time for its instant it may have been repaired.
                        Err(_) => {}
                    }
                }
                Ok((due.items, due.next, unreadable))
            })
            .await?;
        self.complain(unreadable);
        Ok((jobs, next))
    }

    async fn fire(&self, firing: Firing, now: Timestamp) -> Result<bool, StorageError> {
        self.write(Durability::Now, move |connection| fire(connection, &firing, now)).await
    }
}

impl Store {
    /// Logs, once for each, jobs that cannot be read: the number of the row, and why. They are left as they are.
    fn complain(&self, unreadable: Vec<(i64, String)>) {
        let mut known = self.inner.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, error) in unreadable {
            if known.insert(id) {
                tracing::error!(
                    id,
                    error,
                    "a reminder or task cannot be read and is passed over; mend or delete its row"
                );
            }
        }
    }
}

fn add(connection: &Connection, new: NewJob, now: Timestamp) -> Result<Job, RowError> {
    let NewJob { key, conversation, text, due } = new;
    let known = {
        let mut with_key = connection.prepare_cached(WITH_KEY)?;
        let mut rows = with_key.query([&key])?;
        rows.next()?.map(job).transpose()?
    };
    match known {
        Some(known) if known.conversation == conversation => return Ok(known),
        Some(Job { id, .. }) => {
            // Returned, it would show one person's reminder to another.
            return Err(RowError::Refused(format!("job {id} of another conversation has the same key")));
        }
        None => {}
    }
    let Conversation { channel, chat, thread } = &conversation;
    let mut open = connection.prepare_cached(COUNT_OPEN)?;
    let open: i64 = open.query_row(params![channel, chat, thread], |row| row.get(0))?;
    if usize::try_from(open).unwrap_or(usize::MAX) >= MOST_JOBS {
        return Err(RowError::Refused(format!(
            "the conversation {conversation} has {open} open reminders and tasks already; close some of them"
        )));
    }
    let (json, at) = columns(due.as_ref())?;
    let values = params![key, channel, chat, thread, text, json, at, now.0];
    connection.prepare_cached(ADD)?.execute(values)?;
    Ok(Job { id: JobId(connection.last_insert_rowid()), conversation, text, due, created_at: now })
}

fn fire(connection: &Connection, firing: &Firing, now: Timestamp) -> Result<bool, RowError> {
    let Firing { job, scheduled, next, transcript, outbox } = firing;
    if next.as_ref().is_some_and(|next| next.at <= *scheduled) {
        // It would be due at once again, for ever.
        return Err(RowError::Refused(format!("job {job} cannot come again before it has come")));
    }
    let (json, at) = columns(next.as_ref())?;
    let closed = next.is_none().then_some(now.0);
    let mut move_on = connection.prepare_cached(MOVE_ON)?;
    let told = move_on.query_row(params![job.0, scheduled.0, json, at, closed], conversation).optional()?;
    let Some(conversation) = told else { return Ok(false) };
    background::say(connection, &conversation, outbox, transcript, now)?;
    Ok(true)
}

/// A time as it is stored: whole, and its instant.
fn columns(due: Option<&When>) -> Result<(Option<String>, Option<i64>), RowError> {
    Ok((due.map(to_json).transpose()?, due.map(|due| due.at.0)))
}

fn job(row: &Row<'_>) -> Result<Job, RowError> {
    Ok(Job {
        conversation: conversation(row)?,
        id: JobId(row.get(3)?),
        text: row.get(4)?,
        due: row.get::<_, Option<String>>(5)?.map(|due| from_json(&due)).transpose()?,
        created_at: Timestamp(row.get(6)?),
    })
}
