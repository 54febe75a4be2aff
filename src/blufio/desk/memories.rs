// SPDX-License-Identifier: MIT OR Apache-2.0
//! The operator's questions about what is remembered. He sees every scope.

use super::{Desk, refused, usage};
use blufio_core::control::{ExportedMemory, ImportedMemory, Refusal, RefusalKind, Told};
use blufio_core::embedding::Patience;
use blufio_core::ids::{MemoryId, PassageId};
use blufio_core::memory::{ItemId, LONGEST_MEMORY, MemoryKind, MemoryScope, MemoryTrust, NewMemory};
use blufio_core::recall::Question;
use blufio_core::storage::{Forgetting, MemoryFilter};
use blufio_core::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// Most memories of one answer, or of one import.
const MOST: usize = 1_000;
/// The model may have to be loaded first, and somebody looks at the terminal meanwhile.
const PATIENCE: Duration = Duration::from_secs(20);

impl Desk {
    pub(super) async fn remember(
        &self,
        text: String,
        kind: MemoryKind,
        scope: Option<MemoryScope>,
    ) -> Result<Told, Refusal> {
        let now = self.clock.now();
        let memory = NewMemory {
            text: sound(&text)?,
            kind,
            scope: scope.unwrap_or(MemoryScope::Agent),
            trust: MemoryTrust::Told,
            confidence: 100,
            source: None,
            also: Vec::new(),
            learned_at: now,
            replaces: Vec::new(),
        };
        let remembered = self.storage.remember(memory, now).await.map_err(refused)?;
        self.wake_memory();
        Ok(Told::Remembered(remembered))
    }

    pub(super) async fn memories(
        &self,
        replaced: bool,
        before: Option<MemoryId>,
        limit: usize,
    ) -> Result<Told, Refusal> {
        let filter = MemoryFilter { scopes: None, replaced, before, limit: limit.min(MOST) };
        Ok(Told::Memories { memories: self.storage.memories(filter).await.map_err(refused)? })
    }

    pub(super) async fn search(&self, text: String, limit: usize) -> Result<Told, Refusal> {
        let question = Question {
            text,
            before: String::new(),
            scopes: self.storage.scopes().await.map_err(refused)?,
            passages: true,
            shown: None,
            now: self.clock.now(),
            limit: limit.min(MOST),
            loosely: true,
        };
        let recalled = self.recall.recall(&question, Patience::Within(PATIENCE)).await.map_err(refused)?;
        Ok(Told::Recalled(recalled))
    }

    pub(super) async fn memory(&self, id: MemoryId) -> Result<Told, Refusal> {
        match self.storage.memory(id).await.map_err(refused)? {
            Some((memory, earlier)) => {
                let sources = self.storage.sources(id).await.map_err(refused)?;
                Ok(Told::Memory { memory, earlier, sources })
            }
            None => Err(usage(format!("there is no memory {id}; see `blufio memory list`"))),
        }
    }

    pub(super) async fn export(&self, before: Option<MemoryId>, limit: usize) -> Result<Told, Refusal> {
        let filter = MemoryFilter { scopes: None, replaced: true, before, limit: limit.min(MOST) };
        let mut memories = Vec::new();
        for memory in self.storage.memories(filter).await.map_err(refused)? {
            let said_in = self.storage.sources(memory.id).await.map_err(refused)?;
            memories.push(ExportedMemory { memory, said_in });
        }
        Ok(Told::MemoriesExported { memories })
    }

    pub(super) async fn past_words(&self, before: Option<PassageId>, limit: usize) -> Result<Told, Refusal> {
        let past_words = self.storage.passages(before, limit.min(MOST)).await.map_err(refused)?;
        Ok(Told::PastWords { past_words })
    }

    pub(super) async fn forget(&self, items: Vec<ItemId>) -> Result<Told, Refusal> {
        let forgetting = Forgetting { scopes: None, items };
        let forgotten = self.storage.forget(forgetting, self.clock.now()).await.map_err(refused)?;
        Ok(Told::Forgotten(forgotten))
    }

    /// Stores an export. Each memory is stored by itself, so that an import that was cut off can be repeated.
    pub(super) async fn import(&self, memories: Vec<ImportedMemory>) -> Result<Told, Refusal> {
        if memories.len() > MOST {
            return Err(usage(format!("at most {MOST} memories are imported at once")));
        }
        for (at, memory) in memories.iter().enumerate() {
            sound(&memory.text).map_err(|refusal| usage(format!("memory {at}: {}", refusal.message)))?;
            if memory.confidence > 100 {
                return Err(usage(format!("memory {at}: its confidence is above 100")));
            }
            if memory.replaced_by.is_some_and(|by| by <= at || by >= memories.len()) {
                return Err(usage(format!(
                    "memory {at}: replaced_by has to be the position of a later one in the same list"
                )));
            }
        }
        let known = self.known().await?;
        let (mut new, mut ids) = (0, Vec::with_capacity(memories.len()));
        for (at, memory) in memories.iter().enumerate() {
            if let Some(id) = known.get(&identity(&memory.scope, &memory.text, memory.learned_at)) {
                ids.push(*id);
                continue;
            }
            let replaces = memories.iter().zip(&ids).filter(|(earlier, _)| earlier.replaced_by == Some(at));
            let memory = NewMemory {
                text: memory.text.trim().to_owned(),
                kind: memory.kind,
                scope: memory.scope.clone(),
                trust: memory.trust,
                confidence: memory.confidence,
                source: None,
                also: Vec::new(),
                learned_at: memory.learned_at,
                replaces: replaces.map(|(_, id)| *id).collect(),
            };
            let remembered = self.storage.remember(memory, self.clock.now()).await.map_err(refused)?;
            new += usize::from(remembered.new);
            ids.push(remembered.memory.id);
        }
        self.wake_memory();
        Ok(Told::Imported { new })
    }

    /// Everything that is stored, history included, by what it says and when that was said.
    async fn known(&self) -> Result<BTreeMap<String, MemoryId>, Refusal> {
        let (mut known, mut before) = (BTreeMap::new(), None);
        loop {
            let filter = MemoryFilter { scopes: None, replaced: true, before, limit: MOST };
            let page = self.storage.memories(filter).await.map_err(refused)?;
            before = page.last().map(|memory| memory.id);
            let whole = page.len() < MOST;
            known.extend(
                page.into_iter()
                    .map(|memory| (identity(&memory.scope, &memory.text, memory.learned_at), memory.id)),
            );
            if whole {
                return Ok(known);
            }
        }
    }

    fn wake_memory(&self) {
        if let Some(agent) = self.agent() {
            agent.wake_memory();
        }
    }
}

fn identity(scope: &MemoryScope, text: &str, learned_at: Timestamp) -> String {
    format!("{} {scope:?} {}", learned_at.0, text.trim())
}

fn sound(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(usage("a memory has words"));
    }
    if text.chars().count() > LONGEST_MEMORY {
        return Err(usage(format!(
            "a memory is one statement of at most {LONGEST_MEMORY} characters; split it into several"
        )));
    }
    if blufio_recall::holds_secret(text) {
        return Err(Refusal {
            kind: RefusalKind::Policy,
            message: "it holds a password, a key or the like, which is no memory: people would be told of it, and the model \
                      provider as well; `blufio vault set` keeps secrets"
                .into(),
        });
    }
    Ok(text.to_owned())
}
