// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one thread that writes.
//!
//! Jobs arrive through a bounded queue. The thread takes what is waiting, runs each job in a savepoint of its own
//! inside one transaction, commits once, and only then answers: many conversations share one flush to the disk. A job
//! that fails takes back its own savepoint only. When the commit fails, all jobs of the transaction fail with the
//! same reason, and the thread goes on with the next ones.
//!
//! Once no job has come for a moment, the log is moved into the main file and emptied, so that the main file alone is
//! complete. An idle writer sleeps without waking up.

use crate::StoreOptions;
use crate::error::{RowError, from_io, from_sqlite};
use crate::lock::beside;
use blufio_core::storage::StorageError;
use rusqlite::Connection;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Jobs that may wait; callers beyond that wait for room.
const WAITING_JOBS: usize = 256;
/// Most jobs in one transaction.
const BATCH: usize = 64;
/// A log larger than this is emptied even under constant load, bytes.
const LOG_BYTES: u64 = 8 << 20;
/// How often that is tried at most.
const LOG_EVERY: Duration = Duration::from_secs(1);
/// How long a checkpoint waits for readers.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(5);
/// The first pause after a checkpoint that could not be completed.
const RETRY_FIRST: Duration = Duration::from_millis(5);
/// The longest pause while readers are in the way, and when the disk refuses.
const RETRY_READERS: Duration = Duration::from_millis(100);
const RETRY_FAILED: Duration = Duration::from_secs(5);
/// How long closing waits for readers of other programs.
const CLOSING: Duration = Duration::from_secs(1);

/// When a job's effect must be on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Before the caller is answered.
    Now,
    /// With the next job that is flushed. It survives the death of the process at once; only a loss of power can
    /// undo it, as a whole and together with everything after it; any later flushed write makes it durable against
    /// that too. For facts that the next start would undo or find out again anyway, such as "this turn is running",
    /// and for reservations and entries of calls, which the end of their turn flushes.
    Later,
}

/// A job in the queue, with its type forgotten.
trait Job: Send {
    fn durability(&self) -> Durability;
    /// Does the work; what failed is kept for the answer and returned as well.
    fn work(&mut self, connection: &Connection) -> Result<(), StorageError>;
    /// Tells the caller. `undone`: why the transaction as a whole was taken back.
    fn answer(self: Box<Self>, undone: Option<&StorageError>);
}

