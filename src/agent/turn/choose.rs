// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which model answers this turn.

use super::Turn;
use crate::budget;
use crate::choice::{self, Facts, Prompt};
use crate::tokens;
use blufio_core::channel::FileKind;
use blufio_core::content::{Block, Message};
use blufio_core::observe::Observation;
use blufio_core::route::Decision;
use blufio_core::storage::{Feature, StorageError};
use blufio_routing::{Attachment, Earlier, Signals};
use std::time::Instant;

/// So many answers tell what a conversation is about and what is warm.
const MOST_ANSWERS: usize = 6;

/// A text without the line before it in which a channel quotes what it replies to: those words ask for nothing.
fn unquoted(text: &str) -> &str {
    match text.split_once('\n') {
        Some((line, own)) if line.contains("[In reply to ") && line.ends_with(']') => own,
        _ => text,
    }
}

impl Turn<'_> {
    /// Decides, unless an earlier try of this turn has and came to something.
    pub(super) async fn choose(&mut self) -> Result<(), StorageError> {
        let (storage, options) = (&self.shared.storage, &self.shared.options);
        let pin = storage.pin(&self.conversation).await?;
        let asked_for = self.once.or(pin);
        let known = |decision: &&mut Decision| self.shared.provider.model(&decision.model).is_some();
        let begun = !self.record.steps.is_empty();
        if let Some(decision) = self.record.decision.as_mut().filter(|_| begun).filter(known) {
            // The model that was meant is asked first again.
            decision.answered_by = None;
            self.pinned = asked_for == Some(decision.route);
            return Ok(());
        }
        let answered = match self.session {
            Some(session) => storage.decisions(session, MOST_ANSWERS).await?,
            None => Vec::new(),
        };
        let standings = budget::standings(self.shared, Feature::Turn, self.session).await?;
        let said = choice::earlier(self.history.messages(), &answered);
        let earlier: Vec<Earlier<'_>> =
            said.iter().map(|(role, text, route)| Earlier { role: *role, text, route: *route }).collect();
        let (text, attached) = (self.words(), self.attached());
        let tools = self.shared.skills.tools();
        let before =
            tokens::of_static(&options.system, &tools).expected.saturating_add(self.history.tokens());
        // What stood at the beginning of the prompt before a summary took its place is in no cache.
        let renewed = self.history.summarised_at();
        let cached: Vec<_> =
            answered.iter().filter(|(_, at)| renewed.is_none_or(|renewed| *at > renewed)).cloned().collect();
        let facts = Facts {
            once: self.once,
            pin,
            signals: Signals { text: &text, attached: &attached, earlier: &earlier },
            cached: &cached,
            prompt: Prompt { before, new: tokens::of_blocks(&self.message).expected },
            pictures: self.has_pictures(),
            standings: &standings,
            now: self.shared.clock.now(),
        };
        let began = Instant::now();
        let choice = choice::choose(self.shared.provider.as_ref(), &options.routing, &facts);
        let took = began.elapsed();
        let route = choice.decision.route;
        self.shared.observe.record(Observation::Routed { route, downgraded: choice.downgraded, took });
        tracing::debug!(id = %self.claim.id, %route, reasons = ?choice.decision.reasons, "a route was decided");
        self.pinned = asked_for == Some(route);
        self.record.remarks = choice.remark.into_iter().collect();
        self.record.intended = choice.intended;
        self.record.decision = Some(choice.decision);
        Ok(())
    }

    /// The words of the message, those that were spoken included, without documents and what was not received.
    pub(super) fn words(&self) -> String {
        let words = self.message.iter().filter_map(|block| match block {
            Block::Text { text }
                if !text.starts_with("<document ") && !text.starts_with("[Not received: ") =>
            {
                Some(unquoted(text))
            }
            _ => None,
        });
        words.collect::<Vec<_>>().join("\n")
    }

    fn attached(&self) -> Vec<Attachment> {
        let files = self.claim.messages.iter().flat_map(|message| &message.files);
        let kinds = files.map(|file| match file.kind {
            FileKind::Photo => Attachment::Photo,
            FileKind::Document => Attachment::Document,
            FileKind::Voice => Attachment::Voice,
        });
        kinds.collect()
    }

    /// Whether the prompt holds pictures.
    pub(super) fn has_pictures(&self) -> bool {
        let earlier = self
            .history
            .messages()
            .iter()
            .chain(&self.record.steps)
            .flat_map(|message: &Message| &message.content);
        earlier.chain(&self.message).any(|block| matches!(block, Block::Image { .. }))
    }
}
