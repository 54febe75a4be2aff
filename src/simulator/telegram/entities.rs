// SPDX-License-Identifier: MIT OR Apache-2.0
//! Formatted text as Telegram reads it: three markup languages, explicit entities, and what the service does to a text
//! before it stores it.
//!
//! | room | concern |
//! |---|---|
//! | [`html`] | `parse_mode=HTML` |
//! | [`markdown_v2`] | `parse_mode=MarkdownV2` |
//! | [`markdown`] | `parse_mode=Markdown`, the old one |
//! | [`given`] | the `entities` parameter |
//! | [`validate`] | cleaning, trimming, the places and the nesting of entities |
//! | [`link`] | which links are links |
//!
//! Errors carry the service's own words, without the `Bad Request: ` in front.

pub(crate) mod given;
pub(crate) mod html;
pub(crate) mod link;
pub(crate) mod markdown;
pub(crate) mod markdown_v2;
pub(crate) mod scan;
#[cfg(test)]
mod tests;
pub(crate) mod validate;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// What a stretch of text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bold.
    Bold,
    /// Italic.
    Italic,
    /// Underlined.
    Underline,
    /// Struck through.
    Strikethrough,
    /// Hidden until it is tapped.
    Spoiler,
    /// Monospace within a line.
    Code,
    /// A monospace block.
    Pre {
        /// Its programming language, if one was named.
        language: Option<String>,
    },
    /// Text that leads somewhere.
    TextLink {
        /// Where.
        url: String,
    },
    /// A person without a username.
    TextMention {
        /// The person's id.
        user: i64,
    },
    /// An emoji of one's own.
    CustomEmoji {
        /// Its id.
        id: String,
    },
    /// A quotation.
    Blockquote,
    /// A quotation that is folded at first.
    ExpandableBlockquote,
    /// An instant, shown in the reader's time zone.
    DateTime {
        /// Seconds since 1970.
        unix_time: i64,
        /// How it is shown; empty for the text as it is.
        format: String,
    },
    /// `/start`; found by the service itself.
    BotCommand,
    /// `@name`; found by the service itself.
    Mention,
}

impl Kind {
    /// The value of `type` in the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bold => "bold",
            Self::Italic => "italic",
            Self::Underline => "underline",
            Self::Strikethrough => "strikethrough",
            Self::Spoiler => "spoiler",
            Self::Code => "code",
            Self::Pre { .. } => "pre",
            Self::TextLink { .. } => "text_link",
            Self::TextMention { .. } => "text_mention",
            Self::CustomEmoji { .. } => "custom_emoji",
            Self::Blockquote => "blockquote",
            Self::ExpandableBlockquote => "expandable_blockquote",
            Self::DateTime { .. } => "date_time",
            Self::BotCommand => "bot_command",
            Self::Mention => "mention",
        }
    }

    /// Which of two entities over the same text is the outer one: the smaller number.
    fn rank(&self) -> u8 {
        match self {
            Self::Blockquote | Self::ExpandableBlockquote => 0,
            Self::Pre { language: Some(_) } => 10,
            Self::Pre { language: None } => 11,
            Self::Code => 20,
            Self::DateTime { .. } => 30,
            Self::TextLink { .. } | Self::TextMention { .. } => 49,
            Self::BotCommand | Self::Mention => 50,
            Self::Bold => 90,
            Self::Italic => 91,
            Self::Underline => 92,
            Self::Strikethrough => 93,
            Self::Spoiler => 94,
            Self::CustomEmoji { .. } => 99,
        }
    }

    /// May be cut into pieces and overlap others.
    fn is_style(&self) -> bool {
        matches!(self, Self::Bold | Self::Italic | Self::Underline | Self::Strikethrough | Self::Spoiler)
    }

    fn is_quote(&self) -> bool {
        matches!(self, Self::Blockquote | Self::ExpandableBlockquote)
    }

    /// Nothing may lie within.
    fn is_verbatim(&self) -> bool {
        matches!(self, Self::Code | Self::Pre { .. } | Self::DateTime { .. })
    }
}

/// A stretch of text and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// What it is.
    pub kind: Kind,
    /// Where it begins, in UTF-16 code units.
    pub offset: usize,
    /// How long it is, in UTF-16 code units.
    pub length: usize,
}

impl Entity {
    pub(crate) fn new(kind: Kind, offset: usize, length: usize) -> Entity {
        Entity { kind, offset, length }
    }

    /// The first code unit behind it.
    pub fn end(&self) -> usize {
        self.offset.saturating_add(self.length)
    }

    /// As the API writes it.
    pub fn to_json(&self) -> Value {
        let mut value = json!({ "type": self.kind.name(), "offset": self.offset, "length": self.length });
        let extra = match &self.kind {
            Kind::Pre { language: Some(language) } => json!({ "language": language }),
            Kind::TextLink { url } => json!({ "url": url }),
            Kind::TextMention { user } => {
                json!({ "user": { "id": user, "is_bot": false, "first_name": format!("User {user}") } })
            }
            Kind::CustomEmoji { id } => json!({ "custom_emoji_id": id }),
            Kind::DateTime { unix_time, format } if format.is_empty() => json!({ "unix_time": unix_time }),
            Kind::DateTime { unix_time, format } => {
                json!({ "unix_time": unix_time, "date_time_format": format })
            }
            _ => Value::Null,
        };
        if let (Value::Object(value), Value::Object(extra)) = (&mut value, extra) {
            value.extend(extra);
        }
        value
    }
}

impl Serialize for Entity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

/// Text and its entities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Formatted {
    /// The words, without markup.
    pub text: String,
    /// Sorted by place, outer ones first.
    pub entities: Vec<Entity>,
}

/// How markup is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParseMode {
    /// `HTML`.
    Html,
    /// `MarkdownV2`.
    MarkdownV2,
    /// `Markdown`.
    Markdown,
}

impl ParseMode {
    /// What `parse_mode` asks for; nothing for plain text.
    ///
    /// # Errors
    /// The name is not one that the service knows.
    pub(crate) fn from_name(name: &str) -> Result<Option<ParseMode>, String> {
        match name.to_ascii_lowercase().as_str() {
            "" | "none" => Ok(None),
            "html" => Ok(Some(Self::Html)),
            "markdownv2" => Ok(Some(Self::MarkdownV2)),
            "markdown" => Ok(Some(Self::Markdown)),
            _ => Err("Unsupported parse_mode".into()),
        }
    }

    /// Turns markup into text and entities.
    ///
    /// # Errors
    /// The markup is wrong; the text says where.
    pub(crate) fn parse(self, text: &str) -> Result<Formatted, String> {
        match self {
            Self::Html => html::parse(text),
            Self::MarkdownV2 => markdown_v2::parse(text),
            Self::Markdown => markdown::parse(text),
        }
        .map_err(|why| format!("Can't parse entities: {why}"))
    }
}

/// Sorts by place; of two that begin together the longer first, of two over the same text the outer kind first.
pub(crate) fn sort(entities: &mut [Entity]) {
    entities.sort_by(|a, b| {
        a.offset.cmp(&b.offset).then(b.length.cmp(&a.length)).then(a.kind.rank().cmp(&b.kind.rank()))
    });
}

/// How many UTF-16 code units a text has.
pub fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}
