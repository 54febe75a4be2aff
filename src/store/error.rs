// SPDX-License-Identifier: MIT OR Apache-2.0
//! From what SQLite and the system say to what the house says.

use blufio_core::storage::StorageError;
use rusqlite::ErrorCode;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Why a piece of work inside a transaction did not succeed. It never holds the content of a row.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RowError {
    /// SQLite refused.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A JSON column could not be written or read. Only the kind and place are kept: the text may be private.
    #[error("a JSON value is not what it should be ({:?} error in line {}, column {})", .0.classify(), .0.line(), .0.column())]
    Json(#[from] serde_json::Error),
    /// A file of ours could not be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The rows do not allow what was asked.
    #[error("{0}")]
    Refused(String),
}

impl RowError {
    /// As the house says it, about the database at `path`.
    pub(crate) fn about(self, path: &Path) -> StorageError {
        match self {
            Self::Sqlite(error) => from_sqlite(path, &error),
            Self::Storage(error) => error,
            Self::Json(_) | Self::Refused(_) => StorageError::Unexpected(self.to_string()),
        }
    }
}

/// What a failure of SQLite means for the file at `path`.
pub(crate) fn from_sqlite(path: &Path, error: &rusqlite::Error) -> StorageError {
    let path = path.to_path_buf();
    let Some(code) = error.sqlite_error() else { return StorageError::Unexpected(error.to_string()) };
    let reason = format!("{error}, code {}", code.extended_code);
    match code.code {
        ErrorCode::DiskFull => StorageError::Full { path },
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StorageError::ReadOnly { path, reason },
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StorageError::Corrupt { path, reason },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            StorageError::Io { path, reason: format!("another program keeps a lock on it ({reason})") }
        }
        ErrorCode::CannotOpen
        | ErrorCode::SystemIoFailure
        | ErrorCode::OutOfMemory
        | ErrorCode::NoLargeFileSupport => StorageError::Io { path, reason },
        _ => StorageError::Unexpected(reason),
    }
}

/// What a failure of the system means for the file at `path`.
pub(crate) fn from_io(path: &Path, error: &io::Error) -> StorageError {
    let path = path.to_path_buf();
    let reason = error.to_string();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StorageError::Full { path },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            StorageError::ReadOnly { path, reason }
        }
        _ => StorageError::Io { path, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    fn mapped(code: i32) -> StorageError {
        from_sqlite(Path::new("x.db"), &rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn every_kind_of_failure_has_its_own_name() {
        assert!(matches!(mapped(ffi::SQLITE_FULL), StorageError::Full { .. }));
        for code in [
            ffi::SQLITE_READONLY,
            ffi::SQLITE_READONLY_DIRECTORY,
            ffi::SQLITE_READONLY_DBMOVED,
            ffi::SQLITE_PERM,
        ] {
            assert!(matches!(mapped(code), StorageError::ReadOnly { .. }), "{code}");
        }
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB, ffi::SQLITE_CORRUPT_INDEX] {
            assert!(matches!(mapped(code), StorageError::Corrupt { .. }), "{code}");
        }
        for code in [
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_BUSY,
            ffi::SQLITE_LOCKED,
            ffi::SQLITE_NOMEM,
        ] {
            assert!(matches!(mapped(code), StorageError::Io { .. }), "{code}");
        }
        for code in [ffi::SQLITE_CONSTRAINT_FOREIGNKEY, ffi::SQLITE_MISUSE, ffi::SQLITE_ERROR] {
            assert!(matches!(mapped(code), StorageError::Unexpected(_)), "{code}");
        }
        let io = |kind| from_io(Path::new("x.db"), &io::Error::from(kind));
        assert!(matches!(io(ErrorKind::StorageFull), StorageError::Full { .. }));
        assert!(matches!(io(ErrorKind::ReadOnlyFilesystem), StorageError::ReadOnly { .. }));
        assert!(matches!(io(ErrorKind::PermissionDenied), StorageError::ReadOnly { .. }));
        assert!(matches!(io(ErrorKind::NotFound), StorageError::Io { .. }));
    }

    #[test]
    fn a_broken_json_row_is_reported_without_its_content() {
        let broken = serde_json::from_str::<u32>("\"my password\"").unwrap_err();
        let error = RowError::from(broken).about(Path::new("x.db")).to_string();
        assert!(error.contains("line 1"), "{error}");
        assert!(!error.contains("password"), "{error}");
    }
}
