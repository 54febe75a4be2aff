// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was said since the last lesson, line by line, each line with whose it is. Of what others have written nothing is
//! taken over; only that it was there.

use super::super::index;
use crate::compaction::{brings_others, own_words};
use crate::context::Shared;
use crate::frame::begins_turn;
use crate::tokens;
use blufio_core::content::{Block, Role};
use blufio_core::ids::{MessageId, SessionId};
use blufio_core::memory::MemoryScope;
use blufio_core::storage::{Quiet, Said, StorageError};
use blufio_core::time::Timestamp;
use std::collections::HashSet;

/// Messages that are read together.
const BATCH: usize = 64;
/// Most messages of one stretch.
const MESSAGES: usize = 1_024;
/// Of one text of the person, and of one of the assistant, no more than this is shown, tokens.
const OWN: u64 = 1_500;
const ASSISTANTS: u64 = 80;
/// Nobody types texts that are longer from one breath to the next: they may have been pasted, characters.
const LONG: usize = 800;
/// A person who has used fewer words that say something has told nothing.
const FEWEST: usize = 2;
/// What stands for anything that others have written.
const OTHERS: &str = "[document]";

/// Who has said a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The person, in own words.
    Person,
    /// The assistant.
    Assistant,
    /// Somebody else: what it says is left out.
    Others,
}

/// One text, on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) whose: Whose,
    pub(super) text: String,
    pub(super) message: MessageId,
    pub(super) at: Timestamp,
    /// Whether the person has most likely typed it just so: it is short, and brings nothing of others along.
    pub(super) plain: bool,
}

/// What one question to the model is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) session: SessionId,
    /// Of what the person says in it.
    pub(super) scope: MemoryScope,
    pub(super) lines: Vec<Line>,
    /// The message up to which it was read.
    pub(super) upto: MessageId,
}

impl Stretch {
    /// The person's lines.
    pub(super) fn own(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.whose == Whose::Person)
    }

    /// Whether the person has used words enough to have told anything.
    pub(super) fn tells_something(&self) -> bool {
        let words: HashSet<String> = self.own().flat_map(|line| blufio_recall::words(&line.text)).collect();
        words.len() >= FEWEST
    }
}

/// A message that was read.
struct Taken {
    id: MessageId,
    begins_turn: bool,
    lines: Vec<Line>,
}

/// Reads the next stretch of a session: about `most` tokens at the most, in whole turns where these are not longer, and all
/// of one scope.
///
/// # Errors
/// When it cannot be read.
pub(super) async fn read(shared: &Shared, quiet: &Quiet, most: u64) -> Result<Stretch, StorageError> {
    let mut taken: Vec<Taken> = Vec::new();
    let mut scope = None;
    let (mut after, mut size, mut whole) = (quiet.after, 0_u64, true);
    'reading: loop {
        let batch = shared.storage.said(quiet.session, after, quiet.upto, BATCH).await?;
        // One that is short may be so because its messages are large.
        if batch.is_empty() {
            break;
        }
        after = batch.last().map(|said| said.id).or(after);
        for said in batch {
            let begins_turn = begins_turn(&said.message);
            let lines = lines(&said);
            let tokens = lines.iter().map(|line| tokens::of_text(&line.text).expected.saturating_add(8));
            size = tokens.fold(size, u64::saturating_add);
            let theirs = begins_turn.then(|| index::scope(shared, &said));
            let elsewhere = theirs.is_some() && scope.is_some() && theirs != scope;
            if !taken.is_empty() && (size > most || taken.len() >= MESSAGES || elsewhere) {
                whole = false;
                if !begins_turn {
                    end_with_a_turn(&mut taken);
                }
                break 'reading;
            }
            scope = scope.or(theirs);
            taken.push(Taken { id: said.id, begins_turn, lines });
        }
    }
    let upto = taken.last().map(|last| last.id).filter(|_| !whole).unwrap_or(quiet.upto);
    Ok(Stretch {
        session: quiet.session,
        scope: scope.unwrap_or_else(|| MemoryScope::Conversation(quiet.conversation.clone())),
        lines: taken.into_iter().flat_map(|taken| taken.lines).collect(),
        upto,
    })
}

/// Leaves the turn out that is not there as a whole, unless there is no other.
fn end_with_a_turn(taken: &mut Vec<Taken>) {
    let last = taken.iter().rposition(|taken| taken.begins_turn).filter(|begin| *begin > 0);
    if let Some(begin) = last {
        taken.truncate(begin);
    }
}

/// What a message says, as it is shown.
fn lines(said: &Said) -> Vec<Line> {
    let message = &said.message;
    let line = |whose, text: &str, plain| Line {
        whose,
        text: on_one_line(text),
        message: said.id,
        at: said.at,
        plain,
    };
    let mut lines = Vec::new();
    match message.role {
        Role::Assistant => {
            let text = shortened(message.plain_text().trim(), ASSISTANTS);
            lines.push(line(Whose::Assistant, &text, false));
        }
        Role::User if begins_turn(message) => {
            let foreign = brings_others(&message.content);
            lines.extend(foreign.then(|| line(Whose::Others, OTHERS, false)));
            for block in &message.content {
                let Block::Text { text } = block else { continue };
                let own = own_words(text);
                let plain = !foreign && own.chars().nth(LONG).is_none();
                lines.push(line(Whose::Person, &shortened(own, OWN), plain));
            }
        }
        // Answers of tools.
        Role::User => {}
    }
    lines.retain(|line| !line.text.is_empty());
    lines
}

/// Nobody can end his line and begin another one's.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning and, mostly, the end of a text: that is where questions stand, and what comes of it all.
fn shortened(text: &str, limit: u64) -> String {
    if tokens::of_text(text).expected <= limit {
        return text.to_owned();
    }
    format!("{} […] {}", tokens::head(text, limit / 4), tokens::tail(text, limit / 4 * 3))
}

#[cfg(test)]
mod tests;
