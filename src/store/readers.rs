// SPDX-License-Identifier: MIT OR Apache-2.0
//! A few threads that read. In WAL mode nobody waits for the writer, nor the writer for them.

use crate::StoreOptions;
use crate::error::{RowError, from_io};
use crate::opening;
use blufio_core::storage::StorageError;
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use tokio::sync::{Semaphore, oneshot};

/// Questions that may wait; callers beyond that wait for room.
const WAITING_QUESTIONS: usize = 256;

type Question = Box<dyn FnOnce(&Connection) + Send>;

/// The side of the callers.
pub(crate) struct Readers {
    path: Arc<Path>,
    room: Arc<Semaphore>,
    questions: Mutex<Option<mpsc::Sender<Question>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Readers {
    /// Opens the connections, each in a thread of its own.
    ///
    /// # Errors
    /// When a connection or a thread cannot be had.
    pub(crate) fn start(path: &Arc<Path>, options: &StoreOptions) -> Result<Self, StorageError> {
        let (sender, questions) = mpsc::channel::<Question>();
        let questions = Arc::new(Mutex::new(questions));
        let mut threads = Vec::new();
        for number in 1..=options.readers.max(1) {
            let connection = opening::reader(path, options)?;
            let questions = Arc::clone(&questions);
            let thread = thread::Builder::new()
                .name(format!("store-reader-{number}"))
                .spawn(move || answer(&connection, &questions))
                .map_err(|error| from_io(path, &error))?;
            threads.push(thread);
        }
        Ok(Self {
            path: Arc::clone(path),
            room: Arc::new(Semaphore::new(WAITING_QUESTIONS)),
            questions: Mutex::new(Some(sender)),
            threads: Mutex::new(threads),
        })
    }

    /// Runs `work` on one of the connections. Dropped, it may run or not.
    ///
    /// # Errors
    /// What the work came to, or [`StorageError::Closed`].
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, RowError> + Send + 'static,
    {
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(|_| StorageError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let path = Arc::clone(&self.path);
        self.ask(Box::new(move |connection| {
            let _room = room;
            if !reply.is_closed() {
                drop(reply.send(work(connection).map_err(|error| error.about(&path))));
            }
        }))?;
        answer.await.unwrap_or(Err(StorageError::Closed))
    }

    fn ask(&self, question: Question) -> Result<(), StorageError> {
        let questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        let questions = questions.as_ref().ok_or(StorageError::Closed)?;
        questions.send(question).map_err(|_| StorageError::Closed)
    }

    /// Answers what was asked and ends the threads.
    pub(crate) fn close(&self) {
        self.room.close();
        drop(self.questions.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!(path = %self.path.display(), "a thread that reads the database has died");
            }
        }
    }
}

fn answer(connection: &Connection, questions: &Mutex<mpsc::Receiver<Question>>) {
    loop {
        // The lock is held while waiting: the others wait for it instead, which is the same to them.
        let question = questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(question) = question else { return };
        question(connection);
    }
}
