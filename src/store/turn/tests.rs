// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{
    accept, call, chat, claim, enter, fresh, here, message, number, postponement, settlement,
};
use blufio_core::ids::{JobId, NoticeId};
use blufio_core::route::Decision;
use blufio_core::storage::{
    Background, Feature, How, Jobs, NewJob, Once, Queue, Sessions, Settlement, Telling,
};
use blufio_core::time::Timestamp;
use serde_json::json;

#[tokio::test]
async fn what_is_said_once_is_said_once() {
    let f = fresh();
    let once = |key: &str| Once { key: key.into(), outbox: vec![json!(key)] };
    accept(&f.store, vec![message(1, "a"), message(2, "b"), message(2, "c")], 10).await;
    for (chat_name, keys) in [(1, vec!["today", "today"]), (2, vec!["today"]), (2, vec!["tomorrow", "today"])]
    {
        let turn = claim(&f.store, chat_name, 10).await.unwrap();
        let once = keys.into_iter().map(once).collect();
        let end = Settlement { outbox: vec![json!("answer")], once, ..settlement(turn.id) };
        f.store.settle(end, Timestamp(11)).await.unwrap();
    }
    let sent = f
        .store
        .read(|connection| {
            let mut all = connection.prepare("SELECT payload, turn FROM outbox ORDER BY id")?;
            let rows =
                all.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?)))?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })
        .await
        .unwrap();
    let sent: Vec<_> = sent.iter().map(|(payload, turn)| (payload.as_str(), *turn)).collect();
    let answer = "\"answer\"";
    assert_eq!(
        sent,
        [
            (answer, Some(1)),
            ("\"today\"", None),
            (answer, Some(2)),
            (answer, Some(3)),
            ("\"tomorrow\"", None)
        ]
    );
}

#[tokio::test]
async fn a_settlement_that_fails_has_said_nothing_once_and_told_no_notice() {
    let f = fresh();
    let notice = How::WithNext { text: "one".into() };
    let notice = Telling { conversation: chat(1), how: notice, notes: vec![] };
    f.store.tell(notice, Timestamp(10)).await.unwrap();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let turn = claim(&f.store, 1, 10).await.unwrap();
    let once = vec![Once { key: "k".into(), outbox: vec![json!("x")] }];
    let end = Settlement { once, told: vec![NoticeId(1)], ..settlement(turn.id) };
    let strangers = f.store.session(&chat(2), Timestamp(10)).await.unwrap();
    f.store.settle(Settlement { session: Some(strangers), ..end.clone() }, Timestamp(11)).await.unwrap_err();
    assert_eq!(f.store.notices(&chat(1)).await.unwrap().len(), 1);
    f.store.settle(end, Timestamp(12)).await.unwrap();
    assert_eq!(number(&f.store, "SELECT count(*) FROM outbox").await, 1);
    assert!(f.store.notices(&chat(1)).await.unwrap().is_empty());
}

#[tokio::test]
async fn messages_that_wait_for_money_are_due_once_there_is_some() {
    let f = fresh();
    for (chat_name, reason) in [(1, "budget: daily"), (2, "budget: session"), (3, "Budget"), (4, "away")] {
        accept(&f.store, vec![message(chat_name, chat_name)], 10).await;
        let turn = claim(&f.store, chat_name, 10).await.unwrap();
        let mut later = postponement(turn.id, 1_000);
        later.reason = reason.into();
        later.turn.told = true;
        f.store.postpone(later, Timestamp(11)).await.unwrap();
    }
    accept(&f.store, vec![message(5, 5)], 10).await;
    assert_eq!(f.store.release("budget:", Timestamp(12)).await.unwrap(), 2);
    assert_eq!(f.store.release("budget:", Timestamp(13)).await.unwrap(), 0, "they are due already");
    let (due, next) = f.store.due(Timestamp(13), &here(), &[], 9).await.unwrap();
    assert_eq!((due, next), (vec![chat(1), chat(2), chat(5)], Some(Timestamp(1_000))));
    assert!(claim(&f.store, 1, 13).await.unwrap().turn.told, "its progress is kept");
    assert_eq!(f.store.release("%", Timestamp(13)).await.unwrap(), 0, "no pattern");
}

#[tokio::test]
async fn traces_of_what_is_over_go_after_a_year_and_the_ledger_stays() {
    const YEAR: i64 = 366 * 24 * 60 * 60 * 1000;
    let f = fresh();
    enter(&f.store, None, call(Feature::Turn, 5, 10)).await;
    for key in ["closed", "open"] {
        let job = NewJob { key: key.into(), conversation: chat(1), text: key.into(), due: None };
        f.store.add_job(job, Timestamp(10)).await.unwrap();
        let telling =
            Telling { conversation: chat(1), how: How::WithNext { text: key.into() }, notes: vec![] };
        f.store.tell(telling, Timestamp(10)).await.unwrap();
    }
    f.store.close_job(&chat(1), JobId(1), Timestamp(10)).await.unwrap();
    let counts = || async {
        let count = |sql| number(&f.store, sql);
        [
            count("SELECT count(*) FROM jobs").await,
            count("SELECT count(*) FROM notices").await,
            count("SELECT count(*) FROM once").await,
            count("SELECT count(*) FROM ledger").await,
            count("SELECT count(*) FROM answers").await,
        ]
    };
    for number in 1..=128 {
        accept(&f.store, vec![message(1, number)], 10).await;
        let turn = claim(&f.store, 1, 10).await.unwrap();
        let end = match number {
            1 => Settlement {
                once: vec![Once { key: "old".into(), outbox: vec![] }],
                told: vec![NoticeId(1)],
                decision: Some(Decision::default()),
                ..settlement(turn.id)
            },
            70 => {
                Settlement { once: vec![Once { key: "new".into(), outbox: vec![] }], ..settlement(turn.id) }
            }
            _ => settlement(turn.id),
        };
        // Each sixty-fourth turn sweeps: first when it is all a year old, then a millisecond later.
        let now = match number {
            1 => 10,
            ..=64 => YEAR + 10,
            _ => YEAR + 11,
        };
        f.store.settle(end, Timestamp(now)).await.unwrap();
        if number == 64 {
            assert_eq!(counts().await, [2, 2, 1, 1, 1]);
        }
    }
    assert_eq!(counts().await, [1, 1, 1, 1, 1]);
    assert_eq!(number(&f.store, "SELECT count(*) FROM once WHERE key = 'new'").await, 1);
    assert_eq!(f.store.open_jobs(None).await.unwrap().len(), 1);
}
