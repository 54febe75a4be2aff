// SPDX-License-Identifier: MIT OR Apache-2.0
//! The request: what a model is shown, in three zones.
//!
//! - **Static**: tools and system prompt. The same bytes in every turn, whatever the clock, the route or the person do,
//!   so that the provider's cache serves them.
//! - **Dynamic**: the summary of what was said long ago, the history behind it, the person's message, the steps of the
//!   turn so far. From turn to turn it is only appended to; its beginning moves when a summary takes the place of the
//!   older part, and where a window would burst, in large steps.
//! - **Conditional**: [`Block::Note`]s at the end of the person's message, for this turn alone.
//!
//! | room | holds |
//! |---|---|
//! | [`History`] | what was said before, ready to be shown |
//! | `cut` | where a transcript may be cut, and how much of it fits |
//! | `media` | words in place of older pictures and documents |
//! | `repair` | a transcript that every provider accepts, out of whatever was stored |

mod cut;
mod history;
mod media;
mod repair;

pub use cut::{begins_turn, turns};
pub use history::History;
pub(crate) use history::{Tail, tail};
pub use media::lighten;
pub use repair::{for_transcript, is_sound, repair};

use crate::tokens;
use blufio_calendar::Zone;
use blufio_core::content::{Block, Message};
use blufio_core::model::ModelSpec;
use blufio_core::provider::Request;
use blufio_core::skill::ToolSpec;
use blufio_core::time::Timestamp;

/// What a turn shows a model.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The system prompt.
    pub system: &'a str,
    /// The tools.
    pub tools: &'a [ToolSpec],
    /// What was said before.
    pub history: &'a History,
    /// The person's message.
    pub message: &'a [Block],
    /// For this turn alone.
    pub notes: &'a [Block],
    /// What the turn has come to so far.
    pub steps: &'a [Message],
}

impl Frame<'_> {
    /// The request to a model. Of the history, so much is shown as its window takes beside an answer of `max_tokens`;
    /// all of it where no model of that name is `known`, which is not called anyway.
    ///
    /// Property: for any history and message, its messages are [sound](is_sound), as far as the steps are.
    #[must_use]
    pub fn request(&self, model: &str, known: Option<&ModelSpec>, max_tokens: u64) -> Request {
        let max_tokens = known.map_or(max_tokens, |spec| spec.max_output.min(max_tokens));
        let fixed = tokens::of_static(self.system, self.tools);
        let turn =
            tokens::of_blocks(self.message) + tokens::of_blocks(self.notes) + tokens::of_messages(self.steps);
        let room = known.map_or(u64::MAX, |spec| cut::room(spec, max_tokens, fixed.expected));
        let mut messages = self.history.within(room, turn.expected);
        let mut message = for_transcript(Message::user(self.message.to_vec()));
        if message.content.is_empty() {
            message.content.push(Block::text("(no words)"));
        }
        let spoken = |note: &&Block| matches!(note, Block::Note { text } if !text.trim().is_empty());
        message.content.extend(self.notes.iter().filter(spoken).cloned());
        repair::push(&mut messages, message);
        messages.extend(self.steps.iter().cloned());
        Request {
            model: model.to_owned(),
            system: self.system.to_owned(),
            tools: self.tools.to_vec(),
            messages,
            max_tokens,
        }
    }
}

/// What the wall clock shows. It goes with the person's message and never into the system prompt: a prompt that changes
/// every minute is in no cache.
#[must_use]
pub fn hour(zone: &Zone, now: Timestamp) -> Block {
    Block::Note { text: format!("[Now: {}]", zone.describe(now)) }
}

#[cfg(test)]
mod tests;
