// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where forgotten words were repeated: in notes of what was recalled, in what was sent, around other words, and in what the agent
//! or the person said later. All rows in reach are looked through: this is rare, and nobody waits for anything else meanwhile for
//! long.

use super::erase::{DROP_FROM_QUEUE, DROP_MERGED, DROP_SUMMARY, IN_THEIR_PLACE, REWRITE, drop_passages};
use super::reach::Reach;
use super::repeated::Repeated;
use crate::columns::{conversation, from_json, to_json};
use crate::error::RowError;
use crate::vectors;
use blufio_core::content::Block;
use blufio_core::ids::PassageId;
use blufio_core::memory::ItemId;
use blufio_core::route::Decision;
use blufio_core::skill::FORGET;
use blufio_core::time::Timestamp;
use rusqlite::{Connection, params};
use serde_json::Value;
use std::collections::BTreeSet;

/// What was recalled may be told in any answer.
const RECALLED: &str = "SELECT channel, chat, thread, id, decision FROM answers
    WHERE CASE WHEN json_valid(decision) THEN json_array_length(decision, '$.memories') > 0 END";

/// Longer rows hold media.
const LONGEST: i64 = 64 * 1024;

const SENT: &str = "SELECT channel, chat, thread, id, payload FROM outbox
    WHERE state IN ('sent', 'dead') AND octet_length(payload) <= ?1";

const AROUND: &str = "SELECT id, around, block, scope FROM passages WHERE around <> ''";

/// With whether they are of one person alone, as far as that can be told.
const SESSIONS: &str = "SELECT s.channel, s.chat, s.thread, s.id, EXISTS (SELECT 1 FROM private_answers AS p
        WHERE p.channel = s.channel AND p.chat = s.chat AND p.thread = s.thread)
    FROM sessions AS s";

pub(crate) const SAID_IN: &str =
    "SELECT m.id, m.turn, m.role, m.content, CASE WHEN json_valid(q.payload) THEN q.payload ->> '$.private' END
    FROM messages AS m INDEXED BY messages_of_session LEFT JOIN queue AS q ON q.id = m.turn
    WHERE m.session = ?1 AND m.forgotten_at IS NULL AND octet_length(m.content) <= ?2";

/// What was swept.
#[derive(Debug, Default)]
pub(super) struct Swept {
    /// How many messages had repetitions.
    pub(super) messages: u64,
    /// Turns in which the person asked for just that to be forgotten.
    pub(super) requests: BTreeSet<i64>,
}

/// Takes repetitions out everywhere; notes of what was recalled also where they tell what `found` holds.
pub(super) fn sweep(
    connection: &Connection,
    repeated: &Repeated,
    found: &Repeated,
    reach: &Reach,
    now: Timestamp,
) -> Result<Swept, RowError> {
    recalled(connection, &[repeated, found], reach)?;
    if repeated.is_empty() {
        return Ok(Swept::default());
    }
    sent(connection, repeated, reach)?;
    around(connection, repeated, reach)?;
    said(connection, repeated, reach, now)
}

fn recalled(connection: &Connection, repeated: &[&Repeated], reach: &Reach) -> Result<(), RowError> {
    let mut changed = Vec::new();
    let mut recalled = connection.prepare_cached(RECALLED)?;
    let mut rows = recalled.query([])?;
    while let Some(row) = rows.next()? {
        if !reach.has(&conversation(row)?) {
            continue;
        }
        let mut decision: Decision = from_json(&row.get::<_, String>(4)?)?;
        let before = decision.memories.len();
        decision.memories.retain(|told| !repeated.iter().any(|repeated| repeated.is_in(told)));
        if decision.memories.len() < before {
            changed.push((row.get::<_, i64>(3)?, to_json(&decision)?));
        }
    }
    for (id, decision) in changed {
        connection
            .prepare_cached("UPDATE answers SET decision = ?2 WHERE id = ?1")?
            .execute((id, decision))?;
    }
    Ok(())
}

