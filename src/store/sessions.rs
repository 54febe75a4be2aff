// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sessions, their transcripts, and the routes that people have pinned. What joins a transcript is written with the end
//! of a turn, or when the agent speaks of its own accord.

use crate::columns::{from_json, to_json};
use crate::error::RowError;
use crate::store::Store;
use crate::writer::Durability;
use crate::{answers, summaries};
use async_trait::async_trait;
use blufio_core::content::{Block, Message, Role};
use blufio_core::ids::{Conversation, MessageId, QueueId, SessionId};
use blufio_core::route::{Decision, Route};
use blufio_core::storage::{Compaction, Sessions, StorageError, StoredMessage, Summary, Transcript};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

#[cfg(test)]
mod tests;

pub(crate) const OPEN_SESSION_OF: &str = "SELECT id FROM sessions INDEXED BY sessions_open
    WHERE channel = ?1 AND chat = ?2 AND thread = ?3 AND ended_at IS NULL";

const START: &str = "INSERT INTO sessions (channel, chat, thread, started_at) VALUES (?1, ?2, ?3, ?4)";

pub(crate) const LAST_MESSAGES: &str = "SELECT id, role, content FROM
    (SELECT id, role, content FROM messages WHERE session = ?1 AND id > ?2 ORDER BY id DESC LIMIT ?3) ORDER BY id";

pub(crate) const FIRST_MESSAGES: &str =
    "SELECT id, role, content FROM messages WHERE session = ?1 AND id > ?2 ORDER BY id LIMIT ?3";

pub(crate) const COUNT_MESSAGES: &str = "SELECT count(*) FROM messages WHERE session = ?1";

const APPEND: &str = "INSERT INTO messages (session, turn, role, content, at) VALUES (?1, ?2, ?3, ?4, ?5)";

const NEWEST_IS: &str = "UPDATE sessions SET newest = ?2, newest_at = ?3 WHERE id = ?1";

const PIN_OF: &str = "SELECT route FROM pins WHERE channel = ?1 AND chat = ?2 AND thread = ?3";

const PIN: &str = "INSERT INTO pins (channel, chat, thread, route) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (channel, chat, thread) DO UPDATE SET route = excluded.route";

const UNPIN: &str = "DELETE FROM pins WHERE channel = ?1 AND chat = ?2 AND thread = ?3";

/// Stands for a message that cannot be read.
const UNREADABLE: &str = "[This message was damaged and cannot be read any more.]";

#[async_trait]
impl Sessions for Store {
    async fn session(&self, conversation: &Conversation, now: Timestamp) -> Result<SessionId, StorageError> {
        let of = conversation.clone();
        if let Some(open) = self.read(move |connection| open_session(connection, &of)).await? {
            return Ok(open);
        }
        let of = conversation.clone();
        // Whatever points to the session is flushed together with it.
        self.write(Durability::Later, move |connection| {
            if let Some(open) = open_session(connection, &of)? {
                return Ok(open);
            }
            start(connection, &of, now)
        })
        .await
    }

    async fn transcript(&self, session: SessionId, limit: usize) -> Result<Transcript, StorageError> {
        self.read(move |connection| {
            let (summary, summarised_at) = summaries::of(connection, session)?.unzip();
            let behind = end_of(summary.as_ref());
            let mut last = connection.prepare_cached(LAST_MESSAGES)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = last.query(params![session.0, behind, limit])?;
            let mut messages = Vec::new();
            while let Some(row) = rows.next()? {
                messages.push(message(row)?);
            }
            Ok(Transcript { summary, summarised_at, messages })
        })
        .await
    }

    async fn oldest(
        &self,
        session: SessionId,
        limit: usize,
        bytes: usize,
    ) -> Result<Transcript, StorageError> {
        self.read(move |connection| {
            let (summary, summarised_at) = summaries::of(connection, session)?.unzip();
            let behind = end_of(summary.as_ref());
            let mut first = connection.prepare_cached(FIRST_MESSAGES)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = first.query(params![session.0, behind, limit])?;
            let mut messages = Vec::new();
            let mut read = 0_usize;
            while (messages.is_empty() || read < bytes)
                && let Some(row) = rows.next()?
            {
                read = read.saturating_add(row.get_ref(2)?.as_bytes().map_or(0, <[u8]>::len));
                messages.push(message(row)?);
            }
            Ok(Transcript { summary, summarised_at, messages })
        })
        .await
    }

