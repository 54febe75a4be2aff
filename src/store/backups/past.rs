// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was on its way when a backup was made.
//!
//! Since then it has most likely arrived, and nobody can tell. Said again it would be said twice: so messages on their
//! way out become dead letters, which the operator may send, and messages that waited for an answer wait no more.
//! Reminders stay: one that fell due meanwhile is told once more, since a reminder twice is better than none.

use crate::error::from_sqlite;
use blufio_core::storage::StorageError;
use blufio_core::time::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, params};
use serde::Serialize;
use std::path::Path;

/// Says why, where dead letters are listed.
const WHY: &str = "it was on its way when the backup was made, and may have been delivered since";
const UNSENT: &str = "UPDATE outbox SET state = 'dead', error = ?1 WHERE state = 'waiting'";
const UNANSWERED: &str = "UPDATE queue SET state = 'done', outcome = 'stopped', finished_at = ?1, turn = NULL
    WHERE state <> 'done'";
const UNTOLD: &str = "UPDATE notices SET told_at = ?1 WHERE told_at IS NULL";
/// The first version with notices.
const NOTICES: u32 = 2;
/// Asked of a newer schema, too, which may know no such table any more.
const LEFT: &str = "SELECT count(*) FROM queue WHERE state <> 'done'";
/// How much was on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Past {
    /// Messages on their way out, which are dead letters now.
    pub unsent: usize,
    /// Messages that waited for an answer, and get none.
    pub unanswered: usize,
}

/// Lets go of what was on its way in the state at `path`, which nobody uses.
pub(super) fn let_go(path: &Path, schema: u32, now: Timestamp) -> Result<Past, StorageError> {
    let work = || {
        let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let transaction = connection.transaction()?;
        let unsent = transaction.execute(UNSENT, [WHY])?;
        let unanswered = transaction.execute(UNANSWERED, params![now.0])?;
        if schema >= NOTICES {
            transaction.execute(UNTOLD, params![now.0])?;
        }
        transaction.commit()?;
        // Nothing may be left in a log: the file is about to be moved.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        connection.close().map_err(|(_, error)| error)?;
        Ok(Past { unsent, unanswered })
    };
    work().map_err(|error| from_sqlite(path, &error))
}

/// How many messages wait for an answer in the state at `path`, which is about to be set aside and is left as it is; `None`
/// where its schema does not tell.
pub(super) fn left_behind(path: &Path) -> Option<u32> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).ok()?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).ok()?;
    connection.query_row(LEFT, [], |row| row.get(0)).ok()
}
