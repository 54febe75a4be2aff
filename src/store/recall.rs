// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may fit a query: by words, by meaning, and everything that is known about each.
//!
//! The scopes are chosen inside both searches, so that what others have said takes neither room nor, as far as that can be had,
//! time. Only what is chosen is read in full.

use crate::error::RowError;
use crate::memories::{self, Holding, scopes};
use crate::passages;
use blufio_core::memory::{Item, ItemId};
use blufio_core::storage::{Candidate, Candidates, RecallQuery};
use rusqlite::Connection;
use shown::Shown;
use std::collections::BTreeSet;

mod best;
mod keywords;
mod shown;
#[cfg(test)]
mod tests;
mod vectors;

/// For the test of the plans.
#[cfg(test)]
pub(crate) const STATEMENTS: &[(&str, &[&str])] = &[
    (keywords::STEMS_OF, &["INDEX 0:M1"]),
    (keywords::GRAMS_OF, &["INDEX 0:M1"]),
    (keywords::STEMS_OF_SCOPE, &["M1><"]),
    (keywords::GRAMS_OF_SCOPE, &["M1><"]),
    (vectors::BLOCKS, &["vectors_of"]),
    (shown::PASSAGES, &["passages_of_session"]),
    (shown::MEMORIES, &["memories_of_message", "messages_of_session"]),
    (shown::MEMORIES_OF_TURNS, &["memories_of_turn", "messages_of_turn", "PRIMARY KEY"]),
];

const ROWS: &str = "SELECT (SELECT count(*) FROM memories) + (SELECT count(*) FROM passages)";

/// Where is looked.
struct Place {
    /// Numbers of the scopes.
    scopes: Vec<i64>,
    passages: bool,
    shown: Shown,
    /// At most so many by each signal, of each kind.
    limit: usize,
}

/// What may fit a query.
pub(crate) fn candidates(connection: &Connection, query: &RecallQuery) -> Result<Candidates, RowError> {
    let rows: i64 = connection.prepare_cached(ROWS)?.query_row([], |row| row.get(0))?;
    let rows = u64::try_from(rows).unwrap_or(0);
    let place = Place {
        scopes: scopes::numbers_of(connection, &query.scopes)?,
        passages: query.passages,
        shown: match query.shown {
            Some((session, from)) => Shown::read(connection, session, from)?,
            None => Shown::default(),
        },
        limit: query.limit,
    };
    let by_words = keywords::search(connection, &query.words, &place, rows)?;
    let wanted: BTreeSet<ItemId> = by_words.hits.keys().copied().collect();
    let by_meaning = match &query.vector {
        Some((model, vector)) => vectors::search(connection, model, vector, &place, &wanted)?,
        None => vectors::Found::default(),
    };
    let mut ids = wanted;
    ids.extend(by_meaning.nearest.iter().copied());
    let (mut candidates, mut holding) = (Vec::with_capacity(ids.len()), Holding::default());
    for id in ids {
        let item = match id {
            ItemId::Memory(id) => {
                let mut memory = memories::one(connection, id)?;
                if let Some(memory) = &mut memory {
                    holding.name(connection, memory)?;
                }
                memory.map(Item::Memory)
            }
            ItemId::Passage(id) => passages::one(connection, id)?.map(Item::Passage),
        };
        let Some(item) = item else { continue };
        let hit = by_words.hits.get(&id).cloned().unwrap_or_default();
        let cosines = by_meaning.cosines.get(&id);
        candidates.push(Candidate {
            item,
            keyword: hit.keyword,
            trigram: hit.trigram,
            found: hit.found,
            cosine: cosines.map(|(text, _)| *text),
            around: cosines.and_then(|(_, around)| *around),
        });
    }
    Ok(Candidates { candidates, occurrences: by_words.occurrences, rows })
}
