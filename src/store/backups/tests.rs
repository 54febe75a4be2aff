// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::StoreOptions;
use crate::behaviour::fixture::{accept, claim, fresh, here, message, settlement};
use crate::lock::beside;
use blufio_core::storage::{Outbox, Queue, Settlement, Storage};
use serde_json::json;
use std::os::unix::fs::{FileExt, PermissionsExt};

/// 2026-11-23, 04:15 UTC.
const NOW: i64 = 1_795_407_300_000;
const DAY: i64 = 24 * 60 * 60 * 1000;

fn known() -> u32 {
    migrations::newest(migrations::STEPS)
}

/// Opens a state as the next version of the program would, whose schema is one step further.
fn open_newer(path: &Path) -> Store {
    let mut steps = migrations::STEPS.to_vec();
    steps.push("CREATE TABLE next (id INTEGER PRIMARY KEY) STRICT;");
    Store::open_with_schema(path, StoreOptions::default(), Vec::leak(steps)).unwrap()
}

/// Opens a state as a program would that has other tables.
fn open_renamed(path: &Path) -> Store {
    let mut steps = migrations::STEPS.to_vec();
    steps.push("ALTER TABLE queue RENAME COLUMN state TO standing; ALTER TABLE outbox RENAME TO going;");
    Store::open_with_schema(path, StoreOptions::default(), Vec::leak(steps)).unwrap()
}

fn open(path: &Path) -> Store {
    Store::open(path, StoreOptions::default()).unwrap()
}

async fn waiting(store: &Store) -> u64 {
    store.stats(Timestamp(0)).await.unwrap().queue_depth
}

fn names(backups: &[Backup]) -> Vec<String> {
    backups.iter().map(|backup| backup.path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_backup_is_whole_private_and_replaces_the_oldest() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().newest_backup, None);
    for day in 0..4 {
        f.store.back_up(3, Timestamp(NOW + day * DAY)).await.unwrap();
    }
    let found = list(&f.path).unwrap();
    let days: Vec<_> = (24..27).map(|day| format!("blufio-202611{day}T041500.000Z.db")).collect();
    assert_eq!(names(&found), days);
    let newest = found.last().unwrap();
    assert_eq!((newest.made_at, newest.schema), (Timestamp(NOW + 3 * DAY), known()));
    assert_eq!(f.store.stats(Timestamp(NOW + 3 * DAY)).await.unwrap().newest_backup, Some(newest.made_at));
    let verified = verify(&newest.path).unwrap();
    assert_eq!((verified.bytes, verified.schema), (newest.bytes, known()));
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&newest.path), mode(newest.path.parent().unwrap())), (0o600, 0o700));
}

#[tokio::test]
async fn a_clock_that_was_wrong_does_not_cost_the_backup_that_is_made_now() {
    let f = fresh();
    f.store.back_up(2, Timestamp(NOW + 999 * DAY)).await.unwrap();
    f.store.back_up(2, Timestamp(NOW + 998 * DAY)).await.unwrap();
    let made = f.store.back_up(2, Timestamp(NOW)).await.unwrap();
    assert_eq!(list(&f.path).unwrap().len(), 2);
    assert!(made.path.exists());
}

#[tokio::test]
async fn a_backup_that_bears_a_later_name_is_not_the_newest_and_goes_first() {
    let f = fresh();
    f.store.back_up(3, Timestamp(NOW + 999 * DAY)).await.unwrap();
    assert_eq!(f.store.stats(Timestamp(NOW)).await.unwrap().newest_backup, None);
    for day in 0..3 {
        let now = Timestamp(NOW + day * DAY);
        f.store.back_up(3, now).await.unwrap();
        assert_eq!(f.store.stats(now).await.unwrap().newest_backup, Some(now));
    }
    let days: Vec<_> = (23..26).map(|day| format!("blufio-202611{day}T041500.000Z.db")).collect();
    assert_eq!(names(&list(&f.path).unwrap()), days);
}

