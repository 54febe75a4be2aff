// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{
    accept, call, chat, claim, fresh, message, number, reservation, reserve, settle,
};
use blufio_core::ids::{QueueId, SessionId};
use blufio_core::storage::{Feature, Ledger, Queue, Reservation, Sessions, StorageError};
use blufio_core::time::Timestamp;

#[tokio::test]
async fn a_call_is_entered_as_it_was_under_the_turn_and_session_of_its_reservation() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 1).await;
    let turn = claim(&f.store, 1, 1).await.unwrap().id;
    let session = f.store.session(&chat(1), Timestamp(1)).await.unwrap();
    let mut entered = Vec::new();
    for (at, feature) in (10..).zip(Feature::ALL) {
        let of_turn =
            Reservation { turn: Some(turn), session: Some(session), ..reservation(feature, 50, vec![]) };
        let id = reserve(&f.store, of_turn, at).await;
        entered.push(call(feature, 40 + at, at));
        f.store.settle_call(id, entered.last().cloned()).await.unwrap();
    }
    // What it cost is known before the turn ends, and stays when it is taken up again.
    assert_eq!(f.store.recover(Timestamp(20)).await.unwrap(), 1);
    let again = claim(&f.store, 1, 21).await.unwrap();
    settle(&f.store, again.id, 22).await;
    let calls = f.store.read(move |connection| super::calls_of(connection, turn)).await.unwrap();
    assert_eq!(calls, entered);
    let rows = number(&f.store, "SELECT count(*) FROM ledger WHERE session = 1").await;
    assert_eq!(usize::try_from(rows), Ok(Feature::ALL.len()));
}

#[tokio::test]
async fn a_call_belongs_to_a_turn_and_a_session_that_are_there_or_to_none() {
    let f = fresh();
    reserve(&f.store, reservation(Feature::Heartbeat, 1, vec![]), 1).await;
    let plain = || reservation(Feature::Turn, 1, vec![]);
    for wrong in [
        Reservation { turn: Some(QueueId(99)), ..plain() },
        Reservation { session: Some(SessionId(99)), ..plain() },
    ] {
        let refused = f.store.reserve(wrong, Timestamp(1)).await;
        assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{refused:?}");
    }
}
