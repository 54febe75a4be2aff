// SPDX-License-Identifier: MIT OR Apache-2.0
//! How well a candidate fits, by itself.

use crate::rank::Signals;
use blufio_core::storage::Candidates;

/// Below this nothing is shown to a model.
pub const THRESHOLD: f64 = 0.5;

/// What speaks for one candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Clues {
    /// How well it has the words: BM25.
    pub(crate) words: f64,
    /// Share of the question's words that it has, rare ones counted more, 0 to 1.
    pub(crate) share: f64,
    /// Cosine to the question.
    pub(crate) meaning: f64,
    /// Cosine of what was said around it.
    pub(crate) around: f64,
}

impl Clues {
    pub(crate) fn of_all(words: &[String], found: &Candidates, signals: Signals) -> Vec<Self> {
        let rarity: Vec<f64> = (0..words.len())
            .map(|at| rarity(found.occurrences.get(at).copied().unwrap_or(0), found.rows))
            .collect();
        let all: f64 = rarity.iter().sum();
        found
            .candidates
            .iter()
            .map(|candidate| {
                let has: f64 = candidate.found.iter().filter_map(|at| rarity.get(*at)).sum();
                let counts = |does: bool, value: f64| if does { value } else { 0.0 };
                let meaning = f64::from(candidate.cosine.unwrap_or(0.0));
                Self {
                    words: counts(signals.words, candidate.keyword + candidate.trigram),
                    share: counts(signals.words && all > 0.0, has / all.max(f64::MIN_POSITIVE)),
                    meaning: counts(signals.meaning, meaning),
                    around: counts(signals.around, f64::from(candidate.around.unwrap_or(0.0))),
                }
            })
            .collect()
    }
}

/// How much a word says that occurs in so many rows.
fn rarity(occurrences: u64, rows: u64) -> f64 {
    let (occurrences, rows) = (in_f64(occurrences), in_f64(rows));
    (1.0 + (rows - occurrences + 0.5).max(0.0) / (occurrences + 0.5)).ln()
}

fn in_f64(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// How likely it is that a candidate fits, 0 to 1.
pub(crate) fn fit(clues: &Clues) -> f64 {
    let sum = -4.5 + 6.0 * clues.meaning.max(clues.around) + 3.0 * clues.share;
    1.0 / (1.0 + (-sum).exp())
}
