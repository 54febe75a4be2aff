// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{
    Fixture, accept, call, chat, claim, enter, fresh, limit, message, number, reservation, reserve,
};
use blufio_core::ids::{ReservationId, SessionId};
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::storage::{
    CallRecord, Feature, Ledger, Limit, Queue, Reservation, Reserved, Scope, Sessions, Standing, StorageError,
};
use blufio_core::time::Timestamp;

const HOUR: i64 = 60 * 60 * 1000;

async fn standing(f: &Fixture, limit: &Limit) -> Standing {
    f.store.standings(std::slice::from_ref(limit)).await.unwrap().remove(0)
}

#[tokio::test]
async fn what_is_reserved_has_no_room_for_others_until_it_is_settled() {
    let f = fresh();
    let daily = limit(Scope::Agent, 100);
    let ask = |worst| reservation(Feature::Turn, worst, vec![daily.clone()]);
    let first = reserve(&f.store, ask(60), 1).await;
    let refused = f.store.reserve(ask(41), Timestamp(2)).await.unwrap();
    let expected =
        Standing { limit: daily.clone(), raised: NanoUsd(0), spent: NanoUsd(0), reserved: NanoUsd(60) };
    assert_eq!(refused, Reserved::Refused(expected.clone()));
    assert_eq!(standing(&f, &daily).await, expected, "nothing is reserved by a refusal");
    // Exactly what is left fits.
    let second = reserve(&f.store, ask(40), 3).await;
    f.store.settle_call(first, Some(call(Feature::Turn, 25, 4))).await.unwrap();
    f.store.settle_call(second, None).await.unwrap();
    let after = standing(&f, &daily).await;
    assert_eq!((after.spent, after.reserved), (NanoUsd(25), NanoUsd(0)));
    assert_eq!(number(&f.store, "SELECT count(*) FROM ledger").await, 1, "what used nothing is not entered");
    reserve(&f.store, ask(75), 5).await;
}

#[tokio::test]
async fn a_call_has_to_fit_into_every_limit_and_the_first_that_is_full_is_told() {
    let f = fresh();
    let session = f.store.session(&chat(1), Timestamp(1)).await.unwrap();
    let named = |name: &str, scope, value| Limit { name: name.into(), ..limit(scope, value) };
    let daily = named("daily", Scope::Agent, 100);
    let monthly = named("monthly", Scope::Agent, 50);
    let of_session = named("session", Scope::Session(session), 40);
    let ask = |worst| Reservation {
        session: Some(session),
        ..reservation(Feature::Turn, worst, vec![daily.clone(), monthly.clone(), of_session.clone()])
    };
    for (worst, full) in [(101, "daily"), (51, "monthly"), (41, "session")] {
        match f.store.reserve(ask(worst), Timestamp(1)).await.unwrap() {
            Reserved::Refused(standing) => assert_eq!(standing.limit.name, full),
            Reserved::Granted(_) => panic!("{worst} fits"),
        }
    }
    assert_eq!(number(&f.store, "SELECT count(*) FROM reservations").await, 0);
    reserve(&f.store, ask(40), 1).await;
}

#[tokio::test]
async fn each_scope_counts_its_own_calls() {
    let f = fresh();
    let one = f.store.session(&chat(1), Timestamp(1)).await.unwrap();
    let two = f.store.session(&chat(2), Timestamp(1)).await.unwrap();
    enter(&f.store, Some(one), call(Feature::Turn, 1, 10)).await;
    enter(&f.store, Some(one), call(Feature::Compaction, 20, 10)).await;
    enter(&f.store, Some(two), call(Feature::ToolLoop, 300, 10)).await;
    enter(&f.store, None, call(Feature::Heartbeat, 4_000, 10)).await;
    reserve(&f.store, Reservation { session: Some(one), ..reservation(Feature::Turn, 5, vec![]) }, 10).await;
    reserve(&f.store, reservation(Feature::Heartbeat, 60, vec![]), 10).await;
    let scopes = [Scope::Agent, Scope::Background, Scope::Session(one), Scope::Session(two)];
    let limits = scopes.map(|scope| limit(scope, 1));
    let standings = f.store.standings(&limits).await.unwrap();
    let told: Vec<_> = standings.iter().map(|standing| (standing.spent.0, standing.reserved.0)).collect();
    assert_eq!(told, [(4_321, 65), (4_000, 60), (21, 5), (300, 0)]);
    assert!(standings.iter().zip(&limits).all(|(standing, limit)| standing.limit == *limit));
}

