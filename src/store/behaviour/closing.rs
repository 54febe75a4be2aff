// SPDX-License-Identifier: MIT OR Apache-2.0
//! Closing finishes what was handed over and leaves one file.

use super::fixture::{accept, chat, fresh, here, message, queued};
use crate::lock::beside;
use crate::{Store, StoreOptions};
use blufio_core::storage::{Queue, Storage, StorageError};
use blufio_core::time::Timestamp;

#[tokio::test]
async fn closing_leaves_the_main_file_alone_and_lets_the_next_one_in() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    f.store.close();
    f.store.close();
    assert!(!beside(&f.path, "-wal").exists());
    assert!(!beside(&f.path, "-shm").exists());
    assert_eq!(std::fs::read_to_string(beside(&f.path, ".lock")).unwrap(), "");
    let again = Store::open(&f.path, StoreOptions::default()).unwrap();
    assert_eq!(again.stats(Timestamp(0)).await.unwrap().queue_depth, 1);
}

#[tokio::test]
async fn after_closing_everyone_is_told_so() {
    let f = fresh();
    let clone = f.store.clone();
    f.store.close();
    assert_eq!(clone.stats(Timestamp(0)).await, Err(StorageError::Closed));
    assert_eq!(clone.recover(Timestamp(1)).await, Err(StorageError::Closed));
    assert!(!StorageError::Closed.is_retryable());
}

#[tokio::test]
async fn the_last_clone_closes_when_it_is_dropped() {
    let f = fresh();
    let clone = f.store.clone();
    drop(f.store);
    assert!(matches!(Store::open(&f.path, StoreOptions::default()), Err(StorageError::InUse { .. })));
    accept(&clone, vec![message(1, "a")], 10).await;
    drop(clone);
    Store::open(&f.path, StoreOptions::default()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_handed_over_before_the_end_is_stored() {
    let f = fresh();
    let waiting: Vec<_> = (0..200)
        .map(|number| {
            let store = f.store.clone();
            tokio::spawn(async move {
                store.accept("telegram", queued(vec![message(number, number)]), None, Timestamp(1)).await
            })
        })
        .collect();
    tokio::task::yield_now().await;
    let store = f.store.clone();
    tokio::task::spawn_blocking(move || store.close()).await.unwrap();
    let mut stored = 0;
    for answer in waiting {
        match answer.await.unwrap() {
            Ok(_) => stored += 1,
            Err(error) => assert_eq!(error, StorageError::Closed),
        }
    }
    let again = Store::open(&f.path, StoreOptions::default()).unwrap();
    assert_eq!(again.stats(Timestamp(0)).await.unwrap().queue_depth, stored);
}

#[tokio::test]
async fn a_write_whose_caller_goes_away_is_carried_out_as_a_whole() {
    let f = fresh();
    {
        let accepting = f.store.accept("telegram", queued(vec![message(1, "a")]), Some(5), Timestamp(1));
        let mut accepting = std::pin::pin!(accepting);
        // Polled once it is handed over; then it is dropped.
        std::future::poll_fn(|context| {
            let _ = accepting.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
    }
    // Jobs are done in order, so this one comes after it.
    f.store.recover(Timestamp(1)).await.unwrap();
    assert_eq!(f.store.cursor("telegram").await.unwrap(), Some(5));
    assert_eq!(f.store.due(Timestamp(1), &here(), &[], 9).await.unwrap().0, [chat(1)]);
}
