// SPDX-License-Identifier: MIT OR Apache-2.0
//! What becomes of a running turn: its progress is kept, it is settled, or it goes back into the queue.

use crate::columns::{to_integer, to_json};
use crate::error::RowError;
use crate::{outbox, retention};
use blufio_core::content::Role;
use blufio_core::ids::{Conversation, QueueId, SessionId};
use blufio_core::storage::{CallRecord, Postponement, Settlement, TurnRecord};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

const KEEP_PROGRESS: &str = "UPDATE queue SET turn = ?2 WHERE id = ?1 AND state = 'running'";

const FINISH: &str = "UPDATE queue SET state = 'done', outcome = ?2, finished_at = ?3, turn = NULL
    WHERE id = ?1 AND state = 'running' RETURNING channel, chat, thread";

const FINISH_MERGED: &str = "UPDATE queue SET state = 'done', outcome = ?2, finished_at = ?3
    WHERE merged_into = ?1 AND state = 'merged'";

const WAIT: &str = "UPDATE queue SET state = 'waiting', not_before = ?2, reason = ?3, turn = ?4
    WHERE id = ?1 AND state = 'running' RETURNING channel, chat, thread";

const IS_SESSION_OF: &str =
    "SELECT 1 FROM sessions WHERE id = ?1 AND channel = ?2 AND chat = ?3 AND thread = ?4";

const APPEND: &str = "INSERT INTO messages (session, turn, role, content, at) VALUES (?1, ?2, ?3, ?4, ?5)";

const END_SESSION: &str = "UPDATE sessions SET ended_at = ?4
    WHERE channel = ?1 AND chat = ?2 AND thread = ?3 AND ended_at IS NULL";

const ENTER_CALL: &str = "INSERT INTO calls
    (session, turn, model, class, input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens,
     cache_write_1h_tokens, cost_nano_usd, took_ms, at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

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
    let Settlement { id, outcome, session, transcript, end_session, calls, outbox } = settlement;
    let conversation = leave_running(connection, FINISH, *id, params![id.0, outcome.name(), now.0])?;
    connection.prepare_cached(FINISH_MERGED)?.execute(params![id.0, outcome.name(), now.0])?;
    match session {
        Some(session) => {
            refuse_stranger(connection, *session, &conversation)?;
            for message in transcript {
                let role = match message.role {
                    Role::User => "user",
                    Role::Assistant => "assistant",
                };
                let content = to_json(&message.content)?;
                connection.prepare_cached(APPEND)?.execute(params![session.0, id.0, role, content, now.0])?;
            }
        }
        None if transcript.is_empty() => {}
        None => {
            return Err(RowError::Refused(format!("turn {id} has a transcript but names no session for it")));
        }
    }
    for call in calls {
        enter_call(connection, *id, *session, call)?;
    }
    if *end_session {
        let Conversation { channel, chat, thread } = &conversation;
        connection.prepare_cached(END_SESSION)?.execute(params![channel, chat, thread, now.0])?;
    }
    outbox::put(connection, &conversation, Some(*id), outbox, now)?;
    retention::sweep_now_and_then(connection, *id, now)
}

/// Puts a turn back into the queue.
pub(crate) fn postpone(
    connection: &Connection,
    postponement: &Postponement,
    now: Timestamp,
) -> Result<(), RowError> {
    let Postponement { id, until, reason, turn, outbox } = postponement;
    let conversation = leave_running(connection, WAIT, *id, params![id.0, until.0, reason, to_json(turn)?])?;
    // Not the answer of the turn: the channel must not take it for that.
    outbox::put(connection, &conversation, None, outbox, now)
}

/// Runs an update of the running row `id` and returns its conversation.
fn leave_running(
    connection: &Connection,
    sql: &str,
    id: QueueId,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Conversation, RowError> {
    let mut update = connection.prepare_cached(sql)?;
    update.query_row(values, crate::columns::conversation).optional()?.ok_or_else(|| not_running(id))
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

fn enter_call(
    connection: &Connection,
    id: QueueId,
    session: Option<SessionId>,
    call: &CallRecord,
) -> Result<(), RowError> {
    let CallRecord { model, class, usage, cost, took_ms, at } = call;
    connection.prepare_cached(ENTER_CALL)?.execute(params![
        session.map(|session| session.0),
        id.0,
        model,
        class,
        to_integer(usage.input),
        to_integer(usage.output),
        to_integer(usage.cache_read),
        to_integer(usage.cache_write_5m),
        to_integer(usage.cache_write_1h),
        cost.0,
        to_integer(*took_ms),
        at.0,
    ])?;
    Ok(())
}
