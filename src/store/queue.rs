// SPDX-License-Identifier: MIT OR Apache-2.0
//! The inbound queue: `accept` puts in, `due` and `claim` take out; what happens to a turn after that is in
//! [`crate::turn`].
//!
//! A row waits, runs, and is done. When a message of a group (an album) is claimed, the other waiting rows of its
//! group in the conversation are merged into it: they share its fate from then on. One that arrives while the turn is
//! running stays a row of its own.

use crate::columns::{Due, conversation, from_json, to_json};
use crate::error::RowError;
use crate::store::Store;
use crate::turn;
use crate::writer::Durability;
use async_trait::async_trait;
use blufio_core::channel::Inbound;
use blufio_core::ids::{Conversation, QueueId};
use blufio_core::storage::{Claim, Postponement, Queue, Settlement, StorageError, TurnRecord};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

#[cfg(test)]
mod tests;

const KNOWN_OR_NEW: &str = "INSERT INTO queue
    (channel, external_id, chat, thread, grp, not_before, state, payload, received_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?8)
    ON CONFLICT (channel, external_id) DO NOTHING";

const MOVE_CURSOR: &str = "INSERT INTO cursors (channel, position) VALUES (?1, ?2)
    ON CONFLICT (channel) DO UPDATE SET position = excluded.position";

/// The oldest waiting row of each conversation that has no running one. Both look-ups go by partial indices, so that
/// the rows that are done cost nothing.
pub(crate) const HEADS: &str = "SELECT head.channel, head.chat, head.thread, head.not_before
    FROM (SELECT min(id) AS id FROM queue INDEXED BY queue_waiting
          WHERE state = 'waiting' GROUP BY channel, chat, thread) AS oldest
    JOIN queue AS head ON head.id = oldest.id
    WHERE NOT EXISTS (
        SELECT 1 FROM queue AS other INDEXED BY queue_running
        WHERE other.state = 'running' AND other.channel = head.channel
          AND other.chat = head.chat AND other.thread = head.thread)
    ORDER BY head.id";

pub(crate) const HEAD_OF: &str = "SELECT id, not_before, grp, attempts, turn, received_at
    FROM queue INDEXED BY queue_waiting
    WHERE state = 'waiting' AND channel = ?1 AND chat = ?2 AND thread = ?3 ORDER BY id LIMIT 1";

pub(crate) const RUNNING_OF: &str = "SELECT id FROM queue INDEXED BY queue_running
    WHERE state = 'running' AND channel = ?1 AND chat = ?2 AND thread = ?3";

pub(crate) const MERGE_GROUP: &str = "UPDATE queue SET state = 'merged', merged_into = ?5
    WHERE state = 'waiting' AND channel = ?1 AND chat = ?2 AND thread = ?3 AND grp = ?4 AND id <> ?5";

const RUN: &str = "UPDATE queue SET state = 'running', attempts = attempts + 1, reason = NULL WHERE id = ?1";

pub(crate) const MESSAGES_OF: &str = "SELECT payload FROM
    (SELECT id, payload FROM queue WHERE id = ?1
     UNION ALL SELECT id, payload FROM queue WHERE merged_into = ?1) ORDER BY id";

pub(crate) const WAIT_AGAIN: &str = "UPDATE queue SET state = 'waiting' WHERE state = 'running'";

#[async_trait]
impl Queue for Store {
    async fn accept(
        &self,
        channel: &str,
        messages: Vec<Inbound>,
        cursor: Option<i64>,
        now: Timestamp,
    ) -> Result<Vec<bool>, StorageError> {
        if messages.is_empty() && cursor.is_none() {
            return Ok(Vec::new());
        }
        let channel = channel.to_owned();
        self.write(Durability::Now, move |connection| {
            let new = messages.iter().map(|message| accept(connection, &channel, message, now));
            let new = new.collect::<Result<_, _>>()?;
            if let Some(cursor) = cursor {
                connection.prepare_cached(MOVE_CURSOR)?.execute(params![channel, cursor])?;
            }
            Ok(new)
        })
        .await
    }

    async fn cursor(&self, channel: &str) -> Result<Option<i64>, StorageError> {
        let channel = channel.to_owned();
        self.read(move |connection| {
            let mut cursor = connection.prepare_cached("SELECT position FROM cursors WHERE channel = ?1")?;
            Ok(cursor.query_row([channel], |row| row.get(0)).optional()?)
        })
        .await
    }

