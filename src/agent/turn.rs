// SPDX-License-Identifier: MIT OR Apache-2.0
//! Walks one message through the stages.

use crate::act::{self, ActEnd, Leave};
use crate::agent::Shared;
use crate::call::{self, CallEnd};
use crate::command;
use crate::ending;
use crate::frame;
use crate::gate::{self, Verdict};
use crate::perceive;
use crate::progress::Show;
use crate::running::Ends;
use crate::stage::{Signal, Stage};
use blufio_core::channel::{Channel, ChannelError};
use blufio_core::content::{Block, Message, Role};
use blufio_core::ids::{Conversation, SessionId};
use blufio_core::observe::Observation;
use blufio_core::provider::{Completion, ProviderError, ProviderErrorKind, Request, StopReason};
use blufio_core::storage::{Claim, Postponement, Settlement, StorageError, TurnOutcome, TurnRecord};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// After this many tries a message is given up: about six hours of outage.
const MAX_ATTEMPTS: u32 = 40;
/// First pause after a failure that may pass by itself; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// A channel that is not in use at the moment may be switched on again.
const UNUSED_CHANNEL_PAUSE: Duration = Duration::from_secs(3_600);

/// Answers one claimed message, or puts it back.
pub(crate) async fn run(shared: &Arc<Shared>, claim: Claim, ends: &Ends) {
    let began = Instant::now();
    let id = claim.id;
    let Some(conversation) = claim.messages.first().map(|message| message.conversation.clone()) else {
        tracing::error!(%id, "a queue row without a message was claimed");
        return;
    };
    let record = claim.turn.clone();
    let Some(channel) = shared.channels.get(&conversation.channel).cloned() else {
        let reason = format!("the channel {} is not in use", conversation.channel);
        let until = shared.clock.now().after(UNUSED_CHANNEL_PAUSE);
        let back = Postponement { id, until, reason, turn: record, outbox: Vec::new() };
        if let Err(error) = shared.storage.postpone(back, shared.clock.now()).await {
            tracing::error!(%id, %error, "a message of an unused channel could not be put back");
        }
        return;
    };
    let mut turn = Turn {
        shared,
        channel,
        conversation,
        claim,
        record,
        ends,
        deadline: began + shared.options.turn_timeout,
        stage: Stage::Gate,
        session: None,
        history: Vec::new(),
        message: Vec::new(),
        notices: Vec::new(),
        show: None,
        shortened: false,
    };
    let ended = turn.walk().await;
    let outcome = match ended {
        Ok(outcome) => outcome,
        Err(error) => {
            // The row is still marked as running: it is taken up at the next start.
            tracing::error!(%id, %error, "the turn could not be stored");
            "unstored"
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
    history: Vec<Message>,
    message: Vec<Block>,
    notices: Vec<String>,
    show: Option<Show>,
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
            Verdict::Admitted => match command::parse(&first.text).filter(|_| first.files.is_empty()) {
                Some(order) => {
                    let reaction = command::run(&order, self.shared, &self.conversation).await?;
                    End::Settle {
                        outcome: TurnOutcome::Command,
                        reply: Some(reaction.reply),
                        transcript: Vec::new(),
                        end_session: reaction.end_session,
                    }
                }
                None if again && self.claim.attempts >= MAX_ATTEMPTS => End::say(
                    TurnOutcome::Failed,
                    "I have tried to answer this many times and failed. Please send it again.",
                ),
                None => return Ok(Signal::Admitted),
            },
        };
        *end = Some(concluded);
        Ok(Signal::Concluded)
    }

    async fn perceive(&mut self, end: &mut Option<End>) -> Result<Signal, StorageError> {
        let show = Show::start(Arc::clone(&self.channel), self.conversation.clone(), self.claim.id);
        // What an earlier, interrupted turn had already said.
        show.push(&words_of(&self.record.steps));
        self.show = Some(show);
        let channel = Arc::clone(&self.channel);
        let perceiving = perceive::perceive(self.shared, channel.as_ref(), &self.claim.messages);
        let perceived = tokio::select! {
            biased;
            () = self.ends.abandon.cancelled() => { *end = Some(abandoned()); return Ok(Signal::Deferred) }
            () = self.ends.stop.cancelled() => {
                *end = Some(End::say(TurnOutcome::Stopped, ending::STOPPED));
                return Ok(Signal::Concluded);
            }
            perceived = perceiving => perceived,
        };
        match perceived {
            Ok(perceived) if !perceived.substance => {
                let reply = unreceived(&perceived.notices);
                *end = Some(End::say(TurnOutcome::Failed, reply));
                Ok(Signal::Concluded)
            }
            Ok(perceived) => {
                self.message = perceived.content;
                self.notices = perceived.notices;
                let now = self.shared.clock.now();
                let session = self.shared.storage.session(&self.conversation, now).await?;
                let most = self.shared.options.history_messages;
                let history = self.shared.storage.history(session, most).await?;
                self.history = frame::shorten(history, most);
                self.session = Some(session);
                Ok(Signal::Perceived)
            }
            Err(error) => {
                *end = Some(self.later(&error));
                Ok(Signal::Deferred)
            }
        }
    }

    fn later(&self, error: &ChannelError) -> End {
        let wait = match error {
            ChannelError::RetryAfter { wait, .. } => *wait,
            _ => pause(self.claim.attempts),
        };
        End::Defer { until: wait, reason: error.to_string(), tell: None }
    }

    async fn call(&mut self, end: &mut Option<End>) -> Result<Signal, StorageError> {
        // A resumed turn may stand right behind a call that asked for tools.
        if self
            .record
            .steps
            .last()
            .is_some_and(|step| step.role == Role::Assistant && !act::tool_uses(step).is_empty())
        {
            return Ok(Signal::WantsTools);
        }
        let Some(show) = &self.show else {
            return Err(StorageError::Unexpected("a call before the message was perceived".into()));
        };
        let ended =
            call::follow(self.shared, self.request(), show, self.ends, self.deadline, &mut self.record.calls)
                .await;
        Ok(match ended {
            CallEnd::Completed(completion) => self.completed(completion, end).await?,
            CallEnd::Stopped => self.concluded(end, TurnOutcome::Stopped, ending::STOPPED),
            CallEnd::OutOfTime => self.concluded(end, TurnOutcome::Stopped, ending::OUT_OF_TIME),
            CallEnd::Abandoned => {
                *end = Some(abandoned());
                Signal::Deferred
            }
            CallEnd::Failed(error) => self.failed(&error, end),
        })
    }

    fn request(&self) -> Request {
        let mut messages = frame::with_message(self.history.clone(), self.message.clone());
        messages.extend(self.record.steps.iter().cloned());
        Request {
            model: self.shared.options.model.clone(),
            system: self.shared.options.system.clone(),
            tools: self.shared.skills.tools(),
            messages,
            max_tokens: self.shared.options.max_output_tokens,
        }
    }

    async fn completed(
        &mut self,
        completion: Completion,
        end: &mut Option<End>,
    ) -> Result<Signal, StorageError> {
        let Completion { content, stop, .. } = completion;
        let step = Message::assistant(content);
        let wants_tools = stop == StopReason::ToolUse && !act::tool_uses(&step).is_empty();
        if wants_tools {
            if self.rounds() > self.shared.options.max_tool_rounds {
                return Ok(self.concluded(end, TurnOutcome::Answered, ending::TOO_MANY_TOOLS));
            }
            // Paid for: a crash from here on does not ask the model again.
            self.record.steps.push(step);
            self.shared.storage.checkpoint(self.claim.id, &self.record).await?;
            return Ok(Signal::WantsTools);
        }
        if stop == StopReason::PauseTurn
            && !step.content.is_empty()
            && self.rounds() <= self.shared.options.max_tool_rounds
        {
            // A transcript may not end with the model's own words, so that going on is asked for in words.
            self.record.steps.push(frame::for_transcript(step));
            self.record.steps.push(Message::user(vec![Block::text("[Go on.]")]));
            self.shared.storage.checkpoint(self.claim.id, &self.record).await?;
            return Ok(Signal::WantsTools);
        }
        let said = self.said();
        let remark = ending::remark(stop).or(said.trim().is_empty().then_some(ending::NO_WORDS));
        let reply = ending::with_remark(&said, remark);
        let mut last = Message::assistant(
            step.content.into_iter().filter(|block| matches!(block, Block::Text { .. })).collect(),
        );
        if let Some(remark) = remark {
            last.content.push(Block::text(remark));
        }
        *end = Some(self.settled(TurnOutcome::Answered, reply, last));
        Ok(Signal::Answered)
    }

    fn rounds(&self) -> u32 {
        let rounds = self.record.steps.iter().filter(|step| step.role == Role::Assistant).count();
        u32::try_from(rounds).unwrap_or(u32::MAX)
    }

    /// Everything that the person has been shown of this turn.
    fn said(&self) -> String {
        self.show.as_ref().map(Show::text).unwrap_or_default()
    }

    /// Ends the turn with what has been said so far, and a remark.
    fn concluded(&self, end: &mut Option<End>, outcome: TurnOutcome, remark: &str) -> Signal {
        let said = self.said();
        let before = words_of(&self.record.steps).len();
        let mut last = Message::assistant(Vec::new());
        if let Some(words) = said.get(before..).filter(|words| !words.trim().is_empty()) {
            last.content.push(Block::text(words.trim()));
        }
        last.content.push(Block::text(remark));
        *end = Some(self.settled(outcome, ending::with_remark(&said, Some(remark)), last));
        Signal::Concluded
    }

    fn settled(&self, outcome: TurnOutcome, reply: String, last: Message) -> End {
        let mut transcript = vec![Message::user(self.message.clone())];
        transcript.extend(self.record.steps.iter().cloned().map(frame::for_transcript));
        transcript.push(last);
        let reply = match unreceived(&self.notices) {
            notices if notices.is_empty() => reply,
            notices => format!("{notices}\n\n{reply}"),
        };
        End::Settle { outcome, reply: Some(reply), transcript: frame::repair(transcript), end_session: false }
    }

    fn failed(&mut self, error: &ProviderError, end: &mut Option<End>) -> Signal {
        tracing::warn!(id = %self.claim.id, class = error.kind.class(), error = error.message, request_id = error.request_id, "the model did not answer");
        if error.kind == ProviderErrorKind::ContextOverflow && !self.shortened && !self.history.is_empty() {
            // Once more with the newer half of the history.
            self.shortened = true;
            self.history = frame::shorten(std::mem::take(&mut self.history), self.history.len() / 2);
            return Signal::ToolsRan;
        }
        if !error.kind.is_retryable() {
            *end = Some(End::say(TurnOutcome::Failed, ending::failed(error)));
            return Signal::Concluded;
        }
        let wait = match error.kind {
            ProviderErrorKind::RateLimited { retry_after: Some(wait) } => wait,
            _ => pause(self.claim.attempts),
        };
        let tell = (!self.record.told).then(|| ending::deferred(error, wait));
        self.record.told = true;
        *end = Some(End::Defer { until: wait, reason: error.to_string(), tell });
        Signal::Deferred
    }

    async fn act(&mut self, end: &mut Option<End>) -> Result<Signal, StorageError> {
        if self.record.steps.last().is_none_or(|step| act::tool_uses(step).is_empty()) {
            return Ok(Signal::ToolsRan);
        }
        let leave = if self.rounds() > self.shared.options.max_tool_rounds {
            Leave::Exhausted
        } else {
            Leave::Granted
        };
        let ended =
            act::act(self.shared, self.claim.id, &mut self.record, leave, self.ends, self.deadline).await?;
        Ok(match ended {
            ActEnd::Ran => Signal::ToolsRan,
            ActEnd::Stopped => self.concluded(end, TurnOutcome::Stopped, ending::STOPPED),
            ActEnd::OutOfTime => self.concluded(end, TurnOutcome::Stopped, ending::OUT_OF_TIME),
            ActEnd::Abandoned => {
                *end = Some(abandoned());
                Signal::Deferred
            }
        })
    }

    async fn settle(&mut self, end: Option<End>) -> Result<&'static str, StorageError> {
        let Some(End::Settle { outcome, reply, transcript, end_session }) = end else {
            return Err(StorageError::Unexpected("a turn came to its end without one".into()));
        };
        self.show = None;
        let settlement = Settlement {
            id: self.claim.id,
            outcome,
            session: match self.session {
                Some(session) => Some(session),
                None if end_session => {
                    Some(self.shared.storage.session(&self.conversation, self.shared.clock.now()).await?)
                }
                None => None,
            },
            transcript,
            end_session,
            calls: std::mem::take(&mut self.record.calls),
            outbox: reply.map(|reply| self.channel.render(&self.conversation, &reply)).unwrap_or_default(),
        };
        self.persist(|now| self.shared.storage.settle(settlement.clone(), now)).await?;
        self.shared.outbox_changed.notify_one();
        Ok(outcome.name())
    }

    async fn put_back(&mut self, end: Option<End>) -> Result<(), StorageError> {
        let Some(End::Defer { until, reason, tell }) = end else {
            return Err(StorageError::Unexpected("a turn was put back without a reason".into()));
        };
        self.show = None;
        let back = Postponement {
            id: self.claim.id,
            until: self.shared.clock.now().after(until),
            reason,
            turn: std::mem::take(&mut self.record),
            outbox: tell.map(|text| self.channel.render(&self.conversation, &text)).unwrap_or_default(),
        };
        self.persist(|now| self.shared.storage.postpone(back.clone(), now)).await?;
        self.shared.outbox_changed.notify_one();
        Ok(())
    }

    /// Writes the end of the turn; while the disk is full or the like, tries again instead of throwing a paid answer
    /// away.
    async fn persist<F, R>(&self, write: F) -> Result<(), StorageError>
    where
        F: Fn(blufio_core::time::Timestamp) -> R,
        R: Future<Output = Result<(), StorageError>>,
    {
        let mut wait = Duration::from_millis(250);
        loop {
            match write(self.shared.clock.now()).await {
                Err(error) if error.is_retryable() => {
                    tracing::error!(id = %self.claim.id, %error, "the end of a turn cannot be stored yet");
                    tokio::select! {
                        () = self.ends.abandon.cancelled() => return Err(error),
                        () = tokio::time::sleep(wait) => wait = (wait * 2).min(Duration::from_secs(30)),
                    }
                }
                done => return done,
            }
        }
    }
}

fn abandoned() -> End {
    End::Defer { until: Duration::ZERO, reason: "the agent was stopped".into(), tell: None }
}

fn pause(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempts.min(10))).min(LONGEST_PAUSE)
}

/// The words of an unfinished turn, as they were shown.
fn words_of(steps: &[Message]) -> String {
    let words = steps.iter().filter(|step| step.role == Role::Assistant).map(Message::plain_text);
    words.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// What the person is told of what did not get through.
fn unreceived(notices: &[String]) -> String {
    let lines = notices.iter().map(|notice| format!("⚠ I could not take in {notice}."));
    lines.collect::<Vec<_>>().join("\n")
}