fn sent(connection: &Connection, repeated: &Repeated, reach: &Reach) -> Result<(), RowError> {
    let mut doomed: Vec<i64> = Vec::new();
    let mut sent = connection.prepare_cached(SENT)?;
    let mut rows = sent.query([LONGEST])?;
    while let Some(row) = rows.next()? {
        if reach.has(&conversation(row)?) {
            let payload = row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?;
            // One that cannot be read is looked at as it is.
            let payload = from_json(payload).unwrap_or_else(|_| Value::from(payload));
            if holds(&payload, repeated) {
                doomed.push(row.get(3)?);
            }
        }
    }
    for id in doomed {
        connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}

fn holds(payload: &Value, repeated: &Repeated) -> bool {
    match payload {
        Value::String(text) => repeated.without(text).is_some(),
        Value::Array(values) => values.iter().any(|value| holds(value, repeated)),
        Value::Object(values) => values.values().any(|value| holds(value, repeated)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn around(connection: &Connection, repeated: &Repeated, reach: &Reach) -> Result<(), RowError> {
    let mut changed: Vec<(i64, Option<i64>, String)> = Vec::new();
    let mut around = connection.prepare_cached(AROUND)?;
    let mut rows = around.query([])?;
    while let Some(row) = rows.next()? {
        if reach.has_scope(row.get(3)?) {
            let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            if let Some(left) = repeated.without(text) {
                let left = if left == IN_THEIR_PLACE { String::new() } else { left };
                changed.push((row.get(0)?, row.get(2)?, left));
            }
        }
    }
    for (id, block, left) in changed {
        connection.prepare_cached("UPDATE passages SET around = ?2 WHERE id = ?1")?.execute((id, left))?;
        if let Some(block) = block {
            vectors::clear_around(connection, block, ItemId::Passage(PassageId(id)))?;
        }
    }
    Ok(())
}

struct Changed {
    id: i64,
    turn: Option<i64>,
    is_users: bool,
    content: String,
}

fn said(
    connection: &Connection,
    repeated: &Repeated,
    reach: &Reach,
    now: Timestamp,
) -> Result<Swept, RowError> {
    let mut sessions = connection.prepare_cached(SESSIONS)?;
    let mut rows = sessions.query([])?;
    let mut swept = Swept::default();
    while let Some(row) = rows.next()? {
        if !reach.has(&conversation(row)?) {
            continue;
        }
        let session: i64 = row.get(3)?;
        let changed = changed(connection, repeated, session, row.get(4)?, &mut swept.requests)?;
        for Changed { id, turn, is_users, content } in changed {
            if turn.is_some_and(|turn| swept.requests.contains(&turn)) {
                continue;
            }
            connection.prepare_cached(REWRITE)?.execute((id, content, now.0))?;
            connection.prepare_cached(DROP_SUMMARY)?.execute([session, id])?;
            drop_passages(connection, session, id, |text| repeated.without(text).is_some())?;
            if is_users {
                // The person's own message is kept there for a while, as it came.
                for sql in [DROP_FROM_QUEUE, DROP_MERGED] {
                    connection.prepare_cached(sql)?.execute([turn])?;
                }
            }
            swept.messages = swept.messages.saturating_add(1);
        }
    }
    Ok(swept)
}

/// The messages of a session that repeat something, as they are without it, and the turns that asked for it to be forgotten. What
/// people say where there are several is left alone: it may be somebody else's.
fn changed(
    connection: &Connection,
    repeated: &Repeated,
    session: i64,
    private: bool,
    requests: &mut BTreeSet<i64>,
) -> Result<Vec<Changed>, RowError> {
    let mut changed = Vec::new();
    let mut said = connection.prepare_cached(SAID_IN)?;
    let mut rows = said.query(params![session, LONGEST])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let is_users = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)? == "user";
        let private = row.get::<_, Option<bool>>(4)?.unwrap_or(private);
        if is_users && !private {
            continue;
        }
        let content = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
        let mut blocks: Vec<Block> = match from_json(content) {
            Ok(blocks) => blocks,
            Err(error) if repeated.without(content).is_some() => return Err(error),
            Err(error) => {
                tracing::warn!(message = id, %error, "a message cannot be read; it was passed over while others were forgotten");
                continue;
            }
        };
        let mut found = false;
        for block in &mut blocks {
            if private && is_request(block, repeated) {
                requests.extend(row.get::<_, Option<i64>>(1)?);
            }
            if let Block::Text { text } | Block::ToolResult { content: text, .. } = block
                && let Some(left) = repeated.without(text)
            {
                *text = left;
                found = true;
            }
        }
        if found {
            changed.push(Changed { id, turn: row.get(1)?, is_users, content: to_json(&blocks)? });
        }
    }
    Ok(changed)
}

/// Whether a block asked for a list of what is forgotten now.
fn is_request(block: &Block, repeated: &Repeated) -> bool {
    let Block::ToolUse { name, input, .. } = block else { return false };
    let about = input.get("about").and_then(Value::as_str).filter(|_| name == FORGET);
    about.is_some_and(|about| repeated.is_about(about))
}
