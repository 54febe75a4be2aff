// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the model is shown in a turn.

use super::Turn;
use crate::frame;
use blufio_core::ids::SessionId;
use blufio_core::provider::Request;
use blufio_core::storage::StorageError;

/// Pictures and documents of the history beyond this many bytes of base64 are left out: providers take requests of
/// some 32 MB, and the message of the turn needs its room.
const MEDIA_LIMIT: usize = 8 << 20;
/// Most messages of the history that are shown to the model.
const MOST_MESSAGES: usize = 60;

impl Turn<'_> {
    /// Loads what was said before.
    pub(super) async fn load(&mut self, session: SessionId) -> Result<(), StorageError> {
        let transcript = self.shared.storage.transcript(session, MOST_MESSAGES).await?;
        let history = transcript.messages.into_iter().map(|stored| stored.message).collect();
        self.history = frame::lighten(frame::shorten(history, MOST_MESSAGES), MEDIA_LIMIT);
        Ok(())
    }

    /// What a model is asked.
    pub(super) fn request(&self, model: String) -> Request {
        let mut messages = frame::with_message(self.history.clone(), self.message.clone());
        messages.extend(self.record.steps.iter().cloned());
        let limit = self.shared.provider.model(&model).map_or(u64::MAX, |spec| spec.max_output);
        Request {
            model,
            system: self.shared.options.system.clone(),
            tools: self.shared.skills.tools(),
            messages,
            max_tokens: self.shared.options.max_output_tokens.min(limit),
        }
    }
}
