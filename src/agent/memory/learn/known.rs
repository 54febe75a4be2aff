// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is known already: shown to the model beside what was said, and compared with what it proposes.

use super::stretch::Stretch;
use super::{names, numbers};
use crate::compaction;
use crate::context::Shared;
use blufio_core::embedding::Patience;
use blufio_core::ids::{MemoryId, MessageId};
use blufio_core::memory::{Item, Memory, MemoryScope, MemorySource, NewMemory};
use blufio_core::recall::{Question, Recollection};
use blufio_core::storage::{SaidAgain, StorageError};
use std::collections::HashSet;

/// Known memories that the model is shown.
const SHOWN: usize = 20;
/// What was said is looked up in so many parts at the most: of one long text only the beginning would count.
const PARTS: usize = 8;
/// Known memories that one proposal is compared with, beside those that were shown.
const NEAR: usize = 5;
/// Two statements with a cosine of so much say the same.
const ALIKE: f32 = 0.95;

/// Memories of the stretch's scope that are about what is said in it, best first.
///
/// # Errors
/// When what is remembered cannot be read.
pub(super) async fn around(shared: &Shared, stretch: &Stretch) -> Result<Vec<Memory>, StorageError> {
    let texts: Vec<&str> = stretch.own().map(|line| line.text.as_str()).collect();
    let each = texts.len().div_ceil(PARTS).max(1);
    let mut found: Vec<Recollection> = Vec::new();
    for part in texts.chunks(each) {
        for one in search(shared, part.join("\n"), &stretch.scope, SHOWN).await? {
            match found.iter_mut().find(|other| other.item.id() == one.item.id()) {
                Some(other) => other.score = other.score.max(one.score),
                None => found.push(one),
            }
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(memories(found).take(SHOWN).collect())
}

async fn search(
    shared: &Shared,
    text: String,
    scope: &MemoryScope,
    limit: usize,
) -> Result<Vec<Recollection>, StorageError> {
    let question = Question {
        text,
        before: String::new(),
        scopes: vec![scope.clone()],
        passages: false,
        shown: None,
        now: shared.clock.now(),
        limit,
        loosely: true,
    };
    Ok(shared.recall.recall(&question, Patience::Unhurried).await?.found)
}

fn memories(found: Vec<Recollection>) -> impl Iterator<Item = Memory> {
    found.into_iter().filter_map(|one| match one.item {
        Item::Memory(memory) => Some(memory),
        Item::Passage(_) => None,
    })
}

/// Parts what is new from what is known: of the latter, which memory it is, and where it was said again. What one of the
/// proposals says is not new in the next.
///
/// # Errors
/// When what is remembered cannot be read.
pub(super) async fn sort_out(
    shared: &Shared,
    proposals: Vec<NewMemory>,
    shown: &[Memory],
) -> Result<(Vec<NewMemory>, Vec<SaidAgain>), StorageError> {
    let (mut new, mut again): (Vec<NewMemory>, Vec<SaidAgain>) = (Vec::new(), Vec::new());
    for proposal in proposals {
        if let Some(other) = new.iter_mut().find(|other| same_words(&other.text, &proposal.text)) {
            let own = other.source;
            let further = messages(&proposal).filter(|message| own != Some(MemorySource::Message(*message)));
            let further: Vec<MessageId> = further.filter(|message| !other.also.contains(message)).collect();
            other.also.extend(further);
            continue;
        }
        let mut known: Vec<Memory> = shown.to_vec();
        let near = memories(search(shared, proposal.text.clone(), &proposal.scope, NEAR).await?);
        known.extend(near.filter(|memory| shown.iter().all(|other| other.id != memory.id)));
        // What it replaces it does not repeat.
        known.retain(|memory| !proposal.replaces.contains(&memory.id));
        let twin = known.iter().find(|memory| same_words(&memory.text, &proposal.text));
        let twin = match twin {
            Some(twin) => Some(twin.id),
            None => same_meaning(shared, &proposal.text, &known).await,
        };
        match twin {
            Some(memory) => {
                again.extend(messages(&proposal).map(|message| SaidAgain { memory, message }));
            }
            None => new.push(proposal),
        }
    }
    Ok((new, again))
}

/// Every message that says a proposal.
fn messages(proposal: &NewMemory) -> impl Iterator<Item = MessageId> {
    let first = match proposal.source {
        Some(MemorySource::Message(message)) => Some(message),
        Some(MemorySource::Turn(_)) | None => None,
    };
    first.into_iter().chain(proposal.also.iter().copied())
}

/// Whether two statements have the same words, as far as these say something.
fn same_words(one: &str, other: &str) -> bool {
    let words = |text: &str| blufio_recall::words(text).into_iter().collect::<HashSet<_>>();
    words(one) == words(other) && compaction::negates(one) == compaction::negates(other)
}

/// The known memory that means the same; `None` also where meaning cannot be told.
async fn same_meaning(shared: &Shared, text: &str, known: &[Memory]) -> Option<MemoryId> {
    let embedding = shared.embedding.as_ref()?;
    // Two names, or two numbers, are close to one another in meaning.
    let alike = |memory: &&Memory| {
        names::of(text) == names::of(&memory.text)
            && numbers::of(text) == numbers::of(&memory.text)
            && compaction::negates(text) == compaction::negates(&memory.text)
    };
    let known: Vec<&Memory> = known.iter().filter(alike).collect();
    if known.is_empty() {
        return None;
    }
    let texts: Vec<&str> =
        std::iter::once(text).chain(known.iter().map(|memory| memory.text.as_str())).collect();
    let vectors = match embedding.embed(&texts, Patience::Unhurried).await {
        Ok(vectors) => vectors,
        Err(error) => {
            tracing::debug!(%error, "what is learned is compared by words alone");
            return None;
        }
    };
    let (of_text, others) = vectors.split_first()?;
    let cosine = |other: &Vec<f32>| of_text.iter().zip(other).map(|(a, b)| a * b).sum::<f32>();
    let cosines = known.iter().zip(others.iter().map(cosine)).filter(|(_, cosine)| *cosine >= ALIKE);
    cosines.max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(memory, _)| memory.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_with_the_same_words_are_the_same_unless_one_denies_it() {
        assert!(same_words("The person's dog is called Max.", "The dog of the person is called: Max"));
        assert!(!same_words("The person's dog is called Max.", "The person's dog is called Rex."));
        assert!(!same_words("The person will move to Porto.", "The person will not move to Porto."));
    }
}