#[tokio::test]
async fn a_period_counts_from_its_begin_to_before_its_end() {
    let f = fresh();
    for (cost, at) in [(1, HOUR - 1), (20, HOUR), (300, 2 * HOUR - 1), (4_000, 2 * HOUR)] {
        enter(&f.store, None, call(Feature::Turn, cost, at)).await;
    }
    let hour = Limit { from: Timestamp(HOUR), until: Some(Timestamp(2 * HOUR)), ..limit(Scope::Agent, 1) };
    assert_eq!(standing(&f, &hour).await.spent, NanoUsd(320));
    let open = Limit { until: None, ..hour.clone() };
    assert_eq!(standing(&f, &open).await.spent, NanoUsd(4_320));
    let odd = Limit { from: Timestamp(HOUR + 1), until: Some(Timestamp(2 * HOUR + 1)), ..hour };
    assert_eq!(standing(&f, &odd).await.spent, NanoUsd(4_300));
}

#[tokio::test]
async fn a_raise_holds_for_its_period_and_raises_add_up() {
    let f = fresh();
    let today = limit(Scope::Agent, 100);
    let tomorrow = Limit { from: Timestamp(24 * HOUR), ..today.clone() };
    let monthly = Limit { name: "monthly".into(), ..today.clone() };
    f.store.raise(&today, NanoUsd(30), Timestamp(1)).await.unwrap();
    f.store.raise(&today, NanoUsd(20), Timestamp(2)).await.unwrap();
    let standings = f.store.standings(&[today.clone(), tomorrow, monthly]).await.unwrap();
    let raised: Vec<_> = standings.iter().map(|standing| standing.raised.0).collect();
    assert_eq!(raised, [50, 0, 0]);
    reserve(&f.store, reservation(Feature::Turn, 150, vec![today.clone()]), 3).await;
    // A configured value that changes does not lose the raise.
    let lowered = Limit { value: NanoUsd(10), ..today.clone() };
    assert_eq!(standing(&f, &lowered).await.allowed(), NanoUsd(60));
    for wrong in [0, -1, i64::MAX] {
        let refused = f.store.raise(&today, NanoUsd(wrong), Timestamp(3)).await;
        assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{wrong}: {refused:?}");
    }
    assert_eq!(standing(&f, &today).await.raised, NanoUsd(50));
}

#[tokio::test]
async fn a_session_is_one_period_whatever_begin_is_given() {
    let f = fresh();
    let session = f.store.session(&chat(1), Timestamp(1)).await.unwrap();
    enter(&f.store, Some(session), call(Feature::Turn, 7, 10)).await;
    let at_first = limit(Scope::Session(session), 100);
    f.store.raise(&at_first, NanoUsd(30), Timestamp(1)).await.unwrap();
    let later = Limit { from: Timestamp(99 * HOUR), ..at_first.clone() };
    let later = standing(&f, &later).await;
    assert_eq!((later.raised, later.spent), (NanoUsd(30), NanoUsd(7)));
    let other = limit(Scope::Session(SessionId(99)), 100);
    assert_eq!(standing(&f, &other).await.raised, NanoUsd(0));
}

#[tokio::test]
async fn a_reservation_ends_once() {
    let f = fresh();
    let id = reserve(&f.store, reservation(Feature::Turn, 10, vec![]), 1).await;
    f.store.settle_call(id, Some(call(Feature::Turn, 3, 2))).await.unwrap();
    for id in [id, ReservationId(99)] {
        let refused = f.store.settle_call(id, Some(call(Feature::Turn, 3, 2))).await.unwrap_err();
        assert!(refused.to_string().contains("is not open"), "{refused}");
    }
    assert_eq!(standing(&f, &limit(Scope::Agent, 1)).await.spent, NanoUsd(3));
}

