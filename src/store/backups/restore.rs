// SPDX-License-Identifier: MIT OR Apache-2.0
//! A backup becomes the state.

use super::exchange::{exchange, give_to_owner_of, remove};
use super::{Past, Verified, names, past, sound, verify};
use crate::error::from_io;
use crate::lock::{LockFile, beside};
use crate::opening;
use crate::snapshot::{self, sync_folder};
use blufio_core::storage::StorageError;
use blufio_core::time::Timestamp;
use serde::Serialize;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The backup.
    pub from: PathBuf,
    /// The state.
    pub state: PathBuf,
    /// Version of its schema.
    pub schema: u32,
    /// The version that this program knows: the next start brings the state to it.
    pub known: u32,
    /// Where that is which was there before, if there was something.
    pub replaced: Option<PathBuf>,
    /// What was on its way.
    #[serde(flatten)]
    pub past: Past,
}

/// Puts a copy of the backup in the place of the state at `database`, whose folder must exist. What was there is kept as
/// `<database>.replaced-<time>`. What was on its way when the backup was made is let go of.
///
/// # Errors
/// [`StorageError::InUse`] while a daemon runs, [`StorageError::TooNew`] and [`StorageError::Corrupt`] of the backup, or
/// why the files cannot be written. Then the state is what it was.
pub fn restore(database: &Path, backup: &Path, now: Timestamp) -> Result<Restored, StorageError> {
    let database = opening::resolve(database)?;
    // Kept until the end. What was restored is looked through at the next start: it was not closed in order.
    let _lock = LockFile::take(&database)?;
    let Verified { path: from, bytes, schema, known } = verify(backup)?;
    if from == database {
        return Err(StorageError::Io {
            path: from,
            reason: "this is the state itself, not a backup of it".into(),
        });
    }
    let part = beside(&database, ".restoring");
    snapshot::refuse_without_bytes(&part, bytes)?;
    clear(&part)?;
    let done = (|| {
        write(&from, &part)?;
        let past = past::let_go(&part, schema, now)?;
        settle(&part)?;
        give_to_owner_of(&part, &database)?;
        let aside = beside(&database, &format!(".replaced-{}", names::stamp(now)?));
        let kept = exchange(&database, &part, &aside)?;
        let (from, state) = (from.clone(), database.clone());
        Ok(Restored { from, state, schema, known, replaced: kept.then_some(aside), past })
    })();
    give_to_owner_of(&beside(&database, ".lock"), &database)?;
    if done.is_err() {
        clear(&part)?;
    }
    done
}

/// Removes an unfinished file, and what SQLite would take for a part of it: also that of a predecessor that was killed.
fn clear(part: &Path) -> Result<(), StorageError> {
    ["", "-wal", "-shm", "-journal"].iter().try_for_each(|suffix| remove(&beside(part, suffix)))
}

/// Writes a copy of a backup to `target`, which must not exist; whole and looked through, or not at all.
///
/// # Errors
/// As for [`restore`].
pub fn copy(backup: &Path, target: &Path) -> Result<(), StorageError> {
    if target.symlink_metadata().is_ok() {
        let reason = "it exists already; choose another name or move it away".to_owned();
        return Err(StorageError::Io { path: target.to_path_buf(), reason });
    }
    let part = beside(target, ".part");
    let copied = write(backup, &part)
        .and_then(|()| settle(&part))
        .and_then(|()| std::fs::rename(&part, target).map_err(|error| from_io(target, &error)))
        .and_then(|()| sync_folder(target));
    if copied.is_err() {
        remove(&part)?;
    }
    copied
}

/// Copies the bytes into a file that is for its owner alone.
fn write(from: &Path, to: &Path) -> Result<(), StorageError> {
    remove(to)?;
    let failed = |error| from_io(to, &error);
    let mut source = std::fs::File::open(from).map_err(|error| from_io(from, &error))?;
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(failed)?;
    std::io::copy(&mut source, &mut target).map_err(failed)?;
    Ok(())
}

/// Looks through what was written and makes it durable.
fn settle(file: &Path) -> Result<(), StorageError> {
    sound(file)?;
    std::fs::File::open(file).and_then(|file| file.sync_all()).map_err(|error| from_io(file, &error))
}
