// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lasting memories, and everything that is asked about them and about past words.

use crate::error::RowError;
use crate::store::Store;
use crate::writer::Durability;
use crate::{passages, recall, vectors};
use async_trait::async_trait;
use blufio_core::embedding::EmbeddingModel;
use blufio_core::ids::{MemoryId, MessageId, PassageId, QueueId, SessionId};
use blufio_core::memory::{
    Memory, MemoryKind, MemoryScope, MemorySource, MemoryTrust, NewMemory, NewPassage, Passage, Replaced,
};
use blufio_core::storage::{
    Candidates, Embedded, Forgetting, Forgotten, Lesson, Memories, MemoryFilter, Quiet, RecallQuery,
    Remembered, Said, StorageError, Unembedded,
};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, Row, params};

mod erase;
mod forget;
mod holding;
mod learn;
mod reach;
mod remember;
mod repeated;
mod said_again;
pub(crate) mod scopes;
mod suspects;
mod sweep;
#[cfg(test)]
mod tests;

pub(crate) use erase::{DROP_FROM_QUEUE, DROP_MERGED, FORGOTTEN_NEAR};
pub(crate) use holding::Holding;
/// For the test of the plans.
#[cfg(test)]
pub(crate) const STATEMENTS: &[(&str, &[&str])] = &[
    (EARLIER, &["memories_replaced"]),
    (NEWEST, &["PRIMARY KEY"]),
    (NEWEST_OF, &["memories_of_scope"]),
    (scopes::NUMBER_OF, &["sqlite_autoindex_scopes_1"]),
    (scopes::IN_USE, &["memories_of_scope", "passages_of_scope"]),
    (remember::WITH_SAME, &["memories_same"]),
    (learn::QUIET, &["sessions_unlearned"]),
    (learn::SAID, &["messages_of_session", "PRIMARY KEY"]),
    (forget::HISTORY, &["memories_replaced"]),
    (said_again::OF, &["said_again_of"]),
    (said_again::NOTE, &["said_again_of"]),
    (passages::NEWEST, &["PRIMARY KEY"]),
    (erase::MESSAGES_OF_TURN, &["messages_of_turn"]),
    (erase::PASSAGES_OF, &["passages_of_session"]),
    (erase::TOLD_AROUND, &["passages_of_session", "messages_of_session"]),
    (FORGOTTEN_NEAR, &["messages_forgotten", "messages_of_session"]),
    (sweep::SAID_IN, &["messages_of_session", "PRIMARY KEY"]),
    (DROP_MERGED, &["queue_merged"]),
    (erase::DROP_ANSWERS, &["outbox_of_turn"]),
    (erase::DROP_NOTICES, &["notices_told"]),
];

/// The columns of a memory, for [`memory`].
macro_rules! select_memory {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.text, m.kind, m.trust, m.confidence, m.source_message, m.source_turn, m.learned_at, m.used_at,
                    m.uses, m.replaced_by, m.replaced_at, s.kind, s.channel, s.chat, s.thread ",
            $rest
        )
    };
}

const MEMORY: &str = select_memory!("FROM memories AS m JOIN scopes AS s ON s.id = m.scope WHERE m.id = ?1");

/// The newest of what a memory has replaced, and of what that has.
pub(crate) const EARLIER: &str = select_memory!(
    "FROM memories AS m JOIN scopes AS s ON s.id = m.scope WHERE m.id IN
        (WITH RECURSIVE history (id, at) AS
            (SELECT id, replaced_at FROM memories INDEXED BY memories_replaced WHERE replaced_by = ?1
             UNION SELECT e.id, e.replaced_at FROM history
                 JOIN memories AS e INDEXED BY memories_replaced ON e.replaced_by = history.id
             ORDER BY 2 DESC LIMIT ?2)
         SELECT id FROM history)
     ORDER BY m.replaced_at DESC, m.id DESC"
);

const NEWEST: &str = select_memory!(
    "FROM memories AS m JOIN scopes AS s ON s.id = m.scope
     WHERE m.id < ?1 AND (m.replaced_by IS NULL OR ?2) ORDER BY m.id DESC LIMIT ?3"
);

