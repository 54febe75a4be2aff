// SPDX-License-Identifier: MIT OR Apache-2.0
//! Updates as they come over the wire, read so that none of them can block the others.
//!
//! The service is older and newer than teloxide: a message may carry parts that teloxide cannot read, and would then
//! be lost as a whole. Such parts are taken out, the least valuable first, until the rest can be read.

use crate::conversation::Place;
use crate::extra::StoppedGeneration;
use serde_json::{Map, Value};
use teloxide::types::{Message, MessageEntity, MessageKind};

/// What an update is to the agent.
#[derive(Debug)]
pub(crate) enum Update {
    /// Somebody wrote.
    Message(Box<Written>),
    /// Somebody pressed the stop button of a draft.
    Stop { place: Place, draft_id: i64 },
    /// Nothing that concerns us.
    Other,
}

/// A message, and what can be told of it only before parts of it are taken out.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) message: Message,
    /// Whether only its envelope can be read.
    pub(crate) strange: bool,
    /// Whether its words are somebody else's, which its sender has passed on.
    pub(crate) passed_on: bool,
}

/// Marks words that its sender has not written: forwarded ones, in the terms of every version of the service, and those
/// of a bot that were sent through it.
const PASSED_ON: &[&str] = &[
    "forward_origin",
    "forward_date",
    "forward_from",
    "forward_from_chat",
    "forward_sender_name",
    "is_automatic_forward",
    "via_bot",
    "sender_business_bot",
];
/// What happens in a chat without anybody saying anything, newer than teloxide.
const SERVICE: &[&str] = &[
    "chat_owner_left",
    "chat_owner_changed",
    "gift_upgrade_sent",
    "managed_bot_created",
    "poll_option_added",
    "poll_option_deleted",
    "suggested_post_approved",
    "suggested_post_approval_failed",
    "suggested_post_declined",
    "suggested_post_paid",
    "suggested_post_refunded",
];
/// What a message can do without.
const DISPENSABLE: &[&str] = &[
    "reply_markup",
    "via_bot",
    "link_preview_options",
    "external_reply",
    "quote",
    "reply_to_story",
    "sender_chat",
];

/// The update's number; `None` when it has none, which the service rules out.
pub(crate) fn id(raw: &Value) -> Option<i64> {
    raw.get("update_id")?.as_i64()
}

/// Reads one update.
pub(crate) fn read(raw: Value) -> Update {
    let Value::Object(mut update) = raw else { return Update::Other };
    if let Some(stop) = update.remove("stopped_message_generation") {
        return match serde_json::from_value::<StoppedGeneration>(stop) {
            Ok(StoppedGeneration { chat, message_thread_id, draft_id }) => {
                Update::Stop { place: Place { chat: chat.id, thread: message_thread_id }, draft_id }
            }
            Err(error) => {
                tracing::warn!(%error, "a stop button was pressed, but where could not be read");
                Update::Other
            }
        };
    }
    match update.remove("message") {
        Some(Value::Object(message)) => read_message(message),
        _ => Update::Other,
    }
}

fn read_message(mut raw: Map<String, Value>) -> Update {
    if SERVICE.iter().any(|kind| raw.contains_key(*kind)) {
        return Update::Other;
    }
    // Before anything is taken out: who wrote the words must not depend on what can be read of it.
    let passed_on = PASSED_ON.iter().any(|key| raw.get(*key).is_some_and(|value| !value.is_null()));
    if let Some(message) = readable(&mut raw) {
        return Update::Message(Box::new(Written { message, strange: false, passed_on }));
    }
    match serde_json::from_value::<Message>(Value::Object(raw)) {
        Ok(message) => Update::Message(Box::new(Written { message, strange: true, passed_on })),
        Err(error) => {
            tracing::warn!(%error, "a message could not be read and is passed over");
            Update::Other
        }
    }
}

/// The message with as much of it as can be read; `None` where that is less than its kind.
fn readable(raw: &mut Map<String, Value>) -> Option<Message> {
    if let Some(message) = typed(raw) {
        return Some(message);
    }
    settle(raw);
    if let Some(message) = typed(raw) {
        return Some(message);
    }
    for key in DISPENSABLE {
        if raw.remove(*key).is_some()
            && let Some(message) = typed(raw)
        {
            return Some(message);
        }
    }
    if raw.remove("reply_to_message").is_some()
        && let Some(message) = typed(raw)
    {
        return Some(message);
    }
    raw.remove("forward_origin").and_then(|_| typed(raw))
}

/// The message, if teloxide knows its kind.
fn typed(raw: &Map<String, Value>) -> Option<Message> {
    let message: Message = serde_json::from_value(Value::Object(raw.clone())).ok()?;
    (!matches!(message.kind, MessageKind::Empty {})).then_some(message)
}

/// Takes out what is known to be newer or larger than teloxide's types, here and in the message that is replied to.
fn settle(raw: &mut Map<String, Value>) {
    for (key, value) in raw.iter_mut() {
        match value {
            Value::Array(entities) if key == "entities" || key == "caption_entities" => {
                entities.retain(|entity| serde_json::from_value::<MessageEntity>(entity.clone()).is_ok());
            }
            Value::Number(size) if key == "file_size" && size.as_u64() >= Some(u64::from(u32::MAX)) => {
                *value = (u32::MAX - 1).into();
            }
            Value::Object(inner) => {
                // teloxide insists on the type of a recording, which the service may leave out.
                if inner.contains_key("file_id") && !inner.get("mime_type").is_some_and(is_media_type) {
                    let usual = match key.as_str() {
                        "voice" => "audio/ogg",
                        "audio" => "audio/mpeg",
                        _ => "application/octet-stream",
                    };
                    inner.insert("mime_type".to_owned(), usual.into());
                }
                settle(inner);
            }
            _ => {}
        }
    }
}

