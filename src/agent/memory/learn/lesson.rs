// SPDX-License-Identifier: MIT OR Apache-2.0
//! One lesson: of the next stretch of one session.

use super::answer::{self, Proposal, Unreadable};
use super::check::{self, Passed};
use super::stretch::{self, Stretch};
use super::tries::Tries;
use super::{known, prompt};
use crate::context::Shared;
use crate::spend::{self, AskError, Purpose};
use crate::tokens;
use blufio_core::ids::MessageId;
use blufio_core::memory::{Memory, NewMemory};
use blufio_core::model::ModelSpec;
use blufio_core::observe::Observation;
use blufio_core::provider::{Completion, ProviderError, Request};
use blufio_core::storage::{Feature, Lesson, Quiet, SaidAgain, StorageError};
use blufio_core::time::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest question to the model, with all repetitions of the provider.
const LONGEST: Duration = Duration::from_secs(180);
/// First pause after a lesson could not be stored; doubles up to [`LAST_PAUSE`], then it is asked for anew.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(8);

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

/// How a lesson went.
pub(super) enum Went {
    /// It is dealt with, for now at least.
    On,
    /// It counts no try: the name of the outcome, and why.
    Held(&'static str, String),
    /// The process ends.
    Ended,
}

/// A session that has gone quiet.
pub(super) struct Session<'a> {
    pub(super) shared: &'a Shared,
    pub(super) quiet: Quiet,
    pub(super) model: &'a ModelSpec,
    pub(super) now: Timestamp,
    pub(super) end: &'a CancellationToken,
}

impl Session<'_> {
    /// Learns from the next stretch.
    pub(super) async fn learn(&self, mut tries: Tries) -> Result<Went, StorageError> {
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
                        again: again.into_iter().chain(known).collect::<BTreeSet<_>>().into_iter().collect(),
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
        proposals: Vec<Proposal>,
        stretch: &Stretch,
        shown: &[&Memory],
    ) -> (Vec<NewMemory>, Vec<SaidAgain>) {
        let (mut new, mut again): (Vec<NewMemory>, Vec<SaidAgain>) = (Vec::new(), Vec::new());
        for proposal in proposals {
            match check::check(proposal, stretch, shown, &self.shared.options.zone) {
                Ok(Passed::New(mut memory)) => {
                    // One takes the place of another, not two.
                    memory.replaces.retain(|id| new.iter().all(|other| !other.replaces.contains(id)));
                    new.push(memory);
                }
                Ok(Passed::Again(known)) => again.extend(known),
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
pub(super) async fn close(
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

/// A lesson that only passes by.
pub(super) fn nothing(quiet: &Quiet, upto: MessageId) -> Lesson {
    Lesson { session: quiet.session, upto, memories: Vec::new(), again: Vec::new() }
}
