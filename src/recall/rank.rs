// SPDX-License-Identifier: MIT OR Apache-2.0
//! What fits best: everything that speaks for a candidate, weighed.

use crate::asked::Asked;
use crate::clues::Clues;
use crate::weights;
use blufio_core::storage::Candidates;

/// How well something has to fit to be shown to a model.
pub const THRESHOLD: f64 = 0.55;

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

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::ids::{MessageId, PassageId, SessionId};
    use blufio_core::memory::{Item, MemoryScope, Passage};
    use blufio_core::storage::Candidate;
    use blufio_core::time::Timestamp;
    use proptest::prelude::*;

    fn candidate(id: i64, text: &str, found: &[usize], keyword: f64, cosine: Option<f32>) -> Candidate {
        let item = Item::Passage(Passage {
            id: PassageId(id),
            message: MessageId(id),
            session: SessionId(id),
            scope: MemoryScope::Agent,
            text: text.into(),
            around: String::new(),
            at: Timestamp(id),
        });
        Candidate { item, keyword, trigram: 0.0, found: found.to_vec(), cosine, around: cosine }
    }

    fn ranked(question: &str, candidates: Vec<Candidate>, signals: Signals) -> Vec<Ranked> {
        let asked = Asked::new(question, 20);
        let found = Candidates { candidates, occurrences: vec![2; asked.words.len()], rows: 500 };
        rank(&asked, &found, signals)
    }

    const DOG: &str = "My dog is called Max, he is a brown collie";

    #[test]
    fn what_fits_is_shown_and_what_does_not_is_not() {
        let all = vec![
            candidate(1, "The train to Lyon leaves at seven in the evening", &[], 0.0, Some(0.05)),
            candidate(2, DOG, &[0], 4.0, Some(0.65)),
        ];
        let ranked = ranked("What is my dog called?", all, Signals::PROVED);
        assert_eq!(ranked.iter().map(|ranked| ranked.at).collect::<Vec<_>>(), [1, 0]);
        assert!(ranked[0].fit > THRESHOLD && ranked[1].fit < 0.05);
    }

    #[test]
    fn words_alone_are_enough_where_there_is_no_vector() {
        let all = vec![candidate(1, DOG, &[0], 4.0, None), candidate(2, "nothing", &[], 0.0, None)];
        let ranked = ranked("What is my dog called?", all, Signals::PROVED);
        assert_eq!(ranked.len(), 1);
        assert!(ranked[0].fit > THRESHOLD);
    }

    #[test]
    fn an_errand_loads_nothing_that_only_sounds_alike() {
        let all = vec![candidate(1, "We rowed to the lighthouse and back", &[1], 3.0, Some(0.4))];
        assert!(ranked("Tell me a joke about a lighthouse.", all, Signals::PROVED)[0].fit < THRESHOLD);
    }

    #[test]
    fn reciprocal_ranks_are_added_up() {
        let all = vec![
            candidate(1, "a", &[0], 5.0, Some(0.1)),
            candidate(2, "b", &[0], 4.0, Some(0.8)),
            candidate(3, "c", &[], 0.0, Some(0.7)),
        ];
        let by_ranks = Signals { fusion: Fusion::Ranks, words: true, meaning: true, ..Signals::NONE };
        let ranked = ranked("dog", all, by_ranks);
        assert_eq!(ranked.iter().map(|ranked| ranked.at).collect::<Vec<_>>(), [1, 0, 2]);
        assert!((ranked[0].order - (1.0 / 12.0 + 1.0 / 11.0)).abs() < 1e-9);
    }

    #[test]
    fn of_equals_the_newer_one_comes_first() {
        let all = vec![candidate(1, DOG, &[0], 4.0, Some(0.5)), candidate(2, DOG, &[0], 4.0, Some(0.5))];
        let signals = Signals { session: false, ..Signals::PROVED };
        assert_eq!(ranked("my dog", all, signals)[0].at, 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn each_candidate_has_one_place_and_a_sound_fit(
            question in "\\PC{0,60}",
            texts in proptest::collection::vec(("\\PC{0,60}", proptest::option::of(-1.0_f32..1.0), 0.0_f64..9.0), 0..12),
        ) {
            let all: Vec<Candidate> = (1..).zip(&texts)
                .map(|(id, (text, cosine, keyword))| candidate(id, text, &[0, 99], *keyword, *cosine)).collect();
            let mut places: Vec<usize> = Vec::new();
            for ranked in ranked(&question, all, Signals::PROVED) {
                prop_assert!((0.0..=1.0).contains(&ranked.fit) && ranked.order.is_finite());
                prop_assert!(!places.contains(&ranked.at));
                places.push(ranked.at);
            }
        }
    }
}
