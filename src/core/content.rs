// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a transcript is made of.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person, and the results of tools.
    User,
    /// The model.
    Assistant,
}

/// One piece of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Words. Never empty in a request: providers refuse that.
    Text {
        /// The words.
        text: String,
    },
    /// Words for this turn alone: the hour, what is recalled. They stand behind the person's own, are never stored, and
    /// the part of the prompt that is cached ends before them.
    Note {
        /// The words.
        text: String,
    },
    /// A picture.
    Image {
        /// `image/jpeg`, `image/png`, `image/gif` or `image/webp`.
        media_type: String,
        /// The bytes in standard base64.
        data: String,
    },
    /// A document that the provider reads itself (PDF).
    Document {
        /// `application/pdf`.
        media_type: String,
        /// The name that the person's file had.
        name: String,
        /// The bytes in standard base64.
        data: String,
    },
    /// The model asks for a tool.
    ToolUse {
        /// Names the call; its result carries the same id.
        id: String,
        /// Name of the tool.
        name: String,
        /// Arguments, after the tool's schema.
        input: Value,
    },
    /// What a tool answered. Stands in the user message right after the call, before any other block.
    ToolResult {
        /// The id of the call.
        tool_use_id: String,
        /// The answer.
        content: String,
        /// Whether the tool failed.
        is_error: bool,
    },
    /// Thinking of the model. Belongs to the model that wrote it and to the conversation up to here.
    Thinking {
        /// The thinking, or empty when the provider withholds it.
        thinking: String,
        /// The provider's proof that it wrote this.
        signature: String,
    },
    /// Thinking that the provider encrypted.
    RedactedThinking {
        /// The provider's bytes.
        data: String,
    },
}

impl Block {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// One message of a transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub content: Vec<Block>,
}

impl Message {
    /// A message of the person.
    pub fn user(content: Vec<Block>) -> Self {
        Self { role: Role::User, content }
    }

    /// A message of the model.
    pub fn assistant(content: Vec<Block>) -> Self {
        Self { role: Role::Assistant, content }
    }

    /// All words of the message, joined; thinking and tools left out.
    #[must_use]
    pub fn plain_text(&self) -> String {
        let words = self.content.iter().filter_map(|block| match block {
            Block::Text { text } => Some(text.as_str()),
            _ => None,
        });
        words.collect::<Vec<_>>().join("\n")
    }
}
