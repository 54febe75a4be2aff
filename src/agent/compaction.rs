// SPDX-License-Identifier: MIT OR Apache-2.0
//! Summaries of what was said long ago: when a history has grown past its soft limit, a cheap model summarises its older
//! part in the background, and the summary is swapped in between two turns.
//!
//! A turn that runs meanwhile has read its history already and sees nothing of it. What fails changes nothing: the
//! history stays as it is, and a later turn tries again.
//!
//! The summary does not depend on the cheap model's care alone. Statements of the person that matter and are missing
//! from it are added word for word. Where the model cannot be brought to summarise a session at all, these are what is
//! left of its older part, and a line says so.
//!
//! | room | holds |
//! |---|---|
//! | `attempt` | one summary, from the transcript to the swap |
//! | `plan` | which part of a transcript is summarised |
//! | `prompt` | what the summarising model is asked |
//! | `memory` | the text that is kept: the model's words, and the person's where they are missing from them |
//! | `statement` | what a person says, sentence by sentence, and whether a text says it too |
//! | `cues` | words that make a statement matter, in many languages |

mod attempt;
mod cues;
mod memory;
mod plan;
mod prompt;
mod statement;

pub(crate) use memory::shown;
pub(crate) use statement::{brings_others, forwarding, negates, own_words, sentences};

use crate::context::Shared;
use crate::frame::History;
use crate::running::Ends;
use crate::tokens;
use attempt::{Attempt, By, Failure, Task};
use blufio_core::content::Message;
use blufio_core::ids::{QueueId, SessionId};
use blufio_core::observe::Observation;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Sessions that are summarised at the same time in the background.
const AT_ONCE: usize = 4;
/// First pause after a failure; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 3_600);
/// After so many summaries of a session that came to nothing the model is not asked any more: every one has to be paid.
const CHANCES: u32 = 5;
/// Failures that are remembered; beyond, the oldest are forgotten, which only means an earlier try.
const REMEMBERED: usize = 1_024;

/// The summaries that are being made.
#[derive(Debug)]
pub(crate) struct Compactions {
    room: Arc<Semaphore>,
    tracker: TaskTracker,
    end: CancellationToken,
    /// One at a time for each session.
    locks: Mutex<HashMap<SessionId, Arc<tokio::sync::Mutex<()>>>>,
    failures: Mutex<HashMap<SessionId, Pause>>,
}

impl Default for Compactions {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(AT_ONCE)),
            tracker: TaskTracker::new(),
            end: CancellationToken::new(),
            locks: Mutex::default(),
            failures: Mutex::default(),
        }
    }
}

/// How long a session is left alone after failures. Not by the wall clock, which may jump.
#[derive(Clone, Copy, Debug)]
struct Pause {
    failures: u32,
    /// Those that were no accident.
    futile: u32,
    /// Whether the operator was told that the model is not asked any more.
    told: bool,
    until: Instant,
}

impl Compactions {
    /// Gives up what runs in the background. Nothing is changed by it.
    pub(crate) fn give_up(&self) {
        self.end.cancel();
        self.tracker.close();
    }

    /// Returns when nothing runs any more.
    pub(crate) async fn ended(&self) {
        self.tracker.wait().await;
    }

    fn lock(&self, session: SessionId) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = entire(&self.locks);
        // Those that nobody holds are of no use any more.
        locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        Arc::clone(locks.entry(session).or_default())
    }

    fn is_paused(&self, session: SessionId) -> bool {
        entire(&self.failures).get(&session).is_some_and(|pause| Instant::now() < pause.until)
    }

    /// Whether the model has had its chances with this session.
    fn is_hopeless(&self, session: SessionId) -> bool {
        entire(&self.failures).get(&session).is_some_and(|pause| pause.futile >= CHANCES)
    }

    /// Whether the operator does not know yet that the model has had its chances.
    fn is_news(&self, session: SessionId) -> bool {
        let mut failures = entire(&self.failures);
        failures.get_mut(&session).is_some_and(|pause| !std::mem::replace(&mut pause.told, true))
    }

    /// It went on without the model, which has one chance more when it is asked the next time.
    fn went_without(&self, session: SessionId) {
        if let Some(pause) = entire(&self.failures).get_mut(&session) {
            *pause = Pause { futile: CHANCES.saturating_sub(1), until: Instant::now(), ..*pause };
        }
    }

    fn succeeded(&self, session: SessionId) {
        entire(&self.failures).remove(&session);
    }

    fn failed(&self, session: SessionId, futile: bool) {
        let mut failures = entire(&self.failures);
        let known = failures.get(&session);
        let count = known.map_or(0, |pause| pause.failures);
        let futile = known.map_or(0, |pause| pause.futile).saturating_add(u32::from(futile));
        let told = known.is_some_and(|pause| pause.told);
        let wait = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(count.min(16))).min(LONGEST_PAUSE);
        let until = Instant::now() + wait;
        failures.insert(session, Pause { failures: count.saturating_add(1), futile, told, until });
        if failures.len() > REMEMBERED {
            let oldest = failures.iter().min_by_key(|(_, pause)| pause.until).map(|(session, _)| *session);
            oldest.and_then(|oldest| failures.remove(&oldest));
        }
    }
}

