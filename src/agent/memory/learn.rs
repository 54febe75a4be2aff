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
//! | `stretch` | what was said since the last lesson, and whose words these are |
//! | `prompt`, `answer` | what the model is asked, and what it proposes |
//! | `check`, `names` | whether the person has said that |
//! | `known` | what is known already |
//! | `tries` | how often a stretch is tried again |

mod answer;
mod check;
mod known;
mod names;
mod prompt;
mod stretch;
mod tries;

use crate::context::Shared;
use crate::spend::{self, AskError, Purpose};
use crate::tokens;
use answer::Unreadable;
use blufio_core::ids::{MemoryId, MessageId};
use blufio_core::memory::{Memory, NewMemory};
use blufio_core::model::ModelSpec;
use blufio_core::observe::Observation;
use blufio_core::provider::{Completion, ProviderError, Request};
use blufio_core::storage::{Feature, Lesson, Quiet, StorageError};
use blufio_core::time::Timestamp;
use check::Passed;
use std::collections::BTreeSet;
use std::time::Duration;
use stretch::Stretch;
use tokio_util::sync::CancellationToken;
use tries::Tries;

/// Longest question to the model, with all repetitions of the provider.
const LONGEST: Duration = Duration::from_secs(180);
/// Sessions that are looked at together.
const SESSIONS: usize = 64;
/// Stretches that are dealt with in one go.
const MOST: usize = 256;
/// How long nothing is tried after the money, or the model, was not there.
const REST: Duration = Duration::from_secs(10 * 60);
/// First pause after a lesson could not be stored; doubles up to [`LAST_PAUSE`], then it is asked for anew.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(8);

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

/// Why a question came to nothing.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// There was no answer, or it is worth a further try.
    #[error(transparent)]
    Provider(ProviderError),
    /// There was no answer in time.
    #[error("it took too long")]
    TooLong,
    /// There was an answer of no use.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// How a question went.
