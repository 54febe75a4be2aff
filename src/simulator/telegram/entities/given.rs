// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entities that the bot gives itself, in the parameter `entities`.

use super::{
    Entity, Kind,
    link::{self, Target},
};
use serde_json::{Map, Value};

/// Kinds that the service finds by itself; given ones are ignored.
const FOUND: [&str; 8] =
    ["mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number"];

/// Entities as they were given, and what the service would drop of them in silence.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) entities: Vec<Entity>,
    pub(crate) dropped: Vec<String>,
}

/// Reads the array.
///
/// # Errors
/// An element that is no entity, in the service's words.
pub(crate) fn parse(value: &Value) -> Result<Given, String> {
    let mut given = Given::default();
    let Value::Array(values) = value else {
        given.dropped.push("entities that are no array".into());
        return Ok(given);
    };
    for value in values {
        match entity(value).map_err(|why| format!("Can't parse MessageEntity: {why}"))? {
            Ok(entity) => given.entities.push(entity),
            Err(why) => given.dropped.push(why),
        }
    }
    Ok(given)
}

/// One entity, or why it is dropped; an error refuses the whole message.
fn entity(value: &Value) -> Result<Result<Entity, String>, String> {
    let Value::Object(object) = value else { return Err("expected an Object".into()) };
    let offset = integer(object, "offset")?;
    let length = integer(object, "length")?;
    let name = text(object, "type")?.ok_or("Can't find field \"type\"")?;
    let kind = match name {
        "bold" => Kind::Bold,
        "italic" => Kind::Italic,
        "underline" => Kind::Underline,
        "strikethrough" => Kind::Strikethrough,
        "spoiler" => Kind::Spoiler,
        "code" => Kind::Code,
        "pre" => {
            Kind::Pre { language: text(object, "language")?.filter(|name| !name.is_empty()).map(Into::into) }
        }
        "text_link" => {
            let url = text(object, "url")?.ok_or("Can't find field \"url\"")?;
            match link::target(url) {
                Some(Target::User(user)) => Kind::TextMention { user },
                Some(Target::Url(url)) => Kind::TextLink { url },
                None => return Ok(Err(format!("a text_link to {url:?}, which is no link"))),
            }
        }
        "text_mention" => match object.get("user") {
            Some(Value::Object(user)) => Kind::TextMention { user: integer(user, "id")? },
            Some(_) => return Err("Field \"user\" must be of type Object".into()),
            None => return Err("Can't find field \"user\"".into()),
        },
        "custom_emoji" => {
            let id = integer(object, "custom_emoji_id")?;
            match link::emoji(&id.to_string()) {
                Some(kind) => kind,
                None => return Ok(Err("a custom_emoji without an id".into())),
            }
        }
        "blockquote" => Kind::Blockquote,
        "expandable_blockquote" => Kind::ExpandableBlockquote,
        "date_time" => {
            let unix_time = integer(object, "unix_time")?;
            let format = text(object, "date_time_format")?.unwrap_or_default();
            if !link::is_date_format(format) {
                return Err("Invalid date-time format specified".into());
            }
            Kind::DateTime { unix_time, format: format.into() }
        }
        "" => return Err("Type is not specified".into()),
        found if FOUND.contains(&found) => {
            return Ok(Err(format!("a {found}, which the service finds by itself")));
        }
        _ => return Err("Unsupported type specified".into()),
    };
    // The service allows places up to a million, and checks them against the text later.
    let place = |value: i64, name: &str| {
        usize::try_from(value)
            .ok()
            .filter(|value| *value <= 1_000_000)
            .ok_or_else(|| format!("Receive an entity with incorrect {name} {value}"))
    };
    let (offset, length) = (place(offset, "offset")?, place(length, "length")?);
    if length == 0 {
        return Ok(Err(format!("an empty {name}")));
    }
    Ok(Ok(Entity::new(kind, offset, length)))
}

/// A number, which may also be written as a string.
fn integer(object: &Map<String, Value>, name: &str) -> Result<i64, String> {
    match object.get(name) {
        None | Some(Value::Null) => return Err(format!("Can't find field \"{name}\"")),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    }
    .ok_or_else(|| format!("Field \"{name}\" must be a Number"))
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("Field \"{name}\" must be of type String")),
    }
}
