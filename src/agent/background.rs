// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the agent does unasked: it tells reminders when they are due, and looks now and then at what has changed.
//!
//! Reminders cost nothing and always run. Looking around is the operator's choice: while it is off, nothing of it runs.
//!
//! | room | holds |
//! |---|---|
//! | `reminders` | tells each due reminder once |
//! | `heartbeat` | one beat: look, ask the model if something has changed, tell |
//! | `changes` | all that a beat has found, and what it notes of it |
//! | `watched` | files and pages, compared with the last look |
//! | `calm` | how often something is looked at that changes all the time |
//! | `agenda` | reminders and open tasks, compared with the last look |
//! | `prompt` | what the model is asked, and what its answer means |
//! | `patience` | how often a change is tried again |
//! | `standstill` | tells that all of it stands still |
//! | `listener` | who is told, and how |

mod agenda;
mod calm;
mod changes;
mod heartbeat;
mod listener;
mod patience;
mod prompt;
mod reminders;
mod standstill;
mod watched;

pub(crate) use changes::{note, read as noted};
pub(crate) use listener::{Nobody, find as listener};
pub(crate) use watched::{Oddity, oddities};

use crate::context::Shared;

use blufio_core::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Shortest pause between two beats.
const PAUSE: Duration = Duration::from_secs(1);

/// What the beats of a process remember of one another.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Why nobody could be told, as it was last logged.
    nobody: Option<Nobody>,
}

/// Tells reminders and starts beats until `shutdown`; returns when the last beat has ended. Wakes at the next due
/// instant and at least every [`BEAT`], so that a clock that is set is noticed.
pub(crate) async fn run(shared: Arc<Shared>, shutdown: CancellationToken) {
    // A task of its own: no reminder waits for a page that is slow or a model that thinks.
    let mut beats = JoinSet::new();
    while !shutdown.is_cancelled() {
        shared.background_pulse.tick();
        let now = shared.clock.now();
        let mut wait = reminders::tell_due(&shared, now).await;
        standstill::notice(&shared, now).await;
        if beats.is_empty() {
            match heartbeat::due_in(&shared, now).await {
                Some(Duration::ZERO) => {
                    let (shared, end) = (Arc::clone(&shared), shutdown.clone());
                    beats.spawn(async move {
                        heartbeat::beat(&shared, now, &end).await;
                        // Where the state cannot be written, the next one is due at once.
                        tokio::select! {
                            () = end.cancelled() => {}
                            () = tokio::time::sleep(PAUSE) => {}
                        }
                    });
                }
                Some(until) => wait = wait.min(until),
                None => {}
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
            Some(ended) = beats.join_next(), if !beats.is_empty() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a look in the background ended badly");
                }
            }
        }
    }
    // While others finish their turns, nothing is due here.
    shared.background_pulse.end();
    // What is under way hears of the shutdown itself: it enters its call and leaves the change to the next beat.
    while let Some(ended) = beats.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a look in the background ended badly");
        }
    }
}

/// What the loop does at one instant: tells what is due, then makes a beat if one is due.
pub(crate) async fn tick(shared: &Shared, now: Timestamp) {
    reminders::tell_due(shared, now).await;
    standstill::notice(shared, now).await;
    heartbeat::beat(shared, now, &CancellationToken::new()).await;
}
