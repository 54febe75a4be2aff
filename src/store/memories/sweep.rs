// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where forgotten words were repeated: in notes of what was recalled, in what was sent, around other words, and in what the agent
//! or the person said later. All rows are looked through: this is rare, and nobody waits for anything else meanwhile for long.

use super::erase::{DROP_FROM_QUEUE, DROP_MERGED, DROP_SUMMARY, IN_THEIR_PLACE, REWRITE, drop_passages};
use super::reach::Reach;
use super::repeated::Repeated;
use crate::columns::{conversation, from_json, to_json};
use crate::error::RowError;
use crate::vectors;
use blufio_core::content::Block;
use blufio_core::ids::{Conversation, PassageId};
use blufio_core::memory::ItemId;
use blufio_core::route::Decision;
use blufio_core::time::Timestamp;
use rusqlite::{Connection, Row};

/// What was recalled may be told in any answer.
const RECALLED: &str = "SELECT channel, chat, thread, id, decision FROM answers
    WHERE CASE WHEN json_valid(decision) THEN json_array_length(decision, '$.memories') > 0 END";

const SENT: &str = "SELECT channel, chat, thread, id, payload FROM outbox WHERE state IN ('sent', 'dead') AND payload LIKE ?1";

const AROUND: &str = "SELECT id, around, block, scope FROM passages WHERE around <> '' AND around LIKE ?1";

const SAID: &str = "SELECT s.channel, s.chat, s.thread, m.id, m.session, m.turn, m.content
    FROM messages AS m JOIN sessions AS s ON s.id = m.session
    WHERE m.forgotten_at IS NULL AND m.content LIKE ?1";

/// Takes repetitions out everywhere. Says of how many messages.
pub(super) fn sweep(
    connection: &Connection,
    repeated: &Repeated,
    reach: &Reach,
    now: Timestamp,
) -> Result<u64, RowError> {
    recalled(connection, repeated, reach)?;
    let mut erased = 0;
    for pattern in repeated.patterns() {
        sent(connection, repeated, reach, &pattern)?;
        around(connection, repeated, reach, &pattern)?;
        erased += said(connection, repeated, reach, &pattern, now)?;
    }
    Ok(erased)
}

fn recalled(connection: &Connection, repeated: &Repeated, reach: &Reach) -> Result<(), RowError> {
    let mut changed = Vec::new();
    let mut recalled = connection.prepare_cached(RECALLED)?;
    let mut rows = recalled.query([])?;
    while let Some(row) = rows.next()? {
        if !reach.has(&conversation(row)?) {
            continue;
        }
        let mut decision: Decision = from_json(&row.get::<_, String>(4)?)?;
        let before = decision.memories.len();
        decision.memories.retain(|told| !repeated.is_in(told));
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

fn sent(connection: &Connection, repeated: &Repeated, reach: &Reach, pattern: &str) -> Result<(), RowError> {
    let mut sent = connection.prepare_cached(SENT)?;
    let rows = sent.query_map([pattern], |row| Ok((conversation(row)?, row.get(3)?, row.get(4)?)))?;
    for (of, id, payload) in rows.collect::<Result<Vec<(Conversation, i64, String)>, _>>()? {
        if reach.has(&of) && repeated.is_in(&payload) {
            connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id])?;
        }
    }
    Ok(())
}

fn around(
    connection: &Connection,
    repeated: &Repeated,
    reach: &Reach,
    pattern: &str,
) -> Result<(), RowError> {
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let mut around = connection.prepare_cached(AROUND)?;
    let rows = around.query_map([pattern], row)?;
    for (id, text, block, scope) in rows.collect::<Result<Vec<(i64, String, Option<i64>, i64)>, _>>()? {
        if !reach.has_scope(scope) || !repeated.is_mostly_in(&text) {
            continue;
        }
        connection.prepare_cached("UPDATE passages SET around = '' WHERE id = ?1")?.execute([id])?;
        if let Some(block) = block {
            vectors::clear_around(connection, block, ItemId::Passage(PassageId(id)))?;
        }
    }
    Ok(())
}

fn said(
    connection: &Connection,
    repeated: &Repeated,
    reach: &Reach,
    pattern: &str,
    now: Timestamp,
) -> Result<u64, RowError> {
    let row = |row: &Row<'_>| {
        Ok((conversation(row)?, (row.get(3)?, row.get(4)?, row.get(5)?), row.get::<_, String>(6)?))
    };
    let mut said = connection.prepare_cached(SAID)?;
    let rows = said.query_map([pattern], row)?.collect::<Result<Vec<_>, _>>()?;
    let mut erased = 0;
    for (of, (id, session, turn), content) in rows {
        let (id, session, turn): (i64, i64, Option<i64>) = (id, session, turn);
        if !reach.has(&of) {
            continue;
        }
        let mut blocks: Vec<Block> = from_json(&content)?;
        let mut found = false;
        for block in &mut blocks {
            if let Block::Text { text } | Block::ToolResult { content: text, .. } = block
                && repeated.is_mostly_in(text)
            {
                IN_THEIR_PLACE.clone_into(text);
                found = true;
            }
        }
        if found {
            connection.prepare_cached(REWRITE)?.execute((id, to_json(&blocks)?, now.0))?;
            connection.prepare_cached(DROP_SUMMARY)?.execute([session, id])?;
            drop_passages(connection, session, id)?;
            // The person's own message is kept there for a while, as it came.
            for sql in [DROP_FROM_QUEUE, DROP_MERGED] {
                connection.prepare_cached(sql)?.execute([turn])?;
            }
            erased += 1;
        }
    }
    Ok(erased)
}
