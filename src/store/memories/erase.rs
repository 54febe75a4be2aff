// SPDX-License-Identifier: MIT OR Apache-2.0
//! Taking the words of a turn out of everything that holds them: the transcript, what can be found of it, what was said around
//! other words, the summary, the queue, what was sent, and the notes of what was recalled.
//!
//! A message that is still on its way out is left alone, since its sender may hold it already; it is dropped as others are.

use super::reach::Reach;
use super::repeated::Repeated;
use super::sweep::sweep;
use crate::columns::{from_json, to_json};
use crate::error::RowError;
use crate::keywords::{self, Key};
use crate::vectors;
use blufio_core::content::Block;
use blufio_core::ids::PassageId;
use blufio_core::memory::ItemId;
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;
use std::collections::BTreeSet;

/// What stands in the place of words that were forgotten.
pub(crate) const IN_THEIR_PLACE: &str = "[forgotten at the person's wish]";

const MESSAGE: &str = "SELECT id, session, content, at, turn FROM messages WHERE id = ?1";

pub(crate) const MESSAGES_OF_TURN: &str =
    "SELECT id, session, content, at, turn FROM messages INDEXED BY messages_of_turn WHERE turn = ?1";

pub(super) const REWRITE: &str = "UPDATE messages SET content = ?2, forgotten_at = ?3 WHERE id = ?1";

pub(super) const DROP_SUMMARY: &str = "DELETE FROM summaries WHERE session = ?1 AND upto >= ?2";

pub(crate) const PASSAGES_OF: &str =
    "SELECT id, scope, text, block FROM passages INDEXED BY passages_of_session
    WHERE session = ?1 AND message = ?2";

/// Words may be told around others that are eight messages away.
macro_rules! near {
    ($column:literal) => {
        concat!(
            $column,
            " BETWEEN
            (SELECT min(id) FROM (SELECT id FROM messages WHERE session = ?1 AND id <= ?2 ORDER BY id DESC LIMIT 9))
            AND (SELECT max(id) FROM (SELECT id FROM messages WHERE session = ?1 AND id >= ?2 ORDER BY id LIMIT 9))"
        )
    };
}

pub(crate) const TOLD_AROUND: &str = concat!(
    "SELECT id, block FROM passages INDEXED BY passages_of_session
    WHERE session = ?1 AND around <> '' AND ",
    near!("message")
);

/// Whether something was forgotten that may be told around a message.
pub(crate) const FORGOTTEN_NEAR: &str = concat!(
    "SELECT 1 FROM messages INDEXED BY messages_forgotten
    WHERE session = ?1 AND forgotten_at IS NOT NULL AND ",
    near!("id")
);

const NOTHING_AROUND: &str = "UPDATE passages SET around = '' WHERE id = ?1";

pub(crate) const DROP_FROM_QUEUE: &str =
    "UPDATE queue SET payload = NULL, turn = NULL, reason = NULL WHERE id = ?1 AND state = 'done'";

pub(crate) const DROP_MERGED: &str =
    "UPDATE queue INDEXED BY queue_merged SET payload = NULL, turn = NULL, reason = NULL
    WHERE merged_into = ?1 AND state = 'done'";

pub(crate) const DROP_ANSWERS: &str =
    "DELETE FROM outbox INDEXED BY outbox_of_turn WHERE turn = ?1 AND state IN ('sent', 'dead')";

pub(crate) const DROP_NOTICES: &str = "DELETE FROM notices INDEXED BY notices_told
    WHERE told_at = ?1 AND (channel, chat, thread) = (SELECT channel, chat, thread FROM sessions WHERE id = ?2)";

/// Erases the words of one turn after the other.
pub(super) struct Eraser<'a> {
    connection: &'a Connection,
    now: Timestamp,
    seen: BTreeSet<i64>,
    erased: u64,
    /// What may be told nowhere else.
    repeated: Repeated,
    /// What could be found of the messages. It may be common words, which others say too.
    found: Repeated,
    reach: Reach,
}

struct Told {
    id: i64,
    session: i64,
    content: String,
    at: i64,
    turn: Option<i64>,
}

impl<'a> Eraser<'a> {
    pub(super) fn new(connection: &'a Connection, now: Timestamp) -> Self {
        let (repeated, found, reach) = (Repeated::default(), Repeated::default(), Reach::default());
        Self { connection, now, seen: BTreeSet::new(), erased: 0, repeated, found, reach }
    }

    /// A memory of this scope is gone, and is to be told nowhere else.
    pub(super) fn memory(&mut self, scope: i64, text: &str) -> Result<(), RowError> {
        self.repeated.add_memory(text);
        self.reach.scope(self.connection, scope)
    }

    /// Past words of this scope that were named are to be told nowhere else.
    pub(super) fn passage(&mut self, scope: i64, text: &str) -> Result<(), RowError> {
        self.repeated.add(text);
        self.reach.scope(self.connection, scope)
    }

