// SPDX-License-Identifier: MIT OR Apache-2.0
//! Between rows and the words of the domain.

use crate::error::RowError;
use blufio_core::ids::Conversation;
use blufio_core::time::Timestamp;
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The columns `channel, chat, thread`, which stand first.
pub(crate) fn conversation(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation { channel: row.get(0)?, chat: row.get(1)?, thread: row.get(2)? })
}

/// A value as it is stored in a JSON column.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, RowError> {
    Ok(serde_json::to_string(value)?)
}

/// A value from a JSON column.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, RowError> {
    Ok(serde_json::from_str(text)?)
}

/// A count as SQLite stores it. What does not fit is more than any disk holds.
pub(crate) fn to_integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What is due now, and when the next thing will be.
#[derive(Debug)]
pub(crate) struct Due<T> {
    now: Timestamp,
    limit: usize,
    /// What is due, in order, at most as much as was asked for.
    pub(crate) items: Vec<T>,
    /// The earliest instant that lies ahead.
    pub(crate) next: Option<Timestamp>,
}

impl<T> Due<T> {
    /// Nothing yet.
    pub(crate) fn at(now: Timestamp, limit: usize) -> Self {
        Self { now, limit, items: Vec::new(), next: None }
    }

    /// Sorts in something that is due at `instant`.
    pub(crate) fn consider(&mut self, instant: Timestamp, item: impl FnOnce() -> T) {
        if instant > self.now {
            self.next = Some(self.next.map_or(instant, |next| next.min(instant)));
        } else if self.items.len() < self.limit {
            self.items.push(item());
        }
    }
}
