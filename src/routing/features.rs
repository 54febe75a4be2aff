// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is found in a message, as the plain names that the weights speak of.

use crate::ask::part;
use crate::fast::{Own, courtesy, errand};
use crate::ideas::Idea;
use crate::judge::{CAREFUL, EVERYDAY, EXACT, points};
use crate::shape::Shape;
use crate::talk::{Talk, goes_on};
use crate::text::{clip, unspaced};
use crate::{Attachment, Route, Signals};

/// Words of the person that are looked at one by one.
const WORDS: usize = 48;

/// Letters of a stem.
const STEM: usize = 5;

/// Work that is mostly ordinary.
const ORDINARY: &[Idea] = &[
    Idea::Write,
    Idea::Rewrite,
    Idea::Summarise,
    Idea::Explain,
    Idea::Make,
    Idea::Plan,
    Idea::Advise,
    Idea::Search,
    Idea::Translate,
];

/// Work that takes thought.
const THOUGHT: &[Idea] = &[
    Idea::Prove,
    Idea::Analyse,
    Idea::Design,
    Idea::Optimise,
    Idea::Diagnose,
    Idea::Rigor,
    Idea::Symptom,
    Idea::Puzzle,
];

/// What was found in a message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// The names, each once.
    pub(crate) names: Vec<String>,
    /// Why nothing needs to be weighed: thanks, a reminder and the like are small whatever stands around them.
    pub(crate) small: Option<&'static str>,
}

impl Found {
    fn add(&mut self, name: impl Into<String>) {
        self.names.push(name.into());
    }

    fn when(&mut self, holds: bool, name: &str) {
        if holds {
            self.add(name);
        }
    }

    /// One name for each step that an amount is above.
    fn above(&mut self, name: &str, amount: usize, steps: &[usize]) {
        for step in steps.iter().filter(|step| amount > **step) {
            self.add(format!("{name}>{step}"));
        }
    }
}

/// Finds everything that the weights may speak of.
pub(crate) fn find(signals: &Signals<'_>) -> Found {
    let text = clip(signals.text);
    let ask = part(&text);
    let own = Own::read(&ask.words, ask.material);
    let whole = Own::read(&text, 0);
    let mut found = Found::default();
    ideas(&mut found, &own, &whole);
    looks(&mut found, &own, &whole.shape, ask.material);
    pairs(&mut found, &own);
    if let Some(reason) = courtesy(&own) {
        found.add("courtesy");
        found.add(format!("courtesy: {reason}"));
        found.small = small(reason, signals);
    } else if let Some(reason) = errand(&ask) {
        found.add("errand");
        found.add(format!("errand: {reason}"));
        found.small = small(reason, signals);
    }
    let points = points(&own.tally, &own.shape).max(points(&whole.tally, &whole.shape));
    found.above("points", usize::try_from(points).unwrap_or_default(), &[0, 2, 3, 5, 8]);
    conversation(&mut found, signals, &own, points);
    let settled = found.names.iter().any(|name| name == "courtesy" || name == "errand");
    found.when(settled && !signals.earlier.is_empty(), "small, in a conversation");
    found.when(settled && found.names.iter().any(|name| name == "after deep"), "small, after deep");
    words(&mut found, &own.folded);
    found
}

fn small(reason: &'static str, signals: &Signals<'_>) -> Option<&'static str> {
    const ALWAYS: &[Idea] = &[Idea::Greeting, Idea::Thanks, Idea::Remind, Idea::Clock];
    let looked_at =
        signals.attached.iter().any(|one| *one != Attachment::Voice) && reason != Idea::Remind.says();
    (!looked_at && ALWAYS.iter().any(|idea| idea.says() == reason)).then_some(reason)
}

fn ideas(found: &mut Found, own: &Own, whole: &Own) {
    for idea in Idea::ALL {
        let name = idea.name();
        match (own.tally.strong(*idea), own.tally.weak(*idea), whole.tally.strong(*idea)) {
            (0, 0, 0) => {}
            (0, 0, _) => found.add(format!("aside {name}")),
            (0, _, _) => found.add(format!("maybe {name}")),
            (1, 0, _) => found.add(name),
            _ => {
                found.add(name);
                found.add(format!("{name} twice"));
            }
        }
    }
}

fn looks(found: &mut Found, own: &Own, whole: &Shape, material: usize) {
    found.above("words", own.words, &[2, 4, 7, 11, 17, 26, 40, 70]);
    found.above("material", material, &[40, 160, 600]);
    found.above("numbers", whole.numbers, &[0, 1, 3, 6]);
    found.above("questions", own.shape.questions, &[0, 1]);
    found.above("sentences", own.shape.sentences, &[1, 3, 5]);
    found.above("technical", own.shape.technical, &[0, 1, 3]);
    found.above("formula", whole.formula, &[0, 2]);
    found.when(whole.code > 1, "code lines");
    found.when(whole.log > 1, "log lines");
    found.when(whole.choices > 2, "choices");
    found.when(own.shape.sum, "a sum");
}

