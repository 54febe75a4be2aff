// SPDX-License-Identifier: MIT OR Apache-2.0
//! The store: who holds what, and in which order it ends.

use crate::error::RowError;
use crate::lock::LockFile;
use crate::opening::{self, Opened};
use crate::readers::Readers;
use crate::writer::{Durability, Writer};
use crate::{examine, migrations, snapshot, stats};
use async_trait::async_trait;
use blufio_core::storage::{Examined, Storage, StorageError, StoreStats};
use blufio_core::time::Timestamp;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How a store is run. The defaults are right for a daemon.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Threads that read. Each keeps a connection open.
    pub readers: usize,
    /// After this long without a write, everything is moved into the main file and the log is emptied.
    pub idle_checkpoint: Duration,
    /// How long to wait for a lock that another program holds on the file (an administrator's `sqlite3`).
    pub busy_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { readers: 2, idle_checkpoint: Duration::from_millis(25), busy_timeout: Duration::from_secs(5) }
    }
}

/// Everything that is kept, in one SQLite file. Cheap to clone; all clones are the same store.
///
/// The last clone that is dropped closes it, see [`Store::close`].
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    path: Arc<Path>,
    readers: Readers,
    writer: Writer,
    lock: Mutex<Option<LockFile>>,
    /// Jobs that cannot be read and were complained of.
    pub(crate) unreadable: Mutex<BTreeSet<i64>>,
    /// When the self-test last looked through the whole file.
    pub(crate) looked_through: Mutex<Option<Timestamp>>,
    /// Whose turn it is to make a backup.
    pub(crate) backing_up: Arc<tokio::sync::Mutex<()>>,
}

impl Store {
    /// Opens the database at `path`, or makes one there; its folder must exist. Blocks while the file is checked and
    /// migrated, a few milliseconds as a rule.
    ///
    /// # Errors
    /// [`StorageError::InUse`] while another process (or another `Store` of this one) has it,
    /// [`StorageError::TooNew`], [`StorageError::Corrupt`], [`StorageError::ReadOnly`], [`StorageError::Full`] or
    /// [`StorageError::Io`]. A file that is refused is left as it is.
    pub fn open(path: &Path, options: StoreOptions) -> Result<Self, StorageError> {
        Self::open_with_schema(path, options, migrations::STEPS)
    }

    pub(crate) fn open_with_schema(
        path: &Path,
        options: StoreOptions,
        steps: &'static [&'static str],
    ) -> Result<Self, StorageError> {
        let Opened { path, lock, connection } = opening::open(path, &options, steps)?;
        let path: Arc<Path> = path.into();
        let writer = Writer::start(connection, Arc::clone(&path), &options)?;
        let readers = Readers::start(&path, &options)?;
        Ok(Self {
            inner: Arc::new(Inner {
                path,
                readers,
                writer,
                lock: Mutex::new(Some(lock)),
                unreadable: Mutex::default(),
                looked_through: Mutex::default(),
                backing_up: Arc::default(),
            }),
        })
    }

    /// The file, as it was found.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Carries out what has been handed over, moves everything into the main file, and lets go of it. Blocks until
    /// that is done. Whoever calls the store afterwards gets [`StorageError::Closed`]; closing twice does nothing.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Runs `work` in a transaction of the writer.
    pub(crate) async fn write<T, F>(&self, durability: Durability, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, RowError> + Send + 'static,
    {
        self.inner.writer.run(durability, work).await
    }

    /// Runs `work` in a read transaction: all of it sees the same state.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, RowError> + Send + 'static,
    {
        let in_transaction = move |connection: &Connection| {
            let transaction = connection.unchecked_transaction()?;
            work(&transaction)
        };
        self.inner.readers.run(in_transaction).await
    }
}

impl Inner {
    /// The file, as it was found.
    pub(crate) fn path(&self) -> Arc<Path> {
        Arc::clone(&self.path)
    }

    /// The threads that read.
    pub(crate) fn readers(&self) -> &Readers {
        &self.readers
    }

    /// Readers first: the writer can empty the log only when nobody reads from it.
    fn close(&self) {
        self.readers.close();
        let in_order = self.writer.close();
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(lock) = lock
            && in_order
        {
            lock.release_clean();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

#[async_trait]
impl Storage for Store {
    async fn stats(&self, now: Timestamp) -> Result<StoreStats, StorageError> {
        let path = Arc::clone(&self.inner.path);
        self.read(move |connection| stats::read(connection, &path, now)).await
    }

    async fn examine(&self, now: Timestamp) -> Result<Examined, StorageError> {
        examine::examine(self, now).await
    }

    async fn snapshot(&self, target: &Path) -> Result<(), StorageError> {
        let path = Arc::clone(&self.inner.path);
        let target = target.to_path_buf();
        let copy = move |connection: &Connection| {
            snapshot::refuse_without_room(connection, &path, &target, 1)?;
            Ok(snapshot::write(connection, &path, &target, snapshot::Existing::Keep)?)
        };
        self.inner.readers.run(copy).await
    }
}
