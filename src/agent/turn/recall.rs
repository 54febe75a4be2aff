// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the model is reminded of in a turn.

use super::Turn;
use crate::compaction::own_words;
use crate::memory;
use blufio_core::content::{Block, Role};
use blufio_core::embedding::Patience;
use blufio_core::ids::SessionId;
use blufio_core::observe::Observation;
use blufio_core::recall::{ByMeaning, Question, Recalled};
use blufio_core::storage::StorageError;
use tokio::time::Instant;

/// So much is looked at, best first; what of it is shown is a matter of tokens.
const MOST: usize = 10;

impl Turn<'_> {
    /// Looks for what fits the message, and notes it for the model. What cannot be found in time, or not at all, is no
    /// reason not to answer.
    pub(super) async fn recall(&mut self, session: SessionId) -> Result<(), StorageError> {
        let options = &self.shared.options.memory;
        let text = self.own_words();
        let Some(message) = self.claim.messages.first() else { return Ok(()) };
        if !options.enabled || text.trim().is_empty() {
            return Ok(());
        }
        let question = Question {
            text,
            before: self.said_before_that(),
            scopes: memory::scopes(self.shared, message).await?.readable,
            passages: true,
            shown: self.history.first().map(|first| (session, first)),
            now: self.shared.clock.now(),
            limit: MOST,
            loosely: false,
        };
        let began = Instant::now();
        let recalled = self.shared.recall.recall(&question, Patience::Within(options.patience)).await;
        let recalled = recalled.unwrap_or_else(|error| {
            tracing::error!(id = %self.claim.id, %error, "what is remembered cannot be looked through; the answer goes without it");
            Recalled { found: Vec::new(), by_meaning: ByMeaning::Off }
        });
        let shown = memory::shown(&recalled.found, &self.shared.options.zone, options.tokens);
        self.shared.observe.record(Observation::Recalled {
            shown: shown.told.len(),
            by_meaning: recalled.by_meaning,
            took: began.elapsed(),
        });
        self.notes.extend(shown.note);
        self.recalled = shown.memories;
        if let Some(decision) = &mut self.record.decision {
            decision.memories = shown.told;
        }
        Ok(())
    }

    /// Counts what the model was shown. What cannot be counted now never is.
    pub(super) async fn count_recalled(&mut self, answered: bool) {
        let memories = std::mem::take(&mut self.recalled);
        if memories.is_empty() || !answered {
            return;
        }
        if let Err(error) = self.shared.storage.used(memories, self.shared.clock.now()).await {
            tracing::warn!(id = %self.claim.id, %error, "it could not be counted which memories were used");
        }
    }

    /// The person's own words of this message; nothing that others have written.
    pub(super) fn own_words(&self) -> String {
        let own = self.message.iter().filter_map(|block| match block {
            Block::Text { text } => Some(own_words(text)),
            _ => None,
        });
        own.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// What the person had said right before, in the same session.
    fn said_before_that(&self) -> String {
        let said = self.history.messages().iter().rev().filter(|message| message.role == Role::User);
        let mut own = said.map(|message| own_words(&message.plain_text()).to_owned());
        own.find(|text| !text.trim().is_empty()).unwrap_or_default()
    }
}