enum Asked {
    Answered(Completion),
    Failed(Failure),
    /// It counts no try: the name of the outcome, and why.
    Held(&'static str, String),
    /// The process ends.
    Ended,
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
    let Ok(mut lessons) = shared.lessons.try_lock() else { return Ok(()) };
    let options = &shared.options.memory;
    let wanted = options.enabled && options.learn;
    if wanted && lessons.rest(now) {
        return Ok(());
    }
    let span = i64::try_from(options.quiet.as_millis()).unwrap_or(i64::MAX);
    let before = Timestamp(now.0.saturating_sub(span));
    for _ in 0..MOST {
        let quiet = shared.storage.quiet(before, SESSIONS).await?;
        let mut tries = Tries::read(shared).await?;
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

enum Went {
    /// It is dealt with, for now at least.
    On,
    Held(&'static str, String),
    Ended,
}

/// A session that has gone quiet.
struct Session<'a> {
    shared: &'a Shared,
    quiet: Quiet,
    model: &'a ModelSpec,
    now: Timestamp,
    end: &'a CancellationToken,
}

impl Session<'_> {
    /// Learns from the next stretch.
    async fn learn(&self, mut tries: Tries) -> Result<Went, StorageError> {
        let (shared, quiet) = (self.shared, &self.quiet);
        let stretch = stretch::read(shared, quiet, prompt::capacity(self.model)).await?;
        let nothing = nothing(quiet, stretch.upto);
        if !stretch.tells_something() {
            return self.close(&mut tries, nothing).await;
        }
        if tries.are_over(quiet) {
            tracing::error!(session = %quiet.session, "nothing could be learned from a conversation, and it is not tried again");
            return self.close(&mut tries, nothing).await;
        }
        let around = tokio::select! {
            () = self.end.cancelled() => return Ok(Went::Ended),
            around = known::around(shared, &stretch) => around?,
        };
        let (request, shown) = prompt::request(self.model, &stretch, &around, &shared.options.zone);
        let mut tried = tries.after_try(quiet, self.now);
        tried.keep(shared).await?;
        let failure = match self.ask(request).await {
            Ok(Asked::Answered(completion)) => match answer::read(&completion) {
                Ok(proposals) => {
                    let (new, again) = self.check(proposals, &stretch, &shown);
                    let (new, known) = known::sort_out(shared, new, &around).await?;
                    let lesson = Lesson {
                        again: still(again.into_iter().chain(known), &new),
                        memories: new,
                        ..nothing
                    };
                    return self.close_with(&mut tried, lesson).await;
                }
                Err(error) => Failure::from(error),
            },
            Ok(Asked::Failed(failure)) => failure,
            Ok(Asked::Held(outcome, why)) => {
                tries.keep(shared).await?;
                return Ok(Went::Held(outcome, why));
            }
            Ok(Asked::Ended) => {
                tries.keep(shared).await?;
                return Ok(Went::Ended);
            }
            Err(error) => {
                tries.keep(shared).await?;
                return Err(error);
            }
        };
        shared.observe.record(Observation::Extraction { outcome: "failed", new: 0 });
        tracing::warn!(session = %quiet.session, error = %failure, "nothing could be learned from a conversation this time");
        if tried.are_over(quiet) {
            tracing::error!(session = %quiet.session, "it is not tried again");
            return self.close(&mut tried, nothing).await;
        }
        Ok(Went::On)
    }

    async fn ask(&self, request: Request) -> Result<Asked, StorageError> {
        let purpose = Purpose {
            feature: Feature::Extraction,
            turn: None,
            session: Some(self.quiet.session),
            intended: request.model.clone(),
            overhead: tokens::overhead(&request),
        };
        // A token of its own: a call that takes too long is ended in order, so that it is entered.
        let ends = self.end.child_token();
        let asking = spend::ask(self.shared, &purpose, request, &ends);
        tokio::pin!(asking);
        let answer = tokio::select! {
            answer = &mut asking => answer,
            () = tokio::time::sleep(LONGEST) => {
                ends.cancel();
                asking.await
            }
        };
        Ok(match answer {
            Ok(completion) => Asked::Answered(completion),
            Err(AskError::Provider(error)) if spend::stops_everything(error.kind) => {
                Asked::Held("standstill", error.to_string())
            }
            Err(AskError::Budget(standing)) => Asked::Held(
                "no_budget",
                format!("the limit {} ({}) has no room", standing.limit.name, standing.limit.key),
            ),
            Err(AskError::Storage(error)) => return Err(error),
            Err(AskError::Cancelled) if self.end.is_cancelled() => Asked::Ended,
            Err(AskError::Cancelled) => Asked::Failed(Failure::TooLong),
            Err(AskError::Provider(error)) => Asked::Failed(Failure::Provider(error)),
        })
    }

    /// What of the proposals the person has said; and which known memories, again.
    fn check(
        &self,
        proposals: Vec<answer::Proposal>,
        stretch: &Stretch,
        shown: &[&Memory],
    ) -> (Vec<NewMemory>, Vec<MemoryId>) {
        let (mut new, mut again): (Vec<NewMemory>, Vec<MemoryId>) = (Vec::new(), Vec::new());
        for proposal in proposals {
            match check::check(proposal, stretch, shown, &self.shared.options.zone) {
                Ok(Passed::New(mut memory)) => {
                    // One takes the place of another, not two.
                    memory.replaces.retain(|id| new.iter().all(|other| !other.replaces.contains(id)));
                    new.push(memory);
                }
                Ok(Passed::Again(id)) => again.push(id),
                Err(doubt) => {
                    tracing::debug!(session = %stretch.session, %doubt, "something is not remembered");
                }
            }
        }
        (new, again)
    }

    /// Stores a lesson that came of an answer.
    async fn close_with(&self, tries: &mut Tries, lesson: Lesson) -> Result<Went, StorageError> {
        let new = lesson.memories.len();
        if close(self.shared, tries, &self.quiet, lesson, self.end).await? {
            let outcome = if new > 0 { "learned" } else { "nothing" };
            tracing::debug!(session = %self.quiet.session, new, "learned from a conversation");
            self.shared.observe.record(Observation::Extraction { outcome, new });
            // Their vectors are made.
            self.shared.said.notify_one();
        }
        Ok(Went::On)
    }

    /// Passes a stretch by.
    async fn close(&self, tries: &mut Tries, lesson: Lesson) -> Result<Went, StorageError> {
        close(self.shared, tries, &self.quiet, lesson, self.end).await?;
        Ok(Went::On)
    }
}

/// Stores a lesson; says `false` when another one has come as far. While the disk is full or the like, tries again
/// instead of throwing a paid answer away at once.
async fn close(
    shared: &Shared,
    tries: &mut Tries,
    quiet: &Quiet,
    lesson: Lesson,
    end: &CancellationToken,
) -> Result<bool, StorageError> {
    let mut pause = FIRST_PAUSE;
    let stored = loop {
        match shared.storage.learn(lesson.clone(), shared.clock.now()).await {
            Err(error) if error.is_retryable() && pause <= LAST_PAUSE => {
                tracing::error!(%error, "what was learned cannot be stored yet");
                tokio::select! {
                    () = end.cancelled() => return Err(error),
                    () = tokio::time::sleep(pause) => pause = pause.saturating_mul(2),
                }
            }
            stored => break stored?,
        }
    };
    if tries.forget(quiet.session) {
        tries.keep(shared).await?;
    }
    Ok(stored)
}

fn nothing(quiet: &Quiet, upto: MessageId) -> Lesson {
    Lesson { session: quiet.session, upto, memories: Vec::new(), again: Vec::new() }
}

/// Those that hold still, each once.
fn still(again: impl Iterator<Item = MemoryId>, new: &[NewMemory]) -> Vec<MemoryId> {
    let again: BTreeSet<MemoryId> = again.collect();
    again.into_iter().filter(|id| new.iter().all(|memory| !memory.replaces.contains(id))).collect()
}
