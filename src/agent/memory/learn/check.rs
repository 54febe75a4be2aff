// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether something that the model proposes to remember was said by the person, and is no secret.

use super::answer::Proposal;
use super::stretch::{Line, Stretch, Whose};
use super::{names, numbers};
use blufio_calendar::Zone;
use blufio_core::ids::{MemoryId, MessageId};
use blufio_core::memory::{
    LONGEST_MEMORY, Memory, MemoryKind, MemoryScope, MemorySource, MemoryTrust, NewMemory,
};
use blufio_core::storage::SaidAgain;
use std::collections::HashSet;

/// With so many letters that mostly are words a statement is told by them.
const UNSPACED: usize = 4;

/// A proposal that has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// It is to be stored, unless it is known.
    New(NewMemory),
    /// The model says that it is known; by every message that says it.
    Again(Vec<SaidAgain>),
}

/// Why a proposal is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Doubt {
    #[error("it says nothing, or too much")]
    Length,
    #[error("it names no line of the person")]
    NobodySaidIt,
    #[error("the lines that it names do not say it")]
    Unsupported,
    #[error("names or numbers of it are not the person's")]
    Foreign,
    #[error("it holds a secret, or repeats one")]
    Secret,
    #[error("instructions are taken from the person alone, in private and in plain words")]
    NotPlain,
}

/// Checks a proposal. `known` is what the model was shown: it can refer to nothing else.
pub(super) fn check(
    proposal: Proposal,
    stretch: &Stretch,
    known: &[&Memory],
    zone: &Zone,
) -> Result<Passed, Doubt> {
    let Proposal { text, kind, from, confidence, replaces, same } = proposal;
    if blufio_recall::words(&text).is_empty() || text.chars().nth(LONGEST_MEMORY).is_some() {
        return Err(Doubt::Length);
    }
    let line = |number: &usize| stretch.lines.get(number.checked_sub(1)?);
    let lines: Option<Vec<&Line>> = from.iter().map(line).collect();
    let mut lines = lines.ok_or(Doubt::NobodySaidIt)?;
    // Beside the person's own line the model may name the question that it answers, whose words do not count.
    lines.retain(|line| line.whose == Whose::Person);
    let first = lines.iter().min_by_key(|line| line.message).ok_or(Doubt::NobodySaidIt)?;
    let said = lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    if !is_supported(&said, &text) {
        return Err(Doubt::Unsupported);
    }
    // Who "she" is may have been said before.
    let mut named: Vec<&str> = stretch.own().map(|line| line.text.as_str()).collect();
    named.extend(known.iter().map(|memory| memory.text.as_str()));
    if !names::are_said(&named.join("\n"), &text) || !numbers::are_said(&said, &text, &zone.date(first.at)) {
        return Err(Doubt::Foreign);
    }
    if blufio_recall::holds_secret(&text) || lines.iter().any(|line| repeats_secret(&line.text, &text)) {
        return Err(Doubt::Secret);
    }
    let private = matches!(stretch.scope, MemoryScope::Person { .. });
    if kind == MemoryKind::Instruction && !(private && lines.iter().all(|line| line.plain)) {
        return Err(Doubt::NotPlain);
    }
    let mut messages: Vec<MessageId> = lines.iter().map(|line| line.message).collect();
    messages.sort_unstable();
    messages.dedup();
    let of = |id: &MemoryId| known.iter().find(|memory| memory.id == *id);
    let says_the_same =
        |known: &&&Memory| is_supported(&known.text, &text) || is_supported(&text, &known.text);
    if let Some(same) = same.as_ref().and_then(of).filter(says_the_same) {
        let again = messages.into_iter().map(|message| SaidAgain { memory: same.id, message });
        return Ok(Passed::Again(again.collect()));
    }
    // What is known and newer stays beside it.
    let older = replaces.iter().filter_map(of).filter(|memory| memory.learned_at <= first.at);
    let mut replaces: Vec<MemoryId> = older.map(|memory| memory.id).collect();
    replaces.sort();
    replaces.dedup();
    Ok(Passed::New(NewMemory {
        text,
        kind,
        scope: stretch.scope.clone(),
        trust: MemoryTrust::Gathered,
        confidence,
        source: Some(MemorySource::Message(first.message)),
        also: messages.into_iter().filter(|message| *message != first.message).collect(),
        learned_at: first.at,
        replaces,
    }))
}

/// Whether words of a statement were said. Where they are written without spaces, single letters tell.
fn is_supported(said: &str, text: &str) -> bool {
    let letters: HashSet<char> = text.chars().filter(|c| is_unspaced(*c)).collect();
    if letters.len() < UNSPACED {
        return blufio_recall::supports(said, text);
    }
    let found = letters.iter().filter(|letter| said.contains(**letter)).count();
    found.saturating_mul(2) >= letters.len() || blufio_recall::supports(said, text)
}

/// Letters that mostly are words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}')
}

/// Whether a statement has anything of a sentence that holds a secret: which of its words is the secret cannot be told.
fn repeats_secret(said: &str, text: &str) -> bool {
    if !blufio_recall::holds_secret(said) {
        return false;
    }
    let words = blufio_recall::words(text);
    let mut holding = crate::compaction::sentences(said)
        .filter(|sentence| blufio_recall::holds_secret(sentence))
        .peekable();
    // It may be told over several sentences.
    let spread = holding.peek().is_none();
    spread || holding.any(|sentence| blufio_recall::words(sentence).iter().any(|word| words.contains(word)))
}

#[cfg(test)]
mod tests;
