// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{memory, plan, prompt};
use crate::context::Shared;
use crate::frame::{self, History};
use crate::spend::{self, AskError, Purpose};
use crate::tokens;
use blufio_core::content::{Block, Message};
use blufio_core::ids::{QueueId, SessionId};
use blufio_core::provider::{Completion, Request, StopReason};
use blufio_core::storage::{Compaction, Feature, StorageError, Summary, Transcript};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A summary that takes longer is given up.
const LONGEST: Duration = Duration::from_secs(300);
/// What is too long for one summary is summarised piece by piece, at most so many at a time.
const PIECES: u32 = 6;

/// What is to be summarised.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    pub(super) session: SessionId,
    /// The turn that waits for it, if one does.
    pub(super) turn: Option<QueueId>,
    /// Also where the history is within its limits: it did not fit.
    pub(super) forced: bool,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// There was nothing to summarise.
    Nothing,
    /// The history is shorter.
    Done,
    /// Somebody else has summarised it meanwhile, or the session has ended. Nothing was changed.
    Superseded,
}

/// Why there is no summary. Nothing was changed; a later try may help.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// There was no answer.
    #[error(transparent)]
    Ask(AskError),
    /// The transcript could not be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There was an answer that cannot stand for what was said.
    #[error("the summary is of no use: {0}")]
    Useless(&'static str),
    /// The model that shall summarise is not known.
    #[error("the model {0:?} (context.summary_model) is unknown")]
    UnknownModel(String),
    /// It was ended from outside.
    #[error("it was ended")]
    Ended,
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Cancelled => Self::Ended,
            error => Self::Ask(error),
        }
    }
}

/// Summarises the older part of a session until it is within its limits.
pub(super) async fn attempt(
    shared: &Shared,
    task: &Task,
    end: &CancellationToken,
) -> Result<Attempt, Failure> {
    let mut reached = Attempt::Nothing;
    for piece in 0..PIECES {
        let forced = task.forced && piece == 0;
        match summarise(shared, &Task { forced, ..*task }, end).await {
            Ok(Attempt::Done) => reached = Attempt::Done,
            Ok(Attempt::Nothing) => return Ok(reached),
            Ok(Attempt::Superseded) if reached == Attempt::Nothing => return Ok(Attempt::Superseded),
            Ok(Attempt::Superseded) => return Ok(reached),
            // What is reached stays reached; the rest is tried after a later turn.
            Err(error) if reached == Attempt::Done => {
                tracing::warn!(session = %task.session, %error, "only a part of what is old could be summarised");
                return Ok(reached);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(reached)
}

async fn summarise(shared: &Shared, task: &Task, end: &CancellationToken) -> Result<Attempt, Failure> {
    let transcript = frame::transcript(shared.storage.as_ref(), task.session).await?;
    let Some(limits) = limits(shared, task, &transcript) else { return Ok(Attempt::Nothing) };
    let id = &shared.options.context.summary_model;
    let Some(model) = shared.provider.model(id) else { return Err(Failure::UnknownModel(id.clone())) };
    let earlier = transcript.summary.as_ref().map(|summary| summary.text.as_str()).unwrap_or_default();
    let earlier_size = tokens::of_text(earlier).expected;
    let most = prompt::capacity(model).saturating_sub(earlier_size);
    let count = plan::count(&transcript.messages, limits, most);
    let Some((old, last)) = transcript.messages.get(..count).and_then(|old| Some((old, old.last()?))) else {
        return Ok(Attempt::Nothing);
    };
    let request = prompt::request(model, &memory::shown(earlier), old);
    let words = words(ask(shared, task, request, end).await?)?;

    let replaced = old.iter().map(|stored| tokens::of_message(&stored.message).expected);
    let replaced = replaced.fold(earlier_size, u64::saturating_add);
    let old: Vec<&Message> = old.iter().map(|stored| &stored.message).collect();
    let text = memory::remember(earlier, &old, &words, memory::allowance(limits.keep));
    if tokens::of_text(&text).expected >= replaced {
        return Err(Failure::Useless("it is not shorter than what it stands for"));
    }
    let compaction = Compaction {
        session: task.session,
        after: transcript.summary.as_ref().map(|summary| summary.upto),
        summary: Summary { upto: last.id, text },
    };
    if end.is_cancelled() {
        return Err(Failure::Ended);
    }
    let swapped = shared.storage.compact(compaction, shared.clock.now()).await?;
    if swapped {
        tracing::info!(session = %task.session, messages = count, replaced, "the older part of a conversation is summarised");
    }
    Ok(if swapped { Attempt::Done } else { Attempt::Superseded })
}

/// The limits to keep, if the history is beyond them. One that did not fit, whatever its size, is cut to its newer half
/// at least.
fn limits(shared: &Shared, task: &Task, transcript: &Transcript) -> Option<plan::Limits> {
    let limits = plan::limits(shared);
    let size = History::of(transcript.clone()).tokens();
    if task.forced {
        let soft = limits.soft.min(size / 2);
        return Some(plan::Limits { soft, keep: limits.keep.min(soft) });
    }
    limits.are_passed_by(size, transcript.messages.len()).then_some(limits)
}

async fn ask(
    shared: &Shared,
    task: &Task,
    request: Request,
    end: &CancellationToken,
) -> Result<Completion, AskError> {
    let purpose = Purpose {
        feature: Feature::Compaction,
        turn: task.turn,
        session: Some(task.session),
        intended: request.model.clone(),
        overhead: tokens::overhead(&request),
    };
    // An orderly end also where it takes too long: what was used is entered.
    let end = end.child_token();
    let asking = spend::ask(shared, &purpose, request, &end);
    tokio::pin!(asking);
    tokio::select! {
        answer = &mut asking => answer,
        () = tokio::time::sleep(LONGEST) => {
            tracing::warn!(session = %task.session, "a summary takes too long and is given up");
            end.cancel();
            asking.await
        }
    }
}

/// The words of a whole answer.
fn words(completion: Completion) -> Result<String, Failure> {
    if completion.stop != StopReason::EndTurn {
        return Err(Failure::Useless("the model did not come to its end"));
    }
    let words = completion.content.iter().filter_map(|block| match block {
        Block::Text { text } => Some(text.trim()),
        _ => None,
    });
    let words = words.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
    if words.is_empty() { Err(Failure::Useless("it is empty")) } else { Ok(words) }
}
