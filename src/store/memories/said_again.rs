// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every place where a memory was said: whoever wants it forgotten means the words there as well.

use super::{source, source_columns};
use crate::error::RowError;
use blufio_core::ids::MemoryId;
use blufio_core::memory::MemorySource;
use rusqlite::{Connection, OptionalExtension, params};

const FIRST: &str = "SELECT source_message, source_turn FROM memories WHERE id = ?1";

pub(crate) const OF: &str =
    "SELECT message, turn FROM said_again INDEXED BY said_again_of WHERE memory = ?1 ORDER BY rowid";

pub(crate) const NOTE: &str = "INSERT INTO said_again (memory, message, turn) SELECT id, ?2, ?3 FROM memories
    WHERE id = ?1 AND NOT (source_message IS ?2 AND source_turn IS ?3)
      AND NOT EXISTS (SELECT 1 FROM said_again INDEXED BY said_again_of
                      WHERE memory = ?1 AND message IS ?2 AND turn IS ?3)";

/// Notes that a memory was said there too, once, and only while it is there.
pub(super) fn note(connection: &Connection, id: MemoryId, at: MemorySource) -> Result<(), RowError> {
    let (message, turn) = source_columns(Some(at));
    connection.prepare_cached(NOTE)?.execute(params![id.0, message, turn])?;
    Ok(())
}

/// All places, the first one first.
pub(super) fn sources(connection: &Connection, id: MemoryId) -> Result<Vec<MemorySource>, RowError> {
    let first = connection.prepare_cached(FIRST)?.query_row([id.0], |row| Ok(source(row, 0))).optional()?;
    let mut sources: Vec<MemorySource> = first.transpose()?.flatten().into_iter().collect();
    let mut again = connection.prepare_cached(OF)?;
    let mut rows = again.query([id.0])?;
    while let Some(row) = rows.next()? {
        sources.extend(source(row, 0)?);
    }
    Ok(sources)
}
