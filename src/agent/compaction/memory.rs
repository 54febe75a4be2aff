// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text that is kept.
//!
//! It begins with the model's words. Sentences of them behind which a statement of the person stands carry a mark: when a
//! later summary drops such a sentence, it is kept all the same. Statements that no sentence says are added word for
//! word. Both lists have a bound; what matters least and is oldest goes first.

use super::cues::Weight;
use super::statement::{self, Statement, sentences};
use crate::tokens;
use blufio_core::content::Message;

/// Behind a sentence that says what the person has said.
const MARK: &str = " †";
const KEPT: &str = "Also known from before:";
const QUOTED: &str = "In the person's own words:";
/// What is added to the model's words takes at most this part of what stays as it was said, within bounds, tokens.
const PART: u64 = 6;
const ALLOWANCE: (u64, u64) = (300, 2_500);
/// Statements that are looked at; of more, those that matter most, and of these the newest.
const STATEMENTS: usize = 1_000;

/// Most tokens that are added to the model's words, beside a history of `keep` tokens.
pub(super) fn allowance(keep: u64) -> u64 {
    (keep / PART).clamp(ALLOWANCE.0, ALLOWANCE.1)
}

/// A summary as a model is shown it: without the marks.
pub(crate) fn shown(text: &str) -> String {
    text.replace(MARK, "")
}

/// A summary, taken apart.
#[derive(Debug, Default)]
struct Memory {
    /// Sentences with a mark, and sentences that earlier summaries had dropped.
    backed: Vec<Statement>,
    /// The person's words.
    quoted: Vec<Statement>,
}

impl Memory {
    fn of(text: &str) -> Self {
        let mut memory = Self::default();
        let mut list = "";
        for line in text.lines() {
            match line {
                KEPT | QUOTED => list = line,
                _ if list == QUOTED => {
                    let quote = line.strip_prefix("- “").and_then(|line| line.strip_suffix('”'));
                    memory.quoted.extend(quote.map(Statement::of));
                }
                _ if list == KEPT => {
                    memory.backed.extend(line.strip_prefix("- ").map(Statement::of));
                }
                _ => {
                    let marked = line.split_inclusive(MARK).filter_map(|part| part.strip_suffix(MARK));
                    // Between two marks there may be sentences without one; the last carries it.
                    let last = marked.filter_map(|part| sentences(part).last());
                    memory.backed.extend(last.map(Statement::of));
                }
            }
        }
        memory
    }
}

/// One thing that may be added, and what decides whether it is.
struct Candidate {
    statement: Statement,
    quoted: bool,
}

/// The text that is kept: `words` of the model, and what of the `earlier` text and of the person's statements in `old` is
/// missing from them, in at most `allowance` tokens.
pub(super) fn remember(earlier: &str, old: &[&Message], words: &str, allowance: u64) -> String {
    let earlier = Memory::of(earlier);
    let mut said: Vec<Statement> = earlier
        .quoted
        .into_iter()
        .chain(statement::of_the_person(old))
        .filter(|said| said.weight.is_some())
        .collect();
    for weight in [Weight::Particular, Weight::Intention] {
        if said.len() > STATEMENTS {
            said.retain(|said| said.weight > Some(weight));
        }
    }
    said.drain(..said.len().saturating_sub(STATEMENTS));

    let words = cleaned(words);
    let mut pieces: Vec<(&str, Statement, bool)> =
        sentences(&words).map(|piece| (piece, Statement::of(piece), false)).collect();
    let mut missing: Vec<Candidate> = Vec::new();
    let backed = earlier.backed.into_iter().map(|statement| Candidate { statement, quoted: false });
    let quoted = said.into_iter().map(|statement| Candidate { statement, quoted: true });
    for candidate in backed.chain(quoted) {
        match pieces.iter_mut().find(|(_, piece, _)| piece.says(&candidate.statement)) {
            Some((_, _, backed)) => *backed = true,
            None => {
                // What is said again later is said once.
                missing.retain(|older| !candidate.statement.says(&older.statement));
                missing.push(candidate);
            }
        }
    }
    let marked = pieces.into_iter().map(|(piece, _, backed)| {
        let end = piece.trim_end();
        let space = piece.get(end.len()..).unwrap_or_default();
        format!("{end}{}{space}", if backed && !end.is_empty() { MARK } else { "" })
    });
    let text = marked.collect::<String>();
    [text.trim().to_owned(), lists(missing, allowance)].concat()
}

/// The model's words, without what has a meaning here.
fn cleaned(words: &str) -> String {
    let lines = words.lines().filter(|line| !matches!(line.trim(), KEPT | QUOTED));
    shown(&lines.collect::<Vec<_>>().join("\n"))
}

/// What is added, the newest last.
fn lists(missing: Vec<Candidate>, allowance: u64) -> String {
    let line = |candidate: &Candidate| match candidate.quoted {
        true => format!("\n- “{}”", candidate.statement.text.replace('\n', " ")),
        false => format!("\n- {}", candidate.statement.text.trim_start_matches("- ").replace('\n', " ")),
    };
    let mut by_weight: Vec<(Option<Weight>, usize)> =
        missing.iter().enumerate().map(|(age, candidate)| (candidate.statement.weight, age)).collect();
    by_weight.sort_unstable_by(|a, b| b.cmp(a));
    let mut room = allowance;
    let mut chosen: Vec<usize> = Vec::new();
    for (_, age) in by_weight {
        let size = missing.get(age).map_or(0, |candidate| tokens::of_text(&line(candidate)).expected);
        if let Some(left) = room.checked_sub(size) {
            room = left;
            chosen.push(age);
        }
    }
    chosen.sort_unstable();
    let mut text = String::new();
    for (heading, quoted) in [(KEPT, false), (QUOTED, true)] {
        let mut lines =
            chosen.iter().filter_map(|age| missing.get(*age)).filter(|one| one.quoted == quoted).peekable();
        if lines.peek().is_some() {
            text.push('\n');
            text.push_str(heading);
            lines.for_each(|candidate| text.push_str(&line(candidate)));
        }
    }
    text
}

#[cfg(test)]
mod tests;
