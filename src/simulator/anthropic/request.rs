// SPDX-License-Identifier: MIT OR Apache-2.0
//! A request whose shape has been checked, in the words of the API.

use serde_json::{Map, Value};

use super::media::{Document, Image};

/// How long a cached prefix lives after its last use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// Five minutes.
    FiveMinutes,
    /// One hour.
    OneHour,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The person, or the program for them.
    User,
    /// The model.
    Assistant,
}

/// What a block holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Words.
    Text(String),
    /// A picture.
    Image(Image),
    /// A PDF file or a plain text.
    Document(Document),
    /// The model asks for a tool.
    ToolUse {
        /// Its name for this call.
        id: String,
        /// The tool.
        name: String,
        /// The arguments.
        input: Map<String, Value>,
    },
    /// What a tool answered.
    ToolResult {
        /// The call that it answers.
        id: String,
        /// Text, images and documents.
        content: Vec<Block>,
        /// Whether the tool failed.
        is_error: bool,
    },
    /// The model's thinking, given back.
    Thinking {
        /// Its text, as it was returned.
        text: String,
        /// Its signature, as it was returned.
        signature: String,
    },
    /// Thinking that was never shown.
    RedactedThinking,
}

/// A block of a message or of the system prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What it holds.
    pub kind: Kind,
    /// Whether the prompt is to be cached up to here.
    pub cache: Option<Ttl>,
}

/// A message of the transcript.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; never empty after the rules have been checked.
    pub content: Vec<Block>,
}

/// A tool that the client offers.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// JSON schema of its arguments.
    pub schema: Value,
    /// Whether the prompt is to be cached up to here.
    pub cache: Option<Ttl>,
}

/// Which tools the model may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// As it sees fit.
    #[default]
    Auto,
    /// At least one.
    Any,
    /// None at all.
    None,
    /// This one.
    Tool(String),
}

/// What was said about thinking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thinking {
    /// `thinking.type`.
    pub kind: String,
    /// `thinking.budget_tokens`.
    pub budget: Option<u64>,
    /// `thinking.display` is `summarized` (true) or `omitted` (false).
    pub shown: Option<bool>,
}

/// A request to create a message, or to count its tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Id of the model, as sent.
    pub model: String,
    /// Most tokens of the answer. Zero only fills the cache.
    pub max_tokens: u64,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// The system prompt.
    pub system: Vec<Block>,
    /// The transcript.
    pub messages: Vec<Message>,
    /// The tools.
    pub tools: Vec<Tool>,
    /// Which tools may be used.
    pub tool_choice: ToolChoice,
    /// What was said about thinking.
    pub thinking: Option<Thinking>,
    /// `output_config.effort`.
    pub effort: Option<String>,
    /// The schema in `output_config.format`.
    pub format: Option<Value>,
    /// Names of sampling parameters that are not at their default.
    pub sampling: Vec<&'static str>,
    /// Texts that end the answer.
    pub stop_sequences: Vec<String>,
    /// The top-level `cache_control`: a breakpoint on the last block that can have one.
    pub auto_cache: Option<Ttl>,
    /// Whether `diagnostics` were asked for.
    pub diagnostics: bool,
}

impl Request {
    /// The texts of a message, in order.
    pub fn texts(message: &Message) -> impl Iterator<Item = &str> {
        message.content.iter().filter_map(|block| match &block.kind {
            Kind::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }
}
