// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counts ideas, and adds up how hard they make a message. The sum is one of the things that `weights` weighs.

use crate::ideas::Idea;
use crate::lexicon::Hit;
use crate::shape::Shape;

/// How an idea counts.
struct Weight {
    idea: Idea,
    /// The first word of it.
    first: i32,
    /// Every further one.
    more: i32,
    /// Every word that has other meanings too.
    weak: i32,
    /// It counts no more than this in all (no less, where it is negative).
    limit: i32,
}

const fn weight(idea: Idea, first: i32, more: i32, weak: i32, limit: i32) -> Weight {
    Weight { idea, first, more, weak, limit }
}

/// What makes a message harder, and what shows that it is ordinary work.
const WEIGHTS: &[Weight] = &[
    weight(Idea::Prove, 8, 2, 3, 10),
    weight(Idea::Analyse, 4, 2, 2, 7),
    weight(Idea::Design, 4, 2, 2, 7),
    weight(Idea::Optimise, 4, 2, 2, 7),
    weight(Idea::Diagnose, 4, 2, 2, 6),
    weight(Idea::Why, 2, 0, 1, 2),
    weight(Idea::Rigor, 3, 2, 2, 6),
    weight(Idea::Symptom, 3, 2, 1, 6),
    weight(Idea::Maths, 6, 2, 2, 9),
    weight(Idea::Concurrency, 6, 2, 2, 10),
    weight(Idea::Distributed, 5, 2, 2, 9),
    weight(Idea::Statistics, 6, 2, 2, 9),
    weight(Idea::Security, 4, 2, 2, 8),
    weight(Idea::Science, 4, 2, 2, 8),
    weight(Idea::Puzzle, 5, 2, 2, 8),
    weight(Idea::Argument, 4, 2, 2, 7),
    weight(Idea::Law, 5, 2, 2, 9),
    weight(Idea::Tax, 5, 2, 2, 9),
    weight(Idea::Finance, 4, 2, 2, 8),
    weight(Idea::Medicine, 5, 2, 2, 9),
    weight(Idea::Business, 4, 2, 2, 6),
    weight(Idea::Condition, 1, 1, 0, 3),
    weight(Idea::Stakes, 3, 2, 2, 5),
    weight(Idea::Complaint, 2, 0, 1, 2),
    weight(Idea::Write, -5, -1, -1, -6),
    weight(Idea::Rewrite, -5, -1, -2, -6),
    weight(Idea::Summarise, -4, -1, -1, -5),
    weight(Idea::Explain, -3, -1, -1, -4),
    weight(Idea::Make, -4, -1, -1, -5),
    weight(Idea::Plan, -1, -1, 0, -2),
    weight(Idea::Brief, -2, -1, -1, -3),
    weight(Idea::Fix, -4, -1, -1, -5),
    weight(Idea::Fact, -1, 0, 0, -1),
    weight(Idea::Translate, -4, 0, -1, -4),
    weight(Idea::Kitchen, -3, -1, -1, -6),
    weight(Idea::Travel, -3, -1, -1, -5),
    weight(Idea::Home, -2, -1, -1, -4),
    weight(Idea::People, -1, -1, 0, -2),
    weight(Idea::Shopping, -2, -1, -1, -4),
    weight(Idea::School, -1, 0, 0, -1),
    weight(Idea::Media, -2, -1, -1, -3),
    weight(Idea::Body, -2, -1, -1, -3),
];

/// Fields in which a plausible answer is easily a wrong one.
pub(crate) const EXACT: &[Idea] = &[
    Idea::Maths,
    Idea::Concurrency,
    Idea::Distributed,
    Idea::Statistics,
    Idea::Security,
    Idea::Science,
    Idea::Puzzle,
    Idea::Argument,
];

/// Fields in which a wrong answer does harm.
pub(crate) const CAREFUL: &[Idea] = &[Idea::Law, Idea::Tax, Idea::Finance, Idea::Medicine, Idea::Business];

/// Fields of everyday life.
pub(crate) const EVERYDAY: &[Idea] = &[
    Idea::Kitchen,
    Idea::Travel,
    Idea::Home,
    Idea::People,
    Idea::Shopping,
    Idea::School,
    Idea::Media,
    Idea::Body,
];

/// What these take away at most from a message that is about a hard field too.
const HOMELY: i32 = -1;

/// How often each idea was met.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    strong: Vec<u16>,
    weak: Vec<u16>,
}

impl Tally {
    /// Counts the words that were found.
    pub(crate) fn of(hits: &[Hit]) -> Self {
        let mut tally = Self { strong: vec![0; Idea::ALL.len()], weak: vec![0; Idea::ALL.len()] };
        for hit in hits {
            let side = if hit.weak { &mut tally.weak } else { &mut tally.strong };
            if let Some(sum) = side.get_mut(hit.idea as usize) {
                *sum = sum.saturating_add(1);
            }
        }
        tally
    }

    /// Words that surely stand for the idea.
    pub(crate) fn strong(&self, idea: Idea) -> i32 {
        self.strong.get(idea as usize).copied().unwrap_or_default().into()
    }

    /// Words that may stand for it.
    pub(crate) fn weak(&self, idea: Idea) -> i32 {
        self.weak.get(idea as usize).copied().unwrap_or_default().into()
    }

    /// Whether a word surely stands for one of these ideas.
    pub(crate) fn any(&self, ideas: &[Idea]) -> bool {
        ideas.iter().any(|idea| self.strong(*idea) > 0)
    }

    fn points(&self, weight: &Weight) -> i32 {
        let strong = self.strong(weight.idea);
        let first = if strong > 0 { weight.first } else { 0 };
        let sum = first + weight.more * (strong - 1).max(0) + weight.weak * self.weak(weight.idea).min(3);
        if weight.limit < 0 { sum.max(weight.limit) } else { sum.min(weight.limit) }
    }

    /// Points of all `ideas` together.
    pub(crate) fn sum(&self, ideas: &[Idea]) -> i32 {
        WEIGHTS.iter().filter(|weight| ideas.contains(&weight.idea)).map(|weight| self.points(weight)).sum()
    }
}

/// Points of a message: how hard it seems by its ideas and its form alone.
pub(crate) fn points(tally: &Tally, shape: &Shape) -> i32 {
    let puzzled = tally.any(&[Idea::Why, Idea::Symptom, Idea::Diagnose]);
    // Who asks why a program fails names the program too.
    let mut points: i32 = WEIGHTS
        .iter()
        .filter(|weight| weight.idea != Idea::Make || !puzzled)
        .map(|weight| tally.points(weight))
        .sum();
    let exact = tally.any(EXACT);
    let careful = tally.any(CAREFUL);
    let up_to = |amount: usize, limit: usize| i32::try_from(amount.min(limit)).unwrap_or_default();
    if careful {
        points += up_to(shape.numbers, 4);
    }
    if shape.questions > 0 && (exact || careful) {
        points += 2;
    }
    if shape.formula > 0 {
        points += up_to(shape.formula, 4) + 2;
    }
    if shape.technical > 0 && (exact || puzzled) {
        points += up_to(shape.technical, 3) + 1;
    }
    if tally.any(&[Idea::Code]) && tally.any(&[Idea::Why, Idea::Diagnose]) {
        points += 2;
    }
    // A field where errors do harm stays one, however homely the words around it.
    let homely = tally.sum(EVERYDAY);
    if (exact || tally.any(&[Idea::Law, Idea::Tax, Idea::Medicine])) && homely < HOMELY {
        points += HOMELY - homely;
    }
    points
}
