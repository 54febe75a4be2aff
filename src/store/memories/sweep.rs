// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where forgotten words were repeated: in notes of what was recalled, in what was sent, around other words, and in what the agent
//! or the person said later. All rows are looked through: this is rare, and nobody waits for anything else meanwhile for long.

use super::erase::{IN_THEIR_PLACE, REWRITE};
use super::repeated::Repeated;
use crate::columns::{from_json, to_json};
use crate::error::RowError;
use crate::vectors;
use blufio_core::content::Block;
use blufio_core::ids::PassageId;
use blufio_core::memory::ItemId;
use blufio_core::route::Decision;
use blufio_core::time::Timestamp;
use rusqlite::{Connection, Row};

/// What was recalled may be told in any answer.
const RECALLED: &str = "SELECT id, decision FROM answers
    WHERE CASE WHEN json_valid(decision) THEN json_array_length(decision, '$.memories') > 0 END";

const SENT: &str = "SELECT id, payload FROM outbox WHERE state IN ('sent', 'dead') AND payload LIKE ?1";

const AROUND: &str = "SELECT id, around, block FROM passages WHERE around <> '' AND around LIKE ?1";

const SAID: &str = "SELECT id, session, content FROM messages WHERE forgotten_at IS NULL AND content LIKE ?1";

const DROP_SUMMARY: &str = "DELETE FROM summaries WHERE session = ?1 AND upto >= ?2";

/// Takes repetitions out everywhere. Says of how many messages.
pub(super) fn sweep(connection: &Connection, repeated: &Repeated, now: Timestamp) -> Result<u64, RowError> {
    recalled(connection, repeated)?;
    let mut erased = 0;
    for pattern in repeated.patterns() {
        sent(connection, repeated, &pattern)?;
        around(connection, repeated, &pattern)?;
        erased += said(connection, repeated, &pattern, now)?;
    }
    Ok(erased)
}

fn recalled(connection: &Connection, repeated: &Repeated) -> Result<(), RowError> {
    let mut changed = Vec::new();
    let mut recalled = connection.prepare_cached(RECALLED)?;
    let mut rows = recalled.query([])?;
    while let Some(row) = rows.next()? {
        let mut decision: Decision = from_json(&row.get::<_, String>(1)?)?;
        let before = decision.memories.len();
        decision.memories.retain(|told| !repeated.is_in(told));
        if decision.memories.len() < before {
            changed.push((row.get::<_, i64>(0)?, to_json(&decision)?));
        }
    }
    for (id, decision) in changed {
        connection
            .prepare_cached("UPDATE answers SET decision = ?2 WHERE id = ?1")?
            .execute((id, decision))?;
    }
    Ok(())
}

fn sent(connection: &Connection, repeated: &Repeated, pattern: &str) -> Result<(), RowError> {
    let mut sent = connection.prepare_cached(SENT)?;
    let rows = sent.query_map([pattern], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (id, payload) in rows.collect::<Result<Vec<(i64, String)>, _>>()? {
        if repeated.is_in(&payload) {
            connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id])?;
        }
    }
    Ok(())
}

fn around(connection: &Connection, repeated: &Repeated, pattern: &str) -> Result<(), RowError> {
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let mut around = connection.prepare_cached(AROUND)?;
    let rows = around.query_map([pattern], row)?.collect::<Result<Vec<(i64, String, Option<i64>)>, _>>()?;
    for (id, text, block) in rows {
        if !repeated.is_mostly_in(&text) {
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
    pattern: &str,
    now: Timestamp,
) -> Result<u64, RowError> {
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let mut said = connection.prepare_cached(SAID)?;
    let rows = said.query_map([pattern], row)?.collect::<Result<Vec<(i64, i64, String)>, _>>()?;
    let mut erased = 0;
    for (id, session, content) in rows {
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
            erased += 1;
        }
    }
    Ok(erased)
}
