// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may not be written is told as such. Root may write everywhere, so these tests step down to nobody: they run
//! this very program again, as that user.

use super::fixture::{accept, fresh, message};
use crate::{Store, StoreOptions};
use blufio_core::storage::StorageError;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

const PATH: &str = "BLUFIO_STORE_TEST_READ_ONLY";
const NOBODY: u32 = 65_534;

/// What opening `path` comes to for somebody who is not root. `None` where nobody else can be had.
fn opened_by_nobody(path: &Path) -> Option<String> {
    let stage = tempfile::tempdir().unwrap();
    mode(stage.path(), 0o755);
    let program = stage.path().join("tests");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    mode(&program, 0o755);
    let mut child = Command::new(program);
    child
        .args(["--exact", "behaviour::read_only::tell_what_opening_comes_to", "--nocapture"])
        .env(PATH, path);
    if rustix::process::geteuid().is_root() {
        child.uid(NOBODY).gid(NOBODY);
    }
    let output = child.current_dir("/").output().ok()?;
    let told = String::from_utf8(output.stdout).unwrap();
    Some(
        told.lines()
            .find_map(|line| line.strip_prefix("opening: "))
            .unwrap_or_else(|| panic!("{told}"))
            .to_owned(),
    )
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn tell_what_opening_comes_to() {
    let Some(path) = std::env::var_os(PATH) else { return };
    match Store::open(Path::new(&path), StoreOptions::default()) {
        Ok(_) => println!("\nopening: fine"),
        Err(StorageError::ReadOnly { reason, .. }) => println!("\nopening: read-only, {reason}"),
        Err(other) => println!("\nopening: {other}"),
    }
}

#[tokio::test]
async fn a_folder_or_a_file_that_may_not_be_written_is_told_as_such() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    f.store.close();
    let lock = crate::lock::beside(&f.path, ".lock");

    // The folder: not even the lock can be made.
    std::fs::remove_file(&lock).unwrap();
    mode(f.folder.path(), 0o555);
    mode(&f.path, 0o666);
    let Some(told) = opened_by_nobody(&f.path) else {
        eprintln!("skipped: no other user can be had here");
        return;
    };
    assert!(told.starts_with("read-only, "), "{told}");

    // The file alone.
    mode(f.folder.path(), 0o777);
    mode(&f.path, 0o444);
    let told = opened_by_nobody(&f.path).unwrap();
    assert_eq!(told, "read-only, its permissions allow reading only");

    // Not even readable.
    mode(&lock, 0o666);
    mode(&f.path, 0o000);
    let told = opened_by_nobody(&f.path).unwrap();
    assert!(told.starts_with("read-only, "), "{told}");

    // Nothing of this has hurt it.
    mode(&f.path, 0o600);
    mode(&lock, 0o600);
    Store::open(&f.path, StoreOptions::default()).unwrap();
}
