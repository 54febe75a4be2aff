// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sessions and their transcripts. What joins a transcript is written by [`crate::turn::settle`].

use crate::columns::from_json;
use crate::error::RowError;
use crate::store::Store;
use crate::writer::Durability;
use async_trait::async_trait;
use blufio_core::content::{Message, Role};
use blufio_core::ids::{Conversation, QueueId, SessionId};
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::storage::{CallRecord, Sessions, StorageError};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

#[cfg(test)]
mod tests;

pub(crate) const OPEN_SESSION_OF: &str = "SELECT id FROM sessions INDEXED BY sessions_open
    WHERE channel = ?1 AND chat = ?2 AND thread = ?3 AND ended_at IS NULL";

const START: &str = "INSERT INTO sessions (channel, chat, thread, started_at) VALUES (?1, ?2, ?3, ?4)";

pub(crate) const LAST_MESSAGES: &str = "SELECT role, content FROM
    (SELECT id, role, content FROM messages WHERE session = ?1 ORDER BY id DESC LIMIT ?2) ORDER BY id";

pub(crate) const COUNT_MESSAGES: &str = "SELECT count(*) FROM messages WHERE session = ?1";

const LAST_CALLS: &str = "SELECT turn, model, class, input_tokens, output_tokens, cache_read_tokens,
        cache_write_5m_tokens, cache_write_1h_tokens, cost_nano_usd, took_ms, at
    FROM (SELECT * FROM calls ORDER BY id DESC LIMIT ?1) ORDER BY id";

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
            let Conversation { channel, chat, thread } = &of;
            connection.prepare_cached(START)?.execute(params![channel, chat, thread, now.0])?;
            Ok(SessionId(connection.last_insert_rowid()))
        })
        .await
    }

    async fn history(&self, session: SessionId, limit: usize) -> Result<Vec<Message>, StorageError> {
        self.read(move |connection| {
            let mut last = connection.prepare_cached(LAST_MESSAGES)?;
            let mut rows = last.query(params![session.0, i64::try_from(limit).unwrap_or(i64::MAX)])?;
            let mut messages = Vec::new();
            while let Some(row) = rows.next()? {
                let role = match row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)? {
                    "user" => Role::User,
                    "assistant" => Role::Assistant,
                    other => {
                        return Err(RowError::Refused(format!("a message has the unknown role {other:?}")));
                    }
                };
                let content = from_json(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
                messages.push(Message { role, content });
            }
            Ok(messages)
        })
        .await
    }

    async fn history_length(&self, session: SessionId) -> Result<usize, StorageError> {
        self.read(move |connection| {
            let mut count = connection.prepare_cached(COUNT_MESSAGES)?;
            let count: i64 = count.query_row([session.0], |row| row.get(0))?;
            Ok(usize::try_from(count).unwrap_or(usize::MAX))
        })
        .await
    }

    async fn calls(&self, limit: usize) -> Result<Vec<(QueueId, CallRecord)>, StorageError> {
        self.read(move |connection| {
            let mut last = connection.prepare_cached(LAST_CALLS)?;
            let mut rows = last.query(params![i64::try_from(limit).unwrap_or(i64::MAX)])?;
            let mut calls = Vec::new();
            while let Some(row) = rows.next()? {
                calls.push((QueueId(row.get(0)?), call(row)?));
            }
            Ok(calls)
        })
        .await
    }
}

fn call(row: &Row<'_>) -> Result<CallRecord, rusqlite::Error> {
    let tokens = |column: usize| row.get::<_, i64>(column).map(|tokens| u64::try_from(tokens).unwrap_or(0));
    Ok(CallRecord {
        model: row.get(1)?,
        class: row.get(2)?,
        usage: Usage {
            input: tokens(3)?,
            output: tokens(4)?,
            cache_read: tokens(5)?,
            cache_write_5m: tokens(6)?,
            cache_write_1h: tokens(7)?,
        },
        cost: NanoUsd(row.get(8)?),
        took_ms: tokens(9)?,
        at: Timestamp(row.get(10)?),
    })
}

fn open_session(connection: &Connection, conversation: &Conversation) -> Result<Option<SessionId>, RowError> {
    let Conversation { channel, chat, thread } = conversation;
    let mut open = connection.prepare_cached(OPEN_SESSION_OF)?;
    Ok(open.query_row(params![channel, chat, thread], |row| row.get(0).map(SessionId)).optional()?)
}