/// The maps are never left half-changed, so a panic elsewhere does not spoil them.
fn entire<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A turn has been settled: `history` is what it was shown, `added` what it has left in the transcript. Where that has
/// become too long, a summary is begun in the background, unless one is being made, or the last one has just failed.
pub(crate) fn after_turn(shared: &Arc<Shared>, session: SessionId, history: &History, added: &[Message]) {
    let compactions = &shared.compactions;
    let size = history.tokens().saturating_add(tokens::of_messages(added).expected);
    let count = history.messages().len().saturating_add(added.len());
    let too_long = history.is_cut_off() || plan::limits(shared).are_passed_by(size, count);
    if !too_long || compactions.end.is_cancelled() || compactions.is_paused(session) {
        return;
    }
    let Ok(room) = Arc::clone(&compactions.room).try_acquire_owned() else { return };
    let Ok(alone) = compactions.lock(session).try_lock_owned() else { return };
    let shared = Arc::clone(shared);
    compactions.tracker.spawn({
        let shared = Arc::clone(&shared);
        async move {
            let task = Task { session, turn: None, forced: false };
            attempt(&shared, &task, &shared.compactions.end).await;
            drop((room, alone));
        }
    });
}

/// The history did not fit: it is summarised now, by the turn that cannot go on otherwise. Says whether it has become
/// shorter; it has to be read anew then. Ends early, without a change, when the turn is ended or out of time.
pub(crate) async fn now(
    shared: &Shared,
    session: SessionId,
    turn: QueueId,
    ends: &Ends,
    deadline: Instant,
) -> bool {
    let end = CancellationToken::new();
    let ended = async {
        tokio::select! {
            () = ends.abandon.cancelled() => {}
            () = ends.stop.cancelled() => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
    };
    let summarising = async {
        let lock = shared.compactions.lock(session);
        let (alone, forced) = match lock.try_lock() {
            Ok(alone) => (alone, true),
            // It is being made shorter already; what that comes to is enough, if it comes to anything.
            Err(_) => tokio::select! {
                biased;
                () = end.cancelled() => return false,
                alone = lock.lock() => (alone, false),
            },
        };
        let shorter = attempt(shared, &Task { session, turn: Some(turn), forced }, &end).await;
        drop(alone);
        shorter
    };
    tokio::pin!(summarising);
    tokio::select! {
        shorter = &mut summarising => shorter,
        () = ended => {
            end.cancel();
            summarising.await
        }
    }
}

/// Makes a summary, and notes how it went. Says whether the history has become shorter.
async fn attempt(shared: &Shared, task: &Task, end: &CancellationToken) -> bool {
    let (session, compactions) = (task.session, &shared.compactions);
    let mut by = if compactions.is_hopeless(session) { By::Nobody } else { By::Model };
    let mut made = attempt::attempt(shared, task, by, end).await;
    if let Err(error) = &made
        && by == By::Model
        && !matches!(error, Failure::Ended)
    {
        compactions.failed(session, error.is_futile());
        if compactions.is_hopeless(session) {
            if compactions.is_news(session) {
                tracing::error!(%session, %error, "the older part of a conversation cannot be summarised (context.summary_model); only what the person insisted on is kept of it");
            }
            shared.observe.record(Observation::Compaction { outcome: "failed" });
            by = By::Nobody;
            made = attempt::attempt(shared, task, by, end).await;
        }
    }
    let outcome = match made {
        // Within its limits: another one has seen to it.
        Ok(Attempt::Nothing) => return !task.forced,
        Ok(Attempt::Done) => {
            match by {
                By::Model => compactions.succeeded(session),
                By::Nobody => compactions.went_without(session),
            }
            "done"
        }
        Ok(Attempt::Superseded) => "superseded",
        Err(Failure::Ended) => return false,
        Err(error) => {
            tracing::warn!(%session, %error, "the older part of a conversation could not be summarised; a later turn tries again");
            if by == By::Nobody {
                compactions.failed(session, false);
            }
            "failed"
        }
    };
    shared.observe.record(Observation::Compaction { outcome });
    // Superseded: another one has made it shorter.
    outcome != "failed"
}

#[cfg(test)]
mod tests;
