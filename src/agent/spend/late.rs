// SPDX-License-Identifier: MIT OR Apache-2.0
use blufio_core::ids::ReservationId;
use blufio_core::storage::{CallRecord, Storage};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So many may wait to be entered. More are left to the next start.
const MOST: usize = 1_024;
/// First pause after one could not be entered; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Attempts that ended while they could not be entered: tried until it succeeds or the process ends, so that the room
/// they had reserved comes back.
#[derive(Debug, Default)]
pub(crate) struct Late(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    waiting: VecDeque<(ReservationId, Option<CallRecord>)>,
    /// Whether a task works on them.
    working: bool,
}

impl Late {
    fn lock(&self) -> MutexGuard<'_, Open> {
        // Never left half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one over; says whether there was room for it.
    pub(crate) fn keep(
        self: &Arc<Self>,
        storage: &Arc<dyn Storage>,
        id: ReservationId,
        record: Option<CallRecord>,
    ) -> bool {
        let mut open = self.lock();
        if open.waiting.len() >= MOST {
            return false;
        }
        open.waiting.push_back((id, record));
        if !open.working {
            open.working = true;
            tokio::spawn(work(Arc::clone(self), Arc::clone(storage)));
        }
        true
    }

    /// The oldest that waits. Where there is none, the task ends.
    fn oldest(&self) -> Option<(ReservationId, Option<CallRecord>)> {
        let mut open = self.lock();
        open.working = !open.waiting.is_empty();
        open.waiting.front().cloned()
    }
}

async fn work(late: Arc<Late>, storage: Arc<dyn Storage>) {
    let mut pause = FIRST_PAUSE;
    while let Some((id, record)) = late.oldest() {
        match storage.settle_call(id, record).await {
            Err(error) if error.is_retryable() => {
                tracing::error!(%error, %id, "a call cannot be entered yet");
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                continue;
            }
            Err(error) => {
                tracing::error!(%error, %id, "a call could not be entered; the next start enters it at its worst case");
            }
            Ok(()) => pause = FIRST_PAUSE,
        }
        late.lock().waiting.pop_front();
    }
}
