// SPDX-License-Identifier: MIT OR Apache-2.0
//! Backups: making, finding, checking and restoring them.
//!
//! What has to work while the state is damaged, or without a daemon, are functions of a path; only making a backup needs
//! the open store.
//!
//! | room | holds |
//! |---|---|
//! | `names` | the folder, and what the files in it are called |
//! | `sound` | whether a file is a whole state |
//! | `restore` | a backup becomes the state |
//! | `rollback` | after an update that is taken back, the state from before it becomes the state |
//! | `exchange` | one file takes the place of another, at once; what was there is kept |
//! | `begun` | whether a program has worked with the schema that it brought |
//! | `past` | what was on its way when a backup was made |
//! | `copies` | files that were kept, and for how long |

mod begun;
mod copies;
mod exchange;
mod names;
mod past;
mod restore;
mod rollback;
mod sound;

pub(crate) use begun::forget as forget_begun;
pub(crate) use names::newest;
pub use names::{FOLDER, list};
pub use past::Past;
pub use restore::{Restored, copy, restore};
pub use rollback::{Rollback, restore_before_update};
pub(crate) use sound::sound;
pub use sound::{Verified, verify};

use crate::store::Store;
use crate::{migrations, snapshot};
use async_trait::async_trait;
use blufio_core::storage::{Backup, Backups, StorageError};
use blufio_core::time::Timestamp;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// So many times the state's size must be free: the daemon needs room to go on.
const ROOM: u64 = 2;

#[async_trait]
impl Backups for Store {
    async fn back_up(&self, keep: usize, now: Timestamp) -> Result<Backup, StorageError> {
        // Goes with the work, so that a second one never meets the unfinished file of the first.
        let turn = Arc::clone(&self.inner.backing_up).lock_owned().await;
        let path = self.inner.path();
        let work = move |connection: &Connection| {
            let _turn = turn;
            Ok(make(connection, &path, keep, now)?)
        };
        self.inner.readers().run(work).await
    }

    async fn begin(&self) -> Result<(), StorageError> {
        let path = self.inner.path();
        let work = move |connection: &Connection| {
            let schema =
                migrations::version(connection).map_err(|error| crate::error::from_sqlite(&path, &error))?;
            Ok(begun::begin(&path, schema)?)
        };
        self.inner.readers().run(work).await
    }

    async fn drop_copies(&self, now: Timestamp) -> Result<Vec<PathBuf>, StorageError> {
        let path = self.inner.path();
        self.inner.readers().run(move |_| Ok(copies::drop_old(&path, now)?)).await
    }
}

fn make(
    connection: &Connection,
    database: &Path,
    keep: usize,
    now: Timestamp,
) -> Result<Backup, StorageError> {
    let folder = names::folder(database);
    names::make_folder(&folder, database)?;
    names::remove_unfinished(&folder)?;
    let target = folder.join(names::of(now)?);
    snapshot::refuse_without_room(connection, database, &target, ROOM)?;
    snapshot::write(connection, database, &target, snapshot::Existing::Keep)?;
    exchange::give_to_owner_of(&target, database)?;
    let schema =
        migrations::version(connection).map_err(|error| crate::error::from_sqlite(database, &error))?;
    names::rotate(&folder, &target, keep, now)?;
    names::describe(target, now, schema)
}

#[cfg(test)]
mod tests;
