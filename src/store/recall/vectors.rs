// SPDX-License-Identifier: MIT OR Apache-2.0
//! The nearest by meaning. Every vector of the scopes is compared: exact, and quick enough for hundreds of thousands.

use super::Place;
use super::best::Best;
use crate::error::RowError;
use crate::vectors::{self, block::Sought};
use blufio_core::embedding::EmbeddingModel;
use blufio_core::ids::{MemoryId, PassageId};
use blufio_core::memory::ItemId;
use rusqlite::{Connection, params};
use std::collections::{BTreeSet, HashMap};

pub(crate) const BLOCKS: &str = "SELECT entries FROM vectors INDEXED BY vectors_of
    WHERE model = ?1 AND scope = ?2 AND kind = ?3";

/// What is near.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The nearest, by their own words or by what was said around them.
    pub(super) nearest: BTreeSet<ItemId>,
    /// Cosines of the nearest and of what was wanted.
    pub(super) cosines: HashMap<ItemId, (f32, Option<f32>)>,
}

/// The nearest to a vector, and how near those are that are `wanted`.
pub(super) fn search(
    connection: &Connection,
    model: &EmbeddingModel,
    vector: &[f32],
    place: &Place,
    wanted: &BTreeSet<ItemId>,
) -> Result<Found, RowError> {
    let Some(number) = vectors::model(connection, model)? else { return Ok(Found::default()) };
    if vector.len() != model.dimension || vector.iter().any(|number| !number.is_finite()) {
        let refusal = format!("what is looked for has not {} sound numbers", model.dimension);
        return Err(RowError::Refused(refusal));
    }
    let sought = Sought::new(vector);
    let mut found = Found::default();
    let kinds: &[fn(i64) -> ItemId] = if place.passages {
        &[|id| ItemId::Memory(MemoryId(id)), |id| ItemId::Passage(PassageId(id))]
    } else {
        &[|id| ItemId::Memory(MemoryId(id))]
    };
    for item in kinds {
        let kind = vectors::kind(item(0));
        let layout = vectors::layout(model.dimension, kind);
        let (mut by_text, mut by_around) = (Best::new(place.limit), Best::new(place.limit));
        let of_kind = wanted.iter().copied().filter(|id| vectors::kind(*id) == kind);
        let maybe = Maybe::of(of_kind.map(vectors::row_id));
        for scope in &place.scopes {
            let mut blocks = connection.prepare_cached(BLOCKS)?;
            let mut rows = blocks.query(params![number, scope, kind])?;
            while let Some(row) = rows.next()? {
                let entries = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
                for (id, text, around) in layout.compare(entries, &sought) {
                    let is_wanted = maybe.has(id) && wanted.contains(&item(id));
                    if is_wanted {
                        found.cosines.insert(item(id), (text, around));
                    }
                    let near = by_text.would_keep(f64::from(text))
                        || around.is_some_and(|around| by_around.would_keep(f64::from(around)));
                    if !near || place.shown.has(item(id)) {
                        continue;
                    }
                    let entry = Near { id, text, around };
                    by_text.consider(f64::from(text), entry);
                    if let Some(around) = around {
                        by_around.consider(f64::from(around), entry);
                    }
                }
            }
        }
        for (_, Near { id, text, around }) in by_text.into_items().chain(by_around.into_items()) {
            found.nearest.insert(item(id));
            found.cosines.insert(item(id), (text, around));
        }
    }
    Ok(found)
}

#[derive(Clone, Copy, Debug)]
struct Near {
    id: i64,
    text: f32,
    around: Option<f32>,
}

impl PartialEq for Near {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Near {}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Near {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.id.cmp(&other.id)
    }
}

/// Tells at once of most numbers that they are not in a set.
struct Maybe([u64; Self::WORDS]);

impl Maybe {
    const WORDS: usize = 64;

    fn of(numbers: impl Iterator<Item = i64>) -> Self {
        let mut bits = [0; Self::WORDS];
        for number in numbers {
            let (word, bit) = Self::place(number);
            if let Some(word) = bits.get_mut(word) {
                *word |= bit;
            }
        }
        Self(bits)
    }

    fn place(number: i64) -> (usize, u64) {
        let number = number.cast_unsigned();
        (usize::try_from(number >> 6 & 63).unwrap_or(0), 1 << (number & 63))
    }

    fn has(&self, number: i64) -> bool {
        let (word, bit) = Self::place(number);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}
