// SPDX-License-Identifier: MIT OR Apache-2.0
//! How limits stand, and the room in them that running calls have taken.
//!
//! A reservation is checked and noted in one transaction of the one writer, so that calls which ask at the same time
//! cannot overshoot together. It is not flushed by itself: the death of the process leaves it in place, and should the
//! power fail as well before the next flushed write, then nothing was answered either.

use crate::error::RowError;
use crate::{ledger, spending, turn};
use blufio_core::ids::{QueueId, ReservationId, SessionId};
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::storage::{CallRecord, Limit, Reservation, Reserved, Scope, Standing, WAITS_FOR_BUDGET};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

#[cfg(test)]
mod tests;

const RESERVED: &str = "SELECT coalesce(sum(worst_nano_usd), 0) FROM reservations";
const RESERVED_IN_BACKGROUND: &str =
    "SELECT coalesce(sum(worst_nano_usd), 0) FROM reservations WHERE feature = 'heartbeat'";
const RESERVED_IN_SESSION: &str =
    "SELECT coalesce(sum(worst_nano_usd), 0) FROM reservations WHERE session = ?1";

pub(crate) const RAISED: &str = "SELECT nano_usd FROM raises WHERE name = ?1 AND scope = ?2 AND since = ?3";

/// The bound keeps sums from overflowing.
const RAISE: &str = "INSERT INTO raises (name, scope, since, nano_usd, at) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (name, scope, since)
    DO UPDATE SET nano_usd = min(nano_usd + excluded.nano_usd, ?6), at = excluded.at";

const RESERVE: &str = "INSERT INTO reservations
    (feature, turn, session, intended, model, price_version, worst_nano_usd, at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

const RELEASE: &str = "DELETE FROM reservations WHERE id = ?1 RETURNING turn, session";

const CUT_OFF: &str = "SELECT turn, session, feature, intended, model, price_version, worst_nano_usd
    FROM reservations ORDER BY id";

/// How a limit stands.
pub(crate) fn standing(connection: &Connection, limit: &Limit) -> Result<Standing, RowError> {
    let amount = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<NanoUsd, RowError> {
        let amount = connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
        Ok(NanoUsd(amount.unwrap_or(0)))
    };
    let (scope, since) = period(limit);
    Ok(Standing {
        raised: amount(RAISED, params![limit.name, scope, since])?,
        spent: spending::spent(connection, limit.scope, limit.from, limit.until)?,
        reserved: match limit.scope {
            Scope::Agent => amount(RESERVED, &[])?,
            Scope::Background => amount(RESERVED_IN_BACKGROUND, &[])?,
            Scope::Session(session) => amount(RESERVED_IN_SESSION, params![session.0])?,
        },
        limit: limit.clone(),
    })
}

/// The other half of the key under which the raises of a limit are kept: whose it is, and since when.
fn period(limit: &Limit) -> (String, i64) {
    match limit.scope {
        Scope::Agent => ("agent".into(), limit.from.0),
        Scope::Background => ("background".into(), limit.from.0),
        // A session is one period, whatever instant is given for its begin.
        Scope::Session(session) => (format!("session {session}"), 0),
    }
}

/// Raises a limit for its period, and lets what waits for room try again.
pub(crate) fn raise(
    connection: &Connection,
    limit: &Limit,
    by: NanoUsd,
    now: Timestamp,
) -> Result<(), RowError> {
    if by <= NanoUsd(0) || by > ledger::MOST {
        let name = &limit.name;
        return Err(RowError::Refused(format!("the limit {name:?} cannot be raised by {by}")));
    }
    let (scope, since) = period(limit);
    let values = params![limit.name, scope, since, by.0, now.0, ledger::MOST.0];
    connection.prepare_cached(RAISE)?.execute(values)?;
    turn::release(connection, WAITS_FOR_BUDGET, now)?;
    Ok(())
}

/// Takes room for a call, if every limit has it.
pub(crate) fn reserve(
    connection: &Connection,
    reservation: &Reservation,
    now: Timestamp,
) -> Result<Reserved, RowError> {
    let Reservation { feature, turn, session, intended, model, price_version, worst, limits } = reservation;
    if *worst < NanoUsd(0) || *worst > ledger::MOST {
        return Err(RowError::Refused(format!("no call of {model:?} can cost {worst} at most")));
    }
    for limit in limits {
        let standing = standing(connection, limit)?;
        if !standing.has_room_for(*worst) {
            return Ok(Reserved::Refused(standing));
        }
    }
    connection.prepare_cached(RESERVE)?.execute(params![
        feature.name(),
        turn.map(|turn| turn.0),
        session.map(|session| session.0),
        intended,
        model,
        price_version,
        worst.0,
        now.0,
    ])?;
    Ok(Reserved::Granted(ReservationId(connection.last_insert_rowid())))
}

/// Gives the room back, and enters what the call has used.
pub(crate) fn settle(
    connection: &Connection,
    id: ReservationId,
    record: Option<&CallRecord>,
) -> Result<(), RowError> {
    let owner = connection.prepare_cached(RELEASE)?.query_row([id.0], owner).optional()?;
    let Some((turn, session)) = owner else {
        return Err(RowError::Refused(format!("reservation {id} is not open")));
    };
    record.map_or(Ok(()), |record| ledger::enter(connection, turn, session, record))
}

/// After a start: what is still reserved was cut off. Nobody knows what it has used, so it is entered at its worst; and
/// since nobody knows when it ended either, as late as it can have.
pub(crate) fn enter_cut_off(connection: &Connection, now: Timestamp) -> Result<(), RowError> {
    let mut open = connection.prepare_cached(CUT_OFF)?;
    let mut rows = open.query([])?;
    while let Some(row) = rows.next()? {
        let (turn, session) = owner(row)?;
        let record = CallRecord {
            feature: ledger::feature(&row.get::<_, String>(2)?)?,
            intended: row.get(3)?,
            model: row.get(4)?,
            class: ledger::INTERRUPTED.into(),
            price_version: row.get(5)?,
            usage: Usage::default(),
            cost: NanoUsd(row.get(6)?),
            overhead: 0,
            took_ms: 0,
            at: now,
        };
        ledger::enter(connection, turn, session, &record)?;
    }
    connection.prepare_cached("DELETE FROM reservations")?.execute([])?;
    Ok(())
}

fn owner(row: &Row<'_>) -> rusqlite::Result<(Option<QueueId>, Option<SessionId>)> {
    Ok((row.get::<_, Option<i64>>(0)?.map(QueueId), row.get::<_, Option<i64>>(1)?.map(SessionId)))
}
