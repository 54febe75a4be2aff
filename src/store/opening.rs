// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a path to a connection that can be relied on.

use crate::StoreOptions;
use crate::error::{from_io, from_sqlite};
use crate::lock::{LockFile, beside};
use crate::migrations;
use crate::snapshot::sync_folder;
use blufio_core::storage::StorageError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Marks a database as one of ours: "Bluf" in the header.
pub(crate) const APPLICATION_ID: u32 = u32::from_be_bytes(*b"Bluf");
/// What every SQLite database starts with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// A database up to this size is checked at every start (some tens of milliseconds); a larger one only when it was
/// not closed in order.
pub(crate) const CHECKED_ALWAYS: u64 = 16 << 20;
/// Cache of one connection, KiB. The system caches the file as well, and an idle daemon should be small.
const CACHE_KIB: i32 = 512;
/// Statements kept compiled.
const STATEMENTS: usize = 128;
/// After this many pages (of 4 KiB) in the log, a commit moves what it can into the main file.
const AUTOCHECKPOINT_PAGES: u32 = 1000;

/// A database that is ours alone, sound, and of the newest schema.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) lock: LockFile,
    pub(crate) connection: Connection,
}

/// Opens or makes the database at `path`. A file that is refused is left as it is.
pub(crate) fn open(
    path: &Path,
    options: &StoreOptions,
    steps: &'static [&'static str],
) -> Result<Opened, StorageError> {
    let path = resolve(path)?;
    let lock = LockFile::take(&path)?;
    let exists = look_at_header(&path)?;
    if !exists {
        create(&path)?;
    }
    let failed = |error| from_sqlite(&path, &error);
    let mut connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE, options).map_err(failed)?;
    if connection.is_readonly(rusqlite::MAIN_DB).map_err(failed)? {
        let reason = "its permissions allow reading only".to_owned();
        return Err(StorageError::ReadOnly { path, reason });
    }
    if exists {
        // Should the file be refused, closing it must not write into it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
        refuse_newer(&connection, &path, steps)?;
        let size = path.metadata().map_err(|error| from_io(&path, &error))?.len();
        refuse_cut_off(&connection, &path, size)?;
        if size <= CHECKED_ALWAYS || !lock.left_clean() {
            refuse_damaged(&connection, &path)?;
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(failed)?;
    } else {
        connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    }
    prepare_for_writing(&connection, &path)?;
    migrations::migrate(&mut connection, &path, steps)?;
    Ok(Opened { path, lock, connection })
}

/// Another connection, for reading.
pub(crate) fn reader(path: &Path, options: &StoreOptions) -> Result<Connection, StorageError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, options).map_err(|error| from_sqlite(path, &error))
}

/// The file itself, absolute and without links: everyone must meet at the same lock file, and SQLite would take a
/// name that starts with `file:` for a URI.
pub(crate) fn resolve(path: &Path) -> Result<PathBuf, StorageError> {
    match path.canonicalize() {
        Ok(real) => return Ok(real),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(from_io(path, &error)),
    }
    let Some(name) = path.file_name() else {
        return Err(StorageError::Io {
            path: path.to_path_buf(),
            reason: "this is not the name of a file".into(),
        });
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match folder.canonicalize() {
        Ok(folder) => Ok(folder.join(name)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let reason = format!("its folder {} does not exist; create it first", folder.display());
            Err(StorageError::Io { path: path.to_path_buf(), reason })
        }
        Err(error) => Err(from_io(folder, &error)),
    }
}

/// Whether there is a database of ours. Reads the first bytes without SQLite, which would roll back or replay what
/// lies beside somebody else's file. Nobody has the database open now, so that closing this handle drops no lock.
pub(crate) fn look_at_header(path: &Path) -> Result<bool, StorageError> {
    let corrupt = |reason: String| Err(StorageError::Corrupt { path: path.to_path_buf(), reason });
    let failed = |error| from_io(path, &error);
    let mut header = Vec::with_capacity(100);
    match File::open(path) {
        Ok(file) => {
            if !file.metadata().map_err(failed)?.is_file() {
                return Err(StorageError::Io {
                    path: path.to_path_buf(),
                    reason: "this is not a file".into(),
                });
            }
            file.take(100).read_to_end(&mut header).map_err(failed)?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    if header.is_empty() {
        let log = beside(path, "-wal");
        if log.metadata().is_ok_and(|log| log.len() > 0) {
            // SQLite would delete it, and with it the last thing that can be rescued.
            let log = log.display();
            return corrupt(format!("it is missing or empty, but {log}, which belongs to one, is not"));
        }
        return Ok(false);
    }
    if !header.starts_with(MAGIC) || header.len() < 100 {
        return corrupt("it does not start like a SQLite database".into());
    }
    if header.get(68..72) != Some(&APPLICATION_ID.to_be_bytes()) {
        return corrupt("it is a SQLite database of another program".into());
    }
    Ok(true)
}

/// Makes an empty file that only its owner can read; what SQLite puts beside it inherits that.
fn create(path: &Path) -> Result<(), StorageError> {
    let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    made.map_err(|error| from_io(path, &error))?;
    sync_folder(path)
}

fn connect(path: &Path, access: OpenFlags, options: &StoreOptions) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

fn refuse_newer(connection: &Connection, path: &Path, steps: &[&str]) -> Result<(), StorageError> {
    let found = migrations::version(connection).map_err(|error| from_sqlite(path, &error))?;
    let known = migrations::newest(steps);
    if found > known {
        return Err(StorageError::TooNew { path: path.to_path_buf(), found, known });
    }
    Ok(())
}

/// SQLite itself takes the missing end of a last page for zeroes.
fn refuse_cut_off(connection: &Connection, path: &Path, size: u64) -> Result<(), StorageError> {
    let page: u32 = connection
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .map_err(|error| from_sqlite(path, &error))?;
    // While the log holds something, the main file may be of any size: the log completes it.
    let log_is_empty = beside(path, "-wal").metadata().map_or(true, |log| log.len() == 0);
    if log_is_empty && !size.is_multiple_of(u64::from(page)) {
        let reason = "it is cut off in the middle of a page".to_owned();
        return Err(StorageError::Corrupt { path: path.to_path_buf(), reason });
    }
    Ok(())
}

/// Looks through the whole file.
pub(crate) fn refuse_damaged(connection: &Connection, path: &Path) -> Result<(), StorageError> {
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| from_sqlite(path, &error))?;
    if verdict != "ok" {
        let reason = verdict.lines().collect::<Vec<_>>().join(" ");
        return Err(StorageError::Corrupt { path: path.to_path_buf(), reason });
    }
    Ok(())
}

fn prepare_for_writing(connection: &Connection, path: &Path) -> Result<(), StorageError> {
    let failed = |error| from_sqlite(path, &error);
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        let reason = format!(
            "its file system supports no write-ahead log (journal mode stays {mode}); use a local disk"
        );
        return Err(StorageError::Io { path: path.to_path_buf(), reason });
    }
    connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    // What is deleted is overwritten: forgetting means that the words are gone.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(())).map_err(failed)?;
    connection.pragma_update(None, "wal_autocheckpoint", AUTOCHECKPOINT_PAGES).map_err(failed)
}
