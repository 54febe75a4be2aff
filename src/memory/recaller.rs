// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finds what fits: asks the store by words and by meaning, and puts what it answers into order.

use async_trait::async_trait;
use blufio_core::embedding::{EmbedError, Embedding, EmbeddingModel, Patience};
use blufio_core::ids::MemoryId;
use blufio_core::memory::{Item, ItemId, Memory};
use blufio_core::recall::{ByMeaning, Question, Recall, Recalled, Recollection};
use blufio_core::storage::{Candidates, Memories, RecallQuery, StorageError};
use blufio_recall::{Asked, Clues, Ranked, Signals, THRESHOLD, rank, words};
use std::collections::HashSet;
use std::sync::Arc;

/// Words that are looked for at most.
const WORDS: usize = 48;
/// Candidates by each signal.
const CANDIDATES: usize = 50;
/// A memory was replaced so often at most, before it is given up.
const HOPS: usize = 16;
/// With fewer words of its own a question takes over those of what was said before.
const TOO_FEW: usize = 2;

/// Recall over what is stored.
pub struct Recaller {
    memories: Arc<dyn Memories>,
    embedding: Option<Arc<dyn Embedding>>,
    signals: Signals,
}

/// A question as it is looked for.
struct Sought {
    asked: Asked,
    text: String,
}

/// What may fit a question.
struct Looked {
    asked: Asked,
    found: Candidates,
    by_meaning: ByMeaning,
}

impl Recaller {
    /// Over these memories. Without an embedding words alone count.
    #[must_use]
    pub fn new(memories: Arc<dyn Memories>, embedding: Option<Arc<dyn Embedding>>) -> Self {
        Self { memories, embedding, signals: Signals::PROVED }
    }

    /// With some signals only, to measure what they are worth.
    #[must_use]
    pub fn with(self, signals: Signals) -> Self {
        Self { signals, ..self }
    }

    async fn vector(
        &self,
        text: &str,
        patience: Patience,
    ) -> (Option<(EmbeddingModel, Vec<f32>)>, ByMeaning) {
        let Some(embedding) = &self.embedding else { return (None, ByMeaning::Off) };
        match embedding.embed(&[text], patience).await {
            Ok(vectors) => match vectors.into_iter().next() {
                Some(vector) => (Some((embedding.model().clone(), vector)), ByMeaning::Yes),
                None => (None, ByMeaning::Off),
            },
            Err(error @ (EmbedError::NotInTime(_) | EmbedError::Full)) => {
                tracing::debug!(%error, "words alone count");
                (None, ByMeaning::Late)
            }
            Err(error) => {
                tracing::warn!(%error, "words alone count");
                (None, ByMeaning::Off)
            }
        }
    }

    /// What stands for a candidate: itself, or what took the place of a memory. With what it replaced, newest first. Nothing where
    /// one of `met` stands for it, the memories that were met on the way before.
    async fn present(
        &self,
        item: &Item,
        met: &mut HashSet<MemoryId>,
    ) -> Result<Option<(Item, Vec<Memory>)>, StorageError> {
        let Item::Memory(memory) = item else { return Ok(Some((item.clone(), Vec::new()))) };
        let mut id = memory.replaced.map_or(memory.id, |replaced| replaced.by);
        for _ in 0..HOPS {
            if !met.insert(id) {
                return Ok(None);
            }
            // It may have been forgotten meanwhile.
            let Some((memory, earlier)) = self.memories.memory(id).await? else { return Ok(None) };
            match memory.replaced {
                Some(replaced) => id = replaced.by,
                None => return Ok(Some((Item::Memory(memory), earlier))),
            }
        }
        tracing::warn!(memory = memory.id.0, "what took the place of a memory was not found");
        Ok(None)
    }

