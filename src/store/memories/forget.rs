// SPDX-License-Identifier: MIT OR Apache-2.0
//! Forgetting for good: memories with their history and the words in which they were said, past words with their message.

use super::erase::Eraser;
use super::{said_again, scopes};
use crate::error::RowError;
use crate::keywords::{self, Key};
use crate::vectors;
use blufio_core::ids::{MemoryId, PassageId};
use blufio_core::memory::{ItemId, MemorySource};
use blufio_core::storage::{Forgetting, Forgotten};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeSet;

#[cfg(test)]
mod tests;

const MEMORY: &str = "SELECT scope, text, block FROM memories WHERE id = ?1";

pub(crate) const HISTORY: &str =
    "SELECT id FROM memories INDEXED BY memories_replaced WHERE replaced_by = ?1";

const PASSAGE: &str = "SELECT scope, message, text FROM passages WHERE id = ?1";

/// Forgets what is named, as far as it is in one of the scopes.
pub(super) fn forget(
    connection: &Connection,
    what: &Forgetting,
    now: Timestamp,
) -> Result<Forgotten, RowError> {
    let scopes = what.scopes.as_deref().map(|scopes| scopes::numbers_of(connection, scopes)).transpose()?;
    let may = |scope: i64| scopes.as_ref().is_none_or(|scopes| scopes.contains(&scope));
    let mut eraser = Eraser::new(connection, now);
    let mut memories = 0;
    for item in &what.items {
        match item {
            ItemId::Memory(id) => memories += memory(connection, *id, &may, &mut eraser)?,
            ItemId::Passage(id) => passage(connection, *id, &may, &mut eraser)?,
        }
    }
    Ok(Forgotten { memories, messages: eraser.finish()? })
}

struct Doomed {
    scope: i64,
    text: String,
    block: Option<i64>,
}

/// Deletes a memory and everything that it has replaced. Says how many that were.
fn memory(
    connection: &Connection,
    id: MemoryId,
    may: &impl Fn(i64) -> bool,
    eraser: &mut Eraser<'_>,
) -> Result<u64, RowError> {
    let scope = connection
        .prepare_cached("SELECT scope FROM memories WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    if !scope.is_some_and(may) {
        return Ok(0);
    }
    let mut all = vec![id.0];
    let mut seen = BTreeSet::from([id.0]);
    let mut next = 0;
    while let Some(of) = all.get(next).copied() {
        let mut history = connection.prepare_cached(HISTORY)?;
        let mut rows = history.query([of])?;
        while let Some(row) = rows.next()? {
            let earlier = row.get(0)?;
            if seen.insert(earlier) {
                all.push(earlier);
            }
        }
        next += 1;
    }
    // The oldest first: each points to what took its place.
    for id in all.iter().rev() {
        delete(connection, MemoryId(*id), eraser)?;
    }
    Ok(u64::try_from(all.len()).unwrap_or(u64::MAX))
}

fn delete(connection: &Connection, id: MemoryId, eraser: &mut Eraser<'_>) -> Result<(), RowError> {
    let read = |row: &Row<'_>| Ok(Doomed { scope: row.get(0)?, text: row.get(1)?, block: row.get(2)? });
    let row = connection.prepare_cached(MEMORY)?.query_row([id.0], read)?;
    let said = said_again::sources(connection, id)?;
    let item = ItemId::Memory(id);
    keywords::remove(connection, Key::of(row.scope, item, &row.text)?, &row.text)?;
    if let Some(block) = row.block {
        vectors::take_out(connection, block, item)?;
    }
    connection.prepare_cached("DELETE FROM said_again WHERE memory = ?1")?.execute([id.0])?;
    connection.prepare_cached("DELETE FROM memories WHERE id = ?1")?.execute([id.0])?;
    eraser.memory(row.scope, &row.text)?;
    for source in said {
        match source {
            MemorySource::Message(message) => eraser.message(message.0)?,
            MemorySource::Turn(turn) => eraser.turn(turn.0)?,
        }
    }
    Ok(())
}

fn passage(
    connection: &Connection,
    id: PassageId,
    may: &impl Fn(i64) -> bool,
    eraser: &mut Eraser<'_>,
) -> Result<(), RowError> {
    let mut passage = connection.prepare_cached(PASSAGE)?;
    let found = passage
        .query_row(params![id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))
        .optional()?;
    match found {
        Some((scope, message, text)) if may(scope) => {
            eraser.passage(scope, &text)?;
            eraser.message(message)
        }
        _ => Ok(()),
    }
}
