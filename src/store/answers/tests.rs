// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::Store;
use crate::behaviour::fixture::{
    accept, call, chat, claim, fresh, message, reservation, reserve, settlement,
};
use blufio_core::ids::{QueueId, SessionId};
use blufio_core::route::{Decision, Route};
use blufio_core::storage::{Answer, Feature, Ledger, Queue, Reservation, Sessions, Settlement};
use blufio_core::time::Timestamp;

fn decision(why: &str) -> Decision {
    Decision {
        route: Route::Deep,
        reasons: vec![why.into(), "a \"proof\" is asked for".into()],
        model: "deep-model".into(),
        answered_by: Some("some-model".into()),
        memories: vec!["Ada likes trains".into()],
    }
}

/// Answers a message of `chat_name` that came at `at`, ten milliseconds later.
async fn answer(store: &Store, chat_name: u32, why: &str, at: i64) -> (QueueId, SessionId) {
    accept(store, vec![message(chat_name, why)], at).await;
    let turn = claim(store, chat_name, at).await.unwrap().id;
    let session = store.session(&chat(chat_name), Timestamp(at)).await.unwrap();
    for feature in [Feature::Turn, Feature::ToolLoop] {
        let of_turn =
            Reservation { turn: Some(turn), session: Some(session), ..reservation(feature, 9, vec![]) };
        let id = reserve(store, of_turn, at).await;
        store.settle_call(id, Some(call(feature, 5, at + 7))).await.unwrap();
    }
    let end = Settlement { session: Some(session), decision: Some(decision(why)), ..settlement(turn) };
    store.settle(end, Timestamp(at + 10)).await.unwrap();
    (turn, session)
}

fn whys(answers: &[Answer]) -> Vec<&str> {
    answers.iter().map(|answer| answer.decision.reasons[0].as_str()).collect()
}

#[tokio::test]
async fn an_answer_comes_back_with_all_that_is_known_of_it() {
    let f = fresh();
    let (turn, _) = answer(&f.store, 1, "a", 100).await;
    let expected = Answer {
        turn,
        conversation: chat(1),
        decision: decision("a"),
        calls: vec![call(Feature::Turn, 5, 107), call(Feature::ToolLoop, 5, 107)],
        took_ms: 10,
        at: Timestamp(110),
    };
    assert_eq!(f.store.answers(None, 9).await.unwrap(), [expected]);
}

#[tokio::test]
async fn the_newest_answers_are_told_oldest_first() {
    let f = fresh();
    for (chat_name, why, at) in [(1, "a", 100), (2, "b", 200), (1, "c", 300), (1, "d", 50)] {
        answer(&f.store, chat_name, why, at).await;
    }
    // A turn without a decision is no answer.
    accept(&f.store, vec![message(1, "/help")], 400).await;
    let command = claim(&f.store, 1, 400).await.unwrap();
    f.store.settle(settlement(command.id), Timestamp(401)).await.unwrap();
    assert_eq!(
        whys(&f.store.answers(None, 9).await.unwrap()),
        ["a", "b", "c", "d"],
        "also when the clock was set back"
    );
    assert_eq!(whys(&f.store.answers(None, 2).await.unwrap()), ["c", "d"]);
    assert_eq!(whys(&f.store.answers(Some(&chat(1)), 2).await.unwrap()), ["c", "d"]);
    assert_eq!(whys(&f.store.answers(Some(&chat(2)), 9).await.unwrap()), ["b"]);
    assert_eq!(f.store.answers(Some(&chat(3)), 9).await.unwrap(), []);
    assert_eq!(f.store.answers(None, 0).await.unwrap(), []);
}

#[tokio::test]
async fn a_session_knows_what_was_decided_for_its_last_answers() {
    let f = fresh();
    let (_, session) = answer(&f.store, 1, "a", 100).await;
    answer(&f.store, 2, "b", 150).await;
    answer(&f.store, 1, "c", 200).await;
    let expected = [(decision("a"), Timestamp(110)), (decision("c"), Timestamp(210))];
    assert_eq!(f.store.decisions(session, 9).await.unwrap(), expected);
    assert_eq!(f.store.decisions(session, 1).await.unwrap(), expected[1..]);
    assert_eq!(f.store.decisions(SessionId(99), 9).await.unwrap(), []);
}
