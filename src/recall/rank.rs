// SPDX-License-Identifier: MIT OR Apache-2.0
//! What fits best: everything that speaks for a candidate, weighed.

use crate::asked::Asked;
use crate::clues::Clues;
use crate::weights;
use blufio_core::storage::Candidates;

/// How well something has to fit to be shown to a model.
pub const THRESHOLD: f64 = 0.5;

/// How flat reciprocal ranks are; the smaller, the more the first places count.
const FLAT: f64 = 10.0;

/// How signals become one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fusion {
    /// By a weighed sum of all clues.
    Weighed,
    /// By the sum of reciprocal ranks; only words, meaning and what was said around count. Kept to be compared with.
    Ranks,
}

/// What counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signals {
    /// How the others become one.
    pub fusion: Fusion,
    /// Words in common.
    pub words: bool,
    /// Meaning in common.
    pub meaning: bool,
    /// Meaning and words of what was said around it.
    pub around: bool,
    /// How much it says at all.
    pub length: bool,
    /// Other words of the same session that fit.
    pub session: bool,
    /// Whether the question names who said it.
    pub speaker: bool,
    /// Whether it is new.
    pub recency: bool,
    /// What says the same as something better is left out.
    pub diversity: bool,
}

impl Signals {
    /// Those that have proved their worth; `docs/recall.md` has the numbers.
    pub const PROVED: Self = Self {
        fusion: Fusion::Weighed,
        words: true,
        meaning: true,
        around: true,
        length: true,
        session: true,
        speaker: true,
        recency: false,
        diversity: true,
    };

    /// None, to be added to.
    pub const NONE: Self = Self {
        fusion: Fusion::Weighed,
        words: false,
        meaning: false,
        around: false,
        length: false,
        session: false,
        speaker: false,
        recency: false,
        diversity: false,
    };
}

impl Default for Signals {
    fn default() -> Self {
        Self::PROVED
    }
}

/// A candidate in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Its position among the candidates.
    pub at: usize,
    /// How well it fits the question, 0 to 1, whatever else there is.
    pub fit: f64,
    /// What decides about the order; says nothing by itself.
    pub order: f64,
}

/// Puts candidates into order, best first; of equals the newer one. Those for which nothing speaks are left out.
#[must_use]
pub fn rank(asked: &Asked, found: &Candidates, signals: Signals) -> Vec<Ranked> {
    let clues = Clues::of(asked, found, signals);
    let orders = match signals.fusion {
        Fusion::Weighed => clues.iter().map(weights::order).collect(),
        Fusion::Ranks => reciprocal(&clues, signals),
    };
    let mut ranked: Vec<Ranked> = clues
        .iter()
        .zip(orders)
        .enumerate()
        .filter(|(_, (clues, _))| clues.by_meaning || clues.keyword > 0.0)
        .map(|(at, (clues, order))| Ranked { at, fit: weights::fit(clues), order })
        .collect();
    let newer = |ranked: &Ranked| found.candidates.get(ranked.at).map(|candidate| candidate.item.at());
    ranked.sort_by(|a, b| b.order.total_cmp(&a.order).then_with(|| newer(b).cmp(&newer(a))));
    ranked
}

/// The sum of reciprocal ranks.
fn reciprocal(clues: &[Clues], signals: Signals) -> Vec<f64> {
    let mut fused = vec![0.0; clues.len()];
    type Signal = fn(&Clues) -> f64;
    let by: [(bool, Signal); 3] = [
        (signals.words, |clues| clues.keyword),
        (signals.meaning, |clues| clues.get("meaning").unwrap_or(0.0)),
        (signals.around, |clues| clues.get("around").unwrap_or(0.0)),
    ];
    for (_, signal) in by.into_iter().filter(|(on, _)| *on) {
        let value = |at: &usize| clues.get(*at).map_or(0.0, signal);
        let mut order: Vec<usize> = (0..clues.len()).filter(|at| value(at) > 0.0).collect();
        order.sort_by(|a, b| value(b).total_cmp(&value(a)));
        for (place, at) in order.into_iter().enumerate() {
            if let (Some(fused), Ok(place)) = (fused.get_mut(at), u32::try_from(place)) {
                *fused += 1.0 / (FLAT + 1.0 + f64::from(place));
            }
        }
    }
    fused
}
