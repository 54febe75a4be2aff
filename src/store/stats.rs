// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the state stands.

use crate::error::{RowError, from_io};
use crate::lock::beside;
use crate::{backups, migrations};
use blufio_core::storage::StoreStats;
use blufio_core::time::Timestamp;
use rusqlite::Connection;
use std::path::Path;

const UNFINISHED: &str =
    "SELECT count(*), min(received_at) FROM queue INDEXED BY queue_unfinished WHERE finished_at IS NULL";
const WAITING_OUT: &str =
    "SELECT count(*), min(created_at) FROM outbox INDEXED BY outbox_waiting_since WHERE state = 'waiting'";
const DEAD: &str = "SELECT count(*) FROM outbox INDEXED BY outbox_dead WHERE state = 'dead'";
const MEMORIES: &str = "SELECT count(*) FROM memories INDEXED BY memories_same WHERE replaced_by IS NULL";

/// Reads it. The files are looked at by name only, never opened.
pub(crate) fn read(connection: &Connection, path: &Path, now: Timestamp) -> Result<StoreStats, RowError> {
    let depth = |sql| {
        let mut statement = connection.prepare_cached(sql)?;
        statement
            .query_row([], |row| Ok((counted(row.get(0)?), row.get::<_, Option<i64>>(1)?.map(Timestamp))))
    };
    let count = |sql| connection.prepare_cached(sql)?.query_row([], |row| row.get(0).map(counted));
    let (queue_depth, queue_oldest) = depth(UNFINISHED)?;
    let (outbox_depth, outbox_oldest) = depth(WAITING_OUT)?;
    Ok(StoreStats {
        schema_version: migrations::version(connection)?,
        queue_depth,
        queue_oldest,
        outbox_depth,
        outbox_oldest,
        dead_letters: count(DEAD)?,
        sessions: count("SELECT count(*) FROM sessions")?,
        messages: count("SELECT count(*) FROM messages")?,
        open_jobs: count("SELECT count(*) FROM jobs INDEXED BY jobs_open WHERE closed_at IS NULL")?,
        memories: count(MEMORIES)?,
        passages: count("SELECT count(*) FROM passages")?,
        file_bytes: path.metadata().map_err(|error| from_io(path, &error))?.len(),
        // No log, nothing in it.
        wal_bytes: beside(path, "-wal").metadata().map_or(0, |log| log.len()),
        newest_backup: backups::newest(path, now),
    })
}

/// A count is never negative.
fn counted(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
