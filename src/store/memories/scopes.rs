// SPDX-License-Identifier: MIT OR Apache-2.0
//! The numbers of scopes. What is read and written most carries a number instead of a name.

use crate::error::RowError;
use blufio_core::ids::Conversation;
use blufio_core::memory::MemoryScope;
use rusqlite::{Connection, OptionalExtension, Row};

pub(crate) const NUMBER_OF: &str =
    "SELECT id FROM scopes WHERE kind = ?1 AND channel = ?2 AND chat = ?3 AND thread = ?4";

const NUMBER: &str = "INSERT INTO scopes (kind, channel, chat, thread) VALUES (?1, ?2, ?3, ?4)";

fn columns(scope: &MemoryScope) -> [&str; 4] {
    match scope {
        MemoryScope::Agent => ["agent", "", "", ""],
        MemoryScope::Person { channel, sender } => ["person", channel, sender, ""],
        MemoryScope::Conversation(Conversation { channel, chat, thread }) => {
            ["conversation", channel, chat, thread]
        }
    }
}

pub(crate) const IN_USE: &str = "SELECT kind, channel, chat, thread FROM scopes
    WHERE EXISTS (SELECT 1 FROM memories WHERE scope = scopes.id)
       OR EXISTS (SELECT 1 FROM passages WHERE scope = scopes.id) ORDER BY id";

/// All scopes that hold something.
pub(crate) fn in_use(connection: &Connection) -> Result<Vec<MemoryScope>, RowError> {
    let mut in_use = connection.prepare_cached(IN_USE)?;
    let mut rows = in_use.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(scope(row, 0)?);
    }
    Ok(found)
}

/// The number of a scope; `None` while there is nothing in it.
pub(crate) fn number_of(connection: &Connection, scope: &MemoryScope) -> Result<Option<i64>, RowError> {
    let mut number = connection.prepare_cached(NUMBER_OF)?;
    Ok(number.query_row(columns(scope), |row| row.get(0)).optional()?)
}

/// The numbers of those scopes that hold something, each once, in order.
pub(crate) fn numbers_of(connection: &Connection, scopes: &[MemoryScope]) -> Result<Vec<i64>, RowError> {
    let numbers = scopes.iter().filter_map(|scope| number_of(connection, scope).transpose());
    let mut numbers = numbers.collect::<Result<Vec<_>, _>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// The number of a scope, which is given one if it has none.
pub(crate) fn number(connection: &Connection, scope: &MemoryScope) -> Result<i64, RowError> {
    if let Some(number) = number_of(connection, scope)? {
        return Ok(number);
    }
    connection.prepare_cached(NUMBER)?.execute(columns(scope))?;
    Ok(connection.last_insert_rowid())
}

/// A scope from the columns `kind, channel, chat, thread`, of which the first is at `column`.
pub(crate) fn scope(row: &Row<'_>, column: usize) -> Result<MemoryScope, RowError> {
    let kind: String = row.get(column)?;
    let (channel, chat) = (row.get(column + 1)?, row.get(column + 2)?);
    match kind.as_str() {
        "agent" => Ok(MemoryScope::Agent),
        "person" => Ok(MemoryScope::Person { channel, sender: chat }),
        "conversation" => {
            Ok(MemoryScope::Conversation(Conversation { channel, chat, thread: row.get(column + 3)? }))
        }
        other => Err(RowError::Refused(format!("a scope has the unknown kind {other:?}"))),
    }
}
