// SPDX-License-Identifier: MIT OR Apache-2.0
//! The prompt did not fit: the history is made shorter, once.

use super::Turn;
use crate::compaction;
use crate::frame::History;
use blufio_core::storage::StorageError;

impl Turn<'_> {
    /// Makes the history shorter, if it has not been done in this turn: the older part is summarised now; where that
    /// fails, it is left out of this turn. Says whether the model may be asked again.
    pub(super) async fn shorten(&mut self) -> Result<bool, StorageError> {
        let Some(session) = self.session.filter(|_| !self.shortened && !self.history.messages().is_empty())
        else {
            return Ok(false);
        };
        self.shortened = true;
        // Thinking is bound to the whole of what stood before it.
        self.forget_thinking();
        if compaction::now(self.shared, session, self.claim.id, self.ends, self.deadline).await {
            self.history = History::load(self.shared.storage.as_ref(), session).await?;
            return Ok(true);
        }
        Ok(self.history.halve())
    }
}