fn is_media_type(value: &Value) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
    let part = |part: &str| !part.is_empty() && part.chars().all(allowed);
    value.as_str().and_then(|text| text.split_once('/')).is_some_and(|(kind, sub)| part(kind) && part(sub))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(extra: Value) -> Value {
        let mut message = json!({
            "message_id": 1,
            "date": 1_800_000_000,
            "chat": {"id": 7, "type": "private", "first_name": "Ada"},
            "from": {"id": 7, "is_bot": false, "first_name": "Ada"},
        });
        for (key, value) in extra.as_object().unwrap() {
            message[key] = value.clone();
        }
        json!({"update_id": 5, "message": message})
    }

    fn text_of(update: Update) -> String {
        match update {
            Update::Message(written) => written.message.text().unwrap_or("(no text)").to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_entity_that_is_newer_than_teloxide_does_not_cost_the_text() {
        let raw = message(json!({
            "text": "see you tomorrow",
            "entities": [{"type": "date_time", "offset": 8, "length": 8, "unix_time": 1}],
        }));
        assert_eq!(text_of(read(raw)), "see you tomorrow");
    }

    #[test]
    fn a_reply_to_something_newer_than_teloxide_does_not_cost_the_text() {
        let raw = message(json!({"text": "what is this?", "reply_to_message": {"message_id": "no number"}}));
        assert_eq!(text_of(read(raw)), "what is this?");
    }

    #[test]
    fn a_file_of_four_gigabytes_or_of_an_odd_type_can_be_read() {
        let raw = message(json!({
            "document": {"file_id": "a", "file_unique_id": "b", "file_size": 4_294_967_296_u64, "mime_type": "odd"},
        }));
        let Update::Message(written) = read(raw) else { panic!() };
        assert!(written.message.document().is_some());
    }

    #[test]
    fn a_message_of_an_unknown_kind_is_strange_and_not_lost() {
        let Update::Message(written) = read(message(json!({"rich_message": {"blocks": []}}))) else {
            panic!()
        };
        assert!(written.strange && !written.passed_on);
    }

    #[test]
    fn words_that_were_passed_on_stay_so_whatever_can_be_read_of_their_origin() {
        let passed_on = |extra: Value| match read(message(extra)) {
            Update::Message(written) => (written.passed_on, written.message.text().map(str::to_owned)),
            other => panic!("{other:?}"),
        };
        let text = || Some("/new".to_owned());
        let hidden = json!({"type": "hidden_user", "sender_user_name": "Bob", "date": 1});
        for extra in [
            json!({"text": "/new", "forward_origin": hidden}),
            json!({"text": "/new", "forward_origin": {"type": "newer than us", "date": 1}}),
            json!({"text": "/new", "forward_origin": 7}),
            json!({"text": "/new", "forward_origin": {"type": "?"}, "reply_to_message": {"message_id": "?"}}),
            json!({"text": "/new", "forward_date": 1, "forward_sender_name": "Bob"}),
            json!({"text": "/new", "via_bot": {"id": 8, "is_bot": true, "first_name": "Like", "username": "like"}}),
            json!({"text": "/new", "via_bot": {"id": "?"}}),
        ] {
            assert_eq!(passed_on(extra.clone()), (true, text()), "{extra}");
        }
        assert_eq!(passed_on(json!({"text": "/new", "forward_origin": null})), (false, text()));
        assert_eq!(
            passed_on(json!({"text": "/new", "reply_to_message": {"message_id": "?"}})),
            (false, text())
        );
    }

    #[test]
    fn edits_and_what_channels_and_businesses_say_are_passed_over() {
        let Value::Object(said) = message(json!({"text": "/new"})) else { panic!() };
        for kind in ["edited_message", "channel_post", "edited_channel_post", "business_message"] {
            let raw = json!({"update_id": 1, kind: said["message"]});
            assert!(matches!(read(raw), Update::Other), "{kind}");
        }
    }

    #[test]
    fn the_stop_button_is_known_in_chats_and_topics() {
        let raw = json!({
            "update_id": 9,
            "stopped_message_generation": {
                "chat": {"id": 7, "type": "private", "first_name": "Ada"},
                "message_thread_id": 3,
                "draft_id": 12,
            },
        });
        let Update::Stop { place, draft_id } = read(raw) else { panic!() };
        assert_eq!((place.conversation().to_string().as_str(), draft_id), ("telegram:7/3", 12));
    }

    #[test]
    fn what_nobody_knows_is_passed_over() {
        for raw in [
            json!({"update_id": 1, "teleported": {"to": "mars"}}),
            json!({"update_id": 2, "message": {"some fields": "are missing"}}),
            json!({"update_id": 3, "stopped_message_generation": {}}),
            json!([1, 2]),
            json!(null),
            message(json!({"chat_owner_left": {}})),
        ] {
            assert!(matches!(read(raw), Update::Other));
        }
    }
}
