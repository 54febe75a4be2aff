// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::behaviour::fixture::{call, limit, reservation};
use crate::{budget, ledger, migrations};
use blufio_core::storage::{Feature, Limit, Reserved};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A database without files, with two sessions.
fn in_memory() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    migrations::STEPS.iter().for_each(|step| connection.execute_batch(step).unwrap());
    connection
        .execute_batch(
            "INSERT INTO sessions (channel, chat, thread, started_at) VALUES ('t', '1', '', 0), ('t', '2', '', 0)",
        )
        .unwrap();
    connection
}

#[derive(Clone, Debug)]
struct Entry {
    heartbeat: bool,
    session: Option<i64>,
    cost: i64,
    at: i64,
}

/// Around the begin of time and around begins of quarter hours; in any order, since clocks are set.
fn instant() -> impl Strategy<Value = i64> {
    (-3..6_i64, prop_oneof![Just(0), Just(1), Just(-1), 0..QUARTER])
        .prop_map(|(quarter, within)| quarter * QUARTER + within)
}

fn entry() -> impl Strategy<Value = Entry> {
    (any::<bool>(), prop::option::of(1..=2_i64), 0..1_000_000_i64, instant())
        .prop_map(|(heartbeat, session, cost, at)| Entry { heartbeat, session, cost, at })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn running_totals_are_what_the_rows_add_up_to(
        entries in prop::collection::vec(entry(), 0..40),
        periods in prop::collection::vec((instant(), prop::option::of(instant())), 1..12),
    ) {
        let connection = in_memory();
        for Entry { heartbeat, session, cost, at } in &entries {
            let feature = if *heartbeat { Feature::Heartbeat } else { Feature::Turn };
            ledger::enter(&connection, None, session.map(SessionId), &call(feature, *cost, *at)).unwrap();
        }
        let exactly = |wanted: &dyn Fn(&Entry) -> bool| {
            NanoUsd(entries.iter().filter(|entry| wanted(entry)).map(|entry| entry.cost).sum())
        };
        for (from, until) in periods {
            let within = |entry: &Entry| entry.at >= from && until.is_none_or(|until| entry.at < until);
            let spent = |scope| spent(&connection, scope, Timestamp(from), until.map(Timestamp)).unwrap();
            prop_assert_eq!(spent(Scope::Agent), exactly(&within));
            prop_assert_eq!(spent(Scope::Background), exactly(&|entry| entry.heartbeat && within(entry)));
            for session in [1, 2] {
                let of_session = exactly(&|entry| entry.session == Some(session));
                prop_assert_eq!(spent(Scope::Session(SessionId(session))), of_session);
            }
        }
    }
}

#[test]
fn nothing_was_spent_by_a_session_that_is_not_there() {
    let scope = Scope::Session(SessionId(99));
    assert_eq!(spent(&in_memory(), scope, Timestamp(0), None).unwrap(), NanoUsd(0));
}

/// Steps of SQLite's machine that a reservation and its entry take: work, without a clock.
fn steps_of_a_call(connection: &Connection, now: i64) -> usize {
    let steps = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&steps);
    connection
        .progress_handler(
            1,
            Some(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                false
            }),
        )
        .unwrap();
    let month = |scope| Limit { from: Timestamp(0), ..limit(scope, i64::MAX) };
    let day = |scope| Limit { from: Timestamp(now - now % (96 * QUARTER)), ..limit(scope, i64::MAX) };
    let limits = vec![
        day(Scope::Agent),
        month(Scope::Agent),
        month(Scope::Background),
        month(Scope::Session(SessionId(1))),
    ];
    let asked = reservation(Feature::Heartbeat, 1, limits);
    let Reserved::Granted(id) = budget::reserve(connection, &asked, Timestamp(now)).unwrap() else {
        panic!("refused")
    };
    budget::settle(connection, id, Some(&call(Feature::Heartbeat, 1, now))).unwrap();
    connection.progress_handler(0, None::<fn() -> bool>).unwrap();
    steps.load(Ordering::Relaxed)
}

#[test]
fn a_hundred_thousand_calls_in_the_ledger_make_the_next_one_no_slower() {
    const CALLS: i64 = 100_000;
    const MONTH: i64 = 30 * 96 * QUARTER;
    let connection = in_memory();
    steps_of_a_call(&connection, 0);
    let at_first = steps_of_a_call(&connection, 0);
    // As many rows as a busy month makes, in every quarter hour of it.
    connection
        .execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO ledger (feature, session, intended, model, class, price_version, input_tokens, output_tokens,
                 cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cost_nano_usd, overhead_tokens,
                 took_ms, at)
             SELECT 'turn', 1, 'm', 'm', 'ok', '', 1, 1, 1, 1, 1, 1, 1, 1, i * ?2 / ?1 FROM n",
            [CALLS, MONTH],
        )
        .unwrap();
    connection
        .execute(
            "INSERT INTO spending SELECT quarter + ?1, 2 + sum(count(*)) OVER (ORDER BY quarter), 2
             FROM (SELECT at / ?1 * ?1 AS quarter FROM ledger) GROUP BY quarter",
            [QUARTER],
        )
        .unwrap();
    let rows: i64 = connection.query_row("SELECT count(*) FROM spending", [], |row| row.get(0)).unwrap();
    assert!(rows > 2_800, "{rows}");
    let later = steps_of_a_call(&connection, MONTH + QUARTER);
    assert!(later <= at_first + 50, "{at_first} steps at first, {later} later");
}