#[tokio::test]
async fn what_a_killed_predecessor_left_goes_and_what_others_keep_there_stays() {
    let f = fresh();
    let folder = f.path.with_file_name(FOLDER);
    std::fs::create_dir(&folder).unwrap();
    let half = folder.join("blufio-20200101T000000.000Z.db.part");
    let notes = folder.join("blufio-notes.db");
    for file in [&half, &notes] {
        std::fs::write(file, "x").unwrap();
    }
    f.store.back_up(1, Timestamp(NOW)).await.unwrap();
    f.store.back_up(1, Timestamp(NOW + 1)).await.unwrap();
    assert!(!half.exists() && notes.exists());
    assert_eq!(list(&f.path).unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_no_whole_state_is_not_taken_for_one() {
    let f = fresh();
    for round in 0..4 {
        let mut long = message(1, round);
        long.text = "x".repeat(64 << 10);
        accept(&f.store, vec![long], 10).await;
    }
    let good = f.store.back_up(9, Timestamp(NOW)).await.unwrap().path;
    let other = |name: &str, bytes: &[u8]| {
        let path = f.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let bytes = std::fs::read(&good).unwrap();
    let flipped = other("flipped # 100%?.db", &bytes);
    let file = std::fs::OpenOptions::new().write(true).open(&flipped).unwrap();
    for page in 2..bytes.len() as u64 / 4096 {
        file.write_all_at(&[0xff; 64], page * 4096).unwrap();
    }
    let cut = other("cut.db", &bytes[..bytes.len() / 2]);
    let (letter, empty) = (other("letter.db", b"Dear mother"), other("empty.db", b""));
    for bad in [&flipped, &cut, &letter, &empty] {
        let refused = verify(bad).unwrap_err();
        assert!(matches!(refused, StorageError::Corrupt { .. }), "{} {refused}", bad.display());
        assert!(restore(&f.folder.path().join("elsewhere.db"), bad, Timestamp(NOW)).is_err());
    }
    assert!(!f.folder.path().join("elsewhere.db").exists());
    let with_log = other("logged.db", &bytes);
    other("logged.db-wal", b"something");
    assert!(verify(&with_log).unwrap_err().to_string().contains("belongs to it"));
    let strange = other("good # 100%?.db", &bytes);
    verify(&strange).unwrap();
}

#[tokio::test]
async fn a_backup_of_a_newer_program_is_refused_and_the_state_left_alone() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    f.store.close();
    let newer = f.folder.path().join("newer.db");
    std::fs::copy(&f.path, &newer).unwrap();
    open_newer(&newer).close();
    let refused = restore(&f.path, &newer, Timestamp(NOW)).unwrap_err();
    assert!(matches!(refused, StorageError::TooNew { .. }), "{refused}");
    assert_eq!(waiting(&open(&f.path)).await, 1);
}

#[tokio::test]
async fn while_a_daemon_runs_nothing_is_restored() {
    let f = fresh();
    let backup = f.store.back_up(9, Timestamp(NOW)).await.unwrap();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let refused = restore(&f.path, &backup.path, Timestamp(NOW)).unwrap_err();
    assert!(matches!(refused, StorageError::InUse { .. }), "{refused}");
    assert!(matches!(restore_before_update(&f.path, Timestamp(NOW)), Err(StorageError::InUse { .. })));
    assert_eq!(waiting(&f.store).await, 1);
    f.store.close();
    restore(&f.path, &backup.path, Timestamp(NOW)).unwrap();
    assert_eq!(waiting(&open(&f.path)).await, 0);
    let itself = restore(&f.path, &f.path, Timestamp(NOW)).unwrap_err();
    assert!(itself.to_string().contains("the state itself"), "{itself}");
}

#[tokio::test]
async fn a_wrecked_state_is_replaced_and_kept_with_the_log_that_belongs_to_it() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let turn = claim(&f.store, 1, 10).await.unwrap();
    f.store.settle(settlement(turn.id), Timestamp(10)).await.unwrap();
    let backup = f.store.back_up(9, Timestamp(NOW)).await.unwrap();
    f.store.close();
    std::fs::write(&f.path, "wrecked").unwrap();
    std::fs::write(beside(&f.path, "-wal"), "its log").unwrap();
    std::fs::write(beside(&f.path, "-shm"), "its index").unwrap();
    let restored = restore(&f.path, &backup.path, Timestamp(NOW)).unwrap();
    let kept = restored.replaced.unwrap();
    assert_eq!(kept, beside(&f.path, ".replaced-20261123T041500.000Z").canonicalize().unwrap());
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "wrecked");
    assert_eq!(std::fs::read_to_string(beside(&kept, "-wal")).unwrap(), "its log");
    assert_eq!(f.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let store = open(&f.path);
    assert_eq!(waiting(&store).await, 0);
    // What was accepted before the backup is known, so that a second delivery of it is dropped.
    assert_eq!(accept(&store, vec![message(1, "a")], 20).await, [false]);
    assert!(backup.path.exists());
}

#[tokio::test]
async fn a_sound_state_that_is_replaced_is_kept_as_one_whole_file() {
    let f = fresh();
    let backup = f.store.back_up(9, Timestamp(NOW)).await.unwrap();
    accept(&f.store, vec![message(1, "a")], 10).await;
    f.store.close();
    let kept = restore(&f.path, &backup.path, Timestamp(NOW)).unwrap().replaced.unwrap();
    verify(&kept).unwrap();
    assert_eq!(waiting(&open(&kept)).await, 1);
    assert_eq!(waiting(&open(&f.path)).await, 0);
}

#[tokio::test]
async fn on_a_new_machine_a_backup_becomes_the_first_state() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let backup = f.store.back_up(9, Timestamp(NOW)).await.unwrap();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("blufio.db");
    let restored = restore(&path, &backup.path, Timestamp(NOW)).unwrap();
    assert_eq!((restored.replaced, restored.past), (None, Past { unsent: 0, unanswered: 1 }));
    open(&path);
}

