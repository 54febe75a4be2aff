// SPDX-License-Identifier: MIT OR Apache-2.0
//! Consistent copies of the whole database while it is in use.

use crate::backups::sound;
use crate::error::{from_io, from_sqlite};
use crate::lock::beside;
use crate::migrations;
use blufio_core::storage::StorageError;
use rusqlite::Connection;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Left free on the disk after a copy, bytes.
const SPARE: u64 = 1 << 20;

/// What becomes of a file that already has the target's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It stays, and there is no copy.
    Keep,
    /// The copy takes its place, at once and as a whole.
    Replace,
}

/// Writes a copy of the database behind `connection`, which must not be inside a transaction, to `target`. The copy
/// is on the disk when this returns; until then it bears another name, so that a half one is never taken for whole.
///
/// # Errors
/// When it cannot be made; then nothing is left of it.
pub(crate) fn write(
    connection: &Connection,
    database: &Path,
    target: &Path,
    existing: Existing,
) -> Result<(), StorageError> {
    if existing == Existing::Keep && target.symlink_metadata().is_ok() {
        let reason = "it exists already; choose another name or move it away".to_owned();
        return Err(StorageError::Io { path: target.to_path_buf(), reason });
    }
    let part = beside(target, ".part");
    let written = fill(connection, database, &part)
        .and_then(|()| std::fs::rename(&part, target).map_err(|error| from_io(target, &error)))
        .and_then(|()| sync_folder(target));
    if written.is_err()
        && let Err(error) = std::fs::remove_file(&part)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %part.display(), %error, "an unfinished copy could not be removed");
    }
    written
}

fn fill(connection: &Connection, database: &Path, part: &Path) -> Result<(), StorageError> {
    let failed = |error| from_io(part, &error);
    // What a killed predecessor left. SQLite writes into an existing file only if it is empty, and made here it is
    // readable for its owner alone.
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(part).map_err(failed)?;
    let Some(name) = part.to_str() else {
        let reason = "its name is not valid UTF-8; choose another".to_owned();
        return Err(StorageError::Io { path: part.to_path_buf(), reason });
    };
    connection.execute("VACUUM INTO ?1", [name]).map_err(|error| match from_sqlite(database, &error) {
        // These two are about the file that is written, not about the one that is read.
        StorageError::Full { .. } => StorageError::Full { path: part.to_path_buf() },
        StorageError::ReadOnly { reason, .. } => StorageError::ReadOnly { path: part.to_path_buf(), reason },
        other => other,
    })?;
    file.sync_all().map_err(failed)?;
    // Whoever needs a copy has nothing else left: it is looked through while there is still a state to make another of.
    let (copied, found) = (sound(part)?, migrations::version(connection));
    if copied != found.map_err(|error| from_sqlite(database, &error))? {
        return Err(StorageError::Unexpected(format!("{} is not what was copied", part.display())));
    }
    Ok(())
}

/// Makes the names in the folder of `path` durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StorageError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| from_io(folder, &error))
}

/// Refuses when the disk of `target` has no room for `times` the database's size.
///
/// # Errors
/// [`StorageError::Full`].
pub(crate) fn refuse_without_room(
    connection: &Connection,
    database: &Path,
    target: &Path,
    times: u64,
) -> Result<(), StorageError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let size = pragma("page_count")
        .and_then(|pages| Ok(u64::from(pages) * u64::from(pragma("page_size")?)))
        .map_err(|error| from_sqlite(database, &error))?;
    refuse_without_bytes(target, size.saturating_mul(times))
}

/// Refuses when the disk of `target` has no room for so many bytes.
///
/// # Errors
/// [`StorageError::Full`].
pub(crate) fn refuse_without_bytes(target: &Path, bytes: u64) -> Result<(), StorageError> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let disk = rustix::fs::statvfs(folder).map_err(|error| from_io(folder, &error.into()))?;
    if disk.f_bavail.saturating_mul(disk.f_frsize) < bytes.saturating_add(SPARE) {
        return Err(StorageError::Full { path: target.to_path_buf() });
    }
    Ok(())
}
