// SPDX-License-Identifier: MIT OR Apache-2.0
//! The answer, put together from the events of its stream.
//!
//! Names of events, blocks and deltas that are newer than this program are passed over, as the provider asks. What
//! contradicts itself, such as a delta to a block that never began, is malformed, and the attempt is void.
//!
//! Arguments of a tool arrive as pieces of JSON and are parsed when their block ends. Nothing at all means no
//! arguments. Text that is no JSON is kept as a JSON string: the turn lives on, no tool takes a string for its
//! arguments, and its error lets the model try again.

use crate::failure::{ApiError, Failure};
use crate::sse::Frame;
use blufio_core::content::Block;
use blufio_core::money::Usage;
use blufio_core::provider::{Completion, Event, ProviderErrorKind, StopReason};
use blufio_net::Redactor;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most bytes of one answer. The longest, 128,000 tokens, has about half a megabyte.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// Most blocks of one answer.
const MAX_BLOCKS: usize = 4096;

const KNOWN_EVENTS: [&str; 8] = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "ping",
    "error",
];

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Incoming {
    MessageStart {
        message: Start,
    },
    ContentBlockStart {
        index: u64,
        content_block: BlockStart,
    },
    ContentBlockDelta {
        index: u64,
        delta: Delta,
    },
    ContentBlockStop {
        index: u64,
    },
    MessageDelta {
        delta: MessageDelta,
        #[serde(default)]
        usage: Option<Counted>,
    },
    MessageStop,
    Ping,
    Error {
        error: ApiError,
    },
    #[serde(other)]
    Newer,
}

#[derive(Deserialize)]
struct Start {
    model: String,
    #[serde(default)]
    usage: Option<Counted>,
}

#[derive(Deserialize)]
struct MessageDelta {
    #[serde(default)]
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum BlockStart {
    Text {
        #[serde(default)]
        text: String,
    },
    ToolUse {
        id: String,
        name: String,
        #[serde(default)]
        input: Value,
    },
    Thinking {
        #[serde(default)]
        thinking: String,
        #[serde(default)]
        signature: String,
    },
    RedactedThinking {
        data: String,
    },
    #[serde(other)]
    Newer,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: String },
    #[serde(rename = "thinking_delta")]
    Thinking {
        #[serde(default)]
        thinking: String,
    },
    #[serde(rename = "signature_delta")]
    Signature { signature: String },
    #[serde(other)]
    Newer,
}

/// A block that may still grow.
enum Growing {
    Text(String),
    Tool {
        id: String,
        name: String,
        input: Value,
        json: String,
    },
    Thinking {
        thinking: String,
        signature: String,
    },
    Redacted(String),
    /// Of a kind newer than this program.
    Newer,
}

/// Token counts as they come: each is the total so far, and may be missing from any message.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Counted {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_creation: Option<CacheWrites>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct CacheWrites {
    ephemeral_5m_input_tokens: Option<u64>,
    ephemeral_1h_input_tokens: Option<u64>,
}

impl Counted {
    /// Totals replace totals; adding would bill twice.
    fn replace(&mut self, newer: Self) {
        self.input_tokens = newer.input_tokens.or(self.input_tokens);
        self.output_tokens = newer.output_tokens.or(self.output_tokens);
        self.cache_read_input_tokens = newer.cache_read_input_tokens.or(self.cache_read_input_tokens);
        self.cache_creation_input_tokens =
            newer.cache_creation_input_tokens.or(self.cache_creation_input_tokens);
        self.cache_creation = newer.cache_creation.or(self.cache_creation);
    }

    fn usage(&self) -> Usage {
        let writes = self.cache_creation.unwrap_or_default();
        let hour = writes.ephemeral_1h_input_tokens.unwrap_or(0);
        let rest = self.cache_creation_input_tokens.unwrap_or(0).saturating_sub(hour);
        Usage {
            input: self.input_tokens.unwrap_or(0),
            output: self.output_tokens.unwrap_or(0),
            cache_read: self.cache_read_input_tokens.unwrap_or(0),
            // The split may be missing, or older than the sum.
            cache_write_5m: writes.ephemeral_5m_input_tokens.unwrap_or(0).max(rest),
            cache_write_1h: hour,
        }
    }
}