struct Task<T, F> {
    durability: Durability,
    work: Option<F>,
    /// `None`: the work was never begun.
    outcome: Option<Result<T, StorageError>>,
    reply: oneshot::Sender<Result<T, StorageError>>,
    path: Arc<Path>,
    _room: OwnedSemaphorePermit,
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, RowError> + Send,
{
    fn durability(&self) -> Durability {
        self.durability
    }

    fn work(&mut self, connection: &Connection) -> Result<(), StorageError> {
        if let Some(work) = self.work.take() {
            self.outcome = Some(work(connection).map_err(|error| error.about(&self.path)));
        }
        match &self.outcome {
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    fn answer(self: Box<Self>, undone: Option<&StorageError>) {
        let answer = match (self.outcome, undone) {
            (Some(Ok(_)) | None, Some(undone)) => Err(undone.clone()),
            (Some(outcome), _) => outcome,
            (None, None) => Err(StorageError::Closed),
        };
        // A caller that went away does not undo the work, and needs no answer.
        drop(self.reply.send(answer));
    }
}

/// The side of the callers.
pub(crate) struct Writer {
    path: Arc<Path>,
    room: Arc<Semaphore>,
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Gives the connection to a thread of its own.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(
        connection: Connection,
        path: Arc<Path>,
        options: &StoreOptions,
    ) -> Result<Self, StorageError> {
        let (sender, jobs) = mpsc::channel();
        let log = beside(&path, "-wal");
        let shown = Arc::clone(&path);
        let (idle, busy_timeout) = (options.idle_checkpoint, options.busy_timeout);
        let desk =
            Desk { connection, path: shown, log, jobs, idle, busy_timeout, flushing: true, forced: None };
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || desk.run())
            .map_err(|error| from_io(&path, &error))?;
        Ok(Self {
            path,
            room: Arc::new(Semaphore::new(WAITING_JOBS)),
            jobs: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Hands `work` over and waits until it is committed. Dropped before it is handed over, nothing happens; dropped
    /// later, it is carried out all the same.
    ///
    /// # Errors
    /// What the work or the commit came to, or [`StorageError::Closed`].
    pub(crate) async fn run<T, F>(&self, durability: Durability, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, RowError> + Send + 'static,
    {
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(|_| StorageError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let task = Task {
            durability,
            work: Some(work),
            outcome: None,
            reply,
            path: Arc::clone(&self.path),
            _room: room,
        };
        self.hand_over(Box::new(task))?;
        answer.await.unwrap_or(Err(StorageError::Closed))
    }

    fn hand_over(&self, job: Box<dyn Job>) -> Result<(), StorageError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = jobs.as_ref().ok_or(StorageError::Closed)?;
        jobs.send(job).map_err(|_| StorageError::Closed)
    }

    /// Lets the thread finish what was handed over and waits for its end. Says whether it ended in order.
    pub(crate) fn close(&self) -> bool {
        self.room.close();
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        match thread.map(JoinHandle::join) {
            Some(Err(_)) => {
                tracing::error!(path = %self.path.display(), "the thread that writes the database has died");
                false
            }
            Some(Ok(())) | None => true,
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

/// How far a checkpoint came.
enum Checkpoint {
    /// The log is empty.
    Complete,
    /// Somebody still reads from the log.
    Readers,
    /// The disk refused. Nothing is lost: what was committed is in the log.
    Failed(rusqlite::Error),
}

/// The side of the thread.
struct Desk {
    connection: Connection,
    path: Arc<Path>,
    log: PathBuf,
    jobs: mpsc::Receiver<Box<dyn Job>>,
    idle: Duration,
    busy_timeout: Duration,
    /// Whether the connection flushes at each commit now.
    flushing: bool,
    /// When the log was last emptied under load.
    forced: Option<Instant>,
}

impl Desk {
    fn run(mut self) {
        while let Some(first) = self.next() {
            let mut batch = VecDeque::from([first]);
            while batch.len() < BATCH
                && let Ok(job) = self.jobs.try_recv()
            {
                batch.push_back(job);
            }
            while !batch.is_empty() {
                self.transaction(&mut batch);
            }
            self.bound_log();
        }
        self.finish();
    }

    /// Waits for a job, and empties the log meanwhile. `None`: no more will come.
    fn next(&mut self) -> Option<Box<dyn Job>> {
        let mut pause = self.idle;
        let mut retry = RETRY_FIRST;
        let mut told = false;
        loop {
            match self.jobs.recv_timeout(pause) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            pause = match self.checkpoint() {
                Checkpoint::Complete => return self.jobs.recv().ok(),
                Checkpoint::Readers => retry.min(RETRY_READERS),
                Checkpoint::Failed(error) => {
                    if !told {
                        tracing::warn!(path = %self.path.display(), %error, "the log cannot be moved into the database now; nothing is lost, it is tried again");
                        told = true;
                    }
                    retry.min(RETRY_FAILED)
                }
            };
            retry = retry.saturating_mul(2).min(RETRY_FAILED);
        }
    }

    /// One transaction with as many jobs of the batch as it bears: all, unless one of them makes SQLite take the
    /// whole transaction back.
    fn transaction(&mut self, batch: &mut VecDeque<Box<dyn Job>>) {
        let flush = batch.iter().any(|job| job.durability() == Durability::Now);
        if let Err(error) = self.begin(flush) {
            let error = from_sqlite(&self.path, &error);
            batch.drain(..).for_each(|job| job.answer(Some(&error)));
            return;
        }
        let mut ran = Vec::with_capacity(batch.len());
        let mut undone = None;
        while undone.is_none()
            && let Some(mut job) = batch.pop_front()
        {
            undone = self.in_savepoint(job.as_mut()).err();
            ran.push(job);
        }
        if undone.is_none() {
            undone = self.execute("COMMIT").err().map(|error| from_sqlite(&self.path, &error));
        }
        if undone.is_some()
            && !self.connection.is_autocommit()
            && let Err(error) = self.execute("ROLLBACK")
        {
            tracing::error!(path = %self.path.display(), %error, "a transaction could not be taken back");
        }
        for job in ran {
            job.answer(undone.as_ref());
        }
    }

    fn begin(&mut self, flush: bool) -> rusqlite::Result<()> {
        if flush != self.flushing {
            self.connection.pragma_update(None, "synchronous", if flush { "full" } else { "normal" })?;
            self.flushing = flush;
        }
        self.execute("BEGIN IMMEDIATE")
    }

    /// Runs one job. An error means that the whole transaction is lost, not just the job.
    fn in_savepoint(&self, job: &mut dyn Job) -> Result<(), StorageError> {
        let failed = |error| from_sqlite(&self.path, &error);
        self.execute("SAVEPOINT job").map_err(failed)?;
        match job.work(&self.connection) {
            // A full disk or a failing one makes SQLite take back everything by itself.
            Err(error) if self.connection.is_autocommit() => return Err(error),
            Err(_) => self.execute("ROLLBACK TO job").map_err(failed)?,
            Ok(()) => {}
        }
        self.execute("RELEASE job").map_err(failed)
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(|_| ())
    }

    /// Moves the log into the main file and empties it.
    fn checkpoint(&self) -> Checkpoint {
        let attempt = || {
            self.connection.busy_timeout(CHECKPOINT_PATIENCE)?;
            let busy = self
                .connection
                .prepare_cached("PRAGMA wal_checkpoint(TRUNCATE)")
                .and_then(|mut checkpoint| checkpoint.query_row([], |row| row.get(0)));
            self.connection.busy_timeout(self.busy_timeout)?;
            busy
        };
        match attempt() {
            Ok(0) => Checkpoint::Complete,
            Ok(_) => Checkpoint::Readers,
            Err(error) => Checkpoint::Failed(error),
        }
    }

    /// Keeps the log from growing for ever when there is never a quiet moment.
    fn bound_log(&mut self) {
        let large = self.log.metadata().is_ok_and(|log| log.len() > LOG_BYTES);
        let recently = self.forced.is_some_and(|at| at.elapsed() < LOG_EVERY);
        if large && !recently {
            self.forced = Some(Instant::now());
            if let Checkpoint::Failed(error) = self.checkpoint() {
                tracing::warn!(path = %self.path.display(), %error, "the log grows and cannot be moved into the database now");
            }
        }
    }

    fn finish(self) {
        let started = Instant::now();
        loop {
            match self.checkpoint() {
                Checkpoint::Complete => break,
                Checkpoint::Readers if started.elapsed() < CLOSING => thread::sleep(RETRY_FIRST),
                Checkpoint::Readers => {
                    tracing::warn!(path = %self.path.display(), "another program reads the database; the log stays and belongs to it");
                    break;
                }
                Checkpoint::Failed(error) => {
                    tracing::warn!(path = %self.path.display(), %error, "the log could not be moved into the database; it stays and belongs to it");
                    break;
                }
            }
        }
        let Self { connection, path, .. } = self;
        if let Err((_, error)) = connection.close() {
            tracing::warn!(path = %path.display(), %error, "the database did not close in order");
        }
    }
}