pub(crate) const NEWEST_OF: &str = select_memory!(
    "FROM memories AS m INDEXED BY memories_of_scope JOIN scopes AS s ON s.id = m.scope
     WHERE m.scope = ?4 AND m.id < ?1 AND (m.replaced_by IS NULL OR ?2) ORDER BY m.id DESC LIMIT ?3"
);

const USED: &str =
    "UPDATE memories SET uses = uses + 1, used_at = max(coalesce(used_at, ?2), ?2) WHERE id = ?1";

/// Most memories in a history that are told. Nobody changes his mind so often.
const LONGEST_HISTORY: i64 = 100;

#[async_trait]
impl Memories for Store {
    async fn remember(&self, memory: NewMemory, _now: Timestamp) -> Result<Remembered, StorageError> {
        self.write(Durability::Now, move |connection| remember::remember(connection, &memory)).await
    }

    async fn memories(&self, filter: MemoryFilter) -> Result<Vec<Memory>, StorageError> {
        self.read(move |connection| newest(connection, &filter)).await
    }

    async fn memory(&self, id: MemoryId) -> Result<Option<(Memory, Vec<Memory>)>, StorageError> {
        self.read(move |connection| {
            let Some(memory) = one(connection, id)? else { return Ok(None) };
            Ok(Some((memory, earlier(connection, id)?)))
        })
        .await
    }

    async fn sources(&self, id: MemoryId) -> Result<Vec<MemorySource>, StorageError> {
        self.read(move |connection| said_again::sources(connection, id)).await
    }

    async fn passages(&self, before: Option<PassageId>, limit: usize) -> Result<Vec<Passage>, StorageError> {
        self.read(move |connection| passages::newest(connection, before, limit)).await
    }

    async fn scopes(&self) -> Result<Vec<MemoryScope>, StorageError> {
        self.read(scopes::in_use).await
    }

    async fn candidates(&self, query: RecallQuery) -> Result<Candidates, StorageError> {
        self.read(move |connection| recall::candidates(connection, &query)).await
    }

    async fn used(&self, memories: Vec<MemoryId>, now: Timestamp) -> Result<(), StorageError> {
        self.write(Durability::Later, move |connection| {
            let mut used = connection.prepare_cached(USED)?;
            memories.iter().try_for_each(|memory| used.execute([memory.0, now.0]).map(|_| ()))?;
            Ok(())
        })
        .await
    }

    async fn forget(&self, what: Forgetting, now: Timestamp) -> Result<Forgotten, StorageError> {
        self.write(Durability::Now, move |connection| forget::forget(connection, &what, now)).await
    }

    async fn unembedded(
        &self,
        model: &EmbeddingModel,
        limit: usize,
    ) -> Result<Vec<Unembedded>, StorageError> {
        let model = model.clone();
        self.read(move |connection| vectors::unembedded(connection, &model, limit)).await
    }

    async fn embed(&self, model: &EmbeddingModel, vectors: Vec<Embedded>) -> Result<(), StorageError> {
        let model = model.clone();
        // What a loss of power undid has no vector, and gets one.
        self.write(Durability::Later, move |connection| vectors::embed(connection, &model, &vectors)).await
    }

    async fn unindexed(&self, limit: usize) -> Result<Vec<Said>, StorageError> {
        self.read(move |connection| passages::unindexed(connection, limit)).await
    }

    async fn index(&self, upto: MessageId, passages: Vec<NewPassage>) -> Result<(), StorageError> {
        self.write(Durability::Later, move |connection| passages::index(connection, upto, &passages)).await
    }

    async fn quiet(&self, before: Timestamp, limit: usize) -> Result<Vec<Quiet>, StorageError> {
        self.read(move |connection| learn::quiet(connection, before, limit)).await
    }

    async fn said(
        &self,
        session: SessionId,
        after: Option<MessageId>,
        upto: MessageId,
        limit: usize,
    ) -> Result<Vec<Said>, StorageError> {
        self.read(move |connection| learn::said(connection, session, after, upto, limit)).await
    }

