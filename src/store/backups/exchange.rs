// SPDX-License-Identifier: MIT OR Apache-2.0
//! One file takes the place of the state, at once and as a whole; what was there is kept under another name.
//!
//! A log that belongs to the old state would be carried out into the new one, so that it goes first: into the old state
//! where that is sound, aside with it otherwise. Whenever this is cut off, either of the two states is in place.

use crate::error::from_io;
use crate::lock::beside;
use crate::opening;
use crate::snapshot::sync_folder;
use blufio_core::storage::StorageError;
use rusqlite::{Connection, OpenFlags};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Puts `new` in the place of `database`, whose lock is held. Returns whether there was something to keep as `aside`.
pub(super) fn exchange(database: &Path, new: &Path, aside: &Path) -> Result<bool, StorageError> {
    fold(database);
    let mut kept = false;
    for log in ["-wal", "-journal"] {
        kept |= set_aside(&beside(database, log), &beside(aside, log))?;
    }
    remove(&beside(database, "-shm"))?;
    if database.symlink_metadata().is_ok() {
        remove(aside)?;
        // A second name for the old file, so that there is a state in place at every moment.
        match std::fs::hard_link(database, aside) {
            Ok(()) => {}
            // Not every file system knows second names. A copy takes longer, and leaves a state in place as well.
            Err(_) => {
                std::fs::copy(database, aside).map_err(|error| from_io(aside, &error))?;
                sync(aside)?;
            }
        }
        kept = true;
        sync_folder(database)?;
    }
    std::fs::rename(new, database).map_err(|error| from_io(database, &error))?;
    sync_folder(database)?;
    Ok(kept)
}

/// Carries the log out into the old state, if that is possible at all. Where not, both are kept as they are.
fn fold(database: &Path) {
    if !opening::look_at_header(database).is_ok_and(|exists| exists) {
        return;
    }
    let folded = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .and_then(|connection| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    if let Err(error) = folded {
        tracing::warn!(path = %database.display(), %error, "the log of the state that is replaced is kept beside it");
    }
}

/// Moves a log aside if there is something in it. Returns whether there was.
fn set_aside(log: &Path, aside: &Path) -> Result<bool, StorageError> {
    match log.symlink_metadata() {
        Ok(found) if found.len() > 0 => {
            std::fs::rename(log, aside).map_err(|error| from_io(log, &error))?;
            sync_folder(log)?;
            Ok(true)
        }
        Ok(_) => remove(log).map(|()| false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(from_io(log, &error)),
    }
}

fn sync(file: &Path) -> Result<(), StorageError> {
    std::fs::File::open(file).and_then(|file| file.sync_all()).map_err(|error| from_io(file, &error))
}

/// Removes a file that need not be there.
pub(super) fn remove(file: &Path) -> Result<(), StorageError> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(from_io(file, &error)),
        _ => Ok(()),
    }
}

/// What root makes for a daemon is the daemon's: it gets the owner of `model`, or of its folder where it is not there.
pub(super) fn give_to_owner_of(file: &Path, model: &Path) -> Result<(), StorageError> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let folder = model.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let owner = model.metadata().or_else(|_| folder.metadata()).map_err(|error| from_io(model, &error))?;
    std::os::unix::fs::chown(file, Some(owner.uid()), Some(owner.gid()))
        .map_err(|error| from_io(file, &error))
}
