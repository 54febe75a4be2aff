// SPDX-License-Identifier: MIT OR Apache-2.0
//! Past words, so that they can be found again: the person's own words of each message, with what was said around them.

use super::own;
use crate::compaction::own_words;
use crate::context::Shared;
use crate::frame::begins_turn;
use blufio_core::content::{Block, Message, Role};
use blufio_core::ids::SessionId;
use blufio_core::memory::{MemoryScope, NewPassage};
use blufio_core::storage::{Said, StorageError};

/// Messages that are looked at together.
const BATCH: usize = 128;
/// How far back what was said before the first of them is looked for.
const BACK: usize = 16;
/// Whose words they are, for the model.
pub(super) const PERSON: &str = "person";
const ASSISTANT: &str = "you";

/// Takes up the next messages. Says whether there may be more. Done again, it comes to the same.
pub(super) async fn step(shared: &Shared) -> Result<bool, StorageError> {
    let said = shared.storage.unindexed(BATCH).await?;
    let Some(last) = said.last().map(|said| said.id) else { return Ok(false) };
    let mut passages = Vec::new();
    for (at, message) in said.iter().enumerate() {
        let words = persons(&message.message);
        if blufio_recall::words(&words).is_empty() {
            continue;
        }
        let earlier = said.get(..at).and_then(|earlier| neighbour(earlier.iter().rev(), message.session));
        let earlier = match earlier {
            Some(earlier) => Some(earlier),
            None => before(shared, message).await?,
        };
        let later =
            said.get(at.saturating_add(1)..).and_then(|later| neighbour(later.iter(), message.session));
        let scope = scope(shared, message);
        for chunk in blufio_recall::chunks(&words) {
            let alone = earlier.is_none() && later.is_none();
            let around = blufio_recall::around(
                earlier.as_ref().map(|(who, text)| (*who, text.as_str())),
                chunk,
                later.as_ref().map(|(who, text)| (*who, text.as_str())),
            );
            passages.push(NewPassage {
                message: message.id,
                session: message.session,
                scope: scope.clone(),
                text: chunk.to_owned(),
                around: if alone { String::new() } else { around },
                at: message.at,
            });
        }
    }
    shared.storage.index(last, passages).await?;
    Ok(said.len() >= BATCH)
}

/// The person's own words of a message; empty for all others.
fn persons(message: &Message) -> String {
    if !begins_turn(message) {
        return String::new();
    }
    let own = message.content.iter().filter_map(|block| match block {
        Block::Text { text } => Some(own_words(text)),
        _ => None,
    });
    own.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Words of a message that may stand beside another one, and whose they are. What tools and other people have written may not.
fn voice(message: &Message) -> Option<(&'static str, String)> {
    let (who, text) = match message.role {
        Role::User => (PERSON, persons(message)),
        Role::Assistant => (ASSISTANT, message.plain_text()),
    };
    (!text.trim().is_empty()).then_some((who, text))
}

fn neighbour<'a>(
    mut said: impl Iterator<Item = &'a Said>,
    session: SessionId,
) -> Option<(&'static str, String)> {
    said.find_map(|said| if said.session == session { voice(&said.message) } else { None })
}

/// What was said before the first message of a batch.
async fn before(shared: &Shared, said: &Said) -> Result<Option<(&'static str, String)>, StorageError> {
    let transcript = shared.storage.transcript(said.session, BATCH.saturating_add(BACK)).await?;
    let earlier = transcript.messages.iter().rev().skip_while(|stored| stored.id >= said.id);
    Ok(earlier.take(BACK).find_map(|stored| voice(&stored.message)))
}

/// Where it is not known any more who said it, it stays in its conversation.
pub(super) fn scope(shared: &Shared, said: &Said) -> MemoryScope {
    match &said.by {
        Some((sender, private)) => own(shared, &said.conversation, &sender.id, *private),
        None => MemoryScope::Conversation(said.conversation.clone()),
    }
}
