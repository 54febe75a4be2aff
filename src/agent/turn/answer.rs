// SPDX-License-Identifier: MIT OR Apache-2.0
//! The model's part of a turn: asking it, running the tools that it asks for, and what its answer comes to.

use super::{End, Turn, abandoned, unreceived, words_of};
use crate::act::{self, ActEnd, Leave};
use crate::call::{self, CallEnd};
use crate::ending;
use crate::frame;
use crate::progress::Show;
use crate::spend::Purpose;
use crate::stage::Signal;
use crate::tokens;
use blufio_core::content::{Block, Message, Role};
use blufio_core::provider::{Completion, StopReason};
use blufio_core::storage::{Feature, StorageError, TurnOutcome};

impl Turn<'_> {
    pub(super) async fn call(&mut self, end: &mut Option<End>) -> Result<Signal, StorageError> {
        // A resumed turn may stand right behind a call that asked for tools.
        if self
            .record
            .steps
            .last()
            .is_some_and(|step| step.role == Role::Assistant && !act::tool_uses(step).is_empty())
        {
            return Ok(Signal::WantsTools);
        }
        self.said_before = self.said().len();
        let model = self.model();
        let mut request = self.request(&model);
        let shown = request.messages.len().saturating_sub(self.record.steps.len());
        if self.shown.replace(shown).is_some_and(|before| before != shown) {
            // The beginning has moved, and thinking is bound to all that stood before it.
            self.forget_thinking();
            request = self.request(&model);
            self.shown = Some(request.messages.len().saturating_sub(self.record.steps.len()));
        }
        let purpose = Purpose {
            feature: if self.record.steps.is_empty() { Feature::Turn } else { Feature::ToolLoop },
            turn: Some(self.claim.id),
            session: self.session,
            intended: self.record.intended.clone(),
            overhead: tokens::overhead(&request),
        };
        let Some(show) = &self.show else {
            return Err(StorageError::Unexpected("a call before the message was perceived".into()));
        };
        let ended = call::follow(self.shared, &purpose, request, show, self.ends, self.deadline).await;
        Ok(match ended {
            CallEnd::Completed(completion) => self.completed(completion, end).await?,
            CallEnd::Stopped { heard } => {
                self.heard |= heard;
                self.concluded(end, TurnOutcome::Stopped, ending::STOPPED)
            }
            CallEnd::OutOfTime { heard } => {
                self.heard |= heard;
                self.concluded(end, TurnOutcome::Stopped, ending::OUT_OF_TIME)
            }
            CallEnd::Abandoned => {
                *end = Some(abandoned());
                Signal::Deferred
            }
            CallEnd::Failed(error) => self.failed(error, end).await?,
            CallEnd::NoBudget(refused) => self.no_budget(refused, end).await?,
            CallEnd::Unstored(error) => return Err(error),
        })
    }

    async fn completed(
        &mut self,
        completion: Completion,
        end: &mut Option<End>,
    ) -> Result<Signal, StorageError> {
        self.paid = true;
        self.heard = true;
        let Completion { content, stop, .. } = completion;
        let step = Message::assistant(content);
        let malformed = act::malformed(&step);
        let wants_tools = stop == StopReason::ToolUse && !act::tool_uses(&step).is_empty();
        if wants_tools {
            if self.rounds() > self.shared.options.max_tool_rounds {
                return Ok(self.concluded(end, TurnOutcome::Answered, ending::TOO_MANY_TOOLS));
            }
            if malformed && self.record.steps.iter().any(act::malformed) {
                // It has been told once what was wrong.
                return Ok(self.concluded(end, TurnOutcome::Failed, ending::MALFORMED_TOOLS));
            }
            // Paid for: a crash from here on does not ask the model again.
            self.record.steps.push(step);
            self.said_before = self.said().len();
            self.shared.storage.checkpoint(self.claim.id, &self.record).await?;
            return Ok(Signal::WantsTools);
        }
        let kept = frame::for_transcript(step);
        if stop == StopReason::PauseTurn
            && !kept.content.is_empty()
            && self.rounds() <= self.shared.options.max_tool_rounds
        {
            // A transcript may not end with the model's own words, so that going on is asked for in words.
            self.record.steps.push(kept);
            self.said_before = self.said().len();
            self.record.steps.push(Message::user(vec![Block::text("[Go on.]")]));
            self.shared.storage.checkpoint(self.claim.id, &self.record).await?;
            return Ok(Signal::WantsTools);
        }
        let said = self.said();
        let remark = ending::remark(stop).or(said.trim().is_empty().then_some(ending::NO_WORDS));
        let reply = ending::with_remark(&said, remark);
        let mut last = Message::assistant(
            kept.content.into_iter().filter(|block| matches!(block, Block::Text { .. })).collect(),
        );
        if let Some(remark) = remark {
            last.content.push(Block::text(remark));
        }
        *end = Some(self.settled(TurnOutcome::Answered, reply, last));
        Ok(Signal::Answered)
    }

    /// Id of the model that is asked now.
    pub(super) fn model(&self) -> String {
        let decision = self.record.decision.as_ref();
        decision
            .map(|decision| decision.answered_by.as_ref().unwrap_or(&decision.model).clone())
            .unwrap_or_default()
    }

    fn rounds(&self) -> u32 {
        let rounds = self.record.steps.iter().filter(|step| step.role == Role::Assistant).count();
        u32::try_from(rounds).unwrap_or(u32::MAX)
    }

    /// Everything that the person has been shown of this turn.
    fn said(&self) -> String {
        self.show.as_ref().map_or_else(|| words_of(&self.record.steps), Show::text)
    }

    /// Ends the turn with what has been said so far, and a remark.
    pub(super) fn concluded(&self, end: &mut Option<End>, outcome: TurnOutcome, remark: &str) -> Signal {
        let said = self.said();
        let mut last = Message::assistant(Vec::new());
        if let Some(words) = said.get(self.said_before..).filter(|words| !words.trim().is_empty()) {
            last.content.push(Block::text(words.trim()));
        }
        last.content.push(Block::text(remark));
        *end = Some(self.settled(outcome, ending::with_remark(&said, Some(remark)), last));
        Signal::Concluded
    }

    /// What the person is told about how the answer came about.
    fn remarks(&self) -> String {
        self.replaced().unwrap_or_else(|| self.record.remarks.join("\n"))
    }

    fn settled(&self, outcome: TurnOutcome, reply: String, last: Message) -> End {
        let mut transcript = vec![Message::user(self.message.clone())];
        transcript.extend(self.record.steps.iter().cloned().map(frame::for_transcript));
        transcript.push(last);
        let remarks = if outcome == TurnOutcome::Answered { self.remarks() } else { String::new() };
        let reply = ending::with_remark(&reply, Some(&remarks));
        let reply = match unreceived(&self.notices) {
            notices if notices.is_empty() => reply,
            notices => format!("{notices}\n\n{reply}"),
        };
        End::Settle { outcome, reply: Some(reply), transcript: frame::repair(transcript), end_session: false }
    }

    pub(super) async fn act(&mut self, end: &mut Option<End>) -> Result<Signal, StorageError> {
        if self.record.steps.last().is_none_or(|step| act::tool_uses(step).is_empty()) {
            return Ok(Signal::ToolsRan);
        }
        let leave = if self.rounds() > self.shared.options.max_tool_rounds {
            Leave::Exhausted
        } else {
            Leave::Granted
        };
        let asked = self.asked().await?;
        let ended = act::act(self.shared, &asked, &mut self.record, leave, self.ends, self.deadline).await?;
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
}
