// SPDX-License-Identifier: MIT OR Apache-2.0
//! What becomes of a running turn: its progress is kept, it is settled, or it goes back into the queue.

use crate::columns::{conversation, to_json};
use crate::error::RowError;
use crate::memories::{DROP_FROM_QUEUE, DROP_MERGED};
use crate::{answers, background, outbox, retention, sessions};
use blufio_core::ids::{Conversation, QueueId, SessionId};
use blufio_core::storage::{Once, Postponement, Settlement, TurnOutcome, TurnRecord};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

#[cfg(test)]
mod tests;

const KEEP_PROGRESS: &str = "UPDATE queue SET turn = ?2 WHERE id = ?1 AND state = 'running'";

pub(crate) const FINISH: &str = "UPDATE queue SET state = 'done', outcome = ?2, finished_at = ?3, turn = NULL
    WHERE id = ?1 AND state = 'running'
    RETURNING channel, chat, thread, payload ->> '$.sender.id', payload ->> '$.private'";

const FINISH_MERGED: &str = "UPDATE queue SET state = 'done', outcome = ?2, finished_at = ?3
    WHERE merged_into = ?1 AND state = 'merged'";

const WAIT: &str = "UPDATE queue SET state = 'waiting', not_before = ?2, reason = ?3, turn = ?4
    WHERE id = ?1 AND state = 'running' RETURNING channel, chat, thread";

const IS_SESSION_OF: &str =
    "SELECT 1 FROM sessions WHERE id = ?1 AND channel = ?2 AND chat = ?3 AND thread = ?4";

const END_SESSION: &str = "UPDATE sessions SET ended_at = ?4
    WHERE channel = ?1 AND chat = ?2 AND thread = ?3 AND ended_at IS NULL";

const FIRST_TIME: &str = "INSERT INTO once (key, at) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING";

pub(crate) const RELEASE: &str = "UPDATE queue INDEXED BY queue_waiting SET not_before = 0
    WHERE state = 'waiting' AND not_before > ?2 AND substr(reason, 1, length(?1)) = ?1";

/// Keeps how far a running turn has come.
pub(crate) fn checkpoint(connection: &Connection, id: QueueId, turn: &TurnRecord) -> Result<(), RowError> {
    match connection.prepare_cached(KEEP_PROGRESS)?.execute(params![id.0, to_json(turn)?])? {
        1 => Ok(()),
        _ => Err(not_running(id)),
    }
}

/// Ends a turn, with everything that belongs to it.
pub(crate) fn settle(
    connection: &Connection,
    settlement: &Settlement,
    now: Timestamp,
) -> Result<(), RowError> {
    let Settlement { id, outcome, session, transcript, end_session, decision, outbox, once, told, forgets } =
        settlement;
    let finished = connection
        .prepare_cached(FINISH)?
        .query_row(params![id.0, outcome.name(), now.0], |row| {
            Ok((conversation(row)?, row.get::<_, Option<String>>(3)?, row.get::<_, Option<bool>>(4)?))
        })
        .optional()?;
    let (conversation, sender, private) = finished.ok_or_else(|| not_running(*id))?;
    connection.prepare_cached(FINISH_MERGED)?.execute(params![id.0, outcome.name(), now.0])?;
    match session {
        Some(session) => {
            refuse_stranger(connection, *session, &conversation)?;
            sessions::append(connection, *session, Some(*id), transcript, now)?;
        }
        None if transcript.is_empty() => {}
        None => {
            return Err(RowError::Refused(format!("turn {id} has a transcript but names no session for it")));
        }
    }
    if let Some(decision) = decision {
        answers::keep(connection, *id, *session, &conversation, decision, now)?;
    }
    if *end_session {
        let Conversation { channel, chat, thread } = &conversation;
        connection.prepare_cached(END_SESSION)?.execute(params![channel, chat, thread, now.0])?;
    }
    if let (TurnOutcome::Answered, Some(sender), Some(true)) = (outcome, sender, private) {
        background::answered_in_private(connection, &conversation, &sender, *id)?;
    }
    background::mark_told(connection, &conversation, told, now)?;
    outbox::put(connection, &conversation, Some(*id), outbox, now)?;
    if *forgets {
        for sql in [DROP_FROM_QUEUE, DROP_MERGED] {
            connection.prepare_cached(sql)?.execute([id.0])?;
        }
    }
    for Once { key, outbox } in once {
        if connection.prepare_cached(FIRST_TIME)?.execute(params![key, now.0])? == 1 {
            // Not the answer of the turn, which may have none.
            outbox::put(connection, &conversation, None, outbox, now)?;
        }
    }
    retention::sweep_now_and_then(connection, *id, now)
}

/// Puts a turn back into the queue.
pub(crate) fn postpone(
    connection: &Connection,
    postponement: &Postponement,
    now: Timestamp,
) -> Result<(), RowError> {
    let Postponement { id, until, reason, turn, outbox } = postponement;
    let mut wait = connection.prepare_cached(WAIT)?;
    let put_back = wait.query_row(params![id.0, until.0, reason, to_json(turn)?], conversation).optional()?;
    let conversation = put_back.ok_or_else(|| not_running(*id))?;
    // Not the answer of the turn: the channel must not take it for that.
    outbox::put(connection, &conversation, None, outbox, now)
}

/// Makes turns due that were put back for a reason that begins with `prefix`.
pub(crate) fn release(connection: &Connection, prefix: &str, now: Timestamp) -> Result<u64, RowError> {
    let released = connection.prepare_cached(RELEASE)?.execute(params![prefix, now.0])?;
    Ok(u64::try_from(released).unwrap_or(u64::MAX))
}

fn not_running(id: QueueId) -> RowError {
    RowError::Refused(format!("turn {id} is not running"))
}

/// A transcript in somebody else's session would show one person's words to another.
fn refuse_stranger(
    connection: &Connection,
    session: SessionId,
    conversation: &Conversation,
) -> Result<(), RowError> {
    let Conversation { channel, chat, thread } = conversation;
    if connection.prepare_cached(IS_SESSION_OF)?.exists(params![session.0, channel, chat, thread])? {
        return Ok(());
    }
    Err(RowError::Refused(format!("session {session} is not one of the conversation {conversation}")))
}
