// SPDX-License-Identifier: MIT OR Apache-2.0
//! Takes the turns up as the agent does: sessions that end, messages in their transcripts, passages with what was said around
//! them, vectors. Or what is to be remembered of them.

use super::sample::{Sample, Session, Turn, TurnId};
use super::{EvaluationError, Options};
use blufio_core::channel::{Inbound, Sender};
use blufio_core::content::{Block, Message};
use blufio_core::embedding::{Embedding, Patience};
use blufio_core::ids::{Conversation, MemoryId, MessageId};
use blufio_core::memory::{Item, MemoryScope, MemoryTrust, NewMemory, NewPassage};
use blufio_core::storage::{Embedded, Settlement, Storage, StorageError, TurnOutcome};
use blufio_core::time::Timestamp;
use blufio_recall::{around, chunks, words};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

const CHANNEL: &str = "evaluation";
const BATCH: usize = 64;
/// The questions are asked so long after the last session.
const LATER: Duration = Duration::from_secs(30 * 86_400);

/// What can be found, and what it stands for.
pub(super) struct Haystack {
    pub(super) storage: Arc<dyn Storage>,
    /// When the questions are asked.
    pub(super) now: Timestamp,
    /// Whether it holds turns. Otherwise it holds memories.
    pub(super) passages: bool,
    turns: HashMap<MessageId, Place>,
    facts: HashMap<MemoryId, Place>,
}

/// A sample, and a turn or a fact of it.
pub(super) type Place = (usize, TurnId);

pub(super) fn scope() -> MemoryScope {
    MemoryScope::Person { channel: CHANNEL.into(), sender: "reader".into() }
}

impl Haystack {
    /// Of the turns of some samples.
    pub(super) async fn of_turns(
        storage: Arc<dyn Storage>,
        samples: &[&Sample],
        embedding: &dyn Embedding,
        options: &Options,
    ) -> Result<Self, EvaluationError> {
        let mut turns = HashMap::new();
        for (at, sample) in samples.iter().enumerate() {
            for (number, session) in sample.sessions.iter().enumerate() {
                let said = Said { sample: at, session, number, options };
                said.tell(&*storage, &sample.id).await?;
                said.index(&*storage, &mut turns).await?;
            }
        }
        let now = end(samples);
        let haystack = Self { storage, now, passages: true, turns, facts: HashMap::new() };
        haystack.embed(embedding).await?;
        Ok(haystack)
    }

    /// Of what is to be remembered of some samples.
    pub(super) async fn of_facts(
        storage: Arc<dyn Storage>,
        samples: &[&Sample],
        embedding: &dyn Embedding,
    ) -> Result<Self, EvaluationError> {
        let mut facts = HashMap::new();
        let now = end(samples);
        for (at, sample) in samples.iter().enumerate() {
            let mut ids: Vec<MemoryId> = Vec::new();
            for (number, fact) in sample.facts.iter().enumerate() {
                let replaces = fact.replaces.and_then(|older| ids.get(older)).copied();
                let memory = NewMemory {
                    text: fact.text.clone(),
                    kind: fact.kind,
                    scope: scope(),
                    trust: MemoryTrust::Gathered,
                    confidence: 80,
                    source: None,
                    also: Vec::new(),
                    learned_at: said_at(sample, &fact.evidence).unwrap_or(now),
                    replaces: replaces.into_iter().collect(),
                };
                let id = storage.remember(memory, now).await?.memory.id;
                ids.push(id);
                facts.insert(id, (at, (0, u32::try_from(number).unwrap_or(u32::MAX))));
            }
        }
        let haystack = Self { storage, now, passages: false, turns: HashMap::new(), facts };
        haystack.embed(embedding).await?;
        Ok(haystack)
    }

    /// How many things can be found.
    pub(super) fn len(&self) -> usize {
        self.turns.len() + self.facts.len()
    }

    /// What an item stands for.
    pub(super) fn place(&self, item: &Item) -> Option<Place> {
        match item {
            Item::Passage(passage) => self.turns.get(&passage.message).copied(),
            Item::Memory(memory) => self.facts.get(&memory.id).copied(),
        }
    }

    /// What answers a question, out of what is here.
    pub(super) fn answers(&self, at: usize, sample: &Sample, evidence: &[TurnId]) -> HashSet<Place> {
        if self.passages {
            return evidence.iter().map(|turn| (at, *turn)).collect();
        }
        let facts = sample.facts.iter().enumerate();
        let of_turns = facts.filter(|(_, fact)| fact.evidence.iter().any(|turn| evidence.contains(turn)));
        of_turns.map(|(number, _)| (at, (0, u32::try_from(number).unwrap_or(u32::MAX)))).collect()
    }

