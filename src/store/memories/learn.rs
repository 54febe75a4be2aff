// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was learned from a session, once it has gone quiet.

use super::remember::remember;
use super::said_again;
use crate::columns::conversation;
use crate::error::RowError;
use crate::passages::{self, BYTES};
use blufio_core::ids::{MessageId, SessionId};
use blufio_core::memory::{MemorySource, NewMemory};
use blufio_core::storage::{Lesson, Quiet, Said, SaidAgain};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

#[cfg(test)]
mod tests;

/// By the index of those sessions that have something new: as a rule few.
pub(crate) const QUIET: &str = "SELECT channel, chat, thread, id, learned_upto, newest
    FROM sessions INDEXED BY sessions_unlearned
    WHERE newest > coalesce(learned_upto, 0) AND (newest_at < ?1 OR ended_at IS NOT NULL)
    ORDER BY newest_at, id LIMIT ?2";

pub(crate) const SAID: &str = passages::select_said!(
    "WHERE m.session = ?1 AND m.id > ?2 AND m.id <= ?3 AND m.forgotten_at IS NULL ORDER BY m.id"
);

const LEARNED_UPTO: &str = "SELECT learned_upto FROM sessions WHERE id = ?1";

const IS_THERE: &str = "SELECT 1 FROM messages WHERE id = ?1 AND session = ?2";

const STANDS_SINCE: &str = "SELECT at FROM messages WHERE id = ?1 AND session = ?2 AND forgotten_at IS NULL";

const FORGOTTEN: &str = "SELECT 1 FROM messages WHERE id = ?1 AND forgotten_at IS NOT NULL";

const LEARN: &str = "UPDATE sessions SET learned_upto = ?2 WHERE id = ?1";

const AGAIN: &str =
    "UPDATE memories SET learned_at = max(learned_at, ?2) WHERE id = ?1 AND replaced_by IS NULL";

pub(super) fn quiet(
    connection: &Connection,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<Quiet>, RowError> {
    let mut quiet = connection.prepare_cached(QUIET)?;
    let rows = quiet.query_map(params![before.0, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        Ok(Quiet {
            conversation: conversation(row)?,
            session: SessionId(row.get(3)?),
            after: row.get::<_, Option<i64>>(4)?.map(MessageId),
            upto: MessageId(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn said(
    connection: &Connection,
    session: SessionId,
    after: Option<MessageId>,
    upto: MessageId,
    limit: usize,
) -> Result<Vec<Said>, RowError> {
    let after = after.map_or(0, |after| after.0);
    let mut said = connection.prepare_cached(SAID)?;
    let mut rows = said.query(params![session.0, after, upto.0])?;
    passages::said(&mut rows, limit, BYTES)
}

/// Stores what was learned, unless another lesson has come as far.
pub(super) fn learn(connection: &Connection, lesson: &Lesson) -> Result<bool, RowError> {
    let Lesson { session, upto, memories, again } = lesson;
    let learned: Option<Option<i64>> =
        connection.prepare_cached(LEARNED_UPTO)?.query_row([session.0], |row| row.get(0)).optional()?;
    let is_there = connection.prepare_cached(IS_THERE)?.exists([upto.0, session.0])?;
    let Some(learned) = learned.filter(|_| is_there) else {
        let refusal = format!("a lesson of session {session} cannot end with message {upto}");
        return Err(RowError::Refused(refusal));
    };
    if learned.is_some_and(|learned| learned >= upto.0) {
        return Ok(false);
    }
    connection.prepare_cached(LEARN)?.execute([session.0, upto.0])?;
    for memory in memories {
        if !is_forgotten(connection, memory)? {
            remember(connection, memory)?;
        }
    }
    for SaidAgain { memory, message } in again {
        let at: Option<i64> = connection
            .prepare_cached(STANDS_SINCE)?
            .query_row([message.0, session.0], |row| row.get(0))
            .optional()?;
        let Some(at) = at else { continue };
        connection.prepare_cached(AGAIN)?.execute([memory.0, at])?;
        said_again::note(connection, *memory, MemorySource::Message(*message))?;
    }
    Ok(true)
}

/// Whether some of the words were forgotten while something was being learned from them.
fn is_forgotten(connection: &Connection, memory: &NewMemory) -> Result<bool, RowError> {
    for message in &memory.also {
        if connection.prepare_cached(FORGOTTEN)?.exists([message.0])? {
            return Ok(true);
        }
    }
    let (sql, id) = match memory.source {
        Some(MemorySource::Message(message)) => (FORGOTTEN, message.0),
        Some(MemorySource::Turn(turn)) => {
            ("SELECT 1 FROM messages WHERE turn = ?1 AND forgotten_at IS NOT NULL", turn.0)
        }
        None => return Ok(false),
    };
    Ok(connection.prepare_cached(sql)?.exists([id])?)
}
