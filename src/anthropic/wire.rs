// SPDX-License-Identifier: MIT OR Apache-2.0
//! The body of a request.
//!
//! The provider refuses a request for what looks harmless: an empty text, a tool result behind a text, two turns of
//! the same speaker. The builder puts such things right. It invents nothing except a stand-in for an empty turn of the
//! person, since leaving that out would end the transcript with the model's turn, which is refused as well.
//!
//! Everything that is the same from call to call comes out as the same bytes: `marks` says which part of it the
//! provider is asked to keep.

mod marks;

use crate::models::{Model, ToolChoice};
use blufio_core::content::{Block, Role};
use blufio_core::provider::Request;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

/// Longest title of a document that is sent, in characters.
const MAX_TITLE: usize = 200;

/// What stands for a turn of the person in which nothing sendable is left.
const EMPTY_TURN: &str = "(empty message)";

/// A request that cannot be sent as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    #[error("the transcript is empty")]
    NoMessages,
    #[error("this model reads no images or documents; send words, or choose another model")]
    NoImages,
    #[error("the request cannot be written as JSON")]
    Json,
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u64,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<[SystemBlock<'a>; 1]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Typed<ToolChoice>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Typed<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u32>,
    messages: Vec<Turn<'a>>,
}

#[derive(Serialize)]
struct Typed<T> {
    r#type: T,
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    effort: &'a str,
}

#[derive(Serialize)]
struct SystemBlock<'a> {
    r#type: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<Typed<&'static str>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<Typed<&'static str>>,
}

#[derive(Serialize)]
struct Turn<'a> {
    role: Role,
    content: Vec<Content<'a>>,
}

#[derive(Serialize)]
struct Content<'a> {
    #[serde(flatten)]
    kind: Kind<'a>,
    /// Whether it is there for this turn alone.
    #[serde(skip)]
    note: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<Typed<&'static str>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Kind<'a> {
    Text {
        text: &'a str,
    },
    Image {
        source: Source<'a>,
    },
    Document {
        source: Source<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: Cow<'a, Value>,
    },
    ToolResult {
        tool_use_id: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        content: &'a str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    Thinking {
        thinking: &'a str,
        signature: &'a str,
    },
    RedactedThinking {
        data: &'a str,
    },
}

#[derive(Serialize)]
struct Source<'a> {
    r#type: &'static str,
    media_type: &'a str,
    data: &'a str,
}

const EPHEMERAL: Option<Typed<&'static str>> = Some(Typed { r#type: "ephemeral" });

/// Writes the request for `model`. The same request gives the same bytes.
pub(crate) fn body(request: &Request, model: &Model) -> Result<Vec<u8>, WireError> {
    if request.messages.is_empty() {
        return Err(WireError::NoMessages);
    }
    let has_files = |block: &Block| matches!(block, Block::Image { .. } | Block::Document { .. });
    if !model.spec.images && request.messages.iter().flat_map(|message| &message.content).any(has_files) {
        return Err(WireError::NoImages);
    }
    let parameters = &model.parameters;
    let mut body = Body {
        model: &request.model,
        max_tokens: request.max_tokens.clamp(1, model.spec.max_output),
        stream: true,
        system: (!request.system.trim().is_empty()).then_some([SystemBlock {
            r#type: "text",
            text: &request.system,
            cache_control: None,
        }]),
        tools: request
            .tools
            .iter()
            .map(|tool| Tool {
                name: &tool.name,
                description: &tool.description,
                input_schema: &tool.input_schema,
                cache_control: None,
            })
            .collect(),
        tool_choice: parameters
            .tool_choice
            .filter(|_| !request.tools.is_empty())
            .map(|choice| Typed { r#type: choice }),
        thinking: parameters.thinking.as_deref().map(|mode| Typed { r#type: mode }),
        output_config: parameters.effort.as_deref().map(|effort| OutputConfig { effort }),
        temperature: parameters.temperature,
        top_p: parameters.top_p,
        top_k: parameters.top_k,
        messages: turns(request),
    };
    marks::place(&mut body, model.spec.cache_minimum);
    serde_json::to_vec(&body).map_err(|_| WireError::Json)
}

/// The transcript as the provider takes it: the person first, speakers alternating, no empty text, results of tools
/// before everything else of their turn.
fn turns(request: &Request) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(request.messages.len() + 1);
    for message in &request.messages {
        let mut content: Vec<_> = message.content.iter().filter_map(content).collect();
        // Notes are no words of the person, and will be gone in the next turn.
        if content.iter().all(|block| block.note) {
            match message.role {
                // A neighbour's turns on both sides become one below.
                Role::Assistant => continue,
                Role::User => content.insert(0, stand_in()),
            }
        }
        if turns.is_empty() && message.role == Role::Assistant {
            turns.push(Turn { role: Role::User, content: vec![stand_in()] });
        }
        match turns.last_mut() {
            Some(last) if last.role == message.role => last.content.append(&mut content),
            _ => turns.push(Turn { role: message.role, content }),
        }
    }
    for turn in &mut turns {
        // Stable, so that results stay in the order of their calls, and everything else in its own.
        turn.content.sort_by_key(|content| !matches!(content.kind, Kind::ToolResult { .. }));
    }
    turns
}

fn stand_in() -> Content<'static> {
    Content { kind: Kind::Text { text: EMPTY_TURN }, note: false, cache_control: None }
}

fn content(block: &Block) -> Option<Content<'_>> {
    let kind = match block {
        Block::Text { text } | Block::Note { text } if text.trim().is_empty() => return None,
        Block::Text { text } | Block::Note { text } => Kind::Text { text },
        Block::Image { media_type, data } => {
            Kind::Image { source: Source { r#type: "base64", media_type, data } }
        }
        Block::Document { media_type, name, data } => Kind::Document {
            source: Source { r#type: "base64", media_type, data },
            title: (!name.trim().is_empty()).then(|| name.chars().take(MAX_TITLE).collect()),
        },
        Block::ToolUse { id, name, input } => Kind::ToolUse { id, name, input: object(input) },
        Block::ToolResult { tool_use_id, content, is_error } => {
            Kind::ToolResult { tool_use_id, content, is_error: *is_error }
        }
        // Without its signature the provider cannot know it for its own, and refuses it.
        Block::Thinking { signature, .. } if signature.is_empty() => return None,
        Block::Thinking { thinking, signature } => Kind::Thinking { thinking, signature },
        Block::RedactedThinking { data } => Kind::RedactedThinking { data },
    };
    Some(Content { kind, note: matches!(block, Block::Note { .. }), cache_control: None })
}

/// Arguments are an object in a request. Those that arrived as no valid JSON are kept as a string (see
/// `assembler`), and go back wrapped, so that the model sees what it wrote.
fn object(input: &Value) -> Cow<'_, Value> {
    match input {
        Value::Object(_) => Cow::Borrowed(input),
        other => Cow::Owned(serde_json::json!({ "invalid_json": other })),
    }
}

#[cfg(test)]
mod tests;
