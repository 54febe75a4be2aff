// SPDX-License-Identifier: MIT OR Apache-2.0
//! Walks one message through the stages.
//!
//! | room | holds |
//! |---|---|
//! | `hear` | the person's part: what was written, and the files |
//! | `choose` | which model answers |
//! | `recall` | what it is reminded of |
//! | `prompt` | what it is shown |
//! | `answer`, `asked` | the model's part, and the tools |
//! | `failure` | a model did not answer: another one, later, or never |
//! | `unpaid` | there is no room in the budget: a weaker model, later, or never |
//! | `shorten` | the prompt did not fit |
//! | `settle` | the end: written down, or put back into the queue |

mod answer;
mod asked;
mod choose;
mod failure;
mod hear;
mod prompt;
mod recall;
mod settle;
mod shorten;
mod unpaid;

use crate::budget::Refused;
use crate::command;
use crate::context::Shared;
use crate::frame::{self, History};
use crate::gate::{self, Verdict};
use crate::progress::Show;
use crate::running::Ends;
use crate::stage::{Signal, Stage};
use blufio_core::channel::{Channel, Inbound};
use blufio_core::content::{Block, Message, Role};
use blufio_core::ids::{Conversation, MemoryId, SessionId};
use blufio_core::observe::Observation;
use blufio_core::provider::ProviderError;
use blufio_core::route::Route;
use blufio_core::storage::{Claim, StorageError, TurnOutcome, TurnRecord};
use futures_util::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use unpaid::Awaited;

/// After this many tries a message is given up: about six hours of outage.
const MAX_ATTEMPTS: u32 = 40;
/// After this many errors in the program it is given up: each try may have to be paid for.
const MOST_BREAKS: u32 = 3;
const GIVEN_UP: &str = "I have tried to answer this many times and failed. Please send it again.";
const PREFIX_ALONE: &str = "That goes before a message, such as “!deep Why is the sky blue?”. /model deep holds for \
    the whole conversation.";
/// First pause after a failure that may pass by itself; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// A service that asks for a longer pause is asked again after this one.
pub(crate) const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(3_600);

/// Answers one claimed message, or puts it back.
pub(crate) async fn run(shared: &Arc<Shared>, channel: &Arc<dyn Channel>, mut claim: Claim, ends: &Ends) {
    let began = Instant::now();
    let id = claim.id;
    let Some(conversation) = claim.messages.first().map(|message| message.conversation.clone()) else {
        tracing::error!(%id, "a queue row without a message was claimed");
        return;
    };
    let once = take_prefix(&mut claim.messages);
    let mut record = claim.turn.clone();
    // Thinking belongs to one model and to what stood before it; either may be another one by now.
    record.steps = record.steps.into_iter().map(frame::for_transcript).collect();
    if record.stopped {
        ends.stop.cancel();
    }
    if !record.waited.is_empty() {
        shared.waits.end(&conversation);
    }
    let mut turn = Turn {
        shared,
        channel: Arc::clone(channel),
        conversation,
        claim,
        said_before: words_of(&record.steps).len(),
        heard: !record.steps.is_empty(),
        record,
        ends,
        deadline: began + shared.options.turn_timeout,
        stage: Stage::Gate,
        session: None,
        history: History::default(),
        message: Vec::new(),
        notes: Vec::new(),
        notices: Vec::new(),
        recalled: Vec::new(),
        show: None,
        once,
        pinned: false,
        failures: Vec::new(),
        refusals: Vec::new(),
        awaited: None,
        shown: None,
        paid: false,
        shortened: false,
    };
    // A panic must not leave the row marked as running. What the turn has is only ever appended to, so that it is sound
    // also after one.
    let outcome = match AssertUnwindSafe(turn.walk()).catch_unwind().await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => {
            tracing::error!(%id, %error, "the turn could not be stored; it is taken up again");
            turn.record.broken += u32::from(!error.is_retryable());
            turn.take_up_again(error.to_string()).await
        }
        Err(_panic) => {
            tracing::error!(%id, "an error in the program broke the turn off; it is taken up again");
            turn.record.broken += 1;
            turn.take_up_again("an error in the program broke it off".into()).await
        }
    };
    shared.observe.record(Observation::Turn { outcome, took: began.elapsed() });
}

/// How a turn is to end.
#[derive(Debug)]
enum End {
    /// Settle it like this.
    Settle { outcome: TurnOutcome, reply: Option<String>, transcript: Vec<Message>, end_session: bool },
    /// Put it back.
    Defer { until: Duration, reason: String, tell: Option<String> },
}

impl End {
    fn say(outcome: TurnOutcome, reply: impl Into<String>) -> Self {
        Self::Settle { outcome, reply: Some(reply.into()), transcript: Vec::new(), end_session: false }
    }
}

