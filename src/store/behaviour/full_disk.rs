// SPDX-License-Identifier: MIT OR Apache-2.0
//! A full disk is told as such, leaves nothing half-done, and is over when there is room again.

use super::fixture::{
    accept, call, chat, claim, fresh, here, limit, limit_pages, message, number, queued, reservation,
    reserve, said, settlement, transcript,
};
use crate::{Store, StoreOptions};
use blufio_core::ids::Conversation;
use blufio_core::storage::{
    CallRecord, Feature, Ledger, Queue, Reservation, Scope, Sessions, Settlement, Storage, StorageError,
};
use blufio_core::time::Timestamp;
use std::path::Path;
use std::process::Command;

fn long(name: usize) -> blufio_core::channel::Inbound {
    let mut long = message(name, name);
    long.text = "x".repeat(64 << 10);
    long
}

#[tokio::test]
async fn a_full_database_refuses_whole_writes_and_goes_on_when_there_is_room() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let turn = claim(&f.store, 1, 10).await.unwrap();
    let session = f.store.session(&chat(1), Timestamp(10)).await.unwrap();
    limit_pages(&f.store, 1).await;
    let large = Settlement {
        session: Some(session),
        transcript: vec![said("short"), said(&"y".repeat(1 << 20))],
        ..settlement(turn.id)
    };
    let refused = f.store.settle(large.clone(), Timestamp(11)).await;
    assert_eq!(refused, Err(StorageError::Full { path: f.path.canonicalize().unwrap() }));
    assert!(refused.unwrap_err().is_retryable());
    let refused =
        f.store.accept("telegram", queued(vec![message(9, "b"), long(10)]), Some(3), Timestamp(11)).await;
    assert!(matches!(refused, Err(StorageError::Full { .. })), "{refused:?}");
    assert_eq!(transcript(&f.store, session, 9).await, []);
    assert_eq!(f.store.cursor("telegram").await.unwrap(), None);
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().queue_depth, 1);

    limit_pages(&f.store, 1 << 20).await;
    f.store.settle(large, Timestamp(12)).await.unwrap();
    assert_eq!(transcript(&f.store, session, 9).await.len(), 2);
    accept(&f.store, vec![message(9, "b"), long(10)], 13).await;
}

#[tokio::test]
async fn a_call_that_cannot_be_entered_keeps_its_reservation_and_one_that_cannot_be_reserved_is_not_made() {
    let f = fresh();
    let daily = limit(Scope::Agent, 100);
    let ask = |model: &str| Reservation {
        model: model.into(),
        ..reservation(Feature::Turn, 10, vec![daily.clone()])
    };
    let id = reserve(&f.store, ask("m"), 1).await;
    limit_pages(&f.store, 1).await;
    let long = "m".repeat(64 << 10);
    let refused = f.store.reserve(ask(&long), Timestamp(2)).await;
    assert!(matches!(refused, Err(StorageError::Full { .. })), "{refused:?}");
    let record = CallRecord { class: long, ..call(Feature::Turn, 7, 3) };
    let refused = f.store.settle_call(id, Some(record.clone())).await;
    assert!(matches!(refused, Err(StorageError::Full { .. })), "{refused:?}");
    let stands = || async {
        let standing = f.store.standings(std::slice::from_ref(&daily)).await.unwrap().remove(0);
        (standing.spent.0, standing.reserved.0, number(&f.store, "SELECT count(*) FROM ledger").await)
    };
    assert_eq!(stands().await, (0, 10, 0));

    limit_pages(&f.store, 1 << 20).await;
    f.store.settle_call(id, Some(record)).await.unwrap();
    assert_eq!(stands().await, (7, 0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_writes_at_once_each_is_stored_or_told_that_it_was_not() {
    let f = fresh();
    limit_pages(&f.store, 200).await;
    let writes: Vec<_> = (0..64)
        .map(|name| {
            let store = f.store.clone();
            tokio::spawn(async move {
                (name, store.accept("telegram", queued(vec![long(name)]), None, Timestamp(1)).await)
            })
        })
        .collect();
    let mut stored = Vec::new();
    for write in writes {
        match write.await.unwrap() {
            (name, Ok(_)) => stored.push(chat(name)),
            (_, Err(error)) => assert!(matches!(error, StorageError::Full { .. }), "{error}"),
        }
    }
    assert!(stored.len() < 64, "the disk was meant to be too small");
    let (mut due, _): (Vec<Conversation>, _) = f.store.due(Timestamp(1), &here(), &[], 100).await.unwrap();
    stored.sort();
    due.sort();
    assert_eq!(due, stored);
}

/// A real one: a small file system in memory. Only root may mount it.
pub(super) struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    pub(super) fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={megabytes}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(folder.path()).output();
        mounted.is_ok_and(|mounted| mounted.status.success()).then_some(Self(folder))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.0.path()).status().unwrap();
    }
}

#[tokio::test]
async fn a_real_disk_may_fill_up_and_be_freed_again() {
    let Some(disk) = SmallDisk::mount(3) else {
        eprintln!("skipped: mounting a small disk needs root");
        return;
    };
    let path = disk.path().join("blufio.db");
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    accept(&store, vec![message(0, "first")], 1).await;
    // All but a few pages; the log has no room to grow.
    let ballast = disk.path().join("ballast");
    let mut filled = 4 << 20;
    while std::fs::write(&ballast, vec![0_u8; filled]).is_err() {
        filled -= 64 << 10;
    }
    let mut stored = 1;
    let refused = loop {
        match store.accept("telegram", queued(vec![long(stored)]), Some(1), Timestamp(1)).await {
            Ok(_) if stored < 100 => stored += 1,
            Ok(_) => panic!("the disk never fills up"),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, StorageError::Full { .. }), "{refused}");
    assert_eq!(store.stats(Timestamp(0)).await.unwrap().queue_depth, stored as u64, "reading goes on");
    let snapshot = store.snapshot(&disk.path().join("copy.db")).await.unwrap_err();
    assert!(matches!(snapshot, StorageError::Full { .. }), "{snapshot}");
    // Let the writer try to empty the log as well.
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;

    std::fs::remove_file(&ballast).unwrap();
    accept(&store, vec![long(stored)], 1).await;
    store.close();
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    assert_eq!(store.stats(Timestamp(0)).await.unwrap().queue_depth, stored as u64 + 1);
}

#[tokio::test]
async fn a_new_database_on_a_full_disk_is_refused() {
    let Some(disk) = SmallDisk::mount(1) else {
        eprintln!("skipped: mounting a small disk needs root");
        return;
    };
    let ballast = disk.path().join("ballast");
    let mut filled = 1 << 20;
    while std::fs::write(&ballast, vec![0_u8; filled]).is_err() {
        filled -= 4096;
    }
    let path = disk.path().join("blufio.db");
    let refused = Store::open(&path, StoreOptions::default()).err().unwrap();
    assert!(matches!(refused, StorageError::Full { .. }), "{refused}");
    std::fs::remove_file(&ballast).unwrap();
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    accept(&store, vec![message(1, "a")], 1).await;
}
