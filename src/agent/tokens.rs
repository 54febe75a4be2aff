// SPDX-License-Identifier: MIT OR Apache-2.0
//! How many tokens a prompt has, without asking anyone.
//!
//! Two numbers for everything: what is expected, for decisions about length, and an upper bound, for money that is
//! reserved. Both grow with whatever is appended, and the bound is never below what is expected.
//!
//! | room | holds |
//! |---|---|
//! | `text` | weights by kinds of characters |
//! | `media` | pictures by their pixels, PDF files by their pages |

mod media;
mod text;

use blufio_core::content::{Block, Message};
use blufio_core::provider::Request;
use blufio_core::skill::ToolSpec;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// Tokens that something is expected to have, and the most that it can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// What a common tokenizer makes of it.
    pub expected: u64,
    /// What no tokenizer exceeds for ordinary text in any script.
    pub most: u64,
}

impl Tokens {
    const fn fixed(expected: u64, most: u64) -> Self {
        Self { expected, most }
    }
}

impl Add for Tokens {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            expected: self.expected.saturating_add(other.expected),
            most: self.most.saturating_add(other.most),
        }
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Tokens {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}

/// What a message adds to its blocks.
const MESSAGE: Tokens = Tokens::fixed(3, 8);
/// What a block adds to its text.
const BLOCK: Tokens = Tokens::fixed(0, 3);
/// What a call or a result adds to its texts: its id and its frame.
const CALL: Tokens = Tokens::fixed(4, 40);
/// What a tool adds to its texts.
const TOOL: Tokens = Tokens::fixed(8, 24);
/// What a provider writes before the tools by itself. Providers do not count it the same, so nothing is expected.
const TOOLS: Tokens = Tokens::fixed(0, 800);

/// Tokens that the prompt of a request is expected to have.
#[must_use]
pub fn estimate(request: &Request) -> u64 {
    of_request(request).expected
}

/// The most tokens that the prompt of a request can have.
#[must_use]
pub fn bound(request: &Request) -> u64 {
    of_request(request).most
}

/// Tokens of a request's prompt that are neither the person's words nor history, as expected: system prompt, tools,
/// notes.
#[must_use]
pub fn overhead(request: &Request) -> u64 {
    let notes = request.messages.iter().flat_map(|message| &message.content);
    let notes = notes.filter(|block| matches!(block, Block::Note { .. })).map(of_block).sum::<Tokens>();
    (fixed(request) + notes).expected
}

/// Tokens of a request's prompt.
#[must_use]
pub fn of_request(request: &Request) -> Tokens {
    fixed(request) + of_messages(&request.messages)
}

/// Tokens of messages.
#[must_use]
pub fn of_messages(messages: &[Message]) -> Tokens {
    messages.iter().map(of_message).sum()
}

/// Tokens of a message.
#[must_use]
pub fn of_message(message: &Message) -> Tokens {
    MESSAGE + of_blocks(&message.content)
}

/// Tokens of the blocks of a message.
#[must_use]
pub fn of_blocks(blocks: &[Block]) -> Tokens {
    blocks.iter().map(of_block).sum()
}

/// Tokens of a text.
#[must_use]
pub fn of_text(text: &str) -> Tokens {
    text::of(text)
}

/// The longest beginning of a text that is expected to have at most `limit` tokens.
#[must_use]
pub fn head(text: &str, limit: u64) -> &str {
    text::head(text, limit)
}

/// The longest end of a text that is expected to have at most `limit` tokens.
#[must_use]
pub fn tail(text: &str, limit: u64) -> &str {
    text::tail(text, limit)
}

/// Tokens of what stands before every transcript.
#[must_use]
pub fn of_static(system: &str, tools: &[ToolSpec]) -> Tokens {
    let frame = if tools.is_empty() { Tokens::default() } else { TOOLS };
    BLOCK + of_text(system) + frame + tools.iter().map(of_tool).sum::<Tokens>()
}

fn fixed(request: &Request) -> Tokens {
    of_static(&request.system, &request.tools)
}

fn of_tool(tool: &ToolSpec) -> Tokens {
    TOOL + of_text(&tool.name) + of_text(&tool.description) + of_text(&tool.input_schema.to_string())
}

fn of_block(block: &Block) -> Tokens {
    let content = match block {
        Block::Text { text } | Block::Note { text } => of_text(text),
        Block::Image { data, .. } => media::picture(data),
        Block::Document { data, name, .. } => media::document(data) + of_text(name),
        Block::ToolUse { name, input, .. } => CALL + of_text(name) + of_text(&input.to_string()),
        Block::ToolResult { content, .. } => CALL + of_text(content),
        Block::Thinking { thinking, signature } => of_text(thinking) + of_text(signature),
        Block::RedactedThinking { data } => of_text(data),
    };
    BLOCK + content
}

#[cfg(test)]
mod tests;
