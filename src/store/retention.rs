// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is dropped with time.
//!
//! A queue row that is done stays as the key that tells a duplicate (some hundred bytes), but its message is dropped
//! thirty days after the turn: what was said is in the transcript. Outbox rows that were sent go as well. Transcripts,
//! the ledger and dead letters stay.
//!
//! There is no timer: every so many turns the settling transaction takes a bounded part along.

use crate::error::RowError;
use blufio_core::ids::QueueId;
use blufio_core::time::Timestamp;
use rusqlite::Connection;

/// How long a message is kept after its turn, and a sent one after it was sent: 30 days, in milliseconds.
const KEPT: i64 = 30 * 24 * 60 * 60 * 1000;
/// One turn in this many sweeps.
const EVERY: i64 = 64;
/// Most rows of each table that one sweep takes. Larger than [`EVERY`] by far, so that it catches up.
const ROWS: i64 = 1024;

pub(crate) const DROP_PAYLOADS: &str = "UPDATE queue SET payload = NULL WHERE id IN
    (SELECT id FROM queue INDEXED BY queue_finished
     WHERE finished_at IS NOT NULL AND payload IS NOT NULL AND finished_at < ?1 LIMIT ?2)";

pub(crate) const DROP_SENT: &str = "DELETE FROM outbox WHERE id IN
    (SELECT id FROM outbox INDEXED BY outbox_sent WHERE state = 'sent' AND sent_at < ?1 LIMIT ?2)";

/// Drops what is old, if it is the turn of this `turn` to do so.
pub(crate) fn sweep_now_and_then(
    connection: &Connection,
    turn: QueueId,
    now: Timestamp,
) -> Result<(), RowError> {
    if turn.0.rem_euclid(EVERY) != 0 {
        return Ok(());
    }
    let bound = now.0.saturating_sub(KEPT);
    connection.prepare_cached(DROP_PAYLOADS)?.execute([bound, ROWS])?;
    connection.prepare_cached(DROP_SENT)?.execute([bound, ROWS])?;
    Ok(())
}
