// SPDX-License-Identifier: MIT OR Apache-2.0
//! Markdown becomes messages: plain text with a list of entities, so that nothing needs escaping and no formatting
//! can make Telegram refuse a text.

mod entities;
mod parse;
mod split;
mod table;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;

pub(crate) use entities::{is_blank, utf16_len};

use serde::{Deserialize, Serialize};
use teloxide::types::MessageEntity;

/// Longest text of a message, UTF-16 units.
pub(crate) const LIMIT: usize = 4096;
/// Stands where an answer has nothing to show.
const EMPTY: &str = "(empty answer)";

/// One message: its text and how it looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) entities: Vec<MessageEntity>,
}

impl Part {
    fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), entities: Vec::new() }
    }
}

/// The messages that an answer becomes: at least one, none of them empty, each within Telegram's limits.
pub(crate) fn format(markdown: &str) -> Vec<Part> {
    let mut parts = partial(markdown);
    if parts.is_empty() {
        parts.push(Part::plain(EMPTY));
    }
    parts
}

/// What an unfinished answer looks like so far: none where there is nothing to see yet.
pub(crate) fn partial(markdown: &str) -> Vec<Part> {
    let parse::Document { text: whole, spans } = parse::parse(markdown);
    let spans = entities::distinct(spans);
    split::split(&whole, &spans, LIMIT)
        .into_iter()
        .filter_map(|range| {
            let text = whole.get(range.clone())?.to_owned();
            let entities = entities::entities(&whole, &spans, &range);
            Some(Part { text, entities })
        })
        .collect()
}

/// The same without looks, of at most `limit` units each: for a text that Telegram found too long or empty.
pub(crate) fn split_plain(text: &str, limit: usize) -> Vec<Part> {
    let ranges = split::split(text, &[], limit).into_iter();
    let mut parts: Vec<Part> = ranges.filter_map(|range| text.get(range).map(Part::plain)).collect();
    if parts.is_empty() {
        parts.push(Part::plain(EMPTY));
    }
    parts
}