    async fn transcript_length(&self, session: SessionId) -> Result<usize, StorageError> {
        self.read(move |connection| {
            let mut count = connection.prepare_cached(COUNT_MESSAGES)?;
            let count: i64 = count.query_row([session.0], |row| row.get(0))?;
            Ok(usize::try_from(count).unwrap_or(usize::MAX))
        })
        .await
    }

    async fn compact(&self, compaction: Compaction, now: Timestamp) -> Result<bool, StorageError> {
        self.write(Durability::Now, move |connection| summaries::compact(connection, &compaction, now)).await
    }

    async fn decisions(
        &self,
        session: SessionId,
        limit: usize,
    ) -> Result<Vec<(Decision, Timestamp)>, StorageError> {
        self.read(move |connection| answers::decisions(connection, session, limit)).await
    }

    async fn pin(&self, conversation: &Conversation) -> Result<Option<Route>, StorageError> {
        let Conversation { channel, chat, thread } = conversation.clone();
        self.read(move |connection| {
            let mut pin = connection.prepare_cached(PIN_OF)?;
            let name: Option<String> = pin.query_row([channel, chat, thread], |row| row.get(0)).optional()?;
            name.map(|name| {
                Route::named(&name)
                    .ok_or_else(|| RowError::Refused(format!("a pin names the unknown route {name:?}")))
            })
            .transpose()
        })
        .await
    }

    async fn set_pin(&self, conversation: &Conversation, route: Option<Route>) -> Result<(), StorageError> {
        let Conversation { channel, chat, thread } = conversation.clone();
        self.write(Durability::Now, move |connection| {
            match route {
                Some(route) => {
                    connection.prepare_cached(PIN)?.execute(params![channel, chat, thread, route.name()])?
                }
                None => connection.prepare_cached(UNPIN)?.execute([channel, chat, thread])?,
            };
            Ok(())
        })
        .await
    }
}

/// One message. What stands in the place of one that cannot be read says so: a single damaged row must not end a conversation
/// for good. Calls and results of tools that it may have had are missed by nobody, since the agent pairs what is left.
fn message(row: &Row<'_>) -> Result<StoredMessage, RowError> {
    let id = MessageId(row.get(0)?);
    let role = match row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)? {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        other => return Err(RowError::Refused(format!("a message has the unknown role {other:?}"))),
    };
    let read = row.get_ref(2)?.as_str().map_err(|error| RowError::from(rusqlite::Error::from(error)));
    let content = read.and_then(from_json).unwrap_or_else(|error| {
        let message = id.0;
        tracing::warn!(message, %error, "a message cannot be read; the conversation goes on without it, /new ends it");
        vec![Block::text(UNREADABLE)]
    });
    Ok(StoredMessage { id, message: Message { role, content } })
}

/// The last message that a summary stands for. Ids begin at 1.
fn end_of(summary: Option<&Summary>) -> i64 {
    summary.map_or(0, |summary| summary.upto.0)
}

/// Opens a session for a conversation that has none.
pub(crate) fn start(
    connection: &Connection,
    conversation: &Conversation,
    now: Timestamp,
) -> Result<SessionId, RowError> {
    let Conversation { channel, chat, thread } = conversation;
    connection.prepare_cached(START)?.execute(params![channel, chat, thread, now.0])?;
    Ok(SessionId(connection.last_insert_rowid()))
}

/// The open session of a conversation.
pub(crate) fn open_session(
    connection: &Connection,
    conversation: &Conversation,
) -> Result<Option<SessionId>, RowError> {
    let Conversation { channel, chat, thread } = conversation;
    let mut open = connection.prepare_cached(OPEN_SESSION_OF)?;
    Ok(open.query_row(params![channel, chat, thread], |row| row.get(0).map(SessionId)).optional()?)
}

/// Appends to a transcript. `turn`: the one in which it was said, unless the agent spoke of its own accord.
pub(crate) fn append(
    connection: &Connection,
    session: SessionId,
    turn: Option<QueueId>,
    messages: &[Message],
    now: Timestamp,
) -> Result<(), RowError> {
    let turn = turn.map(|turn| turn.0);
    for message in messages {
        let role = match message.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        let content = to_json(&message.content)?;
        connection.prepare_cached(APPEND)?.execute(params![session.0, turn, role, content, now.0])?;
    }
    if !messages.is_empty() {
        let newest = connection.last_insert_rowid();
        connection.prepare_cached(NEWEST_IS)?.execute([session.0, newest, now.0])?;
    }
    Ok(())
}
