// SPDX-License-Identifier: MIT OR Apache-2.0
//! What stands for the older part of a transcript. A session has one summary at most, the newest; the messages that it
//! stands for stay stored.

use crate::error::RowError;
use blufio_core::ids::{MessageId, SessionId};
use blufio_core::storage::{Compaction, Summary};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

#[cfg(test)]
mod tests;

const SUMMARY_OF: &str = "SELECT upto, text, at FROM summaries WHERE session = ?1";

const IS_OPEN: &str = "SELECT 1 FROM sessions WHERE id = ?1 AND ended_at IS NULL";

const IS_MESSAGE_OF: &str = "SELECT 1 FROM messages WHERE id = ?1 AND session = ?2";

const PUT: &str = "INSERT INTO summaries (session, upto, text, at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (session) DO UPDATE SET upto = excluded.upto, text = excluded.text, at = excluded.at";

/// A summary is made within this time, milliseconds. One that was begun before something was forgotten may still tell it.
const IN_THE_MAKING: i64 = 15 * 60 * 1000;

pub(crate) const JUST_FORGOTTEN: &str = "SELECT 1 FROM messages INDEXED BY messages_forgotten
    WHERE session = ?1 AND forgotten_at IS NOT NULL AND id <= ?2 AND forgotten_at > ?3";

/// The summary of a session, and when it was swapped in.
pub(crate) fn of(
    connection: &Connection,
    session: SessionId,
) -> Result<Option<(Summary, Timestamp)>, RowError> {
    let mut summary = connection.prepare_cached(SUMMARY_OF)?;
    let summary = summary.query_row([session.0], |row| {
        Ok((Summary { upto: MessageId(row.get(0)?), text: row.get(1)? }, Timestamp(row.get(2)?)))
    });
    Ok(summary.optional()?)
}

/// Swaps a summary in, unless there is another one than it was made from, the session has ended, or something of what it stands
/// for was forgotten just now.
pub(crate) fn compact(
    connection: &Connection,
    compaction: &Compaction,
    now: Timestamp,
) -> Result<bool, RowError> {
    let Compaction { session, after, summary: Summary { upto, text } } = compaction;
    let found = of(connection, *session)?.map(|(summary, _)| summary.upto);
    if found != *after || !connection.prepare_cached(IS_OPEN)?.exists([session.0])? {
        return Ok(false);
    }
    let goes_forward = after.is_none_or(|after| after < *upto);
    if !goes_forward || !connection.prepare_cached(IS_MESSAGE_OF)?.exists([upto.0, session.0])? {
        let refusal = format!("a summary of session {session} cannot stand for messages up to {upto}");
        return Err(RowError::Refused(refusal));
    }
    let made_since = now.0.saturating_sub(IN_THE_MAKING);
    if connection.prepare_cached(JUST_FORGOTTEN)?.exists([session.0, upto.0, made_since])? {
        return Ok(false);
    }
    connection.prepare_cached(PUT)?.execute(params![session.0, upto.0, text, now.0])?;
    Ok(true)
}
