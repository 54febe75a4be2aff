// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::Store;
use crate::behaviour::fixture::{
    accept, chat, claim, fresh, here, message, number, said, settlement, transcript,
};
use blufio_core::content::{Block, Message};
use blufio_core::ids::{Conversation, JobId};
use blufio_core::storage::{
    Every, Firing, Job, Jobs, MOST_JOBS, NewJob, Outbox, Queue, Sessions, Settlement, Storage, StorageError,
    When,
};
use blufio_core::time::Timestamp;
use serde_json::json;

fn at(instant: i64) -> Option<When> {
    let every = Some(Every::Weekday);
    Some(When {
        local: format!("2026-03-29T09:00:{instant}"),
        zone: "Europe/Berlin".into(),
        at: Timestamp(instant),
        every,
    })
}

fn new(chat_name: u32, key: &str, due: Option<When>) -> NewJob {
    NewJob { key: key.into(), conversation: chat(chat_name), text: format!("do {key}"), due }
}

async fn add(store: &Store, chat_name: u32, key: &str, due: Option<When>) -> Job {
    store.add_job(new(chat_name, key, due), Timestamp(1)).await.unwrap()
}

fn firing(job: &Job, next: Option<When>) -> Firing {
    Firing {
        job: job.id,
        scheduled: job.due.as_ref().unwrap().at,
        next,
        transcript: vec![Message::assistant(vec![Block::text("It is nine.")])],
        outbox: vec![json!("It is "), json!("nine.")],
    }
}

fn ids(jobs: &[Job]) -> Vec<i64> {
    jobs.iter().map(|job| job.id.0).collect()
}

#[tokio::test]
async fn the_same_request_twice_is_one_job() {
    let f = fresh();
    let job = add(&f.store, 1, "k", at(50)).await;
    let expected =
        Job { id: job.id, conversation: chat(1), text: "do k".into(), due: at(50), created_at: Timestamp(1) };
    assert_eq!(job, expected);
    let again = NewJob { text: "said otherwise".into(), ..new(1, "k", at(99)) };
    assert_eq!(f.store.add_job(again, Timestamp(2)).await.unwrap(), expected);
    assert!(f.store.close_job(&chat(1), job.id, Timestamp(3)).await.unwrap());
    assert_eq!(add(&f.store, 1, "k", at(50)).await, expected, "also once it is over");
    assert_eq!(f.store.open_jobs(None).await.unwrap(), []);
    let strangers = f.store.add_job(new(2, "k", at(50)), Timestamp(2)).await;
    assert!(matches!(strangers, Err(StorageError::Unexpected(_))), "{strangers:?}");
}

#[tokio::test]
async fn open_jobs_are_told_by_time_and_tasks_after_them() {
    let f = fresh();
    for (chat_name, key, due) in [
        (1, "1", None),
        (1, "2", at(80)),
        (2, "3", at(70)),
        (1, "4", at(60)),
        (1, "5", None),
        (1, "6", at(80)),
    ] {
        add(&f.store, chat_name, key, due).await;
    }
    assert_eq!(ids(&f.store.open_jobs(Some(&chat(1))).await.unwrap()), [4, 2, 6, 1, 5]);
    assert_eq!(ids(&f.store.open_jobs(None).await.unwrap()), [4, 3, 2, 6, 1, 5]);
    assert_eq!(f.store.open_jobs(Some(&chat(3))).await.unwrap(), []);
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().open_jobs, 6);
    assert!(!f.store.close_job(&chat(2), JobId(1), Timestamp(2)).await.unwrap(), "another conversation");
    assert!(f.store.close_job(&chat(1), JobId(1), Timestamp(2)).await.unwrap());
    assert!(!f.store.close_job(&chat(1), JobId(1), Timestamp(3)).await.unwrap());
    assert!(!f.store.close_job(&chat(1), JobId(99), Timestamp(3)).await.unwrap());
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().open_jobs, 5);
}

#[tokio::test]
async fn a_conversation_has_so_many_open_jobs_and_no_more() {
    let f = fresh();
    for number in 0..MOST_JOBS {
        add(&f.store, 1, &number.to_string(), None).await;
    }
    let refused = f.store.add_job(new(1, "one more", None), Timestamp(1)).await.unwrap_err();
    assert!(refused.to_string().contains("has 500 open"), "{refused}");
    add(&f.store, 2, "another conversation", None).await;
    f.store.close_job(&chat(1), JobId(1), Timestamp(2)).await.unwrap();
    add(&f.store, 1, "one more", None).await;
}

#[tokio::test]
async fn what_is_due_comes_oldest_first_and_the_next_instant_with_it() {
    let f = fresh();
    for (chat_name, key, due) in
        [(1, "1", at(60)), (1, "2", at(50)), (2, "3", at(60)), (1, "4", at(90)), (1, "5", None)]
    {
        add(&f.store, chat_name, key, due).await;
    }
    let elsewhere = NewJob { conversation: Conversation::new("http", "1"), ..new(1, "6", at(55)) };
    f.store.add_job(elsewhere, Timestamp(1)).await.unwrap();
    let due = |now, channels: Vec<String>, limit| {
        let store = f.store.clone();
        async move {
            let (jobs, next) = store.due_jobs(Timestamp(now), &channels, limit).await.unwrap();
            (ids(&jobs), next.map(|next| next.0))
        }
    };
    assert_eq!(due(49, here(), 9).await, (vec![], Some(50)));
    assert_eq!(due(50, here(), 9).await, (vec![2], Some(60)));
    assert_eq!(due(60, here(), 9).await, (vec![2, 1, 3], Some(90)));
    assert_eq!(due(60, here(), 2).await, (vec![2, 1], Some(90)));
    assert_eq!(due(90, here(), 9).await, (vec![2, 1, 3, 4], None));
    assert_eq!(due(60, vec!["http".into()], 9).await, (vec![6], None));
    assert_eq!(due(60, vec![], 9).await, (vec![], None));
}

