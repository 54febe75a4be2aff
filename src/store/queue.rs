// SPDX-License-Identifier: MIT OR Apache-2.0
//! The inbound queue: `accept` puts in, `due` and `claim` take out; what happens to a turn after that is in
//! [`crate::turn`].
//!
//! A row is due at `not_before`, by the time of day; 0 is "at once", whatever the clock does. Commands carry
//! [`OVERTAKES`] instead: while the oldest message of their conversation waits for its instant (the model is away),
//! they are taken on before it. `/stop` and `/new` mark what waits before them as stopped in the transaction that
//! accepts them, so that those messages end first, in their order, and no crash in between makes them run after all.
//!
//! A row waits, runs, and is done. When a message of a group (an album) is claimed, the other waiting rows of its
//! group in the conversation are merged into it: they share its fate from then on. One that arrives while the turn is
//! running stays a row of its own.

use crate::columns::{Due, conversation, from_json, to_json};
use crate::error::RowError;
use crate::store::Store;
use crate::writer::Durability;
use crate::{budget, turn};
use async_trait::async_trait;
use blufio_core::channel::Inbound;
use blufio_core::ids::{Conversation, QueueId};
use blufio_core::storage::{Arrival, Claim, Postponement, Queue, Rank, Settlement, StorageError, TurnRecord};
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

/// `not_before` of a row that does not wait behind one that is not due.
const OVERTAKES: i64 = -1;

/// The oldest waiting row of each conversation that has no running one, and whether a command waits there. Both look-ups go by partial indices, so that
/// the rows that are done cost nothing.
pub(crate) const HEADS: &str = "SELECT head.channel, head.chat, head.thread, head.not_before, oldest.next < 0
    FROM (SELECT min(id) AS id, min(not_before) AS next FROM queue INDEXED BY queue_waiting
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

pub(crate) const COMMAND_OF: &str = "SELECT id, not_before, grp, attempts, turn, received_at
    FROM queue INDEXED BY queue_waiting
    WHERE state = 'waiting' AND channel = ?1 AND chat = ?2 AND thread = ?3 AND not_before < 0 ORDER BY id LIMIT 1";

pub(crate) const WAITING_BEFORE: &str = "SELECT id, turn FROM queue INDEXED BY queue_waiting
    WHERE state = 'waiting' AND channel = ?1 AND chat = ?2 AND thread = ?3 AND id < ?4
      AND attempts >= ?5 AND not_before >= 0";

const STOP: &str = "UPDATE queue SET not_before = 0, turn = ?2 WHERE id = ?1";

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
        messages: Vec<Arrival>,
        cursor: Option<i64>,
        now: Timestamp,
    ) -> Result<Vec<bool>, StorageError> {
        if messages.is_empty() && cursor.is_none() {
            return Ok(Vec::new());
        }
        let channel = channel.to_owned();
        self.write(Durability::Now, move |connection| {
            let new = messages.iter().map(|arrival| accept(connection, &channel, arrival, now));
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
        channels: &[String],
        busy: &[Conversation],
        limit: usize,
    ) -> Result<(Vec<Conversation>, Option<Timestamp>), StorageError> {
        let (channels, busy) = (channels.to_vec(), busy.to_vec());
        self.read(move |connection| {
            let mut due = Due::at(now, limit);
            let mut heads = connection.prepare_cached(HEADS)?;
            let mut rows = heads.query([])?;
            while let Some(row) = rows.next()? {
                let conversation = conversation(row)?;
                if channels.contains(&conversation.channel) && !busy.contains(&conversation) {
                    let command_waits: bool = row.get(4)?;
                    let instant = if command_waits { 0 } else { row.get(3)? };
                    due.consider(Timestamp(instant), || conversation);
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

    async fn release(&self, prefix: &str, now: Timestamp) -> Result<u64, StorageError> {
        let prefix = prefix.to_owned();
        self.write(Durability::Now, move |connection| turn::release(connection, &prefix, now)).await
    }

    async fn recover(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.write(Durability::Now, move |connection| {
            budget::enter_cut_off(connection, now)?;
            let count = connection.prepare_cached(WAIT_AGAIN)?.execute([])?;
            Ok(u64::try_from(count).unwrap_or(u64::MAX))
        })
        .await
    }
}

fn accept(
    connection: &Connection,
    channel: &str,
    Arrival { message, rank }: &Arrival,
    now: Timestamp,
) -> Result<bool, RowError> {
    let Conversation { channel: of, chat, thread } = &message.conversation;
    if of != channel {
        // Answers would leave through a channel that never saw the message.
        let refusal = format!("the channel {channel:?} handed over a message of the channel {of:?}");
        return Err(RowError::Refused(refusal));
    }
    let not_before = match rank {
        Rank::Queued => message.not_before.map_or(0, |instant| instant.0.max(0)),
        Rank::Command | Rank::Stop | Rank::Fresh => OVERTAKES,
    };
    let payload = to_json(message)?;
    let values =
        params![channel, message.external_id, chat, thread, message.group, not_before, payload, now.0];
    let new = connection.prepare_cached(KNOWN_OR_NEW)?.execute(values)? == 1;
    match rank {
        Rank::Stop if new => {
            stop_before(connection, &message.conversation, connection.last_insert_rowid(), 0)?
        }
        Rank::Fresh if new => {
            stop_before(connection, &message.conversation, connection.last_insert_rowid(), 1)?
        }
        _ => {}
    }
    Ok(new)
}

/// Marks what waits before the row `id` as stopped, as far as a turn has taken it on `attempts` times at least.
fn stop_before(
    connection: &Connection,
    conversation: &Conversation,
    id: i64,
    attempts: u32,
) -> Result<(), RowError> {
    let Conversation { channel, chat, thread } = conversation;
    let waiting = connection
        .prepare_cached(WAITING_BEFORE)?
        .query_map(params![channel, chat, thread, id, attempts], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(i64, Option<String>)>, _>>()?;
    for (id, turn) in waiting {
        let turn = TurnRecord { stopped: true, ..record(turn.as_deref())? };
        connection.prepare_cached(STOP)?.execute(params![id, to_json(&turn)?])?;
    }
    Ok(())
}

fn record(turn: Option<&str>) -> Result<TurnRecord, RowError> {
    turn.map_or_else(|| Ok(TurnRecord::default()), from_json)
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
    let first = |sql: &str| {
        connection.prepare_cached(sql)?.query_row(params![channel, chat, thread], head).optional()
    };
    let head = match first(HEAD_OF)? {
        Some(head) if head.not_before > now.0 => first(COMMAND_OF)?,
        head => head,
    };
    let Some(head) = head else { return Ok(None) };
    if let Some(group) = &head.group {
        connection.prepare_cached(MERGE_GROUP)?.execute(params![channel, chat, thread, group, head.id])?;
    }
    connection.prepare_cached(RUN)?.execute([head.id])?;
    Ok(Some(Claim {
        id: QueueId(head.id),
        messages: messages(connection, head.id)?,
        attempts: head.attempts,
        turn: record(head.turn.as_deref())?,
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
