// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text that is kept.
//!
//! It begins with the model's words. Sentences of them behind which a statement of the person stands carry a mark: when a
//! later summary drops such a sentence, it is kept all the same. Statements that no sentence says are added word for
//! word. All that is added has a bound; what matters least and is oldest goes first. What people say of themselves in a
//! few words has a share of its own, so that a long text full of demands, which may be anybody's, does not push it out.

use super::cues::Weight;
use super::statement::{self, Statement, sentences};
use crate::tokens;
use blufio_core::content::Message;
use std::cmp::Reverse;

/// Behind a sentence that says what the person has said.
const MARK: &str = " †";
/// Behind one that says what the person has said of himself or herself, in passing.
const FIRM_MARK: &str = " ‡";
/// What stands for a part that no model could summarise.
const UNSUMMARISED: &str =
    "(A part of what was said behind this could not be summarised. Only what follows is known of it.)";
/// What is added to the model's words takes at most this part of what stays as it was said, within bounds, tokens.
const PART: u64 = 6;
const ALLOWANCE: (u64, u64) = (300, 2_500);
/// Of that, this part is first given to what the person has said of himself or herself: whatever else is told, and
/// however much of it, does not push it out.
const FIRM: u64 = 2;
/// Statements that are looked at; of more, those that the person makes of himself or herself, then those that matter
/// most, and of these the newest.
const STATEMENTS: usize = 1_000;

/// Where a statement is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum List {
    /// Sentences of earlier summaries, with a mark.
    Known,
    /// Sentences of earlier summaries, with a firm mark.
    OfThePerson,
    /// The person's words, out of long texts.
    Long,
    /// The person's words.
    Quoted,
}

impl List {
    const ALL: [Self; 4] = [Self::Known, Self::OfThePerson, Self::Long, Self::Quoted];

    const fn heading(self) -> &'static str {
        match self {
            Self::Known => "Also known from before:",
            Self::OfThePerson => "Also known of the person:",
            Self::Long => "Out of long texts that the person has sent:",
            Self::Quoted => "In the person's own words:",
        }
    }

    fn headed(line: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.heading() == line)
    }

    /// What is between the beginning of a line and its end.
    const fn quotes(self) -> (&'static str, &'static str) {
        match self {
            Self::Known | Self::OfThePerson => ("- ", ""),
            Self::Long | Self::Quoted => ("- “", "”"),
        }
    }
}

/// Most tokens that are added to the model's words, beside a history of `keep` tokens.
pub(super) fn allowance(keep: u64) -> u64 {
    (keep / PART).clamp(ALLOWANCE.0, ALLOWANCE.1)
}

/// A summary as a model is shown it: without the marks.
pub(crate) fn shown(text: &str) -> String {
    text.replace(MARK, "").replace(FIRM_MARK, "")
}

/// What stands for the past where no model could summarise what was said behind the `earlier` summary: its own words,
/// and a line that says what is missing.
pub(super) fn unsummarised(earlier: &str) -> String {
    let words = earlier.lines().take_while(|line| List::headed(line).is_none());
    let words = words.filter(|line| *line != UNSUMMARISED);
    words.chain([UNSUMMARISED]).collect::<Vec<_>>().join("\n")
}

/// One thing that may be added, and what decides whether it is.
#[derive(Debug)]
struct Candidate {
    statement: Statement,
    list: List,
}

impl Candidate {
    fn said(statement: Statement) -> Self {
        let list = if statement.long { List::Long } else { List::Quoted };
        Self { statement, list }
    }

    /// Whether it has a share that nothing else takes: what people say of themselves.
    fn is_firm(&self) -> bool {
        match self.list {
            List::OfThePerson => true,
            List::Quoted => self.statement.personal,
            List::Known | List::Long => false,
        }
    }

    fn line(&self) -> String {
        let (begin, end) = self.list.quotes();
        let text = self.statement.text.replace('\n', " ");
        let text = if end.is_empty() { text.trim_start_matches("- ") } else { &text };
        format!("\n{begin}{text}{end}")
    }
}

/// A summary, taken apart: what is known to stand for words of the person, and those that it quotes.
fn parts(text: &str) -> Vec<Candidate> {
    let mut known = Vec::new();
    let mut list = None;
    for line in text.lines() {
        if let Some(headed) = List::headed(line) {
            list = Some(headed);
        } else if let Some(list) = list {
            let (begin, end) = list.quotes();
            let entry = line.strip_prefix(begin).and_then(|line| line.strip_suffix(end));
            let entry = entry.map(|entry| Statement::of(entry).out_of_long(list == List::Long));
            known.extend(entry.map(|statement| Candidate { statement, list }));
        } else {
            for part in line.split_inclusive(['†', '‡']) {
                let marked = [(MARK, List::Known), (FIRM_MARK, List::OfThePerson)];
                let marked =
                    marked.into_iter().find_map(|(mark, list)| Some((part.strip_suffix(mark)?, list)));
                // Between two marks there may be sentences without one; the last carries it.
                let last = marked.and_then(|(part, list)| Some((sentences(part).last()?, list)));
                known.extend(last.map(|(part, list)| Candidate { statement: Statement::of(part), list }));
            }
        }
    }
    known
}