#[tokio::test]
async fn a_due_job_is_told_once_and_closed() {
    let f = fresh();
    let job = add(&f.store, 1, "k", at(50)).await;
    assert!(f.store.fire(firing(&job, None), Timestamp(51)).await.unwrap());
    assert!(!f.store.fire(firing(&job, None), Timestamp(52)).await.unwrap());
    assert_eq!(f.store.open_jobs(None).await.unwrap(), []);
    assert_eq!(f.store.due_jobs(Timestamp(99), &here(), 9).await.unwrap(), (vec![], None));
    let (out, _) = f.store.outbox_due(Timestamp(51), &here(), &[], 9).await.unwrap();
    assert_eq!((&out[0].payload, out[0].turn, &out[0].conversation), (&json!("It is "), None, &chat(1)));
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().outbox_depth, 2);
    let session = f.store.session(&chat(1), Timestamp(52)).await.unwrap();
    assert_eq!(transcript(&f.store, session, 9).await.len(), 1, "a session is opened for it");
}

#[tokio::test]
async fn a_job_that_comes_back_is_told_once_for_each_instant() {
    let f = fresh();
    let job = add(&f.store, 1, "k", at(50)).await;
    assert!(f.store.fire(firing(&job, at(80)), Timestamp(51)).await.unwrap());
    assert!(!f.store.fire(firing(&job, at(80)), Timestamp(51)).await.unwrap());
    assert_eq!(f.store.due_jobs(Timestamp(79), &here(), 9).await.unwrap(), (vec![], Some(Timestamp(80))));
    let next = f.store.open_jobs(None).await.unwrap().remove(0);
    assert_eq!(next, Job { due: at(80), ..job });
    for back in [80, 79] {
        let refused = f.store.fire(firing(&next, at(back)), Timestamp(81)).await;
        assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{refused:?}");
    }
    assert!(f.store.fire(firing(&next, at(110)), Timestamp(81)).await.unwrap());
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().outbox_depth, 4);
}

#[tokio::test]
async fn a_job_that_was_closed_or_never_there_is_not_told() {
    let f = fresh();
    let job = add(&f.store, 1, "k", at(50)).await;
    f.store.close_job(&chat(1), job.id, Timestamp(40)).await.unwrap();
    assert!(!f.store.fire(firing(&job, at(80)), Timestamp(51)).await.unwrap());
    assert!(!f.store.fire(Firing { job: JobId(99), ..firing(&job, None) }, Timestamp(51)).await.unwrap());
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().outbox_depth, 0);
}

#[tokio::test]
async fn what_was_told_joins_the_open_session() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let turn = claim(&f.store, 1, 10).await.unwrap();
    let session = f.store.session(&chat(1), Timestamp(10)).await.unwrap();
    let job = add(&f.store, 1, "k", at(50)).await;
    let firing = firing(&job, at(80));
    assert!(f.store.fire(firing.clone(), Timestamp(51)).await.unwrap());
    assert_eq!(transcript(&f.store, session, 9).await, firing.transcript);
    assert_eq!(number(&f.store, "SELECT count(*) FROM messages WHERE turn IS NULL").await, 1);
    let end = Settlement {
        session: Some(session),
        transcript: vec![said("a")],
        end_session: true,
        ..settlement(turn.id)
    };
    f.store.settle(end, Timestamp(60)).await.unwrap();
    let next = f.store.open_jobs(None).await.unwrap().remove(0);
    assert!(f.store.fire(self::firing(&next, None), Timestamp(81)).await.unwrap());
    assert_eq!(transcript(&f.store, session, 9).await.len(), 2, "it has ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_tell_it_at_once_one_does() {
    let f = fresh();
    let job = add(&f.store, 1, "k", at(50)).await;
    let tries: Vec<_> = (0..32)
        .map(|_| {
            let (store, firing) = (f.store.clone(), firing(&job, at(80)));
            tokio::spawn(async move { store.fire(firing, Timestamp(51)).await.unwrap() })
        })
        .collect();
    let mut told = 0;
    for attempt in tries {
        told += usize::from(attempt.await.unwrap());
    }
    assert_eq!(told, 1);
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().outbox_depth, 2);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_keeps_no_other_back() {
    let f = fresh();
    for (key, when) in [("a", 10), ("b", 20), ("c", 30)] {
        add(&f.store, 1, key, at(when)).await;
    }
    let broken = "UPDATE jobs SET due = '{' WHERE id = 1";
    f.store
        .write(crate::writer::Durability::Now, |connection| Ok(connection.execute(broken, [])?))
        .await
        .unwrap();
    let (jobs, next) = f.store.due_jobs(Timestamp(25), &here(), 1).await.unwrap();
    assert_eq!((ids(&jobs), next), (vec![2], Some(Timestamp(30))));
    assert_eq!(ids(&f.store.open_jobs(Some(&chat(1))).await.unwrap()), [2, 3]);
}