    /// Erases a message, with the whole turn in which it was said.
    pub(super) fn message(&mut self, id: i64) -> Result<(), RowError> {
        let told = self.connection.prepare_cached(MESSAGE)?.query_row([id], told).optional()?;
        match told {
            Some(Told { turn: Some(turn), .. }) => self.turn(turn),
            Some(told) => self.erase(&told),
            None => Ok(()),
        }
    }

    /// Erases what was said in a turn.
    pub(super) fn turn(&mut self, turn: i64) -> Result<(), RowError> {
        if !self.seen.insert(turn) {
            return Ok(());
        }
        let messages = self
            .connection
            .prepare_cached(MESSAGES_OF_TURN)?
            .query_map([turn], told)?
            .collect::<Result<Vec<_>, _>>()?;
        for told in &messages {
            self.erase(told)?;
            self.connection.prepare_cached(DROP_NOTICES)?.execute([told.at, told.session])?;
        }
        for sql in [DROP_FROM_QUEUE, DROP_MERGED, DROP_ANSWERS] {
            self.connection.prepare_cached(sql)?.execute([turn])?;
        }
        Ok(())
    }

    fn erase(&mut self, told: &Told) -> Result<(), RowError> {
        let Told { id, session, content, .. } = told;
        let content = to_json(&blank(from_json(content)?))?;
        if content != told.content {
            self.connection.prepare_cached(REWRITE)?.execute((id, content, self.now.0))?;
            self.erased += 1;
        }
        self.connection.prepare_cached(DROP_SUMMARY)?.execute([session, id])?;
        self.reach.session(self.connection, *session)?;
        for (scope, text) in drop_passages(self.connection, *session, *id, |_| true)? {
            self.found.add(&text);
            self.reach.scope(self.connection, scope)?;
        }
        let mut around = self.connection.prepare_cached(TOLD_AROUND)?;
        let around = around
            .query_map([session, id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<Vec<(i64, Option<i64>)>, _>>()?;
        for (passage, block) in around {
            self.connection.prepare_cached(NOTHING_AROUND)?.execute([passage])?;
            if let Some(block) = block {
                vectors::clear_around(self.connection, block, ItemId::Passage(PassageId(passage)))?;
            }
        }
        Ok(())
    }

    /// Takes out what repeats the words elsewhere, and what asked for them to be forgotten. Says how many messages were erased.
    pub(super) fn finish(mut self) -> Result<u64, RowError> {
        if self.repeated.is_empty() && self.found.is_empty() {
            return Ok(self.erased);
        }
        let Self { connection, now, repeated, found, reach, .. } = &self;
        let swept = sweep(connection, repeated, found, reach, *now)?;
        for turn in swept.requests {
            self.turn(turn)?;
        }
        Ok(self.erased.saturating_add(swept.messages))
    }
}

/// Drops what can be found of a message, as far as it is one of `which`. Tells the texts and the numbers of their scopes.
pub(super) fn drop_passages(
    connection: &Connection,
    session: i64,
    message: i64,
    which: impl Fn(&str) -> bool,
) -> Result<Vec<(i64, String)>, RowError> {
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let passages = connection
        .prepare_cached(PASSAGES_OF)?
        .query_map([session, message], row)?
        .collect::<Result<Vec<(i64, i64, String, Option<i64>)>, _>>()?;
    let mut dropped = Vec::with_capacity(passages.len());
    for (id, scope, text, block) in passages {
        if !which(&text) {
            continue;
        }
        let item = ItemId::Passage(PassageId(id));
        keywords::remove(connection, Key::of(scope, item, &text)?, &text)?;
        if let Some(block) = block {
            vectors::take_out(connection, block, item)?;
        }
        connection.prepare_cached("DELETE FROM passages WHERE id = ?1")?.execute([id])?;
        dropped.push((scope, text));
    }
    Ok(dropped)
}

fn told(row: &Row<'_>) -> rusqlite::Result<Told> {
    Ok(Told {
        id: row.get(0)?,
        session: row.get(1)?,
        content: row.get(2)?,
        at: row.get(3)?,
        turn: row.get(4)?,
    })
}

/// The same message without its words. Calls of tools and their results stay a pair, since providers want that.
fn blank(content: Vec<Block>) -> Vec<Block> {
    let mut blank: Vec<Block> = Vec::with_capacity(content.len());
    let mut told = false;
    for block in content {
        match block {
            Block::ToolUse { id, name, .. } => blank.push(Block::ToolUse { id, name, input: json!({}) }),
            Block::ToolResult { tool_use_id, is_error, .. } => {
                blank.push(Block::ToolResult { tool_use_id, content: IN_THEIR_PLACE.into(), is_error });
            }
            Block::Text { .. } | Block::Image { .. } | Block::Document { .. } if !told => {
                told = true;
                blank.push(Block::text(IN_THEIR_PLACE));
            }
            _ => {}
        }
    }
    if blank.is_empty() {
        blank.push(Block::text(IN_THEIR_PLACE));
    }
    blank
}
