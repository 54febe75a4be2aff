// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is dropped with time.
//!
//! A queue row that is done stays as the key that tells a duplicate (some hundred bytes), but its message is dropped
//! thirty days after the turn: what was said is in the transcript. Outbox rows that were sent go as well. After a year
//! go reminders that are over, notices that were told, and the keys of what was said once. Transcripts, the ledger, what
//! was decided for each answer and dead letters stay.
//!
//! There is no timer: every so many turns the settling transaction takes a bounded part along.

use crate::error::RowError;
use blufio_core::ids::QueueId;
use blufio_core::time::Timestamp;
use rusqlite::Connection;

/// How long a message is kept after its turn, and a sent one after it was sent: 30 days, in milliseconds.
const KEPT: i64 = 30 * 24 * 60 * 60 * 1000;
/// How long the traces of what is over are kept: a year, in milliseconds.
const TRACES_KEPT: i64 = 366 * 24 * 60 * 60 * 1000;
/// One turn in this many sweeps.
const EVERY: i64 = 64;
/// Most rows of each table that one sweep takes. Larger than [`EVERY`] by far, so that it catches up.
const ROWS: i64 = 1024;

pub(crate) const DROP_PAYLOADS: &str = "UPDATE queue SET payload = NULL WHERE id IN
    (SELECT id FROM queue INDEXED BY queue_finished
     WHERE finished_at IS NOT NULL AND payload IS NOT NULL AND finished_at < ?1 LIMIT ?2)";

pub(crate) const DROP_SENT: &str = "DELETE FROM outbox WHERE id IN
    (SELECT id FROM outbox INDEXED BY outbox_sent WHERE state = 'sent' AND sent_at < ?1 LIMIT ?2)";

pub(crate) const DROP_JOBS: &str = "DELETE FROM jobs WHERE id IN
    (SELECT id FROM jobs INDEXED BY jobs_closed WHERE closed_at IS NOT NULL AND closed_at < ?1 LIMIT ?2)";

pub(crate) const DROP_NOTICES: &str = "DELETE FROM notices WHERE id IN
    (SELECT id FROM notices INDEXED BY notices_told WHERE told_at IS NOT NULL AND told_at < ?1 LIMIT ?2)";

pub(crate) const DROP_ONCE: &str = "DELETE FROM once WHERE key IN
    (SELECT key FROM once INDEXED BY once_at WHERE at < ?1 LIMIT ?2)";

/// Drops what is old, if it is the turn of this `turn` to do so.
pub(crate) fn sweep_now_and_then(
    connection: &Connection,
    turn: QueueId,
    now: Timestamp,
) -> Result<(), RowError> {
    if turn.0.rem_euclid(EVERY) != 0 {
        return Ok(());
    }
    for (sql, kept) in [
        (DROP_PAYLOADS, KEPT),
        (DROP_SENT, KEPT),
        (DROP_JOBS, TRACES_KEPT),
        (DROP_NOTICES, TRACES_KEPT),
        (DROP_ONCE, TRACES_KEPT),
    ] {
        connection.prepare_cached(sql)?.execute([now.0.saturating_sub(kept), ROWS])?;
    }
    Ok(())
}
