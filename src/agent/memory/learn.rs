// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memories out of conversations that have gone quiet: one question to a cheap model, whose answer is checked against the
//! person's own words and never believed.
//!
//! What a lesson comes to is stored together with how far it came, once. A process that dies between the answer and that
//! asks again after its next start: the ledger shows both calls. A stretch that comes to nothing is tried three times in
//! all, over half a day, and then passed over; one for which there is no room in the budget waits and counts no try.
//!
//! | room | holds |
//! |---|---|
//! | `lesson` | one question, and what comes of it |
//! | `stretch` | what was said since the last lesson, and whose words these are |
//! | `prompt`, `answer` | what the model is asked, and what it proposes |
//! | `check`, `names`, `numbers` | whether the person has said that |
//! | `known` | what is known already |
//! | `tries` | how often a stretch is tried again |

mod answer;
mod check;
mod known;
mod lesson;
mod names;
mod numbers;
mod prompt;
mod stretch;
mod tries;

use crate::context::Shared;
use blufio_core::observe::Observation;
use blufio_core::storage::StorageError;
use blufio_core::time::Timestamp;
use lesson::{Session, Went, close, nothing};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tries::Tries;

/// Stretches that are dealt with in one go.
const MOST: usize = 256;
/// How long nothing is tried after the money, or the model, was not there.
const REST: Duration = Duration::from_secs(10 * 60);

/// What the lessons of a process remember of one another.
#[derive(Debug, Default)]
pub(crate) struct Lessons {
    /// Nothing is tried before this instant, because it would come to the same.
    rest_until: Option<Timestamp>,
    /// Why, as it was last logged.
    complained: String,
}

impl Lessons {
    /// An instant further away than any rest comes from a clock that was set.
    fn rest(&self, now: Timestamp) -> bool {
        self.rest_until.is_some_and(|until| now < until && until.since(now) <= REST)
    }

    fn hold(&mut self, why: String, now: Timestamp) {
        if why != self.complained {
            tracing::warn!(why, "nothing is learned from what was said until that has changed");
            self.complained = why;
        }
        self.rest_until = Some(now.after(REST));
    }
}

/// Learns from every session that has gone quiet or ended, one after the other, until nothing is left or `end`. Where
/// memories are not wanted, they are only passed by, so that nobody pays for them later.
///
/// # Errors
/// When the state could not be read or written. A later run goes on from what is stored.
pub(super) async fn run(
    shared: &Shared,
    now: Timestamp,
    end: &CancellationToken,
) -> Result<(), StorageError> {
    let mut lessons = shared.lessons.lock().await;
    let options = &shared.options.memory;
    let wanted = options.enabled && options.learn;
    if wanted && lessons.rest(now) {
        return Ok(());
    }
    let span = i64::try_from(options.quiet.as_millis()).unwrap_or(i64::MAX);
    let before = Timestamp(now.0.saturating_sub(span));
    for _ in 0..MOST {
        let mut tries = Tries::read(shared).await?;
        // Even if all that were tried rest, one more does not.
        let quiet = shared.storage.quiet(before, tries.len().saturating_add(1)).await?;
        let mut due = quiet.into_iter().filter(|quiet| tries.are_over(quiet) || !tries.rests(quiet, now));
        let Some(quiet) = due.next().filter(|_| !end.is_cancelled()) else { return Ok(()) };
        if !wanted {
            close(shared, &mut tries, &quiet, nothing(&quiet, quiet.upto), end).await?;
            continue;
        }
        let id = &options.model;
        let Some(model) = shared.provider.model(id) else {
            lessons.hold(format!("the model {id:?} (memory.model) is unknown"), now);
            return Ok(());
        };
        let session = Session { shared, quiet, model, now, end };
        match session.learn(tries).await? {
            Went::On => lessons.complained.clear(),
            Went::Held(outcome, why) => {
                shared.observe.record(Observation::Extraction { outcome, new: 0 });
                lessons.hold(why, now);
                return Ok(());
            }
            Went::Ended => return Ok(()),
        }
    }
    Ok(())
}
