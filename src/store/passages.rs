// SPDX-License-Identifier: MIT OR Apache-2.0
//! Past words that can be found again. A cursor says up to which message they were looked at.

use crate::columns::{conversation, from_json};
use crate::error::RowError;
use crate::keywords::{self, Key};
use crate::memories::{FORGOTTEN_NEAR, scopes};
use blufio_core::channel::Sender;
use blufio_core::content::{Message, Role};
use blufio_core::ids::{MessageId, PassageId, SessionId};
use blufio_core::memory::{ItemId, NewPassage, Passage};
use blufio_core::storage::Said;
use blufio_core::time::Timestamp;
use rusqlite::{Connection, Row, Rows, params};

#[cfg(test)]
mod tests;

/// The columns of a message with who asked for its turn, for [`said`]. Where the person's message is not kept any more, a private
/// conversation still tells whose it is.
macro_rules! select_said {
    ($rest:literal) => {
        concat!(
            "SELECT s.channel, s.chat, s.thread, m.id, m.session, m.role, m.content, m.at,
                    coalesce(q.payload ->> '$.sender.id', p.sender),
                    coalesce(q.payload ->> '$.sender.name', e.name, ''),
                    coalesce(q.payload ->> '$.private', p.sender IS NOT NULL)
             FROM messages AS m
             JOIN sessions AS s ON s.id = m.session
             LEFT JOIN queue AS q ON q.id = m.turn
             LEFT JOIN private_answers AS p
                 ON q.payload IS NULL AND m.turn IS NOT NULL
                 AND p.channel = s.channel AND p.chat = s.chat AND p.thread = s.thread
             LEFT JOIN peers AS e ON e.channel = p.channel AND e.sender = p.sender ",
            $rest
        )
    };
}
pub(crate) use select_said;

pub(crate) const UNINDEXED: &str =
    select_said!("WHERE m.id > ?1 AND m.forgotten_at IS NULL ORDER BY m.id LIMIT ?2");

const INDEXED_UPTO: &str = "SELECT upto FROM indexed";

const INDEX: &str = "UPDATE indexed SET upto = max(upto, ?1)";

const IS_WHOLE: &str = "SELECT 1 FROM messages WHERE id = ?1 AND session = ?2 AND forgotten_at IS NULL";

const STORE: &str =
    "INSERT INTO passages (scope, session, message, text, around, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const PASSAGE: &str =
    "SELECT p.id, p.message, p.session, p.text, p.around, p.at, s.kind, s.channel, s.chat, s.thread
    FROM passages AS p JOIN scopes AS s ON s.id = p.scope WHERE p.id = ?1";

/// Messages that were not looked at yet, oldest first.
pub(crate) fn unindexed(connection: &Connection, limit: usize) -> Result<Vec<Said>, RowError> {
    let upto: i64 = connection.prepare_cached(INDEXED_UPTO)?.query_row([], |row| row.get(0))?;
    let mut messages = connection.prepare_cached(UNINDEXED)?;
    said(messages.query([upto, i64::try_from(limit).unwrap_or(i64::MAX)])?)
}

/// Messages from the columns of `select_said`. One that is found for two people is everybody's, and so nobody's.
pub(crate) fn said(mut rows: Rows<'_>) -> Result<Vec<Said>, RowError> {
    let mut found: Vec<Said> = Vec::new();
    while let Some(row) = rows.next()? {
        let id = MessageId(row.get(3)?);
        if let Some(last) = found.last_mut()
            && last.id == id
        {
            last.by = None;
            continue;
        }
        let role = match row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)? {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            other => return Err(RowError::Refused(format!("a message has the unknown role {other:?}"))),
        };
        let content = from_json(row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?)?;
        let sender: Option<String> = row.get(8)?;
        let (name, private) = (row.get(9)?, row.get(10)?);
        found.push(Said {
            conversation: conversation(row)?,
            id,
            session: SessionId(row.get(4)?),
            by: sender.map(|id| (Sender { id, name }, private)),
            message: Message { role, content },
            at: Timestamp(row.get(7)?),
        });
    }
    Ok(found)
}

/// Stores what can be found of the messages up to `upto`. What another has stored meanwhile, and what was forgotten, is left out.
pub(crate) fn index(
    connection: &Connection,
    upto: MessageId,
    passages: &[NewPassage],
) -> Result<(), RowError> {
    let before: i64 = connection.prepare_cached(INDEXED_UPTO)?.query_row([], |row| row.get(0))?;
    connection.prepare_cached(INDEX)?.execute([upto.0])?;
    let mut entries = Vec::with_capacity(passages.len());
    for NewPassage { message, session, scope, text, around, at } in passages {
        if message > &upto {
            let refusal = format!("message {message} is indexed before its turn, which is behind {upto}");
            return Err(RowError::Refused(refusal));
        }
        if message.0 <= before || !connection.prepare_cached(IS_WHOLE)?.exists([message.0, session.0])? {
            continue;
        }
        let near_forgotten = connection.prepare_cached(FORGOTTEN_NEAR)?.exists([session.0, message.0])?;
        let around = if near_forgotten { "" } else { around };
        let scope = scopes::number(connection, scope)?;
        connection
            .prepare_cached(STORE)?
            .execute(params![scope, session.0, message.0, text, around, at.0])?;
        let id = ItemId::Passage(PassageId(connection.last_insert_rowid()));
        entries.push((Key::of(scope, id, text)?, text));
    }
    // In the order of their keys they become one segment of the index.
    entries.sort_by_key(|(key, _)| key.0);
    entries.iter().try_for_each(|(key, text)| keywords::put(connection, *key, text))
}

/// A passage.
pub(crate) fn one(connection: &Connection, id: PassageId) -> Result<Option<Passage>, RowError> {
    let mut one = connection.prepare_cached(PASSAGE)?;
    let mut rows = one.query([id.0])?;
    rows.next()?.map(passage).transpose()
}

fn passage(row: &Row<'_>) -> Result<Passage, RowError> {
    Ok(Passage {
        id: PassageId(row.get(0)?),
        message: MessageId(row.get(1)?),
        session: SessionId(row.get(2)?),
        text: row.get(3)?,
        around: row.get(4)?,
        at: Timestamp(row.get(5)?),
        scope: scopes::scope(row, 6)?,
    })
}