    /// Looks for what may fit; `None` where nothing can be found.
    async fn look(&self, question: &Question, patience: Patience) -> Result<Option<Looked>, StorageError> {
        let sought = Sought::of(question);
        if sought.asked.words.is_empty() || question.limit == 0 {
            return Ok(None);
        }
        let mut query = RecallQuery {
            scopes: question.scopes.clone(),
            words: Vec::new(),
            vector: None,
            passages: question.passages,
            shown: question.shown,
            limit: question.limit.max(CANDIDATES),
        };
        // Without anything stored the model is not even loaded.
        if self.memories.candidates(query.clone()).await?.rows == 0 {
            return Ok(None);
        }
        let (vector, by_meaning) = self.vector(&sought.text, patience).await;
        query.words.clone_from(&sought.asked.words);
        query.vector = vector;
        let found = self.memories.candidates(query).await?;
        Ok(Some(Looked { asked: sought.asked, found, by_meaning }))
    }

    /// What speaks for each candidate, best first; at most as many as the question allows.
    pub(crate) async fn clues(
        &self,
        question: &Question,
        patience: Patience,
    ) -> Result<Vec<(Item, Clues)>, StorageError> {
        let Some(looked) = self.look(question, patience).await? else { return Ok(Vec::new()) };
        let all = Signals { recency: true, importance: true, ..self.signals };
        let clues = Clues::of(&looked.asked, &looked.found, all);
        let best =
            rank(&looked.asked, &looked.found, self.signals, question.limit).into_iter().take(question.limit);
        let told = best.filter_map(|ranked| {
            let candidate = looked.found.candidates.get(ranked.at)?;
            Some((candidate.item.clone(), *clues.get(ranked.at)?))
        });
        Ok(told.collect())
    }

    async fn choose(
        &self,
        question: &Question,
        Looked { asked, found, .. }: &Looked,
    ) -> Result<Vec<Recollection>, StorageError> {
        let mut chosen: Vec<Recollection> = Vec::new();
        let mut met = HashSet::new();
        let mut seen: HashSet<ItemId> = HashSet::new();
        for ranked in rank(asked, found, self.signals, question.limit) {
            if chosen.len() >= question.limit {
                break;
            }
            if ranked.fit < THRESHOLD && !question.loosely {
                continue;
            }
            let Some(candidate) = found.candidates.get(ranked.at) else { continue };
            let Some((item, earlier)) = self.present(&candidate.item, &mut met).await? else { continue };
            let repeats = self.signals.diversity
                && chosen.iter().any(|other| other.item.text().eq_ignore_ascii_case(item.text()));
            if !repeats && seen.insert(item.id()) {
                let reasons = reasons(&asked.words, found, &ranked);
                chosen.push(Recollection { item, earlier, score: ranked.fit, reasons });
            }
        }
        Ok(chosen)
    }
}

impl Sought {
    fn of(question: &Question) -> Self {
        let (text, before) = (question.text.trim(), question.before.trim());
        let own = Asked::new(text, WORDS).words.len();
        // "And where?": what it is about was said before. A thank-you asks for nothing, nor does "How are you this morning?".
        let asks = own > 0 || words(text).is_empty() && text.contains(['?', '？', '؟']);
        let text = if own < TOO_FEW && asks && !before.is_empty() {
            format!("{text}\n{before}")
        } else {
            text.to_owned()
        };
        Self { asked: Asked::new(&text, WORDS), text }
    }
}

fn reasons(words: &[String], found: &Candidates, ranked: &Ranked) -> Vec<String> {
    let Some(candidate) = found.candidates.get(ranked.at) else { return Vec::new() };
    let mut reasons = Vec::new();
    if let Some(cosine) = candidate.cosine {
        reasons.push(format!("meaning {cosine:.2}"));
    }
    if let Some(around) = candidate.around.filter(|around| candidate.cosine.is_none_or(|own| *around > own)) {
        reasons.push(format!("around it {around:.2}"));
    }
    let has: Vec<&str> = candidate.found.iter().filter_map(|at| words.get(*at)).map(String::as_str).collect();
    if !has.is_empty() {
        reasons.push(format!("words: {}", has.join(", ")));
    }
    reasons
}

#[async_trait]
impl Recall for Recaller {
    async fn recall(&self, question: &Question, patience: Patience) -> Result<Recalled, StorageError> {
        let Some(looked) = self.look(question, patience).await? else {
            return Ok(Recalled { found: Vec::new(), by_meaning: ByMeaning::Needless });
        };
        let found = self.choose(question, &looked).await?;
        Ok(Recalled { found, by_meaning: looked.by_meaning })
    }
}

#[cfg(test)]
mod tests;
