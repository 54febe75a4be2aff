// SPDX-License-Identifier: MIT OR Apache-2.0
//! Vectors of memories and passages, in blocks of one model, one scope and one kind.
//!
//! Vectors of different models are never compared: a search reads the blocks of its own model only. After a change of the model
//! the items of the others count as without a vector, until each has a new one in the place of the old.

use crate::error::RowError;
use block::{ENTRIES, Layout};
use blufio_core::embedding::EmbeddingModel;
use blufio_core::ids::{MemoryId, PassageId};
use blufio_core::memory::ItemId;
use blufio_core::storage::{Embedded, Unembedded};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(crate) mod block;
#[cfg(test)]
mod tests;

pub(crate) const MODEL: &str =
    "SELECT id FROM embedding_models WHERE name = ?1 AND revision = ?2 AND dimension = ?3";

const NEW_MODEL: &str = "INSERT INTO embedding_models (name, revision, dimension) VALUES (?1, ?2, ?3)";

const OTHER_MODELS: &str = "SELECT id FROM embedding_models WHERE id IS NOT ?1";

pub(crate) const WITH_ROOM: &str = "SELECT id, entries FROM vectors INDEXED BY vectors_of
    WHERE model = ?1 AND scope = ?2 AND kind = ?3 AND count < ?4 LIMIT 1";

const BLOCK: &str = "SELECT v.entries, m.dimension FROM vectors AS v
    JOIN embedding_models AS m ON m.id = v.model WHERE v.id = ?1";

const NEW_BLOCK: &str =
    "INSERT INTO vectors (model, scope, kind, count, entries) VALUES (?1, ?2, ?3, ?4, ?5)";

const REWRITE: &str = "UPDATE vectors SET count = ?2, entries = ?3 WHERE id = ?1";

const MEMORY: &str = "SELECT scope, block, 0 FROM memories WHERE id = ?1";
const PASSAGE: &str = "SELECT scope, block, around <> '' FROM passages WHERE id = ?1";
const PLACE_MEMORY: &str = "UPDATE memories SET model = ?2, block = ?3 WHERE id = ?1";
const PLACE_PASSAGE: &str = "UPDATE passages SET model = ?2, block = ?3 WHERE id = ?1";

pub(crate) const MEMORIES_OF_MODEL: &str = "SELECT id, text FROM memories INDEXED BY memories_of_model
    WHERE model IS ?1 ORDER BY id DESC LIMIT ?2";

pub(crate) const PASSAGES_OF_MODEL: &str =
    "SELECT id, text, around FROM passages INDEXED BY passages_of_model
    WHERE model IS ?1 ORDER BY id DESC LIMIT ?2";

/// The name of an item's kind in rows.
pub(crate) fn kind(id: ItemId) -> &'static str {
    match id {
        ItemId::Memory(_) => "memory",
        ItemId::Passage(_) => "passage",
    }
}

/// The layout of the blocks of a kind.
pub(crate) fn layout(dimension: usize, kind: &str) -> Layout {
    Layout::new(dimension, kind == "passage")
}

/// The number of a model; `None` while it has made no vector that is stored.
pub(crate) fn model(connection: &Connection, model: &EmbeddingModel) -> Result<Option<i64>, RowError> {
    let EmbeddingModel { name, revision, dimension } = model;
    let dimension = i64::try_from(*dimension).unwrap_or(i64::MAX);
    let mut number = connection.prepare_cached(MODEL)?;
    Ok(number.query_row(params![name, revision, dimension], |row| row.get(0)).optional()?)
}

/// What has no vector of this model, memories first, newest first.
pub(crate) fn unembedded(
    connection: &Connection,
    of: &EmbeddingModel,
    limit: usize,
) -> Result<Vec<Unembedded>, RowError> {
    let this = model(connection, of)?;
    let mut without: Vec<Option<i64>> = vec![None];
    let mut others = connection.prepare_cached(OTHER_MODELS)?;
    let mut rows = others.query([this])?;
    while let Some(row) = rows.next()? {
        without.push(Some(row.get(0)?));
    }
    let memory = |row: &Row<'_>| {
        Ok(Unembedded { id: ItemId::Memory(MemoryId(row.get(0)?)), text: row.get(1)?, around: None })
    };
    let passage = |row: &Row<'_>| {
        let (text, around): (String, String) = (row.get(1)?, row.get(2)?);
        let around = (!around.is_empty()).then_some(around);
        Ok(Unembedded { id: ItemId::Passage(PassageId(row.get(0)?)), text, around })
    };
    let mut found = newest(connection, MEMORIES_OF_MODEL, &without, limit, memory)?;
    let room = limit.saturating_sub(found.len());
    if room > 0 {
        found.extend(newest(connection, PASSAGES_OF_MODEL, &without, room, passage)?);
    }
    Ok(found)
}