struct Turn<'a> {
    shared: &'a Arc<Shared>,
    channel: Arc<dyn Channel>,
    conversation: Conversation,
    claim: Claim,
    record: TurnRecord,
    ends: &'a Ends,
    deadline: Instant,
    stage: Stage,
    session: Option<SessionId>,
    history: History,
    message: Vec<Block>,
    /// For the model, in this turn alone. The same in all its calls.
    notes: Vec<Block>,
    notices: Vec<String>,
    /// Memories that the model is shown.
    recalled: Vec<MemoryId>,
    show: Option<Show>,
    /// The route that stood before the message.
    once: Option<Route>,
    /// Whether the person has asked for the route.
    pinned: bool,
    /// Models that did not answer in this turn, and why.
    failures: Vec<(String, ProviderError)>,
    /// Models that were to answer in place of those and had no room in the budget.
    refusals: Vec<(String, Refused)>,
    /// The room that the turn is put back for.
    awaited: Option<Awaited>,
    /// How many messages of the history the last call has shown.
    shown: Option<usize>,
    /// Whether a model has answered.
    paid: bool,
    /// Whether a model has begun to answer.
    heard: bool,
    /// Length of what had been said before the current call, bytes.
    said_before: usize,
    shortened: bool,
}

impl Turn<'_> {
    async fn walk(&mut self) -> Result<&'static str, StorageError> {
        let mut end = None;
        while !matches!(self.stage, Stage::Done | Stage::Waiting) {
            let signal = match self.stage {
                Stage::Gate => self.gate(&mut end).await?,
                Stage::Perceive => self.perceive(&mut end).await?,
                Stage::Call => self.call(&mut end).await?,
                Stage::Act => self.act(&mut end).await?,
                Stage::Settle => {
                    let name = self.settle(end.take()).await?;
                    self.step(Signal::Settled)?;
                    return Ok(name);
                }
                Stage::Done | Stage::Waiting => break,
            };
            self.step(signal)?;
        }
        self.put_back(end).await?;
        Ok("deferred")
    }

    fn step(&mut self, signal: Signal) -> Result<(), StorageError> {
        self.stage =
            self.stage.next(signal).map_err(|illegal| StorageError::Unexpected(illegal.to_string()))?;
        Ok(())
    }

    async fn gate(&mut self, end: &mut Option<End>) -> Result<Signal, StorageError> {
        let Some(first) = self.claim.messages.first() else {
            return Err(StorageError::Unexpected("a claim without a message".into()));
        };
        let again = self.claim.attempts > 0;
        let concluded = match gate::check(self.shared, first, again).await? {
            Verdict::Pair(reply) => End::say(TurnOutcome::Pairing, reply),
            Verdict::Ignore => End::Settle {
                outcome: TurnOutcome::Ignored,
                reply: None,
                transcript: Vec::new(),
                end_session: false,
            },
            // Behind an order of a route there are words, never a command: they have taken their place in the queue as such.
            Verdict::Admitted => match command::of(first).filter(|_| self.once.is_none()) {
                Some(order) => {
                    let reaction = command::run(&order, self.shared, first, self.claim.id).await?;
                    End::Settle {
                        outcome: TurnOutcome::Command,
                        reply: Some(reaction.reply),
                        transcript: Vec::new(),
                        end_session: reaction.end_session,
                    }
                }
                None if self.is_given_up() => {
                    if !self.record.steps.is_empty() {
                        self.gather().await?;
                        return Ok(self.concluded(end, TurnOutcome::Failed, GIVEN_UP));
                    }
                    End::say(TurnOutcome::Failed, GIVEN_UP)
                }
                None if self.once.is_some() && is_void(&self.claim.messages) => {
                    End::say(TurnOutcome::Command, PREFIX_ALONE)
                }
                None => return Ok(Signal::Admitted),
            },
        };
        *end = Some(concluded);
        Ok(Signal::Concluded)
    }

    /// How often it has been tried, without the times when there was no room in the budget.
    fn tries(&self) -> u32 {
        self.claim.attempts.saturating_sub(self.record.waits)
    }

    /// Whether it has been tried often enough.
    fn is_given_up(&self) -> bool {
        let tried = self.tries() >= MAX_ATTEMPTS || self.record.broken >= MOST_BREAKS;
        tried && !self.record.stopped
    }
}

/// Takes the route off that stands before the first words of a message.
fn take_prefix(messages: &mut [Inbound]) -> Option<Route> {
    let first = messages.iter_mut().find(|message| !message.text.trim().is_empty())?;
    let (route, rest) = Route::ordered(&first.text)?;
    first.text = rest.to_owned();
    Some(route)
}

fn is_void(messages: &[Inbound]) -> bool {
    messages.iter().all(|message| message.text.trim().is_empty() && message.files.is_empty())
}

fn abandoned() -> End {
    End::Defer { until: Duration::ZERO, reason: "the agent was stopped".into(), tell: None }
}

fn pause(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempts.min(10))).min(LONGEST_PAUSE)
}

/// The words of an unfinished turn, as they were shown.
fn words_of(steps: &[Message]) -> String {
    let words = steps.iter().filter(|step| step.role == Role::Assistant).map(|step| {
        // As they were streamed: one after the other.
        let words = step.content.iter().filter_map(|block| match block {
            Block::Text { text } => Some(text.as_str()),
            _ => None,
        });
        words.collect::<String>()
    });
    words.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// What the person is told of what did not get through.
fn unreceived(notices: &[String]) -> String {
    let lines = notices.iter().map(|notice| format!("⚠ I could not take in {notice}."));
    lines.collect::<Vec<_>>().join("\n")
}
