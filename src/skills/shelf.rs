// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memories kept in memory and found by their words, for the tests.
#![allow(clippy::unwrap_used)]

use async_trait::async_trait;
use blufio_core::embedding::{EmbeddingModel, Patience};
use blufio_core::ids::{MemoryId, MessageId, PassageId, SessionId};
use blufio_core::memory::{
    Item, ItemId, Memory, MemoryScope, MemorySource, NewMemory, NewPassage, Passage, Replaced,
};
use blufio_core::recall::{ByMeaning, Question, Recall, Recalled, Recollection};
use blufio_core::storage::{
    Candidates, Embedded, Forgetting, Forgotten, Lesson, Memories, MemoryFilter, Quiet, RecallQuery,
    Remembered, Said, StorageError, Unembedded,
};
use blufio_core::time::Timestamp;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Memories are counted from 1, past words from 100.
#[derive(Default)]
pub(crate) struct Shelf {
    items: Mutex<Vec<(MemoryScope, Item)>>,
    count: Mutex<i64>,
    failing: AtomicBool,
}

impl Shelf {
    /// From now on every call fails.
    pub(crate) fn fail(&self) {
        self.failing.store(true, Ordering::Relaxed);
    }

    /// Past words in a scope.
    pub(crate) fn hear(&self, scope: &MemoryScope, text: &str) -> PassageId {
        let mut items = self.items.lock().unwrap();
        let id = PassageId(100 + i64::try_from(items.len()).unwrap());
        let passage = Passage {
            id,
            message: MessageId(id.0),
            session: SessionId(1),
            scope: scope.clone(),
            text: text.into(),
            around: String::new(),
            at: Timestamp(0),
        };
        items.push((scope.clone(), Item::Passage(passage)));
        id
    }

    /// Everything that is kept, in order: ids and whether it holds no more.
    pub(crate) fn kept(&self) -> Vec<(String, bool)> {
        let items = self.items.lock().unwrap();
        let replaced = |item: &Item| matches!(item, Item::Memory(memory) if memory.replaced.is_some());
        items.iter().map(|(_, item)| (item.id().to_string(), replaced(item))).collect()
    }

    fn check(&self) -> Result<(), StorageError> {
        if self.failing.load(Ordering::Relaxed) {
            return Err(StorageError::Full { path: "/var/lib/blufio/blufio.db".into() });
        }
        Ok(())
    }
}

fn nobody_asks<T>() -> Result<T, StorageError> {
    Err(StorageError::Unexpected("no tool asks for this".into()))
}

#[async_trait]
impl Memories for Shelf {
    async fn remember(&self, new: NewMemory, now: Timestamp) -> Result<Remembered, StorageError> {
        self.check()?;
        let mut items = self.items.lock().unwrap();
        let known = items.iter().find_map(|(scope, item)| match item {
            Item::Memory(memory) if memory.text == new.text && *scope == new.scope => Some(memory.clone()),
            _ => None,
        });
        let is_new = known.is_none();
        let memory = known.unwrap_or_else(|| {
            let mut count = self.count.lock().unwrap();
            *count += 1;
            Memory {
                id: MemoryId(*count),
                text: new.text.clone(),
                kind: new.kind,
                scope: new.scope.clone(),
                trust: new.trust,
                confidence: new.confidence,
                source: new.source,
                learned_at: new.learned_at,
                used_at: None,
                uses: 0,
                replaced: None,
            }
        });
        for (_, item) in items.iter_mut() {
            if let Item::Memory(other) = item
                && new.replaces.contains(&other.id)
            {
                other.replaced = Some(Replaced { by: memory.id, at: now });
            }
        }
        if is_new {
            items.push((new.scope, Item::Memory(memory.clone())));
        }
        Ok(Remembered { memory, new: is_new })
    }

    async fn memories(&self, _filter: MemoryFilter) -> Result<Vec<Memory>, StorageError> {
        nobody_asks()
    }

    async fn memory(&self, id: MemoryId) -> Result<Option<(Memory, Vec<Memory>)>, StorageError> {
        self.check()?;
        let items = self.items.lock().unwrap();
        Ok(items.iter().find_map(|(_, item)| match item {
            Item::Memory(memory) if memory.id == id => Some((memory.clone(), Vec::new())),
            _ => None,
        }))
    }

    async fn candidates(&self, _query: RecallQuery) -> Result<Candidates, StorageError> {
        nobody_asks()
    }

    async fn used(&self, _memories: Vec<MemoryId>, _now: Timestamp) -> Result<(), StorageError> {
        nobody_asks()
    }

    async fn forget(&self, what: Forgetting, _now: Timestamp) -> Result<Forgotten, StorageError> {
        self.check()?;
        let mut items = self.items.lock().unwrap();
        let mut forgotten = Forgotten::default();
        items.retain(|(scope, item)| {
            let gone = what.items.contains(&item.id())
                && what.scopes.as_ref().is_none_or(|scopes| scopes.contains(scope));
            match (gone, item.id()) {
                (true, ItemId::Memory(_)) => forgotten.memories += 1,
                (true, ItemId::Passage(_)) => forgotten.messages += 1,
                _ => {}
            }
            !gone
        });
        Ok(forgotten)
    }

    async fn sources(&self, _id: MemoryId) -> Result<Vec<MemorySource>, StorageError> {
        nobody_asks()
    }

    async fn passages(
        &self,
        _before: Option<PassageId>,
        _limit: usize,
    ) -> Result<Vec<Passage>, StorageError> {
        nobody_asks()
    }

    async fn scopes(&self) -> Result<Vec<MemoryScope>, StorageError> {
        nobody_asks()
    }

    async fn unembedded(&self, _: &EmbeddingModel, _: usize) -> Result<Vec<Unembedded>, StorageError> {
        nobody_asks()
    }

    async fn embed(&self, _: &EmbeddingModel, _: Vec<Embedded>) -> Result<(), StorageError> {
        nobody_asks()
    }

    async fn unindexed(&self, _limit: usize) -> Result<Vec<Said>, StorageError> {
        nobody_asks()
    }

    async fn index(&self, _upto: MessageId, _passages: Vec<NewPassage>) -> Result<(), StorageError> {
        nobody_asks()
    }

    async fn quiet(&self, _before: Timestamp, _limit: usize) -> Result<Vec<Quiet>, StorageError> {
        nobody_asks()
    }

    async fn said(
        &self,
        _session: SessionId,
        _after: Option<MessageId>,
        _upto: MessageId,
        _limit: usize,
    ) -> Result<Vec<Said>, StorageError> {
        nobody_asks()
    }

    async fn learn(&self, _lesson: Lesson, _now: Timestamp) -> Result<bool, StorageError> {
        nobody_asks()
    }
}

#[async_trait]
impl Recall for Shelf {
    /// What has a word in common with the question.
    async fn recall(&self, question: &Question, _patience: Patience) -> Result<Recalled, StorageError> {
        self.check()?;
        let wanted = blufio_recall::words(&question.text);
        let items = self.items.lock().unwrap();
        let found = items.iter().filter(|(scope, item)| {
            let words = blufio_recall::words(item.text());
            question.scopes.contains(scope)
                && (question.passages || matches!(item, Item::Memory(_)))
                && !matches!(item, Item::Memory(memory) if memory.replaced.is_some())
                && wanted.iter().any(|word| words.contains(word))
        });
        let found = found.take(question.limit).map(|(_, item)| Recollection {
            item: item.clone(),
            earlier: Vec::new(),
            score: 0.5,
            reasons: Vec::new(),
        });
        Ok(Recalled { found: found.collect(), by_meaning: ByMeaning::Off })
    }
}
