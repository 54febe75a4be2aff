// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is not a sound database of ours is refused with a reason, and left as it is.

use super::fixture::{Fixture, accept, fresh, here, message};
use crate::lock::beside;
use crate::{Store, StoreOptions};
use blufio_core::storage::{Queue, Storage, StorageError};
use blufio_core::time::Timestamp;
use rusqlite::Connection;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn open(path: &Path) -> Result<Store, StorageError> {
    Store::open(path, StoreOptions::default())
}

/// A closed database with some hundred messages in it.
async fn filled() -> Fixture {
    let f = fresh();
    accept(&f.store, (0..400).map(|number| message(number, number)).collect(), 10).await;
    f.store.close();
    f
}

fn refused_as_corrupt(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let reason = match open(path) {
        Err(StorageError::Corrupt { reason, .. }) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("opened"),
    };
    assert_eq!(std::fs::read(path).unwrap(), bytes, "the file was touched");
    reason
}

#[tokio::test]
async fn a_new_database_is_for_its_owner_alone() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let mode = beside(&f.path, suffix).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{suffix}");
    }
}

#[tokio::test]
async fn a_second_blufio_is_refused_by_whatever_name_it_comes() {
    let f = fresh();
    let link = f.folder.path().join("link.db");
    std::os::unix::fs::symlink(&f.path, &link).unwrap();
    for path in [&f.path, &link] {
        let refused = open(path).err().unwrap();
        assert!(
            matches!(refused, StorageError::InUse { pid: Some(pid), .. } if pid == std::process::id()),
            "{refused}"
        );
    }
    f.store.close();
    open(&link).unwrap();
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let refused = open(&folder.path().join("no/blufio.db")).err().unwrap().to_string();
    assert!(refused.contains("/no does not exist; create it first"), "{refused}");
    let refused = open(folder.path()).err().unwrap();
    assert!(
        matches!(&refused, StorageError::Io { reason, .. } if reason == "this is not a file"),
        "{refused}"
    );
}

#[test]
fn something_else_than_a_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    for content in [&b"hello"[..], &[0; 4096], &[0xff; 5000], b"SQLite format 3\0 and no more"] {
        std::fs::write(&path, content).unwrap();
        assert!(refused_as_corrupt(&path).contains("does not start like a SQLite database"));
    }
}

#[test]
fn an_empty_file_becomes_a_new_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    std::fs::write(&path, "").unwrap();
    open(&path).unwrap();
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    let foreign = Connection::open(&path).unwrap();
    foreign.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE theirs (id INTEGER);").unwrap();
    // Also while its log is full and its owner is alive.
    let log = std::fs::read(beside(&path, "-wal")).unwrap();
    assert!(refused_as_corrupt(&path).contains("another program"));
    assert_eq!(std::fs::read(beside(&path, "-wal")).unwrap(), log);
    foreign.close().unwrap();
    assert!(refused_as_corrupt(&path).contains("another program"));
}

#[tokio::test]
async fn a_damaged_header_is_refused() {
    let f = filled().await;
    let sound = std::fs::read(&f.path).unwrap();
    let mut damaged = sound.clone();
    damaged[..16].copy_from_slice(b"SQLite format 4\0");
    std::fs::write(&f.path, &damaged).unwrap();
    refused_as_corrupt(&f.path);
    // An impossible page size.
    let mut damaged = sound.clone();
    damaged[16..18].copy_from_slice(&[0, 3]);
    std::fs::write(&f.path, &damaged).unwrap();
    refused_as_corrupt(&f.path);
    std::fs::write(&f.path, &sound).unwrap();
    assert_eq!(open(&f.path).unwrap().stats(Timestamp(0)).await.unwrap().queue_depth, 400);
}

#[tokio::test]
async fn a_damaged_page_in_the_middle_is_refused() {
    let f = filled().await;
    let mut damaged = std::fs::read(&f.path).unwrap();
    let middle = damaged.len() / 4096 / 2 * 4096;
    damaged[middle..middle + 4096].fill(0xa7);
    std::fs::write(&f.path, &damaged).unwrap();
    refused_as_corrupt(&f.path);
}

#[tokio::test]
async fn a_truncated_file_is_refused() {
    let f = filled().await;
    let sound = std::fs::read(&f.path).unwrap();
    for length in [50, 4096, sound.len() / 2, sound.len() - 4096, sound.len() - 100, sound.len() - 1] {
        std::fs::write(&f.path, &sound[..length]).unwrap();
        refused_as_corrupt(&f.path);
    }
}

#[tokio::test]
async fn damage_met_while_running_is_told_as_such() {
    let f = filled().await;
    let store = open(&f.path).unwrap();
    let mut damaged = std::fs::read(&f.path).unwrap();
    damaged[4096..].fill(0xa7);
    std::fs::write(&f.path, &damaged).unwrap();
    let due = store.due(Timestamp(20), &here(), &[], 9).await;
    assert!(matches!(due, Err(StorageError::Corrupt { .. })), "{due:?}");
}

#[tokio::test]
async fn a_log_without_its_database_is_not_thrown_away() {
    let f = fresh();
    f.store.close();
    std::fs::remove_file(&f.path).unwrap();
    let log = beside(&f.path, "-wal");
    std::fs::write(&log, "the only thing left").unwrap();
    for empty in [false, true] {
        if empty {
            std::fs::write(&f.path, "").unwrap();
        }
        let refused = open(&f.path).err().unwrap();
        assert!(
            matches!(&refused, StorageError::Corrupt { reason, .. } if reason.contains("-wal")),
            "{refused}"
        );
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "the only thing left");
    }
}
