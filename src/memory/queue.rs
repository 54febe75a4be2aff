// SPDX-License-Identifier: MIT OR Apache-2.0
//! What waits for the model: those who are in a hurry first.

use blufio_core::embedding::EmbedError;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// The vectors, or why there are none.
pub(crate) type Reply = Result<Vec<Vec<f32>>, EmbedError>;

/// Texts that belong together.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) texts: VecDeque<String>,
    pub(crate) vectors: Vec<Vec<f32>>,
    pub(crate) hurried: bool,
    pub(crate) reply: oneshot::Sender<Reply>,
    /// The place in the queue, given back when the job is gone.
    pub(crate) _place: OwnedSemaphorePermit,
}

/// What the thread finds when it looks for work.
#[derive(Debug)]
pub(crate) enum Next {
    Job(Job),
    /// Nothing came for as long as it was waited for.
    Idle,
    /// Nobody will ask any more.
    Closed,
}

#[derive(Debug, Default)]
struct Waiting {
    hurried: VecDeque<Job>,
    unhurried: VecDeque<Job>,
    closed: bool,
}

/// The queue between the callers and the thread. How many may wait is decided by the places that are given out.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Queue {
    /// Adds a job behind those of its kind.
    pub(crate) fn add(&self, job: Job) {
        let mut waiting = self.lock();
        if job.hurried { &mut waiting.hurried } else { &mut waiting.unhurried }.push_back(job);
        self.changed.notify_one();
    }

    /// Puts a job that has texts left before those of its kind.
    pub(crate) fn put_back(&self, job: Job) {
        let mut waiting = self.lock();
        if job.hurried { &mut waiting.hurried } else { &mut waiting.unhurried }.push_front(job);
    }

    /// Waits for a job, at most this long.
    pub(crate) fn next(&self, patience: Duration) -> Next {
        let none = |waiting: &mut Waiting| {
            !waiting.closed && waiting.hurried.is_empty() && waiting.unhurried.is_empty()
        };
        let waited = self.changed.wait_timeout_while(self.lock(), patience, none);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if waiting.closed {
            return Next::Closed;
        }
        let job = waiting.hurried.pop_front().or_else(|| waiting.unhurried.pop_front());
        job.map_or(Next::Idle, Next::Job)
    }

    /// Ends the work: whoever waits is told, by the end of the channel to him.
    pub(crate) fn close(&self) {
        let mut waiting = self.lock();
        *waiting = Waiting { closed: true, ..Waiting::default() };
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that is done under the lock can panic half way.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::sync::Semaphore;

    fn job(name: &str, hurried: bool) -> Job {
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let (reply, _) = oneshot::channel();
        Job { texts: [name.to_owned()].into(), vectors: Vec::new(), hurried, reply, _place: place }
    }

    fn name(next: Next) -> String {
        match next {
            Next::Job(job) => job.texts[0].clone(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn those_in_a_hurry_come_first_and_an_interrupted_job_goes_on() {
        let queue = Queue::default();
        for (text, hurried) in [("a", false), ("b", false), ("c", true), ("d", true)] {
            queue.add(job(text, hurried));
        }
        let next = || name(queue.next(Duration::ZERO));
        assert_eq!(next(), "c");
        assert_eq!(next(), "d");
        let Next::Job(first) = queue.next(Duration::ZERO) else { panic!("no job") };
        queue.put_back(first);
        queue.add(job("e", true));
        assert_eq!([next(), next(), next(), next()], ["e", "a", "b", "Idle"]);
    }

    #[test]
    fn a_closed_queue_forgets_what_waits() {
        let queue = Queue::default();
        queue.add(job("a", true));
        queue.close();
        assert_eq!(name(queue.next(Duration::ZERO)), "Closed");
    }
}
