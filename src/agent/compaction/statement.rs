// SPDX-License-Identifier: MIT OR Apache-2.0
use super::cues::{self, Cues, Weight};
use crate::frame::begins_turn;
use blufio_core::content::{Block, Message};
use std::collections::BTreeSet;
use std::ops::Bound;

/// A statement that is longer is kept only up to here, characters.
const LONGEST: usize = 400;
/// Nobody types texts that are longer from one breath to the next: they may have been pasted, characters.
const LONG: usize = 800;
/// Words are the same when so many of their first letters are: endings differ from sentence to sentence.
const STEM: usize = 5;
/// Shorter words say little by themselves, characters.
const SHORTEST: usize = 4;
/// In a script without large letters, a statement has so many of them at least.
const CASELESS: usize = 6;
/// A name may have an ending of so many letters.
const ENDING: usize = 2;
/// A text says what a statement says when it has this part of its words, and all of its names and numbers.
const PART: (usize, usize) = (3, 4);

/// One sentence, and what it is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    /// As it was said.
    pub(super) text: String,
    /// How much it matters; `None`: nothing would be lost with it.
    pub(super) weight: Option<Weight>,
    /// Whether somebody speaks of himself or herself.
    pub(super) personal: bool,
    /// Whether it comes out of a long text, which may well be somebody else's.
    pub(super) long: bool,
    negated: bool,
    /// Names and numbers.
    keys: BTreeSet<String>,
    /// The beginnings of everything else that says something.
    words: BTreeSet<String>,
    /// All words.
    all: BTreeSet<String>,
}

impl Statement {
    pub(super) fn of(sentence: &str) -> Self {
        let text = sentence.trim();
        let cut = text.char_indices().nth(LONGEST).and_then(|(at, _)| text.get(..at));
        let text = cut.map_or_else(|| text.to_owned(), |head| format!("{head}…"));
        let (mut keys, mut words, mut all) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut spaced = String::from(" ");
        for (position, word) in parts(&text).enumerate() {
            let mut lower = word.to_lowercase();
            spaced.push_str(&lower);
            spaced.push(' ');
            if word.chars().any(is_unspaced) {
                words.extend(pairs(word));
                continue;
            }
            // What begins a sentence is written large whatever it is.
            let named = position > 0 && word.chars().next().is_some_and(char::is_uppercase) && lower != "i";
            let number = word.chars().any(char::is_numeric);
            if number && !lower.trim_start_matches('0').is_empty() {
                lower = lower.trim_start_matches('0').to_owned();
            }
            if number || named {
                keys.insert(lower.clone());
            } else if lower.chars().count() >= SHORTEST && !cues::is_empty(&lower) {
                words.insert(stem(&lower));
            }
            all.insert(lower);
        }
        // Scripts without large letters do not show names, so that nearly everything may be one.
        let caseless = |c: &char| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase();
        let particular = (!keys.is_empty() || text.chars().filter(caseless).count() >= CASELESS)
            .then_some(Weight::Particular);
        let cues = cues::of(&spaced, &text.to_lowercase());
        let question = text.ends_with(['?', '？', '؟']);
        let weight = match cues.weight.max(particular) {
            _ if keys.is_empty() && words.is_empty() => None,
            // Questions tell nothing, unless they ask for something to be kept.
            Some(weight) if question && weight < Weight::Demand => None,
            weight => weight,
        };
        let Cues { negated, personal, .. } = cues;
        Self { text, weight, personal, long: false, negated, keys, words, all }
    }

    /// The same, out of a text that is long, or not.
    pub(super) fn out_of_long(self, long: bool) -> Self {
        Self { long, ..self }
    }

    /// Whether this says what `other` says, as far as words can tell: all of its names and numbers, most of its words,
    /// and that something is not, or must not be, where that does.
    pub(super) fn says(&self, other: &Self) -> bool {
        if other.negated && !self.negated {
            return false;
        }
        let known = other.words.iter().filter(|word| self.has(word)).count();
        known * PART.1 >= other.words.len() * PART.0 && other.keys.iter().all(|key| self.names(key))
    }

    fn has(&self, word: &str) -> bool {
        let mut from = self.all.range::<str, _>((Bound::Included(word), Bound::Unbounded));
        self.words.contains(word) || from.next().is_some_and(|next| next.starts_with(word))
    }

