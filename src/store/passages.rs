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
                    coalesce(CASE WHEN json_valid(q.payload) THEN q.payload ->> '$.sender.id' END, p.sender),
                    coalesce(CASE WHEN json_valid(q.payload) THEN q.payload ->> '$.sender.name' END, e.name, ''),
                    coalesce(CASE WHEN json_valid(q.payload) THEN q.payload ->> '$.private' END, p.sender IS NOT NULL)
             FROM messages AS m
             JOIN sessions AS s ON s.id = m.session
             LEFT JOIN queue AS q ON q.id = m.turn
             LEFT JOIN private_answers AS p
                 ON NOT coalesce(json_valid(q.payload), 0) AND m.turn IS NOT NULL
                 AND p.channel = s.channel AND p.chat = s.chat AND p.thread = s.thread
             LEFT JOIN peers AS e ON e.channel = p.channel AND e.sender = p.sender ",
            $rest
        )
    };
}
pub(crate) use select_said;

pub(crate) const UNINDEXED: &str = select_said!("WHERE m.id > ?1 AND m.forgotten_at IS NULL ORDER BY m.id");

/// About so much of what is stored is read at once, so that many pictures do not fill the memory.
pub(crate) const BYTES: usize = 8 << 20;

/// About so many bytes of what people have said are listed at once.
const PAGE: usize = 2 << 20;

const INDEXED_UPTO: &str = "SELECT upto FROM indexed";

const INDEX: &str = "UPDATE indexed SET upto = max(upto, ?1)";

const IS_WHOLE: &str = "SELECT 1 FROM messages WHERE id = ?1 AND session = ?2 AND forgotten_at IS NULL";

const STORE: &str =
    "INSERT INTO passages (scope, session, message, text, around, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// The columns of a passage, for [`passage`].
macro_rules! select_passage {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.message, p.session, p.text, p.around, p.at, s.kind, s.channel, s.chat, s.thread
             FROM passages AS p JOIN scopes AS s ON s.id = p.scope ",
            $rest
        )
    };
}

const PASSAGE: &str = select_passage!("WHERE p.id = ?1");

pub(crate) const NEWEST: &str = select_passage!("WHERE p.id < ?1 ORDER BY p.id DESC LIMIT ?2");

/// Messages that were not looked at yet, oldest first: fewer than `limit` where they are large. One that cannot be read is passed over,
/// so that it does not keep those behind it from being found.
pub(crate) fn unindexed(connection: &Connection, limit: usize) -> Result<Vec<Said>, RowError> {
    up_to(connection, limit, BYTES)
}

fn up_to(connection: &Connection, limit: usize, bytes: usize) -> Result<Vec<Said>, RowError> {
    let upto: i64 = connection.prepare_cached(INDEXED_UPTO)?.query_row([], |row| row.get(0))?;
    let mut messages = connection.prepare_cached(UNINDEXED)?;
    said(&mut messages.query([upto])?, limit, bytes)
}

/// Messages from the columns of `select_said`, fewer than `limit` where they are large. One that cannot be read is passed over; as
/// long as there is one that can, there is a message.
pub(crate) fn said(rows: &mut Rows<'_>, limit: usize, bytes: usize) -> Result<Vec<Said>, RowError> {
    let mut found: Vec<Said> = Vec::new();
    let mut read = 0_usize;
    while let Some(row) = rows.next()? {
        if is_again(row, &mut found)? {
            continue;
        }
        if found.len() >= limit || (read >= bytes && !found.is_empty()) {
            break;
        }
        match one_said(row) {
            Ok(said) => {
                read = read.saturating_add(content(row)?.len());
                found.push(said);
            }
            Err(RowError::Json(error)) => {
                let (message, error) = (row.get::<_, i64>(3)?, RowError::Json(error));
                tracing::warn!(message, %error, "a message cannot be read, and was passed over: nothing is found of it or learned from it");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Whether a row is the message before it once more. One that is found for two people is everybody's, and so nobody's.
fn is_again(row: &Row<'_>, found: &mut [Said]) -> Result<bool, RowError> {
    let id = MessageId(row.get(3)?);
    let Some(last) = found.last_mut().filter(|last| last.id == id) else { return Ok(false) };
    last.by = None;
    Ok(true)
}

fn content<'a>(row: &'a Row<'_>) -> Result<&'a str, RowError> {
    Ok(row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?)
}

fn one_said(row: &Row<'_>) -> Result<Said, RowError> {
    let role = match row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)? {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        other => return Err(RowError::Refused(format!("a message has the unknown role {other:?}"))),
    };
    let content = from_json(content(row)?)?;
    let sender: Option<String> = row.get(8)?;
    let (name, private) = (row.get(9)?, row.get(10)?);
    Ok(Said {
        conversation: conversation(row)?,
        id: MessageId(row.get(3)?),
        session: SessionId(row.get(4)?),
        by: sender.map(|id| (Sender { id, name }, private)),
        message: Message { role, content },
        at: Timestamp(row.get(7)?),
    })
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

/// Passages that were stored before one, newest first: fewer than `limit` where they are large.
pub(crate) fn newest(
    connection: &Connection,
    before: Option<PassageId>,
    limit: usize,
) -> Result<Vec<Passage>, RowError> {
    let before = before.map_or(i64::MAX, |before| before.0);
    let mut newest = connection.prepare_cached(NEWEST)?;
    let mut rows = newest.query(params![before, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let (mut found, mut read): (Vec<Passage>, usize) = (Vec::new(), 0);
    while read < PAGE
        && let Some(row) = rows.next()?
    {
        let passage = passage(row)?;
        read = read.saturating_add(passage.text.len()).saturating_add(passage.around.len());
        found.push(passage);
    }
    Ok(found)
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
