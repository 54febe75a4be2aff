// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether a file is a whole and undamaged state. It is never written to, and nothing is put beside it.

use crate::error::{from_io, from_sqlite};
use crate::lock::beside;
use crate::{migrations, opening};
use blufio_core::storage::StorageError;
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// A file that can be restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The file.
    pub path: PathBuf,
    /// Its size, bytes.
    pub bytes: u64,
    /// Version of its schema.
    pub schema: u32,
    /// The version that this program knows. A file with an older one is brought to it when it is used.
    pub known: u32,
}

/// Looks through a backup: every page, every index, its schema.
///
/// # Errors
/// [`StorageError::Corrupt`], [`StorageError::TooNew`], or why it cannot be read.
pub fn verify(file: &Path) -> Result<Verified, StorageError> {
    let path = file.canonicalize().map_err(|error| from_io(file, &error))?;
    let log = beside(&path, "-wal");
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        let reason = format!(
            "{} belongs to it, so that this file alone is not all of it; `blufio backup create` makes a whole one",
            log.display()
        );
        return Err(StorageError::Io { path, reason });
    }
    let schema = sound(&path)?;
    let known = migrations::newest(migrations::STEPS);
    if schema > known {
        return Err(StorageError::TooNew { path, found: schema, known });
    }
    let bytes = path.metadata().map_err(|error| from_io(&path, &error))?.len();
    Ok(Verified { path, bytes, schema, known })
}

/// Looks through a state that nobody uses and that has no log; the version of its schema.
pub(crate) fn sound(path: &Path) -> Result<u32, StorageError> {
    let corrupt = |reason: String| Err(StorageError::Corrupt { path: path.to_path_buf(), reason });
    if !opening::look_at_header(path)? {
        return corrupt("it is missing or empty".into());
    }
    let failed = |error| from_sqlite(path, &error);
    let access =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(unchanging(path), access).map_err(failed)?;
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if verdict != "ok" {
        return corrupt(verdict.lines().collect::<Vec<_>>().join(" "));
    }
    match migrations::version(&connection).map_err(failed)? {
        0 => corrupt("there is no state in it".into()),
        schema => Ok(schema),
    }
}

/// The name by which SQLite opens a file without locking it and without looking for a log.
fn unchanging(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                uri.push(char::from(*byte))
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}
