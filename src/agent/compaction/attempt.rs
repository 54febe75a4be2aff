// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{memory, plan, prompt};
use crate::context::Shared;
use crate::frame::{self, History, Tail};
use crate::spend::{self, AskError, Purpose};
use crate::tokens;
use blufio_core::content::{Block, Message};
use blufio_core::ids::{QueueId, SessionId};
use blufio_core::provider::{Completion, ProviderErrorKind, Request, StopReason};
use blufio_core::storage::{Compaction, Feature, StorageError, Summary};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A summary that takes longer is given up.
const LONGEST: Duration = Duration::from_secs(300);
/// What is too long for one summary is summarised piece by piece, at most so many at a time.
const PIECES: u32 = 6;
/// A piece has no more messages than this, and no more of them once they come to so many bytes.
const MESSAGES: usize = 1_024;
const BYTES: usize = 32 << 20;

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
    /// The window of the model has no room for what is to be summarised.
    #[error("the window of {0:?} (context.summary_model) is too small to summarise anything")]
    NoRoom(String),
    /// There was no whole answer in time.
    #[error("the summary took too long")]
    TooLong,
    /// The model that shall summarise is not known.
    #[error("the model {0:?} (context.summary_model) is unknown")]
    UnknownModel(String),
    /// It was ended from outside.
    #[error("it was ended")]
    Ended,
}

impl Failure {
    /// Whether this will most likely come to the same as often as it is tried: the model has answered, or has refused to,
    /// because of what it was asked.
    pub(super) fn is_futile(&self) -> bool {
        match self {
            Self::Useless(_) | Self::NoRoom(_) | Self::TooLong => true,
            Self::Ask(AskError::Provider(error)) => matches!(
                error.kind,
                ProviderErrorKind::InvalidRequest
                    | ProviderErrorKind::ContextOverflow
                    | ProviderErrorKind::TooLarge
            ),
            Self::Ask(_) | Self::Storage(_) | Self::UnknownModel(_) | Self::Ended => false,
        }
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Cancelled => Self::Ended,
            error => Self::Ask(error),
        }
    }
}

/// Who makes a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The cheap model.
    Model,
    /// Nobody: only the person's own words stay, and a line that says so.
    Nobody,
}

/// Summarises the older part of a session until it is within its limits.
pub(super) async fn attempt(
    shared: &Shared,
    task: &Task,
    by: By,
    end: &CancellationToken,
) -> Result<Attempt, Failure> {
    let mut reached = Attempt::Nothing;
    for piece in 0..PIECES {
        let forced = task.forced && piece == 0;
        match summarise(shared, &Task { forced, ..*task }, by, end).await {
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

async fn summarise(
    shared: &Shared,
    task: &Task,
    by: By,
    end: &CancellationToken,
) -> Result<Attempt, Failure> {
    let tail = frame::tail(shared.storage.as_ref(), task.session).await?;
    let Some(limits) = limits(shared, task, &tail) else { return Ok(Attempt::Nothing) };
    // The newest messages say what stays. What is summarised is read from the other end: nothing is left out that the
    // summary is to stand for.
    let newest = &tail.transcript.messages;
    let stays = newest.get(plan::stays(newest, !tail.cut_off, limits)).map(|stored| stored.id);
    let first = newest.first().map(|stored| stored.id);
    if stays.is_some() && stays == first && !tail.cut_off {
        return Ok(Attempt::Nothing);
    }
    let mut transcript = shared.storage.oldest(task.session, MESSAGES, BYTES).await?;
    if transcript.summary != tail.transcript.summary {
        return Ok(Attempt::Superseded);
    }
    let read = transcript.messages.len();
    let last = transcript.messages.last().map(|stored| stored.id);
    transcript.messages.retain(|stored| stays.is_none_or(|stays| stored.id < stays));
    let ends = transcript.messages.len() < read || last >= newest.last().map(|stored| stored.id);
    let id = &shared.options.context.summary_model;
    let Some(model) = shared.provider.model(id) else { return Err(Failure::UnknownModel(id.clone())) };
    let earlier = transcript.summary.as_ref().map(|summary| summary.text.as_str()).unwrap_or_default();
    let earlier_size = tokens::of_text(earlier).expected;
    let most = prompt::capacity(model).saturating_sub(earlier_size);
    if most == 0 && by == By::Model {
        return Err(Failure::NoRoom(id.clone()));
    }
    let sizes: Vec<u64> =
        transcript.messages.iter().map(|stored| prompt::size(&stored.message).saturating_add(1)).collect();
    let most = if by == By::Model { most } else { u64::MAX };
    let count = plan::piece(&transcript.messages, ends, &sizes, most);
    let Some((old, last)) = transcript.messages.get(..count).and_then(|old| Some((old, old.last()?))) else {
        return Ok(Attempt::Nothing);
    };
    let words = match by {
        By::Model => {
            let request = prompt::request(model, &memory::shown(earlier), old);
            words(ask(shared, task, request, end).await?)?
        }
        By::Nobody => memory::unsummarised(earlier),
    };

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
fn limits(shared: &Shared, task: &Task, tail: &Tail) -> Option<plan::Limits> {
    let limits = plan::limits(shared);
    let size = History::of(tail.transcript.clone()).tokens();
    if task.forced {
        let soft = limits.soft.min(size / 2);
        return Some(plan::Limits { soft, keep: limits.keep.min(soft) });
    }
    (tail.cut_off || limits.are_passed_by(size, tail.transcript.messages.len())).then_some(limits)
}

async fn ask(
    shared: &Shared,
    task: &Task,
    request: Request,
    end: &CancellationToken,
) -> Result<Completion, Failure> {
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
        answer = &mut asking => Ok(answer?),
        () = tokio::time::sleep(LONGEST) => {
            end.cancel();
            match asking.await {
                Err(AskError::Cancelled) => Err(Failure::TooLong),
                answer => Ok(answer?),
            }
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
