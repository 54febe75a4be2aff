// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ledger: one row for each attempt of a call that used something. Rows are entered when a call ends, and are
//! never changed or dropped. What periods have spent is in [`crate::spending`], what may be spent in [`crate::budget`].
//!
//! An entry is not flushed by itself: the settlement of its turn, or any other flushed write, makes it durable.

use crate::columns::to_integer;
use crate::error::RowError;
use crate::store::Store;
use crate::writer::Durability;
use crate::{answers, budget, costs, spending};
use async_trait::async_trait;
use blufio_core::ids::{Conversation, QueueId, ReservationId, SessionId};
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::storage::{
    Answer, CallRecord, Cost, CostBy, Feature, Ledger, Limit, Reservation, Reserved, Standing, StorageError,
};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, Row, params};

#[cfg(test)]
mod tests;

/// Class of a call whose end nobody saw.
pub(crate) const INTERRUPTED: &str = "interrupted";

/// A million dollars. No call costs more; a record that says so has miscounted, and must not make sums overflow.
pub(crate) const MOST: NanoUsd = NanoUsd(1_000_000_000_000_000);
/// The same for a number of tokens.
const MOST_TOKENS: u64 = 1_000_000_000_000;

const ENTER: &str = "INSERT INTO ledger
    (feature, turn, session, intended, model, class, price_version, input_tokens, output_tokens, cache_read_tokens,
     cache_write_5m_tokens, cache_write_1h_tokens, cost_nano_usd, overhead_tokens, took_ms, at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";

pub(crate) const CALLS_OF_TURN: &str = "SELECT feature, intended, model, class, price_version, input_tokens,
        output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cost_nano_usd,
        overhead_tokens, took_ms, at
    FROM ledger INDEXED BY ledger_of_turn WHERE turn = ?1 ORDER BY id";

#[async_trait]
impl Ledger for Store {
    async fn reserve(&self, reservation: Reservation, now: Timestamp) -> Result<Reserved, StorageError> {
        self.write(Durability::Later, move |connection| budget::reserve(connection, &reservation, now)).await
    }

    async fn settle_call(&self, id: ReservationId, record: Option<CallRecord>) -> Result<(), StorageError> {
        self.write(Durability::Later, move |connection| budget::settle(connection, id, record.as_ref())).await
    }

    async fn standings(&self, limits: &[Limit]) -> Result<Vec<Standing>, StorageError> {
        let limits = limits.to_vec();
        self.read(move |connection| limits.iter().map(|limit| budget::standing(connection, limit)).collect())
            .await
    }

    async fn raise(&self, limit: &Limit, by: NanoUsd, now: Timestamp) -> Result<(), StorageError> {
        let limit = limit.clone();
        self.write(Durability::Now, move |connection| budget::raise(connection, &limit, by, now)).await
    }

    async fn costs(&self, since: Timestamp, by: CostBy) -> Result<(Vec<Cost>, Cost), StorageError> {
        self.read(move |connection| costs::read(connection, since, &by)).await
    }

    async fn answers(
        &self,
        conversation: Option<&Conversation>,
        limit: usize,
    ) -> Result<Vec<Answer>, StorageError> {
        let conversation = conversation.cloned();
        self.read(move |connection| answers::read(connection, conversation.as_ref(), limit)).await
    }
}

/// Enters a call and adds it to what was spent.
pub(crate) fn enter(
    connection: &Connection,
    turn: Option<QueueId>,
    session: Option<SessionId>,
    call: &CallRecord,
) -> Result<(), RowError> {
    let CallRecord { feature, intended, model, class, price_version, usage, cost, overhead, took_ms, at } =
        call;
    let cost = (*cost).min(MOST);
    let tokens = |count: u64| to_integer(count.min(MOST_TOKENS));
    connection.prepare_cached(ENTER)?.execute(params![
        feature.name(),
        turn.map(|turn| turn.0),
        session.map(|session| session.0),
        intended,
        model,
        class,
        price_version,
        tokens(usage.input),
        tokens(usage.output),
        tokens(usage.cache_read),
        tokens(usage.cache_write_5m),
        tokens(usage.cache_write_1h),
        cost.0,
        tokens(*overhead),
        to_integer(*took_ms),
        at.0,
    ])?;
    spending::add(connection, session, *feature == Feature::Heartbeat, cost, *at)
}

/// The calls that a turn took, oldest first.
pub(crate) fn calls_of(connection: &Connection, turn: QueueId) -> Result<Vec<CallRecord>, RowError> {
    let mut calls = connection.prepare_cached(CALLS_OF_TURN)?;
    let mut rows = calls.query([turn.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(CallRecord {
            feature: feature(&row.get::<_, String>(0)?)?,
            intended: row.get(1)?,
            model: row.get(2)?,
            class: row.get(3)?,
            price_version: row.get(4)?,
            usage: usage(row, 5)?,
            cost: NanoUsd(row.get(10)?),
            overhead: count(row, 11)?,
            took_ms: count(row, 12)?,
            at: Timestamp(row.get(13)?),
        });
    }
    Ok(found)
}

/// The feature of a row.
pub(crate) fn feature(name: &str) -> Result<Feature, RowError> {
    Feature::ALL
        .into_iter()
        .find(|feature| feature.name() == name)
        .ok_or_else(|| RowError::Refused(format!("the ledger has the unknown feature {name:?}")))
}

/// The five columns of tokens, of which the first is at `column`.
pub(crate) fn usage(row: &Row<'_>, column: usize) -> rusqlite::Result<Usage> {
    Ok(Usage {
        input: count(row, column)?,
        output: count(row, column + 1)?,
        cache_read: count(row, column + 2)?,
        cache_write_5m: count(row, column + 3)?,
        cache_write_1h: count(row, column + 4)?,
    })
}

/// A count, which is never negative.
pub(crate) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}
