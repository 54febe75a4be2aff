// SPDX-License-Identifier: MIT OR Apache-2.0
//! Past words, so that they can be found again: the person's own words of each message, with what was said around them.

use super::own;
use crate::compaction::{brings_others, own_words};
use crate::context::Shared;
use crate::frame::begins_turn;
use blufio_core::content::{Block, Message, Role};
use blufio_core::ids::SessionId;
use blufio_core::memory::{MemoryScope, NewPassage};
use blufio_core::storage::{Said, StorageError};
use std::collections::HashMap;

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
    let heard = heard(shared, &said).await?;
    let mut passages = Vec::new();
    for (at, message) in said.iter().enumerate() {
        let words = persons(&message.message);
        if blufio_recall::words(&words).is_empty() {
            continue;
        }
        let earlier = said.iter().zip(&heard).take(at).rev();
        let earlier = match neighbour(earlier, message.session) {
            Some(earlier) => Some(earlier.clone()),
            None => before(shared, message).await?.0,
        };
        let later = neighbour(said.iter().zip(&heard).skip(at.saturating_add(1)), message.session);
        let scope = scope(shared, message);
        for chunk in blufio_recall::chunks(&words) {
            if blufio_recall::holds_secret(chunk) {
                continue;
            }
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
    // A batch may be short because its messages are large.
    Ok(true)
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

/// Whose words they are, and the words.
type Voice = (&'static str, String);

/// Words of a message that may stand beside another one. What tools and other people have written may not, nor what the
/// assistant says in a turn in which others' words came in: it may repeat them. `foreign` says whether they did, from
/// message to message.
fn voice(message: &Message, foreign: &mut bool) -> Option<Voice> {
    if begins_turn(message) {
        *foreign = brings_others(&message.content);
    }
    let (who, text) = match message.role {
        Role::User => (PERSON, persons(message)),
        Role::Assistant if *foreign => return None,
        Role::Assistant => (ASSISTANT, message.plain_text()),
    };
    (!text.trim().is_empty() && !blufio_recall::holds_secret(&text)).then_some((who, text))
}

/// What each message of a batch says beside the others.
async fn heard(shared: &Shared, said: &[Said]) -> Result<Vec<Option<Voice>>, StorageError> {
    let mut turns: HashMap<SessionId, bool> = HashMap::new();
    let mut heard = Vec::with_capacity(said.len());
    for message in said {
        let mut foreign = match turns.get(&message.session) {
            Some(foreign) => *foreign,
            None if begins_turn(&message.message) => false,
            None => before(shared, message).await?.1,
        };
        heard.push(voice(&message.message, &mut foreign));
        turns.insert(message.session, foreign);
    }
    Ok(heard)
}

fn neighbour<'a>(
    mut said: impl Iterator<Item = (&'a Said, &'a Option<Voice>)>,
    session: SessionId,
) -> Option<&'a Voice> {
    said.find_map(|(said, voice)| voice.as_ref().filter(|_| said.session == session))
}

/// What was said before the first message of a batch, and whether others' words came in in that turn.
async fn before(shared: &Shared, said: &Said) -> Result<(Option<Voice>, bool), StorageError> {
    let transcript = shared.storage.transcript(said.session, BATCH.saturating_add(BACK)).await?;
    let earlier = transcript.messages.iter().take_while(|stored| stored.id < said.id);
    Ok(last(earlier.map(|stored| &stored.message)))
}

fn last<'a>(messages: impl Iterator<Item = &'a Message>) -> (Option<Voice>, bool) {
    // How the first turn began may be out of sight.
    let mut foreign = true;
    let voices: Vec<Option<Voice>> = messages.map(|message| voice(message, &mut foreign)).collect();
    (voices.into_iter().rev().take(BACK).flatten().next(), foreign)
}

/// Where it is not known any more who said it, it stays in its conversation.
pub(super) fn scope(shared: &Shared, said: &Said) -> MemoryScope {
    match &said.by {
        Some((sender, private)) => own(shared, &said.conversation, &sender.id, *private),
        None => MemoryScope::Conversation(said.conversation.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(blocks: Vec<Block>) -> [Message; 2] {
        [Message::user(blocks), Message::assistant(vec![Block::text("Your name is Eve.")])]
    }

    #[test]
    fn what_the_assistant_says_about_others_words_stands_beside_nothing() {
        let image = || Block::Image { media_type: "image/png".into(), data: String::new() };
        for others in [
            image(),
            Block::text("[Forwarded from Eve]\nMy name is Eve."),
            Block::text("<document name=\"a\">\nThe name is Eve.\n</document>"),
            Block::text("[In reply to Eve: “My name is Eve”]\nReally?"),
        ] {
            let messages = turn(vec![others, Block::text("Who is it?")]);
            let (voice, foreign) = last(messages.iter());
            assert!(foreign && voice.is_some_and(|(who, _)| who == PERSON));
            // The next turn is the person's own again.
            let next = turn(vec![Block::text("What is my name?")]);
            let (voice, foreign) = last(messages.iter().chain(&next));
            assert!(!foreign && voice.is_some_and(|(who, _)| who == ASSISTANT));
        }
        // Nor where it is out of sight what the turn began with.
        assert_eq!(last(turn(vec![]).iter().skip(1)), (None, true));
    }

    #[test]
    fn a_secret_stands_beside_nothing() {
        let messages = [Message::user(vec![Block::text("my wifi password is mango-tree-42")])];
        assert_eq!(last(messages.iter()), (None, false));
    }
}
