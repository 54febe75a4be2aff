// SPDX-License-Identifier: MIT OR Apache-2.0
//! Processes that die, start often, or have a clock that is set.

use super::*;

#[tokio::test]
async fn starting_often_does_not_make_more_beats() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    vigil.tick().await;
    for _ in 0..20 {
        vigil.restart().await;
        vigil.walk(MINUTE, MINUTE).await;
    }
    assert_eq!(vigil.world.looks(), 1);
    vigil.walk(10 * MINUTE, MINUTE).await;
    assert_eq!(vigil.world.looks(), 2);
}

#[tokio::test]
async fn a_restart_between_beats_forgets_nothing() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    changes_at(&vigil, berlin("2026-11-01T01:00"));
    repeats(&vigil);
    vigil.walk(50 * MINUTE, 10 * MINUTE).await;
    vigil.restart().await;
    vigil.walk(50 * MINUTE, 10 * MINUTE).await;
    vigil.restart().await;
    vigil.walk(DAY, 10 * MINUTE).await;
    assert_eq!((vigil.told(), vigil.model.calls()), (vec!["The list is new.".to_owned()], 1));
}

#[tokio::test]
async fn a_clock_that_is_set_back_by_a_year_does_not_end_it() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    vigil.walk(HOUR, HALF_AN_HOUR).await;
    let looks = vigil.world.looks();
    vigil.set(berlin("2025-11-01T00:00"));
    vigil.walk(HOUR, MINUTE).await;
    assert_eq!(vigil.world.looks(), looks + 2);
}

#[tokio::test]
async fn a_process_that_dies_anywhere_in_a_beat_tells_once_and_loses_nothing() {
    let change = berlin("2026-11-01T01:00");
    for writes in 0.. {
        let mut vigil = from("2026-11-01T00:30", |_| {}).await;
        changes_at(&vigil, change);
        repeats(&vigil);
        vigil.tick().await;
        vigil.set(change);
        let died = vigil.die_after(writes).await;
        let calls = vigil.model.calls();
        vigil.walk(DAY, HALF_AN_HOUR).await;
        assert_eq!(vigil.told(), ["The list is new."], "died after {writes} writes, {calls} calls by then");
        assert!(vigil.model.calls() <= calls + 1, "died after {writes} writes");
        let standing = vigil.store.costs(Timestamp(0), CostBy::Feature).await.unwrap().1;
        // One more where the process died behind the reservation and before the call.
        assert!(standing.calls as usize >= vigil.model.calls(), "every call is in the ledger");
        if !died {
            assert!(writes > 4, "it was caught at many places");
            break;
        }
    }
}

#[tokio::test]
async fn a_beat_that_kills_the_process_each_time_is_not_paid_for_without_end() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    vigil.tick().await;
    changes_at(&vigil, berlin("2026-11-01T00:10"));
    for _ in 0..50 {
        vigil.set(vigil.now().after(HALF_AN_HOUR));
        // Dies as soon as the model is asked.
        let before = vigil.model.calls();
        let agent = Arc::clone(&vigil.agent);
        let now = vigil.now();
        tokio::select! {
            biased;
            () = async { while vigil.model.calls() == before { tokio::task::yield_now().await; } } => {}
            () = agent.tick(now) => {}
        }
        drop(agent);
        vigil.restart().await;
    }
    vigil.tick().await;
    assert_eq!(vigil.model.calls(), 5);
    let told = vigil.told();
    assert!(told.len() == 1 && told[0].contains(LIST), "{told:?}");
}

#[tokio::test]
async fn two_that_look_at_the_same_time_ask_once() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    changes_at(&vigil, berlin("2026-11-01T00:10"));
    repeats(&vigil);
    vigil.tick().await;
    vigil.set(vigil.now().after(HALF_AN_HOUR));
    let now = vigil.now();
    futures_util::future::join_all((0..8).map(|_| vigil.agent.tick(now))).await;
    vigil.tick().await;
    assert_eq!((vigil.told(), vigil.model.calls()), (vec!["The list is new.".to_owned()], 1));
}