#[tokio::test]
async fn nothing_can_make_room_by_costing_less_than_nothing_or_without_measure() {
    let f = fresh();
    for worst in [-1, i64::MIN, i64::MAX] {
        let refused = f.store.reserve(reservation(Feature::Turn, worst, vec![]), Timestamp(1)).await;
        assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{worst}: {refused:?}");
    }
    let id = reserve(&f.store, reservation(Feature::Turn, 10, vec![]), 1).await;
    f.store.settle_call(id, Some(call(Feature::Turn, -1, 2))).await.unwrap_err();
    assert_eq!(standing(&f, &limit(Scope::Agent, 1)).await.reserved, NanoUsd(10), "it stands");
    // A garbled count is entered, at a bound, and does not make the sums useless.
    let usage = Usage { input: u64::MAX, output: u64::MAX, ..Usage::default() };
    for _ in 0..3 {
        let garbled = CallRecord { usage, overhead: u64::MAX, ..call(Feature::Turn, i64::MAX, 2) };
        let id = reserve(&f.store, reservation(Feature::Turn, 10, vec![]), 1).await;
        f.store.settle_call(id, Some(garbled)).await.unwrap();
    }
    assert_eq!(standing(&f, &limit(Scope::Agent, 1)).await.spent, NanoUsd(3_000_000_000_000_000));
    let (_, total) = f.store.costs(Timestamp(0), blufio_core::storage::CostBy::Model).await.unwrap();
    assert_eq!((total.calls, total.usage.input), (3, 3_000_000_000_000));
}

#[tokio::test]
async fn after_a_start_what_was_reserved_is_entered_at_its_worst() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 1).await;
    let turn = claim(&f.store, 1, 1).await.unwrap();
    let session = f.store.session(&chat(1), Timestamp(1)).await.unwrap();
    let of_turn = Reservation {
        turn: Some(turn.id),
        session: Some(session),
        ..reservation(Feature::ToolLoop, 70, vec![])
    };
    reserve(&f.store, of_turn, 5).await;
    reserve(&f.store, reservation(Feature::Heartbeat, 8, vec![]), 6).await;
    f.store.close();
    let store = crate::Store::open(&f.path, crate::StoreOptions::default()).unwrap();
    let limits = [Scope::Agent, Scope::Background, Scope::Session(session)].map(|scope| limit(scope, 100));
    let stands = |standings: Vec<Standing>| -> Vec<_> {
        standings.iter().map(|standing| (standing.spent.0, standing.reserved.0)).collect()
    };
    assert_eq!(stands(store.standings(&limits).await.unwrap()), [(0, 78), (0, 8), (0, 70)]);
    assert_eq!(store.recover(Timestamp(20)).await.unwrap(), 1);
    assert_eq!(store.recover(Timestamp(30)).await.unwrap(), 0);
    assert_eq!(stands(store.standings(&limits).await.unwrap()), [(78, 0), (8, 0), (70, 0)]);
    let calls = store.read(move |connection| crate::ledger::calls_of(connection, turn.id)).await.unwrap();
    let expected = CallRecord {
        class: "interrupted".into(),
        usage: Usage::default(),
        overhead: 0,
        took_ms: 0,
        ..call(Feature::ToolLoop, 70, 20)
    };
    assert_eq!(calls, [expected]);
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let f = fresh();
    let daily = limit(Scope::Agent, 100);
    enter(&f.store, None, call(Feature::Turn, 90, 1)).await;
    f.store.raise(&daily, NanoUsd(5), Timestamp(2)).await.unwrap();
    let before = standing(&f, &daily).await;
    f.store.close();
    let store = crate::Store::open(&f.path, crate::StoreOptions::default()).unwrap();
    assert_eq!(store.standings(&[daily]).await.unwrap(), [before]);
}