/// Puts one answer together.
pub(crate) struct Assembler {
    redactor: Arc<Redactor>,
    request_id: Option<String>,
    model: Option<String>,
    counted: Counted,
    /// By index; `true` when the block has ended.
    blocks: BTreeMap<u64, (Growing, bool)>,
    stop: Option<StopReason>,
    size: usize,
}

impl Assembler {
    pub(crate) fn new(request_id: Option<String>, redactor: Arc<Redactor>) -> Self {
        Self {
            redactor,
            request_id,
            model: None,
            counted: Counted::default(),
            blocks: BTreeMap::new(),
            stop: None,
            size: 0,
        }
    }

    /// What the provider has counted so far; it bills this whatever becomes of the stream.
    pub(crate) fn usage(&self) -> Usage {
        self.counted.usage()
    }

    /// The provider's id of the request.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Takes the next event. [`Event::Completed`] is the last.
    pub(crate) fn feed(&mut self, frame: &Frame) -> Result<Option<Event>, Failure> {
        let incoming = match serde_json::from_str(&frame.data) {
            Ok(incoming) => incoming,
            Err(_) if !frame.event.is_empty() && !KNOWN_EVENTS.contains(&frame.event.as_str()) => {
                return Ok(None);
            }
            Err(error) => {
                // The position only: the error's own words may quote the data.
                let at = error.column();
                return Err(malformed(format!("an event `{}` cannot be read, at column {at}", frame.event)));
            }
        };
        match incoming {
            Incoming::MessageStart { message } => self.start(message).map(Some),
            Incoming::Error { error } => Err(Failure::from_event(&error, &self.redactor)),
            Incoming::Ping => Ok(self.model.is_some().then_some(Event::Busy)),
            Incoming::Newer => Ok(None),
            _ if self.model.is_none() => Err(malformed("the stream does not begin with message_start")),
            Incoming::ContentBlockStart { index, content_block } => self.open(index, content_block),
            Incoming::ContentBlockDelta { index, delta } => self.grow(index, delta),
            Incoming::ContentBlockStop { index } => {
                if let Some((_, ended)) = self.blocks.get_mut(&index) {
                    *ended = true;
                }
                Ok(None)
            }
            Incoming::MessageDelta { delta, usage } => {
                if let Some(reason) = delta.stop_reason {
                    self.stop = Some(stop_reason(&reason));
                }
                self.counted.replace(usage.unwrap_or_default());
                Ok(None)
            }
            Incoming::MessageStop => Ok(Some(Event::Completed(self.complete()))),
        }
    }

    fn start(&mut self, message: Start) -> Result<Event, Failure> {
        if self.model.is_some() {
            return Err(malformed("the stream has a second message_start"));
        }
        self.model = Some(message.model);
        self.counted.replace(message.usage.unwrap_or_default());
        Ok(Event::Started { usage: self.usage() })
    }

    fn open(&mut self, index: u64, block: BlockStart) -> Result<Option<Event>, Failure> {
        let (growing, event) = match block {
            BlockStart::Text { text } => {
                self.take(text.len())?;
                let event = (!text.is_empty()).then(|| Event::Text(text.clone()));
                (Growing::Text(text), event)
            }
            BlockStart::ToolUse { id, name, input } => {
                self.take(id.len() + name.len())?;
                (Growing::Tool { id, name, input, json: String::new() }, Some(Event::Busy))
            }
            BlockStart::Thinking { thinking, signature } => {
                self.take(thinking.len() + signature.len())?;
                (Growing::Thinking { thinking, signature }, Some(Event::Busy))
            }
            BlockStart::RedactedThinking { data } => {
                self.take(data.len())?;
                (Growing::Redacted(data), Some(Event::Busy))
            }
            BlockStart::Newer => (Growing::Newer, None),
        };
        if self.blocks.len() >= MAX_BLOCKS {
            return Err(malformed(format!("the answer has more than {MAX_BLOCKS} blocks")));
        }
        if self.blocks.insert(index, (growing, false)).is_some() {
            return Err(malformed(format!("block {index} begins twice")));
        }
        Ok(event)
    }