#[tokio::test]
async fn what_was_on_its_way_is_neither_sent_nor_answered_again() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a"), message(1, "b"), message(2, "c")], 10).await;
    let turn = claim(&f.store, 1, 10).await.unwrap();
    let outbox = vec![json!("an answer"), json!("its second part")];
    f.store.settle(Settlement { outbox, ..settlement(turn.id) }, Timestamp(10)).await.unwrap();
    let running = claim(&f.store, 2, 10).await.unwrap();
    let backup = f.store.back_up(9, Timestamp(NOW)).await.unwrap();
    f.store.settle(settlement(running.id), Timestamp(11)).await.unwrap();
    f.store.close();
    let past = restore(&f.path, &backup.path, Timestamp(NOW)).unwrap().past;
    assert_eq!(past, Past { unsent: 2, unanswered: 2 });
    let store = open(&f.path);
    store.recover(Timestamp(NOW)).await.unwrap();
    assert_eq!(waiting(&store).await, 0);
    assert!(store.outbox_due(Timestamp(NOW), &here(), &[], 9).await.unwrap().0.is_empty());
    let letters = store.dead_letters(9).await.unwrap();
    assert_eq!(letters.len(), 2);
    assert!(letters[0].error.as_deref().unwrap().contains("when the backup was made"), "{letters:?}");
    // The backup itself is what it was.
    let again = restore(&f.folder.path().join("again.db"), &backup.path, Timestamp(NOW)).unwrap();
    assert_eq!(again.past, past);
}

#[tokio::test]
async fn an_update_that_is_taken_back_on_trial_loses_nothing() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    f.store.close();
    assert!(matches!(restore_before_update(&f.path, Timestamp(NOW)).unwrap(), Rollback::Nothing { .. }));
    open_newer(&f.path).close();
    let done = restore_before_update(&f.path, Timestamp(NOW)).unwrap();
    let Rollback::Restored { newer, from, schema, moved, left, past } = done else { panic!("{done:?}") };
    assert_eq!((from, schema, moved, left), (known() + 1, known(), false, Some(0)));
    assert_eq!(past, Past::default());
    let named = beside(&f.path, &format!(".newer-v{from}-20261123T041500.000Z"));
    assert_eq!(newer, named.canonicalize().unwrap());
    let store = open(&f.path);
    assert_eq!(waiting(&store).await, 1, "it is still to be answered");
    store.close();
    let again = restore_before_update(&f.path, Timestamp(NOW)).unwrap();
    assert!(
        matches!(&again, Rollback::Nothing { why } if why.contains("which this program knows")),
        "{again:?}"
    );
    // And the update may be tried once more; what was kept the first time stays.
    let store = open_newer(&f.path);
    assert_eq!(waiting(&store).await, 1);
    store.close();
    let done = restore_before_update(&f.path, Timestamp(NOW + DAY)).unwrap();
    let Rollback::Restored { newer: second, .. } = done else { panic!("{done:?}") };
    assert!(newer != second && newer.exists() && second.exists());
}

#[tokio::test]
async fn a_newer_state_that_was_killed_is_recognised_by_its_log() {
    let f = fresh();
    f.store.close();
    let options =
        StoreOptions { idle_checkpoint: std::time::Duration::from_secs(60), ..StoreOptions::default() };
    let mut steps = migrations::STEPS.to_vec();
    steps.push("CREATE TABLE next (id INTEGER PRIMARY KEY) STRICT;");
    let newer = Store::open_with_schema(&f.path, options, Vec::leak(steps)).unwrap();
    let left = tempfile::tempdir().unwrap();
    let path = left.path().join("blufio.db");
    let copy = format!(".before-v{}", known() + 1);
    for suffix in ["", "-wal", &copy] {
        std::fs::copy(beside(&f.path, suffix), beside(&path, suffix)).unwrap();
    }
    drop(newer);
    let done = restore_before_update(&path, Timestamp(NOW)).unwrap();
    assert!(matches!(done, Rollback::Restored { .. }), "{done:?}");
    assert_eq!(open(&path).stats(Timestamp(0)).await.unwrap().schema_version, known());
}

