// SPDX-License-Identifier: MIT OR Apache-2.0
//! The outbox. A row waits until the channel has accepted it, or until it is given up and lies among the dead letters.

use crate::columns::{Due, conversation, from_json, to_json};
use crate::error::RowError;
use crate::store::Store;
use crate::writer::Durability;
use async_trait::async_trait;
use blufio_core::ids::{Conversation, OutboxId, QueueId};
use blufio_core::storage::{Outbox, OutboxRow, OutboxState, StorageError};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, Row, params};
use serde_json::Value;

#[cfg(test)]
mod tests;

const PUT: &str = "INSERT INTO outbox (channel, chat, thread, turn, payload, state, not_before, created_at)
    VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', 0, ?6)";

/// The oldest waiting row of each conversation.
pub(crate) const HEADS: &str = "SELECT head.channel, head.chat, head.thread, head.not_before, head.id
    FROM (SELECT min(id) AS id FROM outbox INDEXED BY outbox_waiting
          WHERE state = 'waiting' GROUP BY channel, chat, thread) AS oldest
    JOIN outbox AS head ON head.id = oldest.id
    ORDER BY head.id";

const ROW: &str = "SELECT channel, chat, thread, id, turn, payload, state, attempts, error, created_at
    FROM outbox WHERE id = ?1";

pub(crate) const DEAD: &str =
    "SELECT channel, chat, thread, id, turn, payload, state, attempts, error, created_at
    FROM outbox INDEXED BY outbox_dead WHERE state = 'dead' ORDER BY id DESC LIMIT ?1";

/// Also a row that was given up, or noted as sent already: what the channel says now is the truth.
const SENT: &str =
    "UPDATE outbox SET state = 'sent', external_id = ?2, sent_at = ?3, error = NULL WHERE id = ?1";

/// What was forgotten meanwhile, or speaks of it, is not kept once it is sent: its turn has no message any more.
const DROP_FORGOTTEN: &str = "UPDATE outbox SET payload = 'null' WHERE id = ?1 AND EXISTS
    (SELECT 1 FROM queue WHERE queue.id = outbox.turn AND state = 'done' AND queue.payload IS NULL)";

const RETRY: &str = "UPDATE outbox SET attempts = attempts + 1, not_before = ?2, error = ?3
    WHERE id = ?1 AND state = 'waiting'";

const GIVE_UP: &str = "UPDATE outbox SET state = 'dead', attempts = attempts + 1, error = ?2
    WHERE id = ?1 AND state = 'waiting'";

const REDELIVER: &str = "UPDATE outbox SET state = 'waiting', attempts = 0, not_before = 0
    WHERE id = ?1 AND state = 'dead'";

/// Puts `payloads` on their way, in order, due at once whatever the clock does. `turn`: the one that they answer.
pub(crate) fn put(
    connection: &Connection,
    conversation: &Conversation,
    turn: Option<QueueId>,
    payloads: &[Value],
    now: Timestamp,
) -> Result<(), RowError> {
    let Conversation { channel, chat, thread } = conversation;
    let turn = turn.map(|turn| turn.0);
    for payload in payloads {
        let payload = to_json(payload)?;
        connection.prepare_cached(PUT)?.execute(params![channel, chat, thread, turn, payload, now.0])?;
    }
    Ok(())
}

#[async_trait]
impl Outbox for Store {
    async fn outbox_due(
        &self,
        now: Timestamp,
        channels: &[String],
        busy: &[Conversation],
        limit: usize,
    ) -> Result<(Vec<OutboxRow>, Option<Timestamp>), StorageError> {
        let (channels, busy) = (channels.to_vec(), busy.to_vec());
        self.read(move |connection| {
            let mut due = Due::at(now, limit);
            let mut heads = connection.prepare_cached(HEADS)?;
            let mut rows = heads.query([])?;
            while let Some(row) = rows.next()? {
                let conversation = conversation(row)?;
                if channels.contains(&conversation.channel) && !busy.contains(&conversation) {
                    let id: i64 = row.get(4)?;
                    due.consider(Timestamp(row.get(3)?), || id);
                }
            }
            let found = due.items.iter().map(|id| {
                let mut statement = connection.prepare_cached(ROW)?;
                let mut rows = statement.query([id])?;
                let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
                outbox_row(row)
            });
            Ok((found.collect::<Result<_, _>>()?, due.next))
        })
        .await
    }

    async fn outbox_sent(&self, id: OutboxId, external_id: &str, now: Timestamp) -> Result<(), StorageError> {
        let external_id = external_id.to_owned();
        self.write(Durability::Now, move |connection| {
            let changed = connection.prepare_cached(SENT)?.execute(params![id.0, external_id, now.0])?;
            refuse_unless_one(changed, id, "is not in the outbox")?;
            connection.prepare_cached(DROP_FORGOTTEN)?.execute([id.0])?;
            Ok(())
        })
        .await
    }

    async fn outbox_retry(&self, id: OutboxId, until: Timestamp, error: &str) -> Result<(), StorageError> {
        let error = error.to_owned();
        // Undone by a loss of power, it would be tried again a little earlier.
        self.write(Durability::Later, move |connection| {
            let changed = connection.prepare_cached(RETRY)?.execute(params![id.0, until.0, error])?;
            refuse_unless_one(changed, id, "does not wait in the outbox")
        })
        .await
    }

    async fn outbox_dead(&self, id: OutboxId, error: &str) -> Result<(), StorageError> {
        let error = error.to_owned();
        self.write(Durability::Now, move |connection| {
            let changed = connection.prepare_cached(GIVE_UP)?.execute(params![id.0, error])?;
            refuse_unless_one(changed, id, "does not wait in the outbox")
        })
        .await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<OutboxRow>, StorageError> {
        self.read(move |connection| {
            let mut dead = connection.prepare_cached(DEAD)?;
            let mut rows = dead.query([i64::try_from(limit).unwrap_or(i64::MAX)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(outbox_row(row)?);
            }
            Ok(found)
        })
        .await
    }

    async fn redeliver(&self, id: OutboxId) -> Result<bool, StorageError> {
        self.write(Durability::Now, move |connection| {
            Ok(connection.prepare_cached(REDELIVER)?.execute([id.0])? == 1)
        })
        .await
    }
}

fn refuse_unless_one(changed: usize, id: OutboxId, otherwise: &str) -> Result<(), RowError> {
    match changed {
        1 => Ok(()),
        _ => Err(RowError::Refused(format!("message {id} {otherwise}"))),
    }
}

fn outbox_row(row: &Row<'_>) -> Result<OutboxRow, RowError> {
    let state: String = row.get(6)?;
    let state = match state.as_str() {
        "waiting" => OutboxState::Waiting,
        "sent" => OutboxState::Sent,
        "dead" => OutboxState::Dead,
        other => return Err(RowError::Refused(format!("an outbox row has the unknown state {other:?}"))),
    };
    Ok(OutboxRow {
        conversation: conversation(row)?,
        id: OutboxId(row.get(3)?),
        turn: row.get::<_, Option<i64>>(4)?.map(QueueId),
        payload: from_json(&row.get::<_, String>(5)?)?,
        state,
        attempts: row.get(7)?,
        error: row.get(8)?,
        created_at: Timestamp(row.get(9)?),
    })
}
