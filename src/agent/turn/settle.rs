// SPDX-License-Identifier: MIT OR Apache-2.0
//! The end of a turn: written down, or put back into the queue.

use super::{End, Turn};
use crate::budget;
use crate::choice;
use crate::command::{self, Command};
use crate::compaction;
use crate::ending;
use crate::memory;
use crate::operator;
use blufio_core::content::Block;
use blufio_core::storage::{
    Feature, Notice, Once, Postponement, Settlement, Standstill, StorageError, TurnOutcome,
};
use blufio_core::time::Timestamp;
use std::future::Future;
use std::time::Duration;

impl Turn<'_> {
    pub(super) async fn settle(&mut self, end: Option<End>) -> Result<&'static str, StorageError> {
        let Some(End::Settle { outcome, mut reply, mut transcript, end_session }) = end else {
            return Err(StorageError::Unexpected("a turn came to its end without one".into()));
        };
        self.show = None;
        let notices =
            if outcome == TurnOutcome::Answered { self.waiting_notices().await } else { Vec::new() };
        for notice in &notices {
            reply = reply.map(|reply| ending::with_remark(&reply, Some(&notice.text)));
            if let Some(last) = transcript.last_mut() {
                last.content.push(Block::text(ending::told_unasked(&notice.text)));
            }
        }
        let forgotten = memory::redact(&mut transcript);
        let mut decision = self.record.decision.clone();
        if let Some(decision) = &mut decision {
            forgotten.take_out_of_notes(&mut decision.memories);
        }
        // Where no model was asked, none has answered.
        let answered = outcome == TurnOutcome::Answered || self.heard;
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
            decision: decision.filter(|_| answered || self.paid),
            outbox: reply.map(|reply| self.channel.render(&self.conversation, &reply)).unwrap_or_default(),
            once: self.warnings().await.into_iter().chain(self.resumption(outcome).await).collect(),
            told: notices.into_iter().map(|notice| notice.id).collect(),
            forgets: forgotten.was_asked_for() || self.looked_through(outcome),
        };
        self.persist(|now| self.shared.storage.settle(settlement.clone(), now)).await?;
        self.shared.outbox_changed.notify_one();
        self.shared.said.notify_one();
        if end_session {
            self.shared.parted.notify_one();
        }
        self.count_recalled(answered).await;
        if let Some(session) = settlement.session.filter(|_| !end_session) {
            compaction::after_turn(self.shared, session, &self.history, &settlement.transcript);
        }
        Ok(outcome.name())
    }

    /// Whether the person has looked through what is remembered, as one does before having something forgotten.
    fn looked_through(&self, outcome: TurnOutcome) -> bool {
        let command = self.claim.messages.first().filter(|_| outcome == TurnOutcome::Command);
        matches!(command.and_then(command::of), Some(Command::Memory(_) | Command::Forget(_)))
    }

    /// What was found in the background and waits for an answer to go with. What cannot be read now goes with the next one.
    async fn waiting_notices(&self) -> Vec<Notice> {
        self.shared.storage.notices(&self.conversation).await.unwrap_or_else(|error| {
            tracing::error!(id = %self.claim.id, %error, "notices cannot be read");
            Vec::new()
        })
    }

    /// Limits that are nearly spent: told once a period. What cannot be read now is told with the next answer.
    async fn warnings(&self) -> Vec<Once> {
        if !self.paid {
            return Vec::new();
        }
        let options = &self.shared.options;
        let feature = if options.heartbeat.enabled { Feature::Heartbeat } else { Feature::Turn };
        match budget::standings(self.shared, feature, self.session).await {
            Ok(standings) => standings
                .iter()
                .filter(|standing| standing.percent() >= choice::TIGHT)
                .map(|standing| {
                    let text = budget::warning(standing, &options.zone);
                    let outbox = self.channel.render(&self.conversation, &text);
                    Once { key: budget::occasion(&standing.limit), outbox }
                })
                .collect(),
            Err(error) => {
                tracing::error!(id = %self.claim.id, %error, "it cannot be read how the limits stand");
                Vec::new()
            }
        }
    }

    /// An answer while work in the background stands still proves that the account can pay again: an operator is told so
    /// once, and how the background goes on. What cannot be read now is told with the next answer.
    async fn resumption(&self, outcome: TurnOutcome) -> Option<Once> {
        let message = self.claim.messages.first().filter(|message| message.private)?;
        if outcome != TurnOutcome::Answered || !self.paid {
            return None;
        }
        let remark = async {
            let Some(standstill) = self.shared.storage.standstill().await? else { return Ok(None) };
            Ok(operator::is_operator(self.shared, message).await?.then_some(standstill))
        };
        let remark: Result<Option<Standstill>, StorageError> = remark.await;
        let standstill = remark.unwrap_or_else(|error| {
            tracing::error!(id = %self.claim.id, %error, "it cannot be read whether work in the background stands still");
            None
        })?;
        let outbox = self.channel.render(&self.conversation, ending::STILL_STANDING);
        Some(Once { key: format!("standstill:{}", standstill.at.0), outbox })
    }

    pub(super) async fn put_back(&mut self, end: Option<End>) -> Result<(), StorageError> {
        let Some(End::Defer { until, reason, tell }) = end else {
            return Err(StorageError::Unexpected("a turn was put back without a reason".into()));
        };
        self.show = None;
        // Stopped at the last moment: it is taken on again at once, and ends.
        self.record.stopped |= self.ends.stop.is_cancelled();
        let until = if self.record.stopped { Duration::ZERO } else { until };
        let back = Postponement {
            id: self.claim.id,
            until: self.shared.clock.now().after(until),
            reason,
            turn: self.record.clone(),
            outbox: tell.map(|text| self.channel.render(&self.conversation, &text)).unwrap_or_default(),
        };
        self.persist(|now| self.shared.storage.postpone(back.clone(), now)).await?;
        self.shared.outbox_changed.notify_one();
        if let Some(awaited) = self.awaited.take().filter(|_| !self.record.stopped) {
            self.await_room(awaited).await;
        }
        Ok(())
    }

    /// Puts the turn back after something that it could not deal with. Returns the name of how it ended.
    pub(super) async fn take_up_again(&mut self, reason: String) -> &'static str {
        self.show = None;
        let wait = super::pause(self.claim.attempts);
        let back = |now: Timestamp| Postponement {
            id: self.claim.id,
            until: now.after(wait),
            reason: reason.clone(),
            turn: self.record.clone(),
            outbox: Vec::new(),
        };
        match self.persist(|now| self.shared.storage.postpone(back(now), now)).await {
            Ok(()) => "deferred",
            Err(error) => {
                // The row is still marked as running.
                tracing::error!(id = %self.claim.id, %error, "the turn could not be put back; it is taken up at the next start");
                "unstored"
            }
        }
    }

    /// Writes the end of the turn; while the disk is full or the like, tries again instead of throwing a paid answer
    /// away.
    async fn persist<F, R>(&self, write: F) -> Result<(), StorageError>
    where
        F: Fn(Timestamp) -> R,
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