#[tokio::test]
async fn an_update_that_is_taken_back_later_says_nothing_twice() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    f.store.close();
    let newer = open_newer(&f.path);
    newer.begin().await.unwrap();
    let turn = claim(&newer, 1, 10).await.unwrap();
    newer.settle(settlement(turn.id), Timestamp(11)).await.unwrap();
    accept(&newer, vec![message(1, "b"), message(2, "c")], 12).await;
    newer.close();
    let done = restore_before_update(&f.path, Timestamp(NOW)).unwrap();
    let Rollback::Restored { moved, left, past, .. } = done else { panic!("{done:?}") };
    assert_eq!((moved, left, past), (true, Some(2), Past { unsent: 0, unanswered: 1 }));
    assert_eq!(waiting(&open(&f.path)).await, 0);
}

#[tokio::test]
async fn whether_a_newer_program_has_worked_does_not_depend_on_its_tables() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    f.store.close();
    open_renamed(&f.path).close();
    let done = restore_before_update(&f.path, Timestamp(NOW)).unwrap();
    let Rollback::Restored { moved, left, past, .. } = done else { panic!("{done:?}") };
    assert_eq!((moved, left, past), (false, Some(0), Past::default()));
    assert_eq!(waiting(&open(&f.path)).await, 1, "it is still to be answered");

    let newer = open_renamed(&f.path);
    newer.begin().await.unwrap();
    newer.close();
    let done = restore_before_update(&f.path, Timestamp(NOW + 1)).unwrap();
    let Rollback::Restored { moved, left, past, .. } = done else { panic!("{done:?}") };
    assert_eq!((moved, left, past), (true, None, Past { unsent: 0, unanswered: 1 }));
}

#[tokio::test]
async fn that_a_program_has_worked_is_forgotten_when_its_schema_comes_once_more() {
    let f = fresh();
    f.store.begin().await.unwrap();
    f.store.close();
    let mark = beside(&f.path, &format!(".begun-v{}", known() + 1));
    assert!(!beside(&f.path, &format!(".begun-v{}", known())).exists(), "there is nothing to go back to");
    let newer = open_newer(&f.path);
    newer.begin().await.unwrap();
    newer.close();
    assert!(mark.exists());
    let backup = f.folder.path().join("old.db");
    std::fs::copy(beside(&f.path, &format!(".before-v{}", known() + 1)), &backup).unwrap();
    restore(&f.path, &backup, Timestamp(NOW)).unwrap();
    open_newer(&f.path).close();
    assert!(!mark.exists());
}

#[tokio::test]
async fn without_a_sound_copy_the_newer_state_stays() {
    let f = fresh();
    f.store.close();
    open_newer(&f.path).close();
    let copy = beside(&f.path, &format!(".before-v{}", known() + 1));
    std::fs::write(&copy, "wrecked").unwrap();
    let bytes = std::fs::read(&f.path).unwrap();
    for _ in 0..2 {
        let done = restore_before_update(&f.path, Timestamp(NOW)).unwrap();
        assert!(matches!(&done, Rollback::Nothing { why } if why.contains("there is no copy")), "{done:?}");
        assert_eq!(std::fs::read(&f.path).unwrap(), bytes);
        exchange::remove(&copy).unwrap();
    }
    let nowhere = restore_before_update(Path::new("/no/such/blufio.db"), Timestamp(NOW)).unwrap();
    assert!(matches!(nowhere, Rollback::Nothing { .. }));
}

#[tokio::test]
async fn copies_that_were_kept_go_after_two_weeks_and_nothing_else_does() {
    let f = fresh();
    let kept = [
        ".before-v3",
        ".begun-v3",
        ".newer-v4-20261123T041500.000Z",
        ".replaced-20261123T041500.000Z",
        ".replaced-20261123T041500.000Z-wal",
    ];
    for name in kept.iter().chain(&[".bak", "-notes"]) {
        std::fs::write(beside(&f.path, name), "x").unwrap();
    }
    let backup = f.store.back_up(9, Timestamp(NOW)).await.unwrap();
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let now = i64::try_from(seconds).unwrap() * 1000;
    assert!(f.store.drop_copies(Timestamp(now + 13 * DAY)).await.unwrap().is_empty());
    assert_eq!(f.store.drop_copies(Timestamp(now + 15 * DAY)).await.unwrap().len(), kept.len());
    for name in [".bak", "-notes", ""] {
        assert!(beside(&f.path, name).exists(), "{name}");
    }
    assert!(backup.path.exists());
}
