// SPDX-License-Identifier: MIT OR Apache-2.0
//! The main file alone is a backup, the log stays small, and snapshots are whole.

use super::fixture::{accept, fresh, here, message};
use crate::lock::beside;
use crate::{Store, StoreOptions};
use blufio_core::storage::{Queue, Storage, StorageError};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OpenFlags};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

/// Counts the messages in a copy, after checking that the copy is sound. Opened by SQLite alone, without the store.
fn messages_in(copy: &Path) -> i64 {
    let connection = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    connection.query_row("SELECT count(*) FROM queue", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_tenth_of_a_second_after_the_last_commit_a_copy_of_the_main_file_is_complete() {
    let f = fresh();
    let copy = f.folder.path().join("x.db");
    let mut in_time = 0;
    for round in 1..=12 {
        for number in 0..20 {
            accept(&f.store, vec![message(number, format!("{round}-{number}"))], 10).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        if log_is_empty(&f.path) {
            in_time += 1;
        }
        // On a machine whose disk is busy with something else it may take longer, but not for ever.
        for _ in 0..200 {
            if log_is_empty(&f.path) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        std::fs::copy(&f.path, &copy).unwrap();
        assert_eq!(messages_in(&copy), round * 20);
    }
    assert!(in_time >= 6, "in time only {in_time} times of 12");
    // And it is a database that the store itself takes.
    let restored = Store::open(&copy, StoreOptions::default()).unwrap();
    assert_eq!(restored.stats(Timestamp(0)).await.unwrap().queue_depth, 240);
}

fn log_is_empty(path: &Path) -> bool {
    beside(path, "-wal").metadata().unwrap().len() == 0
}

#[tokio::test]
async fn a_reader_only_delays_the_emptying_of_the_log() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let reader = Connection::open_with_flags(&f.path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let reading = reader.unchecked_transaction().unwrap();
    let _: i64 = reading.query_row("SELECT count(*) FROM queue", [], |row| row.get(0)).unwrap();
    accept(&f.store, vec![message(1, "b")], 10).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(f.store.stats(Timestamp(0)).await.unwrap().wal_bytes > 0, "the reader still needs it");
    drop(reading);
    for _ in 0..200 {
        if log_is_empty(&f.path) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the log was never emptied");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn the_log_stays_bounded_when_there_is_never_a_quiet_moment() {
    let f = fresh();
    let readers = [0, 1].map(|_| {
        let store = f.store.clone();
        tokio::spawn(async move {
            loop {
                store.due(Timestamp(10), &here(), &[], 9).await.unwrap();
            }
        })
    });
    let mut largest = 0;
    for number in 0..120 {
        let mut long = message(1, number);
        long.text = "x".repeat(256 << 10);
        accept(&f.store, vec![long], 10).await;
        largest = largest.max(beside(&f.path, "-wal").metadata().unwrap().len());
    }
    for reader in readers {
        reader.abort();
    }
    assert!(largest < 16 << 20, "{largest} bytes in the log, of {} written", 120 << 18);
}

#[tokio::test]
async fn a_snapshot_is_whole_private_and_made_while_others_write() {
    let f = fresh();
    let before: Vec<_> = (0..50).map(|number| message(number, number)).collect();
    accept(&f.store, before, 10).await;
    let store = f.store.clone();
    let writing = tokio::spawn(async move {
        for number in 50..100 {
            accept(&store, vec![message(number, number)], 10).await;
        }
    });
    let target = f.folder.path().join("it's a backup.db");
    f.store.snapshot(&target).await.unwrap();
    writing.await.unwrap();
    assert!(messages_in(&target) >= 50);
    assert_eq!(target.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!beside(&target, ".part").exists());
    let restored = Store::open(&target, StoreOptions::default()).unwrap();
    assert!(restored.stats(Timestamp(0)).await.unwrap().queue_depth >= 50);
}

#[tokio::test]
async fn a_snapshot_never_overwrites_and_leaves_nothing_when_it_fails() {
    let f = fresh();
    let target = f.folder.path().join("taken");
    std::fs::write(&target, "mine").unwrap();
    let refused = f.store.snapshot(&target).await.unwrap_err();
    assert!(refused.to_string().contains("exists already"), "{refused}");
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "mine");
    let nowhere = f.folder.path().join("no/such/folder/x.db");
    assert!(matches!(f.store.snapshot(&nowhere).await, Err(StorageError::Io { .. })));
}

#[tokio::test]
async fn a_half_made_snapshot_of_a_killed_predecessor_is_replaced() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let target = f.folder.path().join("x.db");
    std::fs::write(beside(&target, ".part"), "half").unwrap();
    f.store.snapshot(&target).await.unwrap();
    assert_eq!(messages_in(&target), 1);
}
