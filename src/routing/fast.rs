// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finds the messages that a small model answers as well as a large one.

use crate::ask::Ask;
use crate::ideas::Idea;
use crate::judge::{CAREFUL, EXACT, Tally};
use crate::lexicon::{Hit, covered, look};
use crate::shape::{self, Shape};
use crate::text::{count, fold};

/// What the person asks in his own words.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    /// Comparable words.
    pub(crate) folded: String,
    /// What was found in them.
    pub(crate) hits: Vec<Hit>,
    /// How often.
    pub(crate) tally: Tally,
    /// How many words.
    pub(crate) words: usize,
    /// Their looks.
    pub(crate) shape: Shape,
    /// Bytes of what was quoted or pasted.
    pub(crate) material: usize,
}

impl Own {
    /// Reads the own words of a message.
    pub(crate) fn read(words: &str, material: usize) -> Self {
        let folded = fold(words);
        let hits = look(&folded);
        let tally = Tally::of(&hits);
        Self { words: count(&folded), shape: shape::of(words), folded, hits, tally, material }
    }

    fn has(&self, idea: Idea) -> bool {
        self.tally.strong(idea) > 0
    }

    /// Points of the fields in which a small model errs.
    fn hard(&self) -> i32 {
        self.tally.sum(EXACT) + self.tally.sum(CAREFUL)
    }
}

const SOCIAL: &[Idea] = &[Idea::Greeting, Idea::Thanks, Idea::Assent, Idea::Farewell];
/// Work that a small model does visibly worse.
const WORK: &[Idea] = &[
    Idea::Prove,
    Idea::Analyse,
    Idea::Design,
    Idea::Optimise,
    Idea::Diagnose,
    Idea::Why,
    Idea::Write,
    Idea::Explain,
    Idea::Summarise,
    Idea::Advise,
    Idea::Make,
    Idea::Plan,
    Idea::Rewrite,
    Idea::Search,
];
/// Of this work, what a wish for a mechanical change or a translation does not outweigh.
const THOUGHT: &[Idea] = &[
    Idea::Prove,
    Idea::Analyse,
    Idea::Optimise,
    Idea::Diagnose,
    Idea::Summarise,
    Idea::Plan,
    Idea::Explain,
    Idea::Why,
];

/// Whether a message is nothing but politeness; then, which.
pub(crate) fn courtesy(own: &Own) -> Option<&'static str> {
    let social = *SOCIAL.iter().max_by_key(|idea| own.tally.strong(**idea))?;
    if own.words == 0 {
        return Some("no words that ask for anything");
    }
    if !own.has(social) || own.material > 40 {
        return None;
    }
    let plain = covered(&own.folded, &own.hits, |idea| SOCIAL.contains(&idea) || idea == Idea::Filler);
    let asks = own.tally.any(WORK) || own.hard() > 3 || own.has(Idea::Complaint) || own.shape.numbers > 1;
    let pure =
        plain * 5 >= own.words * 4 || (own.words <= 6 && plain * 2 >= own.words && own.shape.questions == 0);
    let chatty = own.shape.questions == 0 && !asks && opens(own) && own.words <= 60 && plain * 6 >= own.words;
    (pure && (plain == own.words || !asks) || chatty).then_some(social.says())
}

/// Whether the message begins with a courtesy and says more than one.
fn opens(own: &Own) -> bool {
    own.hits.iter().any(|hit| SOCIAL.contains(&hit.idea) && hit.start == 0)
        && SOCIAL.iter().map(|idea| own.tally.strong(*idea)).sum::<i32>() >= 2
}

/// Whether a message asks for something small; then, what.
pub(crate) fn errand(ask: &Ask) -> Option<&'static str> {
    let own = Own::read(&ask.lead, ask.material.max(ask.words.len().saturating_sub(ask.lead.len())));
    if own.tally.any(&[Idea::Prove, Idea::Complaint]) || own.shape.choices >= 3 {
        return None;
    }
    let thought = own.tally.any(THOUGHT);
    let work = own.tally.any(WORK);
    let short = own.words <= 40;
    if own.has(Idea::Remind) && short && own.hard() < 6 && !own.tally.any(THOUGHT) {
        return Some(Idea::Remind.says());
    }
    let translates =
        own.has(Idea::Translate) || (own.has(Idea::Tongue) && (ask.material > 2 || own.words <= 8));
    if translates
        && !thought
        && !own.has(Idea::Rewrite)
        && own.words <= 30
        && (own.has(Idea::Translate) || !own.has(Idea::Write))
    {
        return Some(Idea::Translate.says());
    }
    if own.has(Idea::Fix) && !thought && !own.tally.any(&[Idea::Rewrite, Idea::Make]) && own.words <= 30 {
        return Some(Idea::Fix.says());
    }
    if work || own.hard() > 3 || own.tally.any(&[Idea::Rigor, Idea::Symptom, Idea::Stakes, Idea::Puzzle]) {
        return None;
    }
    if own.has(Idea::Clock) && own.words <= 16 {
        return Some(Idea::Clock.says());
    }
    let amount = own.shape.numbers + usize::from(own.has(Idea::Fact));
    let direct = own.words <= 8 || (own.has(Idea::Fact) && own.words <= 28);
    if own.has(Idea::Unit) && direct && amount > 0 && own.shape.numbers <= 3 && own.shape.sentences <= 1 {
        return Some("a conversion or a small sum");
    }
    if own.shape.sum && own.words <= 14 && own.shape.numbers <= 4 && own.shape.formula == 0 {
        return Some("a conversion or a small sum");
    }
    if own.has(Idea::Fact) && own.words <= 12 && own.hard() <= 2 && own.shape.sentences <= 1 {
        return Some(if own.material > 120 {
            "asks for a detail of a pasted text"
        } else {
            Idea::Fact.says()
        });
    }
    let small = own.words <= 12 && own.hard() == 0 && !own.has(Idea::Symptom);
    if own.material > 150 && small && (own.has(Idea::Fact) || own.has(Idea::Brief)) {
        return Some("asks for a detail of a pasted text");
    }
    None
}
