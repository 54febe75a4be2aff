// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the model is shown anyway, and needs no reminder of.

use crate::error::RowError;
use blufio_core::ids::{MemoryId, MessageId, PassageId, SessionId};
use blufio_core::memory::ItemId;
use rusqlite::Connection;
use std::collections::HashSet;

pub(crate) const PASSAGES: &str =
    "SELECT id FROM passages INDEXED BY passages_of_session WHERE session = ?1 AND message >= ?2";

pub(crate) const MEMORIES: &str = "SELECT k.id FROM memories AS k INDEXED BY memories_of_message
    JOIN messages AS m ON m.id = k.source_message
    WHERE k.source_message IS NOT NULL AND k.source_message >= ?2 AND m.session = ?1";

/// Also of the turn that runs: its messages are not in the transcript yet.
pub(crate) const MEMORIES_OF_TURNS: &str = "SELECT k.id FROM memories AS k INDEXED BY memories_of_turn
    WHERE k.source_turn IS NOT NULL AND k.source_turn >=
        coalesce((SELECT turn FROM messages WHERE session = ?1 AND id >= ?2 AND turn IS NOT NULL ORDER BY id LIMIT 1), 0)
    AND (EXISTS (SELECT 1 FROM messages AS m WHERE m.turn = k.source_turn AND m.session = ?1 AND m.id >= ?2)
        OR EXISTS (SELECT 1 FROM queue AS q JOIN sessions AS s ON s.id = ?1
            WHERE q.id = k.source_turn AND q.state IN ('waiting', 'running')
              AND q.channel = s.channel AND q.chat = s.chat AND q.thread = s.thread))";

/// Items that are left out.
#[derive(Debug, Default)]
pub(super) struct Shown(HashSet<ItemId>);

impl Shown {
    /// What was said in a session from a message on, and what was learned from that.
    pub(super) fn read(
        connection: &Connection,
        session: SessionId,
        from: MessageId,
    ) -> Result<Self, RowError> {
        let mut shown = HashSet::new();
        let mut add = |sql, item: fn(i64) -> ItemId| -> Result<(), RowError> {
            let mut ids = connection.prepare_cached(sql)?;
            let mut rows = ids.query([session.0, from.0])?;
            while let Some(row) = rows.next()? {
                shown.insert(item(row.get(0)?));
            }
            Ok(())
        };
        add(PASSAGES, |id| ItemId::Passage(PassageId(id)))?;
        add(MEMORIES, |id| ItemId::Memory(MemoryId(id)))?;
        add(MEMORIES_OF_TURNS, |id| ItemId::Memory(MemoryId(id)))?;
        Ok(Self(shown))
    }

    pub(super) fn has(&self, id: ItemId) -> bool {
        !self.0.is_empty() && self.0.contains(&id)
    }
}