fn newest(
    connection: &Connection,
    sql: &str,
    models: &[Option<i64>],
    limit: usize,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<Unembedded>,
) -> Result<Vec<Unembedded>, RowError> {
    let mut found = Vec::new();
    for model in models {
        let mut items = connection.prepare_cached(sql)?;
        let mut rows = items.query(params![model, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
    }
    found.sort_by_key(|item| std::cmp::Reverse(item.id));
    found.truncate(limit);
    Ok(found)
}

/// Stores vectors in the place of those that were there. Items that are gone are passed over.
pub(crate) fn embed(
    connection: &Connection,
    of: &EmbeddingModel,
    vectors: &[Embedded],
) -> Result<(), RowError> {
    let model = match model(connection, of)? {
        Some(model) => model,
        None => {
            let EmbeddingModel { name, revision, dimension } = of;
            let dimension = i64::try_from(*dimension).unwrap_or(i64::MAX);
            connection.prepare_cached(NEW_MODEL)?.execute(params![name, revision, dimension])?;
            connection.last_insert_rowid()
        }
    };
    let mut open: Option<Open> = None;
    for Embedded { id, text, around } in vectors {
        let Some(Place { scope, block: old, around: told }) = place_of(connection, *id)? else { continue };
        if let Some(old) = old {
            // It may be the open block itself.
            if let Some(open) = open.take() {
                open.write(connection, model)?;
            }
            take_out(connection, old, *id)?;
        }
        let layout = layout(of.dimension, kind(*id));
        let fits =
            |block: &Open| block.scope == scope && block.kind == kind(*id) && block.count(layout) < ENTRIES;
        if !open.as_ref().is_some_and(fits) {
            if let Some(full) = open.take() {
                full.write(connection, model)?;
            }
            open = Some(Open::find(connection, model, scope, kind(*id))?);
        }
        let Some(block) = open.as_mut() else { continue };
        // What was said around it may have been forgotten meanwhile.
        let around = around.as_deref().filter(|_| told);
        layout.push(&mut block.entries, row_id(*id), text, around)?;
        block.items.push(*id);
    }
    match open {
        Some(open) => open.write(connection, model),
        None => Ok(()),
    }
}

pub(crate) fn row_id(id: ItemId) -> i64 {
    match id {
        ItemId::Memory(id) => id.0,
        ItemId::Passage(id) => id.0,
    }
}

/// Where an item is, and whether anything was said around it.
struct Place {
    scope: i64,
    block: Option<i64>,
    around: bool,
}

fn place_of(connection: &Connection, id: ItemId) -> Result<Option<Place>, RowError> {
    let sql = match id {
        ItemId::Memory(_) => MEMORY,
        ItemId::Passage(_) => PASSAGE,
    };
    let mut place = connection.prepare_cached(sql)?;
    Ok(place
        .query_row([row_id(id)], |row| {
            Ok(Place { scope: row.get(0)?, block: row.get(1)?, around: row.get(2)? })
        })
        .optional()?)
}

/// A block that entries are put into.
struct Open {
    /// `None`: it is new.
    id: Option<i64>,
    scope: i64,
    kind: &'static str,
    entries: Vec<u8>,
    /// What was put in and does not know of it yet.
    items: Vec<ItemId>,
}

impl Open {
    fn find(connection: &Connection, model: i64, scope: i64, kind: &'static str) -> Result<Self, RowError> {
        let mut with_room = connection.prepare_cached(WITH_ROOM)?;
        let most = i64::try_from(ENTRIES).unwrap_or(i64::MAX);
        let found = with_room
            .query_row(params![model, scope, kind, most], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (id, entries) = found.unzip();
        Ok(Self { id, scope, kind, entries: entries.unwrap_or_default(), items: Vec::new() })
    }

    fn count(&self, layout: Layout) -> usize {
        self.entries.len() / layout.entry()
    }

    fn write(self, connection: &Connection, model: i64) -> Result<(), RowError> {
        let dimension: i64 = connection
            .prepare_cached("SELECT dimension FROM embedding_models WHERE id = ?1")?
            .query_row([model], |row| row.get(0))?;
        let layout = layout(usize::try_from(dimension).unwrap_or(0), self.kind);
        let count = i64::try_from(self.count(layout)).unwrap_or(i64::MAX);
        let id = match self.id {
            Some(id) => {
                connection.prepare_cached(REWRITE)?.execute(params![id, count, self.entries])?;
                id
            }
            None => {
                let values = params![model, self.scope, self.kind, count, self.entries];
                connection.prepare_cached(NEW_BLOCK)?.execute(values)?;
                connection.last_insert_rowid()
            }
        };
        for item in self.items {
            let place = match item {
                ItemId::Memory(_) => PLACE_MEMORY,
                ItemId::Passage(_) => PLACE_PASSAGE,
            };
            connection.prepare_cached(place)?.execute([row_id(item), model, id])?;
        }
        Ok(())
    }
}

/// Takes an item's vector out of its block, and drops the block once it is empty.
pub(crate) fn take_out(connection: &Connection, block: i64, id: ItemId) -> Result<(), RowError> {
    change(connection, block, kind(id), |layout, entries| {
        layout.remove(entries, row_id(id));
    })
}

/// Forgets the vector of what was said around an item.
pub(crate) fn clear_around(connection: &Connection, block: i64, id: ItemId) -> Result<(), RowError> {
    change(connection, block, kind(id), |layout, entries| layout.clear_around(entries, row_id(id)))
}

fn change(
    connection: &Connection,
    block: i64,
    kind: &str,
    change: impl FnOnce(Layout, &mut Vec<u8>),
) -> Result<(), RowError> {
    let read = |row: &Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?));
    let found = connection.prepare_cached(BLOCK)?.query_row([block], read).optional()?;
    let Some((mut entries, dimension)) = found else { return Ok(()) };
    let layout = layout(usize::try_from(dimension).unwrap_or(0), kind);
    change(layout, &mut entries);
    if entries.is_empty() {
        connection.prepare_cached("DELETE FROM vectors WHERE id = ?1")?.execute([block])?;
        return Ok(());
    }
    let count = i64::try_from(entries.len() / layout.entry()).unwrap_or(i64::MAX);
    connection.prepare_cached(REWRITE)?.execute(params![block, count, entries])?;
    Ok(())
}
