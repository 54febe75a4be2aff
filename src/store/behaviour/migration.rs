// SPDX-License-Identifier: MIT OR Apache-2.0
//! A new schema comes in one transaction, after a copy was kept.

use super::fixture::{accept, fresh, message, number};
use crate::lock::beside;
use crate::migrations::STEPS;
use crate::{Store, StoreOptions};
use blufio_core::storage::{Storage, StorageError};
use blufio_core::time::Timestamp;
use std::path::Path;

const FIRST: &str = include_str!("../migrations/0001_state.sql");
const SECOND: &str = include_str!("../migrations/0002_spending_and_background.sql");
const THIRD: &str = include_str!("../migrations/0003_memory.sql");
/// What this program knows; the tests add steps of programs to come.
const KNOWN: &[&str] = &[FIRST, SECOND, THIRD];
const FOURTH: &str = "CREATE TABLE fourth (id INTEGER PRIMARY KEY) STRICT; INSERT INTO fourth VALUES (1);";
const FIFTH: &str = "CREATE TABLE fifth (id INTEGER PRIMARY KEY) STRICT;";
const BROKEN: &str =
    "CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT; INSERT INTO no_such_table VALUES (1);";
const ORPHAN: &str = "INSERT INTO messages (session, role, content, at) VALUES (4711, 'user', '[]', 0);";

fn open(path: &Path, steps: &'static [&'static str]) -> Result<Store, StorageError> {
    Store::open_with_schema(path, StoreOptions::default(), steps)
}

#[tokio::test]
async fn before_a_new_schema_a_copy_of_the_old_state_is_kept() {
    assert_eq!(STEPS, KNOWN);
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    f.store.close();
    assert!(!beside(&f.path, ".before-v3").exists(), "there was nothing to keep");

    let store = open(&f.path, &[FIRST, SECOND, THIRD, FOURTH, FIFTH]).unwrap();
    let stats = store.stats(Timestamp(0)).await.unwrap();
    assert_eq!((stats.schema_version, stats.queue_depth), (5, 1));
    assert_eq!(number(&store, "SELECT count(*) FROM fourth").await, 1);
    accept(&store, vec![message(1, "b")], 10).await;
    store.close();

    let copy = beside(&f.path, ".before-v5");
    assert!(!beside(&f.path, ".before-v4").exists(), "one copy for the whole way");
    let old = open(&copy, KNOWN).unwrap();
    let stats = old.stats(Timestamp(0)).await.unwrap();
    assert_eq!((stats.schema_version, stats.queue_depth), (3, 1));
    old.close();

    // Opened again, nothing is left to do and the copy stays what it was.
    let bytes = std::fs::read(&copy).unwrap();
    open(&f.path, &[FIRST, SECOND, THIRD, FOURTH, FIFTH]).unwrap().close();
    assert_eq!(std::fs::read(&copy).unwrap(), bytes);
}

#[tokio::test]
async fn a_step_that_fails_leaves_the_database_as_it_was() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    f.store.close();
    let ways = [&[FIRST, SECOND, THIRD, FOURTH, BROKEN], &[FIRST, SECOND, THIRD, FOURTH, ORPHAN]];
    for steps in ways as [&'static [&'static str; 5]; 2] {
        let refused = open(&f.path, steps).err().unwrap();
        assert!(matches!(refused, StorageError::Unexpected(_)), "{refused}");
        let store = open(&f.path, KNOWN).unwrap();
        let stats = store.stats(Timestamp(0)).await.unwrap();
        assert_eq!((stats.schema_version, stats.queue_depth), (3, 1));
        assert_eq!(
            number(&store, "SELECT count(*) FROM sqlite_schema WHERE name IN ('fourth', 'half')").await,
            0
        );
    }
}

#[tokio::test]
async fn the_way_back_is_refused_and_the_file_left_alone() {
    let f = fresh();
    f.store.close();
    open(&f.path, &[FIRST, SECOND, THIRD, FOURTH]).unwrap().close();
    let bytes = std::fs::read(&f.path).unwrap();
    let refused = open(&f.path, KNOWN).err().unwrap();
    let path = f.path.canonicalize().unwrap();
    assert_eq!(refused, StorageError::TooNew { path, found: 4, known: 3 });
    assert!(refused.to_string().contains("snapshot from before the update"), "{refused}");
    assert_eq!(std::fs::read(&f.path).unwrap(), bytes);
    assert_eq!(beside(&f.path, "-wal").metadata().map_or(0, |log| log.len()), 0);
    open(&f.path, &[FIRST, SECOND, THIRD, FOURTH]).unwrap();
}

#[tokio::test]
async fn a_newer_database_is_left_alone_even_with_a_full_log() {
    let f = fresh();
    f.store.close();
    let options =
        StoreOptions { idle_checkpoint: std::time::Duration::from_secs(60), ..StoreOptions::default() };
    let newer = Store::open_with_schema(&f.path, options, &[FIRST, SECOND, THIRD, FOURTH]).unwrap();
    accept(&newer, vec![message(1, "a")], 10).await;
    // As a killed process leaves it: the new schema and the message are in the log only.
    let left = tempfile::tempdir().unwrap();
    let path = left.path().join("blufio.db");
    for suffix in ["", "-wal"] {
        std::fs::copy(beside(&f.path, suffix), beside(&path, suffix)).unwrap();
    }
    let read = || ["", "-wal"].map(|suffix| std::fs::read(beside(&path, suffix)).unwrap());
    let before = read();
    assert!(!before[1].is_empty());
    let refused = open(&path, KNOWN).err().unwrap();
    assert!(matches!(refused, StorageError::TooNew { found: 4, .. }), "{refused}");
    assert!(read() == before, "the files were touched");
    let store = open(&path, &[FIRST, SECOND, THIRD, FOURTH]).unwrap();
    assert_eq!(store.stats(Timestamp(0)).await.unwrap().queue_depth, 1);
}

#[tokio::test]
async fn without_room_for_the_copy_nothing_is_migrated() {
    let Some(disk) = super::full_disk::SmallDisk::mount(6) else {
        eprintln!("skipped: mounting a small disk needs root");
        return;
    };
    let path = disk.path().join("blufio.db");
    let store = open(&path, KNOWN).unwrap();
    let mut long = message(1, "a");
    long.text = "x".repeat(2 << 20);
    accept(&store, vec![long], 1).await;
    store.close();
    let refused = open(&path, &[FIRST, SECOND, THIRD, FOURTH]).err().unwrap();
    assert!(matches!(refused, StorageError::Full { .. }), "{refused}");
    assert!(!beside(&path, ".before-v4").exists() && !beside(&path, ".before-v4.part").exists());
    let store = open(&path, KNOWN).unwrap();
    assert_eq!(store.stats(Timestamp(0)).await.unwrap().queue_depth, 1);
}
