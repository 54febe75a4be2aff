// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the agent does unasked: what it has seen, what it has to say, and whether it may.

use crate::error::RowError;
use crate::store::Store;
use crate::writer::Durability;
use crate::{outbox, sessions};
use async_trait::async_trait;
use blufio_core::content::Message;
use blufio_core::ids::{Conversation, NoticeId, QueueId};
use blufio_core::storage::{Background, How, Notice, Standstill, StorageError, Telling};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

#[cfg(test)]
mod tests;

/// Most notices that wait in one conversation. Nobody would read more; the oldest are dropped.
const MOST_NOTICES: i64 = 100;

const NOTE: &str = "INSERT INTO notes (name, value) VALUES (?1, ?2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

const GIVE_NOTICE: &str = "INSERT INTO notices (channel, chat, thread, text, at) VALUES (?1, ?2, ?3, ?4, ?5)";

pub(crate) const DROP_OLDEST: &str = "DELETE FROM notices WHERE id IN
    (SELECT id FROM notices INDEXED BY notices_waiting
     WHERE told_at IS NULL AND channel = ?1 AND chat = ?2 AND thread = ?3
     ORDER BY id DESC LIMIT -1 OFFSET ?4)";

pub(crate) const WAITING: &str = "SELECT id, text, at FROM notices INDEXED BY notices_waiting
    WHERE told_at IS NULL AND channel = ?1 AND chat = ?2 AND thread = ?3 ORDER BY id";

pub(crate) const MOVE: &str =
    "UPDATE notices INDEXED BY notices_waiting SET channel = ?1, chat = ?2, thread = ?3
    WHERE told_at IS NULL AND NOT (channel = ?1 AND chat = ?2 AND thread = ?3)";

const TOLD: &str = "UPDATE notices SET told_at = ?5
    WHERE id = ?1 AND told_at IS NULL AND channel = ?2 AND chat = ?3 AND thread = ?4";

const ANSWERED: &str = "INSERT INTO private_answers (channel, sender, chat, thread, turn)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (channel, sender) DO UPDATE
    SET chat = excluded.chat, thread = excluded.thread, turn = excluded.turn WHERE excluded.turn > turn";

pub(crate) const LAST_OF: &str =
    "SELECT channel, chat, thread, turn FROM private_answers WHERE channel = ?1 AND sender = ?2";

pub(crate) const LAST_ON: &str =
    "SELECT channel, chat, thread, turn FROM private_answers WHERE channel = ?1 ORDER BY turn DESC LIMIT 1";

const STAND_STILL: &str = "INSERT INTO standstill (id, reason, at) VALUES (1, ?1, ?2)
    ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, at = excluded.at";

#[async_trait]
impl Background for Store {
    async fn noted(&self, name: &str) -> Result<Option<String>, StorageError> {
        let name = name.to_owned();
        self.read(move |connection| {
            let mut value = connection.prepare_cached("SELECT value FROM notes WHERE name = ?1")?;
            Ok(value.query_row([name], |row| row.get(0)).optional()?)
        })
        .await
    }

    async fn note(&self, notes: Vec<(String, String)>) -> Result<(), StorageError> {
        // What a loss of power undid is seen once more.
        self.write(Durability::Later, move |connection| note(connection, &notes)).await
    }

    async fn tell(&self, telling: Telling, now: Timestamp) -> Result<(), StorageError> {
        self.write(Durability::Now, move |connection| {
            let Telling { conversation, how, notes } = &telling;
            note(connection, notes)?;
            match how {
                How::Now { outbox, transcript } => say(connection, conversation, outbox, transcript, now),
                How::WithNext { text } => give_notice(connection, conversation, text, now),
            }
        })
        .await
    }

