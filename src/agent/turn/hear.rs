// SPDX-License-Identifier: MIT OR Apache-2.0
//! The person's part of a turn: what was written, and the files.

use super::{End, LONGEST_ASKED_PAUSE, LONGEST_PAUSE, Turn, abandoned, unreceived, words_of};
use crate::act;
use crate::ending;
use crate::perceive;
use crate::progress::Show;
use crate::stage::Signal;
use blufio_core::channel::ChannelError;
use blufio_core::storage::{StorageError, TurnOutcome};
use std::sync::Arc;
use std::time::Duration;

/// How often a turn is put back because a file could not be fetched, and for how long, before the person is told.
const FETCH_PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(16)];

impl Turn<'_> {
    pub(super) async fn perceive(&mut self, end: &mut Option<End>) -> Result<Signal, StorageError> {
        let show = Show::start(Arc::clone(&self.channel), self.conversation.clone(), self.claim.id);
        // What an earlier, interrupted turn had already said.
        show.push(&words_of(&self.record.steps));
        self.show = Some(show);
        let channel = Arc::clone(&self.channel);
        let perceiving = perceive::perceive(
            self.shared,
            channel.as_ref(),
            &self.claim.messages,
            self.fetch_pause().is_some(),
        );
        let perceived = tokio::select! {
            biased;
            () = self.ends.abandon.cancelled() => { *end = Some(abandoned()); return Ok(Signal::Deferred) }
            () = self.ends.stop.cancelled() => {
                self.gather().await?;
                return Ok(self.concluded(end, TurnOutcome::Stopped, ending::STOPPED));
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
                self.load(session).await?;
                self.session = Some(session);
                self.choose().await?;
                self.recall(session).await?;
                Ok(Signal::Perceived)
            }
            Err(error) => {
                *end = Some(self.later(&error));
                Ok(Signal::Deferred)
            }
        }
    }

    /// How long to wait before files are fetched once more; `None` when that has been done often enough.
    fn fetch_pause(&self) -> Option<Duration> {
        FETCH_PAUSES.get(usize::try_from(self.tries()).ok()?).copied()
    }

    /// What is needed for a transcript, where the turn ends before its message was perceived.
    pub(super) async fn gather(&mut self) -> Result<(), StorageError> {
        act::close(&mut self.record);
        if self.session.is_none() {
            self.message = perceive::unperceived(&self.claim.messages);
            let now = self.shared.clock.now();
            self.session = Some(self.shared.storage.session(&self.conversation, now).await?);
        }
        Ok(())
    }

    fn later(&self, error: &ChannelError) -> End {
        let wait = match error {
            ChannelError::RetryAfter { wait, .. } => (*wait).min(LONGEST_ASKED_PAUSE),
            _ => self.fetch_pause().unwrap_or(LONGEST_PAUSE),
        };
        End::Defer { until: wait, reason: error.to_string(), tell: None }
    }
}
