// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the model is shown in a turn.

use super::Turn;
use crate::frame::{self, Frame, History};
use blufio_core::ids::SessionId;
use blufio_core::provider::Request;
use blufio_core::storage::StorageError;

impl Turn<'_> {
    /// Loads what was said before, and notes what holds for this turn alone.
    pub(super) async fn load(&mut self, session: SessionId) -> Result<(), StorageError> {
        self.history = History::load(self.shared.storage.as_ref(), session).await?;
        self.notes = vec![frame::hour(&self.shared.options.zone, self.shared.clock.now())];
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
