// SPDX-License-Identifier: MIT OR Apache-2.0
//! One Blufio a database.

use crate::error::from_io;
use blufio_core::storage::StorageError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// More than a process id has digits.
const PID_BYTES: u64 = 32;

/// An exclusive lock for the life of this value, on the file `<database>.lock`.
///
/// It is a file of its own because closing any handle of the database file would drop the POSIX locks that SQLite
/// holds on it. The file holds the process id of its owner, and is emptied when the owner closes the database in
/// order. It is never removed: another process may be waiting for the very same inode.
#[derive(Debug)]
pub(crate) struct LockFile {
    file: File,
    path: PathBuf,
    left_clean: bool,
}

impl LockFile {
    /// Takes the lock of the database at `database`.
    ///
    /// # Errors
    /// [`StorageError::InUse`] when somebody has it; others when the lock file cannot be made.
    pub(crate) fn take(database: &Path) -> Result<Self, StorageError> {
        let path = beside(database, ".lock");
        let failed = |error| from_io(&path, &error);
        let existed = path.exists();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        let locked = file.try_lock();
        let mut owner = String::new();
        // Whatever stands there that is no number is no more than an unknown owner.
        let read = (&file).take(PID_BYTES).read_to_string(&mut owner);
        let pid = owner.trim().parse::<u32>().ok();
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StorageError::InUse { path: database.to_path_buf(), pid });
            }
            Err(TryLockError::Error(error)) => return Err(from_io(&path, &error)),
        }
        file.set_len(0).map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { file, path, left_clean: existed && matches!(read, Ok(0)) })
    }

    /// Whether the last owner closed the database in order.
    pub(crate) fn left_clean(&self) -> bool {
        self.left_clean
    }

    /// Notes that the database was closed in order, and lets the next one in.
    pub(crate) fn release_clean(self) {
        if let Err(error) = self.file.set_len(0) {
            tracing::warn!(path = %self.path.display(), %error, "the lock file cannot be emptied; the next start will check the database");
        }
    }
}

impl Drop for LockFile {
    /// Closing the handle alone is not enough: a child process that is just being started may share it for a moment.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(path = %self.path.display(), %error, "the lock file could not be unlocked");
        }
    }
}

/// Whether somebody has the database at `database`; `None` where this user cannot tell. Where nobody has, the lock is held
/// for the moment that this takes.
#[must_use]
pub fn in_use(database: &Path) -> Option<bool> {
    let lock = database.canonicalize().and_then(|real| File::open(beside(&real, ".lock")));
    match lock.map(|lock| lock.try_lock_shared()) {
        Ok(Ok(())) => Some(false),
        Ok(Err(TryLockError::WouldBlock)) => Some(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Some(false),
        Ok(Err(TryLockError::Error(_))) | Err(_) => None,
    }
}

/// The path of a file beside the database: its name with `suffix` at the end.
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_os_string();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_refused_and_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("blufio.db");
        let first = LockFile::take(&database).unwrap();
        let refused = LockFile::take(&database).unwrap_err();
        assert_eq!(refused, StorageError::InUse { path: database.clone(), pid: Some(std::process::id()) });
        assert!(refused.to_string().contains(&std::process::id().to_string()));
        first.release_clean();
        LockFile::take(&database).unwrap();
    }

    #[test]
    fn whether_somebody_has_it_is_seen_without_taking_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("blufio.db");
        assert_eq!(in_use(&database), Some(false), "there is none");
        std::fs::write(&database, "").unwrap();
        assert_eq!(in_use(&database), Some(false), "nobody ever had it");
        let lock = LockFile::take(&database).unwrap();
        assert_eq!(in_use(&database), Some(true));
        lock.release_clean();
        assert_eq!(in_use(&database), Some(false));
        assert!(LockFile::take(&database).unwrap().left_clean(), "looking leaves no trace");
    }

    #[test]
    fn a_lock_left_behind_by_a_dead_owner_binds_nobody_and_tells_of_the_death() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("blufio.db");
        std::fs::write(beside(&database, ".lock"), "4194305\n").unwrap();
        let lock = LockFile::take(&database).unwrap();
        assert!(!lock.left_clean());
        lock.release_clean();
        assert!(LockFile::take(&database).unwrap().left_clean());
    }

    #[test]
    fn a_handle_that_a_child_process_inherited_does_not_keep_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("blufio.db");
        let lock = LockFile::take(&database).unwrap();
        let inherited = lock.file.try_clone().unwrap();
        lock.release_clean();
        LockFile::take(&database).unwrap();
        drop(inherited);
    }

    #[test]
    fn nonsense_in_the_lock_file_is_an_unknown_owner() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("blufio.db");
        let lock = LockFile::take(&database).unwrap();
        std::fs::write(beside(&database, ".lock"), [0xff, 0xfe, b'x']).unwrap();
        assert_eq!(LockFile::take(&database).unwrap_err(), StorageError::InUse { path: database, pid: None });
        drop(lock);
    }
}