    async fn embed(&self, embedding: &dyn Embedding) -> Result<(), EvaluationError> {
        loop {
            let items = self.storage.unembedded(embedding.model(), BATCH).await?;
            if items.is_empty() {
                return Ok(());
            }
            let mut vectors = Vec::with_capacity(items.len());
            for item in items {
                let texts: Vec<&str> =
                    [Some(item.text.as_str()), item.around.as_deref()].into_iter().flatten().collect();
                let mut made = embedding.embed(&texts, Patience::Unhurried).await?.into_iter();
                let Some(text) = made.next() else { continue };
                vectors.push(Embedded { id: item.id, text, around: made.next() });
            }
            self.storage.embed(embedding.model(), vectors).await?;
        }
    }
}

fn end(samples: &[&Sample]) -> Timestamp {
    let last = samples.iter().flat_map(|sample| &sample.sessions).map(|session| session.at).max();
    last.unwrap_or_default().after(LATER)
}

fn said_at(sample: &Sample, evidence: &[TurnId]) -> Option<Timestamp> {
    let of = |session: &&Session| session.turns.iter().any(|turn| evidence.contains(&turn.id));
    sample.sessions.iter().filter(of).map(|session| session.at).next_back()
}

/// A session of a sample.
struct Said<'a> {
    sample: usize,
    session: &'a Session,
    number: usize,
    options: &'a Options,
}

impl Said<'_> {
    fn is_assistant(&self, turn: &Turn) -> bool {
        self.options.assistants.iter().any(|name| name.eq_ignore_ascii_case(&turn.speaker))
    }

    /// Whether one of both is the agent: then it is plain whose the words are.
    fn with_assistant(&self) -> bool {
        self.session.turns.iter().any(|turn| self.is_assistant(turn))
    }

    fn spoken(&self) -> impl Iterator<Item = &Turn> {
        self.session.turns.iter().filter(|turn| !turn.text.is_empty())
    }

    /// The words of a turn. Of two people each is named, as in a group.
    fn words(&self, turn: &Turn) -> String {
        if turn.speaker.is_empty() || self.with_assistant() {
            turn.text.clone()
        } else {
            format!("{}: {}", turn.speaker, turn.text)
        }
    }

    fn who<'b>(&'b self, turn: &'b Turn) -> (&'b str, &'b str) {
        let name = match (self.is_assistant(turn), self.with_assistant()) {
            (true, _) => "you",
            (false, true) => "person",
            (false, false) => turn.speaker.as_str(),
        };
        (name, turn.text.as_str())
    }

    /// Into the transcript of a session of its own.
    async fn tell(&self, storage: &dyn Storage, sample: &str) -> Result<(), StorageError> {
        let conversation = Conversation::new(CHANNEL, format!("{}-{sample}", self.sample));
        let at = self.session.at;
        let message = Inbound {
            external_id: format!("{}-{}", self.sample, self.number),
            conversation: conversation.clone(),
            sender: Sender { id: "reader".into(), name: "Reader".into() },
            private: true,
            text: "hello".into(),
            files: Vec::new(),
            group: None,
            not_before: None,
            notices: Vec::new(),
            sent_at: at,
        };
        storage.accept(CHANNEL, vec![message.into()], None, at).await?;
        let Some(claim) = storage.claim(&conversation, at).await? else { return Ok(()) };
        let session = storage.session(&conversation, at).await?;
        let transcript = self.spoken().map(|turn| {
            let content = vec![Block::Text { text: self.words(turn) }];
            if self.is_assistant(turn) { Message::assistant(content) } else { Message::user(content) }
        });
        let settlement = Settlement {
            id: claim.id,
            outcome: TurnOutcome::Answered,
            session: Some(session),
            transcript: transcript.collect(),
            end_session: true,
            decision: None,
            outbox: Vec::new(),
            once: Vec::new(),
            told: Vec::new(),
            forgets: false,
        };
        storage.settle(settlement, at).await
    }

    /// Makes its messages findable.
    async fn index(
        &self,
        storage: &dyn Storage,
        turns: &mut HashMap<MessageId, Place>,
    ) -> Result<(), StorageError> {
        let spoken: Vec<&Turn> = self.spoken().collect();
        let mut waiting: VecDeque<usize> = (0..spoken.len()).collect();
        loop {
            let said = storage.unindexed(BATCH).await?;
            let Some(last) = said.last().map(|said| said.id) else { return Ok(()) };
            let mut passages = Vec::new();
            for said in said {
                let Some(at) = waiting.pop_front() else { break };
                let Some(turn) = spoken.get(at) else { break };
                if self.is_assistant(turn) {
                    continue;
                }
                let text = self.words(turn);
                if words(&text).is_empty() {
                    continue;
                }
                turns.insert(said.id, (self.sample, turn.id));
                let before = at.checked_sub(1).and_then(|at| spoken.get(at)).map(|turn| self.who(turn));
                let after = spoken.get(at + 1).map(|turn| self.who(turn));
                passages.extend(chunks(&text).into_iter().map(|chunk| NewPassage {
                    message: said.id,
                    session: said.session,
                    scope: scope(),
                    text: chunk.to_owned(),
                    around: around(before, chunk, after),
                    at: said.at,
                }));
            }
            storage.index(last, passages).await?;
        }
    }
}
