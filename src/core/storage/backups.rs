// SPDX-License-Identifier: MIT OR Apache-2.0
use super::StorageError;
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A backup: one file, a whole and sound copy of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The file.
    pub path: PathBuf,
    /// When it was made.
    pub made_at: Timestamp,
    /// Its size, bytes.
    pub bytes: u64,
    /// Version of its schema.
    pub schema: u32,
}

/// Copies of the whole state, in a folder beside it.
#[async_trait]
pub trait Backups: Send + Sync {
    /// Makes a backup while the state is in use, looks it through, and then removes the oldest ones, so that `keep`
    /// are left, this one included. One at a time; dropped, it is made all the same.
    ///
    /// # Errors
    /// When it cannot be made or is not sound; then it is gone, and the older ones are all there. Also where less than
    /// twice the state's size is free on the disk.
    async fn back_up(&self, keep: usize, now: Timestamp) -> Result<Backup, StorageError>;

    /// Notes, before the first message, that messages come and go from now on. Whoever goes back to the state from before
    /// this schema learns by that whether anything has happened since.
    ///
    /// # Errors
    /// When it cannot be written down.
    async fn begin(&self) -> Result<(), StorageError>;

    /// Removes copies that were kept when a new schema came, when an older program was gone back to, or when a backup was
    /// restored, two weeks after that: they hold what people have had forgotten. Returns their names.
    ///
    /// # Errors
    /// When the folder cannot be read, or one of them not be removed.
    async fn drop_copies(&self, now: Timestamp) -> Result<Vec<PathBuf>, StorageError>;
}
