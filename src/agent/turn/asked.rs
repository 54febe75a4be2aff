// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who asks for the tools of a turn, and what the model has read before it asked.

use super::Turn;
use crate::compaction::brings_others;
use crate::memory;
use blufio_core::content::Role;
use blufio_core::skill::ToolContext;
use blufio_core::storage::StorageError;

impl Turn<'_> {
    pub(super) async fn asked(&self) -> Result<ToolContext, StorageError> {
        let message = self.claim.messages.first();
        let message = message.ok_or_else(|| StorageError::Unexpected("a claim without a message".into()))?;
        let scopes = memory::scopes(self.shared, message).await?;
        Ok(ToolContext {
            conversation: self.conversation.clone(),
            key: String::new(),
            turn: self.claim.id,
            scope: scopes.own,
            scopes: scopes.readable,
            forgettable: scopes.forgettable,
            said: self.own_words(),
            foreign: self.has_read_others(),
        })
    }

    /// Whether the model sees what others have written: documents, pictures, forwarded messages. A summary may hold any
    /// of them.
    fn has_read_others(&self) -> bool {
        let mut earlier = self.history.messages().iter().filter(|message| message.role == Role::User);
        self.history.has_summary()
            || brings_others(&self.message)
            || earlier.any(|message| brings_others(&message.content))
    }
}
