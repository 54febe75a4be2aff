// SPDX-License-Identifier: MIT OR Apache-2.0
//! The token counter: deterministic and simple, so that a test can foretell it.
//!
//! | what | tokens |
//! |---|---|
//! | a text | a quarter of its UTF-8 bytes, rounded up |
//! | an image | width × height / 750, rounded up, at most 1,600 |
//! | a page of a PDF file | 1,500 |
//! | a tool | its name, description and schema as text, and 8 |
//! | a call, a result | name and arguments, or the content, and 4 |
//! | thinking given back | its text and its signature as text |
//! | each message | 3 |

use serde_json::Value;

use super::request::{Block, Kind, Tool};

/// What a message adds to its blocks.
pub const MESSAGE: u64 = 3;

/// Tokens of a text.
pub fn text(text: &str) -> u64 {
    bytes(text.len())
}

fn bytes(length: usize) -> u64 {
    u64::try_from(length.div_ceil(4)).unwrap_or(u64::MAX)
}

/// Tokens of a JSON value: its compact form as text.
pub fn json(value: &Value) -> u64 {
    text(&value.to_string())
}

/// Tokens of a tool's description.
pub fn tool(tool: &Tool) -> u64 {
    let schema = tool.schema.to_string();
    bytes(tool.name.len().saturating_add(tool.description.len()).saturating_add(schema.len()))
        .saturating_add(8)
}

/// Tokens of a block.
pub fn block(block: &Block) -> u64 {
    match &block.kind {
        Kind::Text(content) => text(content),
        Kind::Image(image) => {
            u64::from(image.width).saturating_mul(u64::from(image.height)).div_ceil(750).clamp(1, 1_600)
        }
        Kind::Document(document) => match document.pages {
            Some(pages) => pages.saturating_mul(1_500),
            None => text(&document.text),
        },
        Kind::ToolUse { name, input, .. } => call(name, &Value::Object(input.clone())),
        Kind::ToolResult { content, .. } => content.iter().map(self::block).fold(4, u64::saturating_add),
        Kind::Thinking { text: thought, signature } => text(thought).saturating_add(text(signature)),
        Kind::RedactedThinking => 4,
    }
}

/// Tokens of a call, in a prompt as in an answer.
pub fn call(name: &str, input: &Value) -> u64 {
    text(name).saturating_add(json(input)).saturating_add(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anthropic::media::Image;
    use serde_json::json;

    #[test]
    fn a_text_costs_a_quarter_of_its_bytes_rounded_up() {
        assert_eq!([text(""), text("a"), text("abcd"), text("abcde"), text("日本")], [0, 1, 1, 2, 2]);
    }

    #[test]
    fn an_image_costs_by_its_size_up_to_a_bound() {
        let image = |width, height| {
            block(&Block { kind: Kind::Image(Image { media_type: "image/png", width, height }), cache: None })
        };
        assert_eq!([image(1, 1), image(750, 100), image(8_000, 8_000)], [1, 100, 1_600]);
    }

    #[test]
    fn a_call_costs_its_name_and_arguments() {
        assert_eq!(call("time", &json!({})), 1 + 1 + 4);
    }
}