    async fn due(
        &self,
        now: Timestamp,
        busy: &[Conversation],
        limit: usize,
    ) -> Result<(Vec<Conversation>, Option<Timestamp>), StorageError> {
        let busy = busy.to_vec();
        self.read(move |connection| {
            let mut due = Due::at(now, limit);
            let mut heads = connection.prepare_cached(HEADS)?;
            let mut rows = heads.query([])?;
            while let Some(row) = rows.next()? {
                let conversation = conversation(row)?;
                if !busy.contains(&conversation) {
                    due.consider(Timestamp(row.get(3)?), || conversation);
                }
            }
            Ok((due.items, due.next))
        })
        .await
    }

    async fn claim(
        &self,
        conversation: &Conversation,
        now: Timestamp,
    ) -> Result<Option<Claim>, StorageError> {
        let conversation = conversation.clone();
        // A claim that a loss of power undid would have been undone by `recover` in any case.
        self.write(Durability::Later, move |connection| claim(connection, &conversation, now)).await
    }

    async fn checkpoint(&self, id: QueueId, turn: &TurnRecord) -> Result<(), StorageError> {
        let turn = turn.clone();
        self.write(Durability::Now, move |connection| turn::checkpoint(connection, id, &turn)).await
    }

    async fn settle(&self, settlement: Settlement, now: Timestamp) -> Result<(), StorageError> {
        self.write(Durability::Now, move |connection| turn::settle(connection, &settlement, now)).await
    }

    async fn postpone(&self, postponement: Postponement, now: Timestamp) -> Result<(), StorageError> {
        self.write(Durability::Now, move |connection| turn::postpone(connection, &postponement, now)).await
    }

    async fn recover(&self) -> Result<u64, StorageError> {
        self.write(Durability::Now, |connection| {
            let count = connection.prepare_cached(WAIT_AGAIN)?.execute([])?;
            Ok(u64::try_from(count).unwrap_or(u64::MAX))
        })
        .await
    }
}

fn accept(
    connection: &Connection,
    channel: &str,
    message: &Inbound,
    now: Timestamp,
) -> Result<bool, RowError> {
    let Conversation { channel: of, chat, thread } = &message.conversation;
    if of != channel {
        // Answers would leave through a channel that never saw the message.
        let refusal = format!("the channel {channel:?} handed over a message of the channel {of:?}");
        return Err(RowError::Refused(refusal));
    }
    let not_before = message.not_before.unwrap_or(now).0;
    let payload = to_json(message)?;
    let values =
        params![channel, message.external_id, chat, thread, message.group, not_before, payload, now.0];
    Ok(connection.prepare_cached(KNOWN_OR_NEW)?.execute(values)? == 1)
}

struct Head {
    id: i64,
    not_before: i64,
    group: Option<String>,
    attempts: u32,
    turn: Option<String>,
    received_at: i64,
}

fn claim(
    connection: &Connection,
    conversation: &Conversation,
    now: Timestamp,
) -> Result<Option<Claim>, RowError> {
    let Conversation { channel, chat, thread } = conversation;
    if connection.prepare_cached(RUNNING_OF)?.exists(params![channel, chat, thread])? {
        return Ok(None);
    }
    let head = |row: &rusqlite::Row<'_>| {
        Ok(Head {
            id: row.get(0)?,
            not_before: row.get(1)?,
            group: row.get(2)?,
            attempts: row.get(3)?,
            turn: row.get(4)?,
            received_at: row.get(5)?,
        })
    };
    let mut head_of = connection.prepare_cached(HEAD_OF)?;
    let Some(head) = head_of.query_row(params![channel, chat, thread], head).optional()? else {
        return Ok(None);
    };
    if head.not_before > now.0 {
        return Ok(None);
    }
    if let Some(group) = &head.group {
        connection.prepare_cached(MERGE_GROUP)?.execute(params![channel, chat, thread, group, head.id])?;
    }
    connection.prepare_cached(RUN)?.execute([head.id])?;
    Ok(Some(Claim {
        id: QueueId(head.id),
        messages: messages(connection, head.id)?,
        attempts: head.attempts,
        turn: head.turn.as_deref().map_or_else(|| Ok(TurnRecord::default()), from_json)?,
        received_at: Timestamp(head.received_at),
    }))
}

fn messages(connection: &Connection, head: i64) -> Result<Vec<Inbound>, RowError> {
    let mut messages = connection.prepare_cached(MESSAGES_OF)?;
    let mut rows = messages.query([head])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_json(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?);
    }
    Ok(found)
}
