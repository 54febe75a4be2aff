// SPDX-License-Identifier: MIT OR Apache-2.0
use std::path::PathBuf;

/// Why the state could not be read or written. Whatever it was, what had been committed before is still there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// No room.
    #[error("{}: the disk is full; free some space, then it goes on by itself", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder may not be written.
    #[error("{}: cannot be written ({reason}); check its owner and permissions, and that its file system is not mounted read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file is damaged or is not a database of ours.
    #[error("{}: not a sound Blufio database ({reason}); it was left as it is. Restore a backup, or move it away to start anew", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file was written by a newer program.
    #[error("{}: has schema {found}, this program knows up to {known}; use the newer program, or restore the snapshot from before the update", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Schema of the file.
        found: u32,
        /// Newest schema known.
        known: u32,
    },
    /// Another process holds the state.
    #[error("{}: in use by another Blufio{}; stop that one first, or talk to it through its socket", path.display(), pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    InUse {
        /// The file.
        path: PathBuf,
        /// The process, where known.
        pid: Option<u32>,
    },
    /// The device failed, or the file could not be opened at all.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The store is closing.
    #[error("the store has been closed")]
    Closed,
    /// A row or a statement is not what it should be: a bug, or a hand in the file.
    #[error("the database answered unexpectedly: {0}")]
    Unexpected(String),
}

impl StorageError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::ReadOnly { .. } | Self::Io { .. })
    }
}
