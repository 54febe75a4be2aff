// SPDX-License-Identifier: MIT OR Apache-2.0
//! What fits best: what words and meaning find, fused by reciprocal rank, and of the first of that list everything that speaks for
//! each, weighed.

use crate::asked::Asked;
use crate::clues::Clues;
use crate::fusion::fused;
use crate::weights;
use blufio_core::storage::Candidates;
use blufio_core::time::Timestamp;
use std::cmp::Ordering;

/// How well something has to fit to be shown to a model.
pub const THRESHOLD: f64 = 0.55;

/// So many at least of what stands first by reciprocal ranks are weighed. `docs/recall.md` has what other numbers give.
const WEIGHED: usize = 100;

/// What counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signals {
    /// What stands first by reciprocal ranks is put into order by the weighed sum of all clues.
    pub weighed: bool,
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
    /// Whether it is of a kind that lasts.
    pub importance: bool,
    /// What says the same as something better is left out.
    pub diversity: bool,
}

impl Signals {
    /// Those that have proved their worth; `docs/recall.md` has the numbers.
    pub const PROVED: Self = Self {
        weighed: true,
        words: true,
        meaning: true,
        around: true,
        length: true,
        session: true,
        speaker: true,
        recency: false,
        importance: false,
        diversity: true,
    };

    /// None, to be added to.
    pub const NONE: Self = Self {
        weighed: false,
        words: false,
        meaning: false,
        around: false,
        length: false,
        session: false,
        speaker: false,
        recency: false,
        importance: false,
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
}

/// Puts candidates into order, best first; of equals the newer one. Those for which nothing speaks are left out.
///
/// `wanted` is how many will be looked at: if that is more than a message needs, as many are weighed. The others follow as they stand by
/// reciprocal rank.
#[must_use]
pub fn rank(asked: &Asked, found: &Candidates, signals: Signals, wanted: usize) -> Vec<Ranked> {
    let clues = Clues::of(asked, found, signals);
    let mut list: Vec<Standing> = clues
        .iter()
        .zip(fused(&clues, signals))
        .zip(&found.candidates)
        .enumerate()
        .filter(|(_, ((clues, _), _))| clues.by_meaning || clues.keyword > 0.0)
        .map(|(at, ((clues, score), candidate))| Standing { at, clues, score, time: candidate.item.at() })
        .collect();
    list.sort_by(Standing::before);
    if signals.weighed {
        let rest = list.split_off(list.len().min(WEIGHED.max(wanted)));
        list.iter_mut().for_each(|one| one.score = weights::order(one.clues));
        list.sort_by(Standing::before);
        list.extend(rest);
    }
    list.iter().map(|one| Ranked { at: one.at, fit: weights::fit(one.clues) }).collect()
}

/// What stands in a list.
struct Standing<'a> {
    at: usize,
    clues: &'a Clues,
    score: f64,
    time: Timestamp,
}

impl Standing<'_> {
    fn before(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then_with(|| other.time.cmp(&self.time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::ids::{MessageId, PassageId, SessionId};
    use blufio_core::memory::{Item, MemoryScope, Passage};
    use blufio_core::storage::Candidate;
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
        rank(&asked, &found, signals, 8)
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
    fn only_what_stands_first_by_reciprocal_ranks_is_weighed() {
        // It has both words, but all the others stand before it by words and by meaning alone.
        let near = |id| candidate(id, "We talked a while of a dog", &[0], 4.0, Some(0.6));
        let mut all: Vec<Candidate> = (1..).map(near).take(WEIGHED).collect();
        all.push(candidate(999, DOG, &[0, 1], 3.0, Some(0.59)));
        let asked = Asked::new("Is my dog a collie?", 20);
        let found = Candidates { occurrences: vec![2; asked.words.len()], rows: 500, candidates: all };
        let place = |wanted| {
            rank(&asked, &found, Signals::PROVED, wanted).iter().position(|ranked| ranked.at == WEIGHED)
        };
        assert_eq!((place(8), place(WEIGHED + 1)), (Some(WEIGHED), Some(0)));
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
                prop_assert!((0.0..=1.0).contains(&ranked.fit));
                prop_assert!(!places.contains(&ranked.at));
                places.push(ranked.at);
            }
        }
    }
}