    async fn notices(&self, conversation: &Conversation) -> Result<Vec<Notice>, StorageError> {
        let Conversation { channel, chat, thread } = conversation.clone();
        self.read(move |connection| {
            let mut waiting = connection.prepare_cached(WAITING)?;
            let notice = |row: &Row<'_>| {
                Ok(Notice { id: NoticeId(row.get(0)?), text: row.get(1)?, at: Timestamp(row.get(2)?) })
            };
            Ok(waiting.query_map([channel, chat, thread], notice)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn move_notices(&self, to: &Conversation) -> Result<(), StorageError> {
        let to = to.clone();
        self.write(Durability::Now, move |connection| {
            let Conversation { channel, chat, thread } = &to;
            if connection.prepare_cached(MOVE)?.execute(params![channel, chat, thread])? > 0 {
                drop_oldest(connection, &to)?;
            }
            Ok(())
        })
        .await
    }

    async fn last_private(&self, people: &[(String, String)]) -> Result<Option<Conversation>, StorageError> {
        let people = people.to_vec();
        self.read(move |connection| {
            let mut newest: Option<(i64, Conversation)> = None;
            for (channel, sender) in &people {
                let answered = |row: &Row<'_>| Ok((row.get(3)?, crate::columns::conversation(row)?));
                let last = match sender.as_str() {
                    "" => connection.prepare_cached(LAST_ON)?.query_row([channel], answered),
                    sender => {
                        connection.prepare_cached(LAST_OF)?.query_row([channel.as_str(), sender], answered)
                    }
                };
                newest = newest.max(last.optional()?);
            }
            Ok(newest.map(|(_, conversation)| conversation))
        })
        .await
    }

    async fn standstill(&self) -> Result<Option<Standstill>, StorageError> {
        self.read(|connection| {
            let mut why = connection.prepare_cached("SELECT reason, at FROM standstill")?;
            let standstill =
                |row: &Row<'_>| Ok(Standstill { reason: row.get(0)?, at: Timestamp(row.get(1)?) });
            Ok(why.query_row([], standstill).optional()?)
        })
        .await
    }

    async fn set_standstill(&self, why: Option<Standstill>) -> Result<(), StorageError> {
        self.write(Durability::Now, move |connection| {
            match &why {
                Some(Standstill { reason, at }) => {
                    connection.prepare_cached(STAND_STILL)?.execute(params![reason, at.0])?
                }
                None => connection.prepare_cached("DELETE FROM standstill")?.execute([])?,
            };
            Ok(())
        })
        .await
    }
}

/// Sends something that answers no message, and lets the conversation's session know of it, so that the model knows what
/// the person answers. One is opened if there is none.
pub(crate) fn say(
    connection: &Connection,
    conversation: &Conversation,
    outbox: &[Value],
    transcript: &[Message],
    now: Timestamp,
) -> Result<(), RowError> {
    outbox::put(connection, conversation, None, outbox, now)?;
    if transcript.is_empty() {
        return Ok(());
    }
    let session = match sessions::open_session(connection, conversation)? {
        Some(open) => open,
        None => sessions::start(connection, conversation, now)?,
    };
    sessions::append(connection, session, None, transcript, now)
}

fn note(connection: &Connection, notes: &[(String, String)]) -> Result<(), RowError> {
    let mut note = connection.prepare_cached(NOTE)?;
    for (name, value) in notes {
        note.execute([name, value])?;
    }
    Ok(())
}

fn give_notice(
    connection: &Connection,
    conversation: &Conversation,
    text: &str,
    now: Timestamp,
) -> Result<(), RowError> {
    let Conversation { channel, chat, thread } = conversation;
    connection.prepare_cached(GIVE_NOTICE)?.execute(params![channel, chat, thread, text, now.0])?;
    drop_oldest(connection, conversation)
}

fn drop_oldest(connection: &Connection, conversation: &Conversation) -> Result<(), RowError> {
    let Conversation { channel, chat, thread } = conversation;
    let dropped =
        connection.prepare_cached(DROP_OLDEST)?.execute(params![channel, chat, thread, MOST_NOTICES])?;
    if dropped > 0 {
        tracing::warn!(%conversation, dropped, "too many notices wait for the next answer; the oldest were dropped");
    }
    Ok(())
}

/// Notices that the turn which ends has told.
pub(crate) fn mark_told(
    connection: &Connection,
    conversation: &Conversation,
    told: &[NoticeId],
    now: Timestamp,
) -> Result<(), RowError> {
    let Conversation { channel, chat, thread } = conversation;
    for notice in told {
        connection.prepare_cached(TOLD)?.execute(params![notice.0, channel, chat, thread, now.0])?;
    }
    Ok(())
}

/// A person was answered in private.
pub(crate) fn answered_in_private(
    connection: &Connection,
    conversation: &Conversation,
    sender: &str,
    turn: QueueId,
) -> Result<(), RowError> {
    let Conversation { channel, chat, thread } = conversation;
    connection.prepare_cached(ANSWERED)?.execute(params![channel, sender, chat, thread, turn.0])?;
    Ok(())
}