/// The text that is kept: `words` of the model, and what of the `earlier` text and of the person's statements in `old` is
/// missing from them, in at most `allowance` tokens.
pub(super) fn remember(earlier: &str, old: &[&Message], words: &str, allowance: u64) -> String {
    let (said, backed): (Vec<_>, Vec<_>) =
        parts(earlier).into_iter().partition(|part| matches!(part.list, List::Quoted | List::Long));
    let said = said.into_iter().chain(statement::of_the_person(old).map(Candidate::said));
    let said = said.filter(|said| said.statement.weight.is_some()).collect();

    let words = cleaned(words);
    let mut pieces: Vec<(&str, Statement, Option<bool>)> =
        sentences(&words).map(|piece| (piece, Statement::of(piece), None)).collect();
    let mut missing: Vec<Candidate> = Vec::new();
    for candidate in backed.into_iter().chain(weightiest(said, STATEMENTS)) {
        match pieces.iter_mut().find(|(_, piece, _)| piece.says(&candidate.statement)) {
            Some((_, _, firm)) => *firm = Some(candidate.is_firm() || *firm == Some(true)),
            None => {
                // What is said again later is said once; what is firm is not replaced by what is not.
                let stays = |older: &Candidate| {
                    (older.is_firm() && !candidate.is_firm()) || !candidate.statement.says(&older.statement)
                };
                missing.retain(stays);
                missing.push(candidate);
            }
        }
    }
    let marked = pieces.into_iter().map(|(piece, _, firm)| {
        let end = piece.trim_end();
        let space = piece.get(end.len()..).unwrap_or_default();
        let mark = match firm.filter(|_| !end.is_empty()) {
            Some(true) => FIRM_MARK,
            Some(false) => MARK,
            None => "",
        };
        format!("{end}{mark}{space}")
    });
    let text = marked.collect::<String>();
    [text.trim().to_owned(), lists(missing, allowance)].concat()
}

/// At most so many, in their order.
fn weightiest(candidates: Vec<Candidate>, most: usize) -> Vec<Candidate> {
    let surplus = candidates.len().saturating_sub(most);
    let mut order: Vec<_> = candidates.iter().enumerate().map(|(age, one)| (rank(one), age)).collect();
    order.sort_unstable();
    let dropped: std::collections::BTreeSet<usize> =
        order.into_iter().take(surplus).map(|(_, age)| age).collect();
    let ages = candidates.into_iter().enumerate();
    ages.filter(|(age, _)| !dropped.contains(age)).map(|(_, one)| one).collect()
}

/// The larger, the longer it is kept.
fn rank(candidate: &Candidate) -> (bool, Option<Weight>, bool) {
    (candidate.is_firm(), candidate.statement.weight, candidate.list != List::Long)
}

/// The model's words, without what has a meaning here.
fn cleaned(words: &str) -> String {
    let lines = words.lines().filter(|line| List::headed(line.trim()).is_none());
    shown(&lines.collect::<Vec<_>>().join("\n"))
}

/// What is added, the newest last.
fn lists(missing: Vec<Candidate>, allowance: u64) -> String {
    let mut order: Vec<_> = missing.iter().enumerate().map(|(age, one)| (rank(one), age)).collect();
    order.sort_unstable_by_key(|rank| Reverse(*rank));
    let mut chosen: Vec<usize> = Vec::new();
    let mut room = allowance;
    let mut take = |age: usize, share: u64| {
        let size = missing.get(age).map_or(0, |candidate| tokens::of_text(&candidate.line()).expected);
        let fits = size <= room.saturating_sub(allowance.saturating_sub(share));
        if fits {
            room = room.saturating_sub(size);
            chosen.push(age);
        }
        !fits
    };
    // What is firm has its share. For the rest of the room, and what is left of it, nothing counts but what matters.
    let (firm, rest): (Vec<_>, Vec<_>) = order.into_iter().partition(|((firm, ..), _)| *firm);
    let late: Vec<_> = firm.into_iter().filter(|(_, age)| take(*age, allowance / FIRM)).collect();
    let mut rest: Vec<_> =
        late.into_iter().chain(rest).map(|((_, weight, short), age)| (weight, short, age)).collect();
    rest.sort_unstable_by_key(|rank| Reverse(*rank));
    for (_, _, age) in rest {
        take(age, allowance);
    }
    chosen.sort_unstable();
    let mut text = String::new();
    for list in List::ALL {
        let mut lines =
            chosen.iter().filter_map(|age| missing.get(*age)).filter(|one| one.list == list).peekable();
        if lines.peek().is_some() {
            text.push('\n');
            text.push_str(list.heading());
            lines.for_each(|candidate| text.push_str(&candidate.line()));
        }
    }
    text
}

#[cfg(test)]
mod tests;
