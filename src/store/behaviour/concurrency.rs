// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many at once: nobody is told "busy", nobody is mixed up with a neighbour, and one flush serves many.

use super::fixture::{
    accept, call, chat, claim, fresh, here, limit, message, number, queued, reservation, said, settlement,
};
use crate::error::RowError;
use crate::writer::Durability;
use crate::{Store, StoreOptions};
use blufio_core::storage::{
    Feature, Ledger, Limit, Outbox, Queue, Reserved, Scope, Sessions, Settlement, Standing, Storage,
    StorageError,
};
use blufio_core::time::Timestamp;
use serde_json::json;
use std::sync::mpsc;
use std::time::Duration;

/// Ten turns of one conversation, with everything that a turn writes and reads.
async fn converse(store: Store, name: usize) -> Result<(), StorageError> {
    let now = Timestamp(10);
    for number in 0..10 {
        store.accept("telegram", queued(vec![message(name, format!("{name}-{number}"))]), None, now).await?;
        let (due, _) = store.due(now, &here(), &[], 100).await?;
        assert!(due.contains(&chat(name)));
        let turn = store.claim(&chat(name), now).await?.expect("the message was just accepted");
        let session = store.session(&chat(name), now).await?;
        store.checkpoint(turn.id, &turn.turn).await?;
        let settlement = Settlement {
            session: Some(session),
            transcript: vec![said(&format!("{name}"))],
            outbox: vec![json!(name)],
            ..settlement(turn.id)
        };
        store.settle(settlement, now).await?;
        let (out, _) = store.outbox_due(now, &here(), &[], 100).await?;
        let row =
            out.into_iter().find(|row| row.conversation == chat(name)).expect("the answer was just stored");
        assert_eq!(row.payload, json!(name));
        store.outbox_sent(row.id, "m", now).await?;
        assert_eq!(store.transcript(session, 100).await?.messages.len(), number + 1);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_conversations_at_once_never_see_a_busy_database() {
    let f = fresh();
    let talks: Vec<_> = (0..64).map(|name| tokio::spawn(converse(f.store.clone(), name))).collect();
    for talk in talks {
        talk.await.unwrap().unwrap();
    }
    let stats = f.store.stats(Timestamp(0)).await.unwrap();
    assert_eq!((stats.queue_depth, stats.outbox_depth, stats.messages, stats.sessions), (0, 0, 640, 64));
    assert_eq!(number(&f.store, "SELECT count(*) FROM outbox WHERE state = 'sent'").await, 640);
}

/// Holds the writer inside a job, so that what comes next is gathered into one transaction.
fn hold(store: &Store) -> mpsc::Sender<()> {
    let (release, held) = mpsc::channel();
    let store = store.clone();
    let (inside, entered) = mpsc::channel();
    tokio::spawn(async move {
        let wait = move |_: &rusqlite::Connection| {
            inside.send(()).ok();
            held.recv().ok();
            Ok(())
        };
        store.write(Durability::Now, wait).await
    });
    tokio::task::block_in_place(|| entered.recv()).unwrap();
    release
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_failing_job_takes_nobody_with_it() {
    let f = fresh();
    accept(&f.store, vec![message(0, "first")], 1).await;
    let turn = claim(&f.store, 0, 1).await.unwrap();
    let release = hold(&f.store);
    let mut neighbours = Vec::new();
    for number in 1..=20 {
        let store = f.store.clone();
        neighbours.push(tokio::spawn(async move {
            if number % 2 == 0 {
                // Fails halfway, after it has written.
                let half = move |connection: &rusqlite::Connection| {
                    connection.execute("UPDATE queue SET reason = 'half' WHERE id = 1", [])?;
                    Err::<(), _>(RowError::Refused("on purpose".into()))
                };
                store.write(Durability::Now, half).await.is_err()
            } else {
                store.accept("telegram", queued(vec![message(number, number)]), None, Timestamp(1)).await
                    == Ok(vec![true])
            }
        }));
    }
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    release.send(()).unwrap();
    for neighbour in neighbours {
        assert!(neighbour.await.unwrap());
    }
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().queue_depth, 11);
    assert_eq!(number(&f.store, "SELECT count(*) FROM queue WHERE reason IS NOT NULL").await, 0);
    f.store.settle(settlement(turn.id), Timestamp(2)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn jobs_that_wait_together_share_one_commit() {
    let f = fresh();
    let reader = rusqlite::Connection::open(&f.path).unwrap();
    let release = hold(&f.store);
    let waiting: Vec<_> = (0..40)
        .map(|number| {
            let store = f.store.clone();
            tokio::spawn(async move { accept(&store, vec![message(number, number)], 1).await })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    release.send(()).unwrap();
    let mut counts = std::collections::BTreeSet::new();
    for job in waiting {
        job.await.unwrap();
        counts
            .insert(reader.query_row("SELECT count(*) FROM queue", [], |row| row.get::<_, i64>(0)).unwrap());
    }
    // The first to be answered finds all forty there: there was one commit.
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [40]);
}

#[tokio::test]
async fn a_lock_that_another_program_keeps_is_told_as_such_and_is_over_when_it_lets_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    let options = StoreOptions { busy_timeout: Duration::from_millis(20), ..StoreOptions::default() };
    let store = Store::open(&path, options).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.accept("telegram", queued(vec![message(1, "a")]), None, Timestamp(1)).await;
    let error = refused.unwrap_err();
    assert!(matches!(error, StorageError::Io { .. }) && error.is_retryable(), "{error:?}");
    assert!(error.to_string().contains("another program"), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    accept(&store, vec![message(1, "a")], 1).await;
}

async fn stands(store: &Store, limit: &Limit) -> Standing {
    store.standings(std::slice::from_ref(limit)).await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_calls_at_once_take_what_is_left_and_no_more() {
    let f = fresh();
    let daily = limit(Scope::Agent, 305);
    let asking: Vec<_> = (0..64)
        .map(|_| {
            let (store, asked) = (f.store.clone(), reservation(Feature::Turn, 10, vec![daily.clone()]));
            tokio::spawn(async move { store.reserve(asked, Timestamp(1)).await.unwrap() })
        })
        .collect();
    let mut granted = 0;
    for answer in asking {
        granted += usize::from(matches!(answer.await.unwrap(), Reserved::Granted(_)));
    }
    let standing = stands(&f.store, &daily).await;
    assert_eq!((granted, standing.reserved.0, standing.spent.0), (30, 300, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_callers_that_go_on_until_it_is_spent_never_overshoot() {
    const VALUE: i64 = 5_000;
    let f = fresh();
    let daily = limit(Scope::Agent, VALUE);
    let callers: Vec<_> = (0..64_i64)
        .map(|name| {
            let (store, daily) = (f.store.clone(), daily.clone());
            tokio::spawn(async move {
                let mut entered = 0;
                for number in 0..100 {
                    let worst = 10 + (name + number) % 40;
                    let asked = reservation(Feature::Turn, worst, vec![daily.clone()]);
                    let Reserved::Granted(id) = store.reserve(asked, Timestamp(number)).await.unwrap() else {
                        break;
                    };
                    let standing = stands(&store, &daily).await;
                    assert!(standing.spent.0 + standing.reserved.0 <= VALUE, "{standing:?}");
                    // Some use nothing, some less than reserved, some all of it.
                    let cost = worst * (number % 3) / 2;
                    let record = (cost > 0).then(|| call(Feature::Turn, cost, number));
                    store.settle_call(id, record).await.unwrap();
                    entered += cost;
                }
                entered
            })
        })
        .collect();
    let mut entered = 0;
    for caller in callers {
        entered += caller.await.unwrap();
    }
    let standing = stands(&f.store, &daily).await;
    assert_eq!((standing.spent.0, standing.reserved.0), (entered, 0));
    assert!((VALUE - 4_000..=VALUE).contains(&entered), "{entered}");
    assert_eq!(number(&f.store, "SELECT sum(cost_nano_usd) FROM ledger").await, entered);
}