/// What means more together than each alone.
fn pairs(found: &mut Found, own: &Own) {
    let tally = &own.tally;
    let (exact, careful, everyday) = (tally.any(EXACT), tally.any(CAREFUL), tally.any(EVERYDAY));
    let (ordinary, thought) = (tally.any(ORDINARY), tally.any(THOUGHT));
    let numbers = own.shape.numbers > 1;
    found.when(exact, "exact field");
    found.when(careful, "careful field");
    found.when(everyday, "everyday field");
    found.when(ordinary, "ordinary work");
    found.when(thought, "thought");
    found.when(exact && !ordinary && !thought, "exact field, no work");
    found.when(careful && !ordinary && !thought, "careful field, no work");
    found.when(everyday && !careful && !exact, "everyday field alone");
    found.when(exact && ordinary && !thought, "exact field, ordinary work");
    found.when(careful && ordinary && !thought, "careful field, ordinary work");
    found.when(exact && thought, "exact field, thought");
    found.when(careful && thought, "careful field, thought");
    found.when(everyday && thought, "everyday field, thought");
    found.when(exact && tally.any(&[Idea::Why]), "exact field, why");
    found.when(
        tally.any(&[Idea::Code]) && tally.any(&[Idea::Why, Idea::Diagnose, Idea::Symptom]),
        "a program, why",
    );
    found.when(careful && numbers, "careful field, figures");
    found.when(careful && own.words > 17, "careful field, a case");
    found.when(exact && own.words > 17, "exact field, a case");
    found.when(careful && tally.any(&[Idea::Stakes, Idea::Condition]), "careful field, stakes");
    found.when(tally.any(&[Idea::Condition]) && numbers && own.words > 17, "conditions with figures");
    found.when(own.shape.numbers > 1 && own.words > 14 && own.shape.questions > 0, "figures in a story");
    found.when(
        tally.any(&[Idea::Fact, Idea::Unit, Idea::Clock]) && !ordinary && !thought && !exact && !careful,
        "a plain question",
    );
    found.when(!exact && !careful && !everyday && !ordinary && !thought, "nothing known");
    let hard = EXACT.iter().chain(CAREFUL).chain(THOUGHT).filter(|idea| tally.any(&[**idea])).count();
    found.above("hard ideas", hard, &[1, 2, 3]);
}

fn conversation(found: &mut Found, signals: &Signals<'_>, own: &Own, points: i32) {
    found.when(signals.attached.contains(&Attachment::Photo), "photo");
    found.when(signals.attached.contains(&Attachment::Document), "document");
    found.when(signals.attached.contains(&Attachment::Voice), "voice");
    if signals.earlier.is_empty() {
        found.add("begins");
        return;
    }
    let talk = Talk::read(signals.earlier);
    let on = goes_on(own);
    found.when(on, "goes on");
    found.when(talk.hard, "after a hard question");
    found.when(talk.hard && on, "goes on after a hard question");
    let Some(route) = talk.route else { return };
    found.add(format!("after {route}"));
    found.when(on, &format!("goes on after {route}"));
    found.when(own.words <= 4, &format!("short after {route}"));
    found.when(points >= 3, &format!("hard after {route}"));
    found.when(own.tally.any(ORDINARY), &format!("ordinary work after {route}"));
    found.when(route == Route::Deep && own.tally.any(&[Idea::Switch]), "another topic after deep");
    found.when(
        own.tally.any(&[Idea::Fact, Idea::Unit, Idea::Clock, Idea::Remind]),
        &format!("a small thing after {route}"),
    );
}

/// The person's words, and pairs of them.
fn words(found: &mut Found, folded: &str) {
    let mut before: Option<&str> = None;
    for (number, word) in folded.split_ascii_whitespace().take(WORDS).enumerate() {
        if word.starts_with(unspaced) {
            let letters: Vec<char> = word.chars().take(WORDS).collect();
            for pair in letters.windows(2) {
                found.add(format!("“{}”", pair.iter().collect::<String>()));
            }
            before = None;
            continue;
        }
        if number == 0 {
            found.add(format!("“{word}” first"));
        }
        found.add(format!("“{word}”"));
        // Endings differ, and a stem is met more often than each of its words.
        if let Some((end, _)) = word.char_indices().nth(STEM) {
            found.add(format!("“{}…”", word.get(..end).unwrap_or_default()));
        }
        if let Some(before) = before {
            found.add(format!("“{before} {word}”"));
        }
        before = Some(word);
    }
    found.names.sort_unstable();
    found.names.dedup();
}
