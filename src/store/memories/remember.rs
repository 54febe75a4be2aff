// SPDX-License-Identifier: MIT OR Apache-2.0
//! Storing a memory: what is known already is told once more, what holds no more becomes history.

use super::{one, said_again, scopes, source_columns};
use crate::error::RowError;
use crate::keywords::{self, Key};
use blufio_core::ids::MemoryId;
use blufio_core::memory::{ItemId, LONGEST_MEMORY, Memory, MemorySource, NewMemory};
use blufio_core::storage::Remembered;
use rusqlite::{Connection, params};

pub(crate) const WITH_SAME: &str = "SELECT id, text FROM memories INDEXED BY memories_same
    WHERE scope = ?1 AND same = ?2 AND replaced_by IS NULL ORDER BY id";

const STORE: &str = "INSERT INTO memories
    (scope, text, same, kind, trust, confidence, source_message, source_turn, learned_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const AGAIN: &str = "UPDATE memories SET trust = ?2, confidence = ?3, learned_at = ?4 WHERE id = ?1";

/// What holds no more does so since the other was told, which may be long before it is noticed.
const REPLACE: &str = "UPDATE memories SET replaced_by = ?2, replaced_at = max(?3, learned_at)
    WHERE id = ?1 AND scope = ?4 AND id <> ?2 AND replaced_by IS NULL";

/// Stores a memory.
pub(super) fn remember(connection: &Connection, new: &NewMemory) -> Result<Remembered, RowError> {
    let text = new.text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_MEMORY {
        let refusal = format!("a memory has to have between 1 and {LONGEST_MEMORY} characters");
        return Err(RowError::Refused(refusal));
    }
    let scope = scopes::number(connection, &new.scope)?;
    let remembered = match known(connection, scope, text)? {
        Some(known) => Remembered { memory: again(connection, known, new)?, new: false },
        None => Remembered { memory: store(connection, scope, text, new)?, new: true },
    };
    for message in &new.also {
        said_again::note(connection, remembered.memory.id, MemorySource::Message(*message))?;
    }
    let mut replace = connection.prepare_cached(REPLACE)?;
    for replaced in &new.replaces {
        replace.execute([replaced.0, remembered.memory.id.0, new.learned_at.0, scope])?;
    }
    Ok(remembered)
}

fn known(connection: &Connection, scope: i64, text: &str) -> Result<Option<MemoryId>, RowError> {
    let plain = plain(text);
    let mut with_same = connection.prepare_cached(WITH_SAME)?;
    let mut rows = with_same.query([scope, digest(&plain)])?;
    while let Some(row) = rows.next()? {
        // Other words may have the same digest.
        if self::plain(&row.get::<_, String>(1)?) == plain {
            return Ok(Some(MemoryId(row.get(0)?)));
        }
    }
    Ok(None)
}

fn again(connection: &Connection, id: MemoryId, new: &NewMemory) -> Result<Memory, RowError> {
    let known = existing(connection, id)?;
    let trust = known.trust.max(new.trust);
    let confidence = known.confidence.max(new.confidence.min(100));
    let learned_at = known.learned_at.max(new.learned_at);
    connection.prepare_cached(AGAIN)?.execute(params![id.0, trust.name(), confidence, learned_at.0])?;
    if let Some(source) = new.source {
        said_again::note(connection, id, source)?;
    }
    Ok(Memory { trust, confidence, learned_at, ..known })
}

fn store(connection: &Connection, scope: i64, text: &str, new: &NewMemory) -> Result<Memory, RowError> {
    let (message, turn) = source_columns(new.source);
    connection.prepare_cached(STORE)?.execute(params![
        scope,
        text,
        digest(&plain(text)),
        new.kind.name(),
        new.trust.name(),
        new.confidence.min(100),
        message,
        turn,
        new.learned_at.0,
    ])?;
    let id = MemoryId(connection.last_insert_rowid());
    keywords::put(connection, Key::of(scope, ItemId::Memory(id), text)?, text)?;
    existing(connection, id)
}

fn existing(connection: &Connection, id: MemoryId) -> Result<Memory, RowError> {
    one(connection, id)?.ok_or_else(|| RowError::Refused(format!("memory {id} is gone")))
}

/// The words that are compared: without case, spaces at the ends or in a row, and what ends a sentence.
fn plain(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let words = words.join(" ").to_lowercase();
    words.trim_end_matches([' ', '.', '!', '?', '…', '。', '！', '？', '।', '؟']).to_owned()
}

/// FNV-1a. Stored, so that it may never change; nothing depends on its being hard to guess.
fn digest(text: &str) -> i64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix).cast_signed()
}
