// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the model is shown in a turn.

use super::Turn;
use crate::frame::{self, Frame, History};
use blufio_core::content::Block;
use blufio_core::ids::SessionId;
use blufio_core::provider::Request;
use blufio_core::storage::StorageError;
use std::time::Duration;

/// A message that is older than this is shown with its hour.
const LATE: Duration = Duration::from_secs(5 * 60);

impl Turn<'_> {
    /// Loads what was said before, and notes what holds for this turn alone.
    pub(super) async fn load(&mut self, session: SessionId) -> Result<(), StorageError> {
        self.history = History::load(self.shared.storage.as_ref(), session).await?;
        let (zone, now) = (&self.shared.options.zone, self.shared.clock.now());
        self.notes = vec![frame::hour(zone, now)];
        // What it calls tomorrow may be today by now.
        let written = self.claim.messages.first().map(|message| message.sent_at);
        if let Some(written) = written.filter(|written| now.since(*written) > LATE) {
            self.notes.push(Block::Note { text: format!("[This was written: {}]", zone.describe(written)) });
        }
        Ok(())
    }

    /// What a model is asked.
    pub(super) fn request(&self, model: &str) -> Request {
        let tools = self.shared.skills.tools();
        let frame = Frame {
            system: &self.shared.options.system,
            tools: &tools,
            history: &self.history,
            message: &self.message,
            notes: &self.notes,
            steps: &self.record.steps,
        };
        frame.request(model, self.shared.provider.model(model), self.shared.options.max_output_tokens)
    }
}
