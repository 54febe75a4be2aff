// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was spent, added up.

use crate::error::RowError;
use crate::ledger::{count, usage};
use blufio_core::ids::Conversation;
use blufio_core::money::NanoUsd;
use blufio_core::storage::{Cost, CostBy};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, Row, params};

#[cfg(test)]
mod tests;

/// What each line and the total add up; [`cost`] reads it.
macro_rules! sums {
    () => {
        "count(*), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0),
         coalesce(sum(cache_read_tokens), 0), coalesce(sum(cache_write_5m_tokens), 0),
         coalesce(sum(cache_write_1h_tokens), 0), coalesce(sum(cost_nano_usd), 0),
         coalesce(sum(cost_nano_usd) FILTER (WHERE class = 'interrupted'), 0), coalesce(sum(overhead_tokens), 0)"
    };
}
const SUMS: usize = 9;

pub(crate) const BY_MODEL: &str =
    concat!("SELECT ", sums!(), ", model FROM ledger INDEXED BY ledger_at WHERE at >= ?1 GROUP BY model");

pub(crate) const BY_FEATURE: &str =
    concat!("SELECT ", sums!(), ", feature FROM ledger INDEXED BY ledger_at WHERE at >= ?1 GROUP BY feature");

pub(crate) const BY_SESSION: &str = concat!(
    "SELECT sums.*, sessions.channel, sessions.chat, sessions.thread FROM (SELECT ",
    sums!(),
    ", session FROM ledger INDEXED BY ledger_at WHERE at >= ?1 GROUP BY session) AS sums
     LEFT JOIN sessions ON sessions.id = sums.session"
);

pub(crate) const BETWEEN: &str =
    concat!("SELECT ", sums!(), " FROM ledger INDEXED BY ledger_at WHERE at >= ?1 AND at < ?2");

/// Adds up what was entered since an instant. Lines are ordered by cost, the largest first, then by name; spans stay in
/// their order. With them the total, which also holds what lies in none of the spans.
pub(crate) fn read(
    connection: &Connection,
    since: Timestamp,
    by: &CostBy,
) -> Result<(Vec<Cost>, Cost), RowError> {
    let between = |from: Timestamp, until: Timestamp, name: &str| {
        let mut sums = connection.prepare_cached(BETWEEN)?;
        sums.query_row(params![from.0, until.0], |row| cost(row, name.to_owned()))
    };
    let lines = match by {
        CostBy::Model => lines(connection, BY_MODEL, since, |row| row.get(SUMS))?,
        CostBy::Feature => lines(connection, BY_FEATURE, since, |row| row.get(SUMS))?,
        CostBy::Session => lines(connection, BY_SESSION, since, session)?,
        CostBy::Spans(spans) => {
            let lines = spans.iter().map(|(name, begin, end)| between((*begin).max(since), *end, name));
            lines.collect::<Result<_, _>>()?
        }
    };
    Ok((lines, between(since, Timestamp(i64::MAX), "total")?))
}

fn lines(
    connection: &Connection,
    sql: &str,
    since: Timestamp,
    name: impl Fn(&Row<'_>) -> rusqlite::Result<String>,
) -> Result<Vec<Cost>, RowError> {
    let mut statement = connection.prepare_cached(sql)?;
    let lines = statement.query_map([since.0], |row| cost(row, name(row)?))?;
    let mut lines = lines.collect::<Result<Vec<_>, _>>()?;
    lines.sort_by(|one, other| other.cost.cmp(&one.cost).then_with(|| one.name.cmp(&other.name)));
    Ok(lines)
}

/// `telegram:42 #7`.
fn session(row: &Row<'_>) -> rusqlite::Result<String> {
    let Some(session) = row.get::<_, Option<i64>>(SUMS)? else { return Ok("(background)".into()) };
    let conversation =
        Conversation { channel: row.get(SUMS + 1)?, chat: row.get(SUMS + 2)?, thread: row.get(SUMS + 3)? };
    Ok(format!("{conversation} #{session}"))
}

fn cost(row: &Row<'_>, name: String) -> rusqlite::Result<Cost> {
    Ok(Cost {
        name,
        calls: count(row, 0)?,
        usage: usage(row, 1)?,
        cost: NanoUsd(row.get(6)?),
        estimated: NanoUsd(row.get(7)?),
        overhead: count(row, 8)?,
    })
}