    fn grow(&mut self, index: u64, delta: Delta) -> Result<Option<Event>, Failure> {
        self.take(match &delta {
            Delta::Text { text } => text.len(),
            Delta::InputJson { partial_json } => partial_json.len(),
            Delta::Thinking { thinking } => thinking.len(),
            Delta::Signature { signature } => signature.len(),
            Delta::Newer => 0,
        })?;
        let Some((growing, false)) = self.blocks.get_mut(&index) else {
            return Err(malformed(format!("block {index} grows without having begun, or after its end")));
        };
        match (growing, delta) {
            (Growing::Newer, _) | (_, Delta::Newer) => Ok(None),
            (Growing::Text(whole), Delta::Text { text }) => {
                whole.push_str(&text);
                Ok((!text.is_empty()).then_some(Event::Text(text)))
            }
            (Growing::Tool { json, .. }, Delta::InputJson { partial_json }) => {
                json.push_str(&partial_json);
                Ok(Some(Event::Busy))
            }
            (Growing::Thinking { thinking: whole, .. }, Delta::Thinking { thinking }) => {
                whole.push_str(&thinking);
                Ok(Some(Event::Busy))
            }
            (Growing::Thinking { signature: whole, .. }, Delta::Signature { signature }) => {
                whole.push_str(&signature);
                Ok(Some(Event::Busy))
            }
            _ => Err(malformed(format!("block {index} grows by something of another kind"))),
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), Failure> {
        self.size = self.size.saturating_add(bytes);
        if self.size > MAX_ANSWER {
            return Err(malformed(format!("the answer is larger than {MAX_ANSWER} bytes")));
        }
        Ok(())
    }

    fn complete(&mut self) -> Completion {
        let blocks = std::mem::take(&mut self.blocks);
        Completion {
            model: self.model.take().unwrap_or_default(),
            request_id: self.request_id.clone(),
            content: blocks.into_values().filter_map(|(growing, _)| finish(growing)).collect(),
            stop: self.stop.unwrap_or(StopReason::Unknown),
            usage: self.usage(),
        }
    }
}

/// A block that cannot be sent back, because it is empty, is none.
fn finish(growing: Growing) -> Option<Block> {
    match growing {
        Growing::Text(text) => (!text.is_empty()).then_some(Block::Text { text }),
        Growing::Tool { id, name, input, json } => {
            Some(Block::ToolUse { id, name, input: arguments(input, json) })
        }
        Growing::Thinking { thinking, signature } => (!(thinking.is_empty() && signature.is_empty()))
            .then_some(Block::Thinking { thinking, signature }),
        Growing::Redacted(data) => Some(Block::RedactedThinking { data }),
        Growing::Newer => None,
    }
}

fn arguments(input: Value, json: String) -> Value {
    if json.trim().is_empty() {
        return if input.is_object() { input } else { Value::Object(serde_json::Map::new()) };
    }
    serde_json::from_str(&json).unwrap_or(Value::String(json))
}

fn stop_reason(name: &str) -> StopReason {
    match name {
        "end_turn" => StopReason::EndTurn,
        "max_tokens" => StopReason::MaxTokens,
        "stop_sequence" => StopReason::StopSequence,
        "tool_use" => StopReason::ToolUse,
        "pause_turn" => StopReason::PauseTurn,
        "refusal" => StopReason::Refusal,
        "model_context_window_exceeded" => StopReason::ContextWindowExceeded,
        other => {
            tracing::warn!(reason = %other.chars().take(40).collect::<String>(), "the model stopped for a reason that this program does not know");
            StopReason::Unknown
        }
    }
}

fn malformed(message: impl Into<String>) -> Failure {
    Failure::new(ProviderErrorKind::Malformed, message)
}

#[cfg(test)]
mod tests;
