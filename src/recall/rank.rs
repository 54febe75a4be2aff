// SPDX-License-Identifier: MIT OR Apache-2.0
//! What fits best: everything that speaks for a candidate, weighed.

use crate::fit::{self, Clues};
use blufio_core::storage::Candidates;

/// The usual constant of reciprocal rank fusion.
const FLAT: f64 = 60.0;

/// What counts. All of it does, but where the worth of each is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signals {
    /// Words in common.
    pub words: bool,
    /// Meaning in common.
    pub meaning: bool,
    /// The meaning of what was said around it.
    pub around: bool,
    /// Other words of the same session that fit.
    pub session: bool,
}

impl Signals {
    /// All of them.
    pub const ALL: Self = Self { words: true, meaning: true, around: true, session: true };
}

impl Default for Signals {
    fn default() -> Self {
        Self::ALL
    }
}

/// A candidate in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Its position among the candidates.
    pub at: usize,
    /// How well it fits the question, 0 to 1; candidates stand in another order where more than the fit counts.
    pub fit: f64,
    /// What decides about the order. Comparable within one answer.
    pub order: f64,
}

/// Puts candidates into order, best first. `words` are those that were looked for.
#[must_use]
pub fn rank(words: &[String], found: &Candidates, signals: Signals) -> Vec<Ranked> {
    let clues = Clues::of_all(words, found, signals);
    let mut fused = vec![0.0; clues.len()];
    for signal in [|clues: &Clues| clues.words, |clues: &Clues| clues.meaning, |clues: &Clues| clues.around] {
        let mut order: Vec<usize> = (0..clues.len()).collect();
        let value = |at: &usize| clues.get(*at).map_or(0.0, signal);
        order.retain(|at| value(at) > 0.0);
        order.sort_by(|a, b| value(b).total_cmp(&value(a)));
        for (place, at) in order.into_iter().enumerate() {
            if let (Some(fused), Ok(place)) = (fused.get_mut(at), u32::try_from(place)) {
                *fused += 1.0 / (FLAT + 1.0 + f64::from(place));
            }
        }
    }
    let mut ranked: Vec<Ranked> = clues
        .iter()
        .zip(fused)
        .enumerate()
        .map(|(at, (clues, order))| Ranked { at, fit: fit::fit(clues), order })
        .collect();
    ranked.sort_by(|a, b| b.order.total_cmp(&a.order));
    ranked
}