    /// Whether a name or number occurs, with another ending at most.
    fn names(&self, key: &str) -> bool {
        let number = key.chars().any(char::is_numeric);
        let inflected = |word: &String| {
            let (short, long) =
                if word.len() < key.len() { (word.as_str(), key) } else { (key, word.as_str()) };
            short.len() >= SHORTEST
                && long.strip_prefix(short).is_some_and(|ending| ending.chars().count() <= ENDING)
        };
        self.all.contains(key) || (!number && self.all.iter().any(inflected))
    }
}

/// What the person has said in these messages, sentence by sentence: written and spoken words. Documents, answers of
/// tools, and what the agent has written in between are not the person's.
pub(super) fn of_the_person<'a>(messages: &'a [&'a Message]) -> impl Iterator<Item = Statement> + 'a {
    let texts = messages.iter().filter(|message| begins_turn(message)).flat_map(|message| &message.content);
    let own = texts.filter_map(|block| match block {
        Block::Text { text } => Some(voices(text).own),
        _ => None,
    });
    own.flat_map(|text| {
        let long = text.chars().nth(LONG).is_some();
        sentences(text).map(move |sentence| Statement::of(sentence).out_of_long(long))
    })
}

/// Who speaks in a text that stands in a message of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Voices<'a> {
    /// What channels say about the text, and the words of others that it brings along.
    pub(super) others: &'a str,
    /// The person's own words.
    pub(super) own: &'a str,
}

/// The person's own words of a text that stands in one of his messages; empty where all are of others.
pub(crate) fn own_words(text: &str) -> &str {
    voices(text).own
}

/// Whether a message of the person brings along what others have made: words, pictures, documents.
pub(crate) fn brings_others(content: &[Block]) -> bool {
    content.iter().any(|block| match block {
        Block::Text { text } => !voices(text).others.is_empty(),
        Block::Image { .. } | Block::Document { .. } => true,
        _ => false,
    })
}

/// The line before a text that was passed on, which says whose it is.
pub(crate) fn forwarding(text: &str) -> Option<&str> {
    let line = text.trim().lines().next()?;
    (line.contains("[Forwarded from ") && line.ends_with(']')).then_some(line)
}

/// Tells the voices of a text apart.
pub(super) fn voices(text: &str) -> Voices<'_> {
    let text = text.trim();
    if text.starts_with("<document ") || (text.starts_with('[') && text.ends_with(']')) {
        return Voices { others: text, own: "" };
    }
    if forwarding(text).is_some() {
        return Voices { others: text, own: "" };
    }
    match text.split_once('\n') {
        Some((line, own)) if line.contains("[In reply to ") && line.ends_with(']') => {
            Voices { others: line, own: own.trim() }
        }
        _ => Voices { others: "", own: text.strip_prefix("[Voice note]").unwrap_or(text).trim() },
    }
}

/// Whether a statement says that something is not, or must not be.
pub(crate) fn negates(statement: &str) -> bool {
    Statement::of(statement).negated
}

/// The sentences of a text, as parts of it; together they are the whole text.
pub(crate) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = end_of_sentence(rest)?;
        let (sentence, behind) = rest.split_at_checked(end)?;
        rest = behind;
        Some(sentence)
    })
}

fn end_of_sentence(text: &str) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    let mut before = 0;
    let mut digit = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at.saturating_add(c.len_utf8());
        let next = chars.peek().map(|(_, next)| *next);
        let ends = match c {
            '\n' | '。' | '！' | '？' | '।' | '؟' | '۔' => true,
            '!' | '?' | '…' => next.is_none_or(char::is_whitespace),
            // Not behind a number ("on the 3. of May") nor an abbreviation ("Dr. Who").
            '.' => next.is_none_or(char::is_whitespace) && !digit && before > 2,
            _ => false,
        };
        if ends {
            return Some(end);
        }
        digit = c.is_numeric();
        before = if c.is_alphanumeric() { before + 1 } else { 0 };
    }
    Some(text.len())
}

/// The words of a text.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !is_mark(c)).filter(|word| !word.is_empty())
}

/// Marks that belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{e31}'..='\u{e4e}' | '\u{64b}'..='\u{65f}')
}

/// Letters of scripts that write without spaces.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

/// Neighbouring letters, which stand for the words that cannot be told apart.
fn pairs(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    match letters.as_slice() {
        [one] => vec![one.to_string()],
        letters => letters.windows(2).map(|pair| pair.iter().collect()).collect(),
    }
}

fn stem(word: &str) -> String {
    word.chars().take(STEM).collect()
}

#[cfg(test)]
mod tests;
