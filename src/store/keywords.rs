// SPDX-License-Identifier: MIT OR Apache-2.0
//! Keywords: two full-text indices beside memories and passages, which hold no text themselves.
//!
//! `stems` has whole words, reduced to their English stems, without accents. `grams` has runs of two or three letters of
//! the words that such stems do not serve ([`grams`]).
//!
//! The key of an entry carries everything that a search needs to choose: from the top bit down 19 bits of scope, one of
//! kind, 40 of id and 3 of length. So one scope is a range of keys, and a row that is not chosen is never read.
//!
//! An index without texts is told the text once more when an entry is deleted. It must yield the same keywords then: whoever
//! changes [`grams`] or [`length_class`] makes both indices anew in a migration.

use crate::error::RowError;
use blufio_core::ids::{MemoryId, PassageId};
use blufio_core::memory::ItemId;
use rusqlite::{Connection, params};
use std::ops::RangeInclusive;

pub(crate) mod grams;
#[cfg(test)]
mod tests;

const PUT_STEMS: &str = "INSERT INTO stems (rowid, text) VALUES (?1, ?2)";
const PUT_GRAMS: &str = "INSERT INTO grams (rowid, text) VALUES (?1, ?2)";
const REMOVE_STEMS: &str = "INSERT INTO stems (stems, rowid, text) VALUES ('delete', ?1, ?2)";
const REMOVE_GRAMS: &str = "INSERT INTO grams (grams, rowid, text) VALUES ('delete', ?1, ?2)";

const LENGTH_BITS: u32 = 3;
const ID_BITS: u32 = 40;
const SCOPE_BITS: u32 = 19;
/// The bit that tells a passage from a memory.
const PASSAGE: i64 = 1 << (LENGTH_BITS + ID_BITS);
const SCOPE_SHIFT: u32 = LENGTH_BITS + ID_BITS + 1;

/// Up to so many characters a text is of the class with the same position; longer ones are of the last.
const CLASSES: [usize; 8] = [24, 48, 80, 128, 192, 288, 448, usize::MAX];

/// What an entry is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(pub(crate) i64);

impl Key {
    /// The key of an item with this text, in the scope of this number.
    ///
    /// # Errors
    /// When there are more scopes or items than a key has room for: half a million, and a million million.
    pub(crate) fn of(scope: i64, id: ItemId, text: &str) -> Result<Self, RowError> {
        let (kind, id) = match id {
            ItemId::Memory(id) => (0, id.0),
            ItemId::Passage(id) => (PASSAGE, id.0),
        };
        if !(0..1 << SCOPE_BITS).contains(&scope) || !(0..1 << ID_BITS).contains(&id) {
            return Err(RowError::Refused(format!("no key has room for item {id} of scope {scope}")));
        }
        Ok(Self(scope << SCOPE_SHIFT | kind | id << LENGTH_BITS | length_class(text)))
    }

    /// The item.
    pub(crate) fn item(self) -> ItemId {
        let id = (self.0 >> LENGTH_BITS) & ((1 << ID_BITS) - 1);
        if self.0 & PASSAGE == 0 { ItemId::Memory(MemoryId(id)) } else { ItemId::Passage(PassageId(id)) }
    }

    /// The number of its scope.
    pub(crate) fn scope(self) -> i64 {
        self.0 >> SCOPE_SHIFT
    }

    /// About how many characters its text has.
    pub(crate) fn length(self) -> f64 {
        match self.0 & ((1 << LENGTH_BITS) - 1) {
            0 => 16.0,
            1 => 36.0,
            2 => 64.0,
            3 => 104.0,
            4 => 160.0,
            5 => 240.0,
            6 => 368.0,
            _ => 600.0,
        }
    }

    /// All keys of a scope; those of passages only if they are wanted.
    pub(crate) fn range(scope: i64, passages: bool) -> RangeInclusive<i64> {
        let first = scope << SCOPE_SHIFT;
        first..=first | (PASSAGE - 1) | if passages { PASSAGE } else { 0 }
    }
}

fn length_class(text: &str) -> i64 {
    let length = text.chars().count();
    let class = CLASSES.iter().position(|longest| length <= *longest);
    class.and_then(|class| i64::try_from(class).ok()).unwrap_or(0)
}

/// Makes an item's words findable.
pub(crate) fn put(connection: &Connection, key: Key, text: &str) -> Result<(), RowError> {
    connection.prepare_cached(PUT_STEMS)?.execute(params![key.0, text])?;
    let grams = grams::of_text(text);
    if !grams.is_empty() {
        connection.prepare_cached(PUT_GRAMS)?.execute(params![key.0, grams])?;
    }
    Ok(())
}

/// Takes an item's words out. `text` is what was put in.
pub(crate) fn remove(connection: &Connection, key: Key, text: &str) -> Result<(), RowError> {
    connection.prepare_cached(REMOVE_STEMS)?.execute(params![key.0, text])?;
    let grams = grams::of_text(text);
    if !grams.is_empty() {
        connection.prepare_cached(REMOVE_GRAMS)?.execute(params![key.0, grams])?;
    }
    Ok(())
}
