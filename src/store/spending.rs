// SPDX-License-Identifier: MIT OR Apache-2.0
//! Running totals of the ledger, so that a period is summed up at once, however long the ledger is.
//!
//! A row of `spending` says what had been spent by the end of its quarter hour. A period is then the difference of two
//! rows: two steps down an index. In every time zone days and months begin at a quarter hour; for an instant within
//! one, the rows of the ledger in the begun quarter hour are added one by one.

use crate::error::RowError;
use blufio_core::ids::SessionId;
use blufio_core::money::NanoUsd;
use blufio_core::storage::Scope;
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

#[cfg(test)]
mod tests;

/// A quarter of an hour, milliseconds.
const QUARTER: i64 = 15 * 60 * 1000;

/// A new quarter hour starts with what had been spent before it.
pub(crate) const OPEN_QUARTER: &str = "INSERT INTO spending (quarter, agent_nano_usd, background_nano_usd)
    VALUES (?1,
        coalesce((SELECT agent_nano_usd FROM spending WHERE quarter < ?1 ORDER BY quarter DESC LIMIT 1), 0),
        coalesce((SELECT background_nano_usd FROM spending WHERE quarter < ?1 ORDER BY quarter DESC LIMIT 1), 0))
    ON CONFLICT (quarter) DO NOTHING";

/// As a rule one row: there are later ones only when the clock was set back.
pub(crate) const ADD: &str = "UPDATE spending
    SET agent_nano_usd = agent_nano_usd + ?2, background_nano_usd = background_nano_usd + ?3 WHERE quarter >= ?1";

const ADD_TO_SESSION: &str = "UPDATE sessions SET spent_nano_usd = spent_nano_usd + ?2 WHERE id = ?1";

pub(crate) const AGENT_BEFORE: &str =
    "SELECT agent_nano_usd FROM spending WHERE quarter < ?1 ORDER BY quarter DESC LIMIT 1";

pub(crate) const BACKGROUND_BEFORE: &str =
    "SELECT background_nano_usd FROM spending WHERE quarter < ?1 ORDER BY quarter DESC LIMIT 1";

pub(crate) const AGENT_BETWEEN: &str =
    "SELECT coalesce(sum(cost_nano_usd), 0) FROM ledger INDEXED BY ledger_at
    WHERE at >= ?1 AND at < ?2";

pub(crate) const BACKGROUND_BETWEEN: &str = "SELECT coalesce(sum(cost_nano_usd), 0)
    FROM ledger INDEXED BY ledger_at WHERE at >= ?1 AND at < ?2 AND feature = 'heartbeat'";

pub(crate) const OF_SESSION: &str = "SELECT spent_nano_usd FROM sessions WHERE id = ?1";

/// Adds what a row costs that is entered into the ledger in the same transaction.
pub(crate) fn add(
    connection: &Connection,
    session: Option<SessionId>,
    background: bool,
    cost: NanoUsd,
    at: Timestamp,
) -> Result<(), RowError> {
    let quarter = begin_of_quarter(at.0);
    connection.prepare_cached(OPEN_QUARTER)?.execute([quarter])?;
    let of_background = if background { cost.0 } else { 0 };
    connection.prepare_cached(ADD)?.execute([quarter, cost.0, of_background])?;
    if let Some(session) = session {
        connection.prepare_cached(ADD_TO_SESSION)?.execute(params![session.0, cost.0])?;
    }
    Ok(())
}

/// What the ledger has for a scope, from `from` to before `until`. A session is summed up as a whole.
pub(crate) fn spent(
    connection: &Connection,
    scope: Scope,
    from: Timestamp,
    until: Option<Timestamp>,
) -> Result<NanoUsd, RowError> {
    let (before, between) = match scope {
        Scope::Agent => (AGENT_BEFORE, AGENT_BETWEEN),
        Scope::Background => (BACKGROUND_BEFORE, BACKGROUND_BETWEEN),
        Scope::Session(session) => {
            let spent = connection.prepare_cached(OF_SESSION)?.query_row([session.0], |row| row.get(0));
            return Ok(NanoUsd(spent.optional()?.unwrap_or(0)));
        }
    };
    let spent_before = |instant: i64| -> Result<i64, RowError> {
        let quarter = begin_of_quarter(instant);
        let earlier = connection.prepare_cached(before)?.query_row([quarter], |row| row.get(0)).optional()?;
        let within: i64 = match instant {
            at_its_begin if at_its_begin == quarter => 0,
            within => connection.prepare_cached(between)?.query_row([quarter, within], |row| row.get(0))?,
        };
        Ok(earlier.unwrap_or(0_i64).saturating_add(within))
    };
    let until = until.map_or(i64::MAX, |until| until.0).max(from.0);
    Ok(NanoUsd(spent_before(until)?.saturating_sub(spent_before(from.0)?)))
}

fn begin_of_quarter(at: i64) -> i64 {
    at.saturating_sub(at.rem_euclid(QUARTER))
}