    async fn learn(&self, lesson: Lesson, _now: Timestamp) -> Result<bool, StorageError> {
        self.write(Durability::Now, move |connection| learn::learn(connection, &lesson)).await
    }
}

/// A memory.
pub(crate) fn one(connection: &Connection, id: MemoryId) -> Result<Option<Memory>, RowError> {
    let mut one = connection.prepare_cached(MEMORY)?;
    let mut rows = one.query([id.0])?;
    rows.next()?.map(memory).transpose()
}

/// What a memory has replaced, and what that has, newest first.
fn earlier(connection: &Connection, id: MemoryId) -> Result<Vec<Memory>, RowError> {
    let mut found: Vec<Memory> = Vec::new();
    let mut earlier = connection.prepare_cached(EARLIER)?;
    let mut rows = earlier.query([id.0, LONGEST_HISTORY])?;
    while let Some(row) = rows.next()? {
        found.push(memory(row)?);
    }
    Ok(found)
}

fn newest(connection: &Connection, filter: &MemoryFilter) -> Result<Vec<Memory>, RowError> {
    let MemoryFilter { scopes, replaced, before, limit } = filter;
    let before = before.map_or(i64::MAX, |before| before.0);
    let most = i64::try_from(*limit).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    let Some(scopes) = scopes else {
        let mut newest = connection.prepare_cached(NEWEST)?;
        let mut rows = newest.query(params![before, replaced, most])?;
        while let Some(row) = rows.next()? {
            found.push(memory(row)?);
        }
        return Ok(found);
    };
    for scope in scopes::numbers_of(connection, scopes)? {
        let mut newest = connection.prepare_cached(NEWEST_OF)?;
        let mut rows = newest.query(params![before, replaced, most, scope])?;
        while let Some(row) = rows.next()? {
            found.push(memory(row)?);
        }
    }
    found.sort_by_key(|memory| std::cmp::Reverse(memory.id));
    found.truncate(*limit);
    Ok(found)
}

/// A memory from the columns of `select_memory`.
fn memory(row: &Row<'_>) -> Result<Memory, RowError> {
    let unknown =
        |what: &str, name: &str| RowError::Refused(format!("a memory has the unknown {what} {name:?}"));
    let (kind, trust): (String, String) = (row.get(2)?, row.get(3)?);
    let source = source(row, 5)?;
    let replaced = row.get::<_, Option<i64>>(10)?.zip(row.get::<_, Option<i64>>(11)?);
    Ok(Memory {
        id: MemoryId(row.get(0)?),
        text: row.get(1)?,
        kind: MemoryKind::named(&kind).ok_or_else(|| unknown("kind", &kind))?,
        scope: scopes::scope(row, 12)?,
        trust: MemoryTrust::named(&trust).ok_or_else(|| unknown("trust", &trust))?,
        confidence: row.get(4)?,
        source,
        learned_at: Timestamp(row.get(7)?),
        used_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
        uses: u64::try_from(row.get::<_, i64>(9)?).unwrap_or(0),
        replaced: replaced.map(|(by, at)| Replaced { by: MemoryId(by), at: Timestamp(at) }),
    })
}

/// A source from the columns `message, turn`, of which the first is at `column`.
fn source(row: &Row<'_>, column: usize) -> Result<Option<MemorySource>, RowError> {
    Ok(match (row.get::<_, Option<i64>>(column)?, row.get::<_, Option<i64>>(column + 1)?) {
        (Some(message), _) => Some(MemorySource::Message(MessageId(message))),
        (None, turn) => turn.map(|turn| MemorySource::Turn(QueueId(turn))),
    })
}

/// A source as the columns `message, turn`.
fn source_columns(source: Option<MemorySource>) -> (Option<i64>, Option<i64>) {
    match source {
        Some(MemorySource::Message(message)) => (Some(message.0), None),
        Some(MemorySource::Turn(turn)) => (None, Some(turn.0)),
        None => (None, None),
    }
}
