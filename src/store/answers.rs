// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was decided for the turns that are over, in the order in which they ended, whatever the clock said.

use crate::columns::{conversation, from_json, to_json};
use crate::error::RowError;
use crate::ledger;
use blufio_core::ids::{Conversation, QueueId, SessionId};
use blufio_core::route::Decision;
use blufio_core::storage::Answer;
use blufio_core::time::Timestamp;
use rusqlite::{Connection, params};

#[cfg(test)]
mod tests;

const KEEP: &str = "INSERT INTO answers (turn, session, channel, chat, thread, decision, at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

pub(crate) const NEWEST: &str = "SELECT a.channel, a.chat, a.thread, a.turn, a.decision, a.at, q.received_at
    FROM answers AS a JOIN queue AS q ON q.id = a.turn ORDER BY a.id DESC LIMIT ?1";

pub(crate) const NEWEST_OF: &str =
    "SELECT a.channel, a.chat, a.thread, a.turn, a.decision, a.at, q.received_at
    FROM answers AS a INDEXED BY answers_of_conversation JOIN queue AS q ON q.id = a.turn
    WHERE a.channel = ?2 AND a.chat = ?3 AND a.thread = ?4 ORDER BY a.id DESC LIMIT ?1";

pub(crate) const DECISIONS_OF: &str = "SELECT decision, at FROM answers INDEXED BY answers_of_session
    WHERE session = ?1 ORDER BY id DESC LIMIT ?2";

/// Keeps what was decided for a turn that ends.
pub(crate) fn keep(
    connection: &Connection,
    turn: QueueId,
    session: Option<SessionId>,
    conversation: &Conversation,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), RowError> {
    let Conversation { channel, chat, thread } = conversation;
    let (session, decision) = (session.map(|session| session.0), to_json(decision)?);
    let values = params![turn.0, session, channel, chat, thread, decision, now.0];
    connection.prepare_cached(KEEP)?.execute(values)?;
    Ok(())
}

/// The newest answers with their calls, oldest first.
pub(crate) fn read(
    connection: &Connection,
    of: Option<&Conversation>,
    limit: usize,
) -> Result<Vec<Answer>, RowError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut newest = connection.prepare_cached(if of.is_some() { NEWEST_OF } else { NEWEST })?;
    let mut rows = match of {
        Some(Conversation { channel, chat, thread }) => {
            newest.query(params![limit, channel, chat, thread])?
        }
        None => newest.query([limit])?,
    };
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (turn, at) = (QueueId(row.get(3)?), Timestamp(row.get(5)?));
        let took = at.since(Timestamp(row.get(6)?));
        found.push(Answer {
            turn,
            conversation: conversation(row)?,
            decision: from_json(&row.get::<_, String>(4)?)?,
            calls: ledger::calls_of(connection, turn)?,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            at,
        });
    }
    found.reverse();
    Ok(found)
}

/// What was decided for the last answers of a session, oldest first.
pub(crate) fn decisions(
    connection: &Connection,
    session: SessionId,
    limit: usize,
) -> Result<Vec<(Decision, Timestamp)>, RowError> {
    let mut decisions = connection.prepare_cached(DECISIONS_OF)?;
    let mut rows = decisions.query([session.0, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((from_json(&row.get::<_, String>(0)?)?, Timestamp(row.get(1)?)));
    }
    found.reverse();
    Ok(found)
}
