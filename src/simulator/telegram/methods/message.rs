// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sending messages.

use super::{Outcome, TextParams, formatted, object};
use crate::telegram::{
    Attachment, Formatted, SentFile, World,
    entities::validate,
    error::ApiError,
    files::FileKind,
    messages::{Outgoing, Stored},
    params::Params,
};
use serde_json::Value;

/// Parameters of `sendMessage`, with those of earlier versions that the service still reads.
pub(super) const TEXT: &[&str] = &[
    "business_connection_id",
    "chat_id",
    "message_thread_id",
    "direct_messages_topic_id",
    "text",
    "parse_mode",
    "entities",
    "link_preview_options",
    "disable_notification",
    "protect_content",
    "allow_paid_broadcast",
    "message_effect_id",
    "suggested_post_parameters",
    "reply_parameters",
    "reply_markup",
    "reply_to_message_id",
    "allow_sending_without_reply",
    "disable_web_page_preview",
];
/// Parameters of `sendPhoto`.
pub(super) const PHOTO: &[&str] = &[
    "business_connection_id",
    "chat_id",
    "message_thread_id",
    "direct_messages_topic_id",
    "photo",
    "caption",
    "parse_mode",
    "caption_entities",
    "show_caption_above_media",
    "has_spoiler",
    "disable_notification",
    "protect_content",
    "allow_paid_broadcast",
    "message_effect_id",
    "suggested_post_parameters",
    "reply_parameters",
    "reply_markup",
    "reply_to_message_id",
    "allow_sending_without_reply",
];
/// Parameters of `sendDocument`.
pub(super) const DOCUMENT: &[&str] = &[
    "business_connection_id",
    "chat_id",
    "message_thread_id",
    "direct_messages_topic_id",
    "document",
    "thumbnail",
    "caption",
    "parse_mode",
    "caption_entities",
    "disable_content_type_detection",
    "disable_notification",
    "protect_content",
    "allow_paid_broadcast",
    "message_effect_id",
    "suggested_post_parameters",
    "reply_parameters",
    "reply_markup",
    "reply_to_message_id",
    "allow_sending_without_reply",
];

/// The text of a message.
pub(super) const MESSAGE_TEXT: TextParams = TextParams {
    text: "text",
    entities: "entities",
    may_be_empty: false,
    limit: validate::TEXT_LIMIT,
    too_long: "Message is too long",
};

const CAPTION: TextParams = TextParams {
    text: "caption",
    entities: "caption_entities",
    may_be_empty: true,
    limit: validate::CAPTION_LIMIT,
    too_long: "Message caption is too long",
};

pub(super) fn send_text(world: &mut World, params: &Params) -> Outcome {
    if params.text("text")?.is_empty() {
        return Err(ApiError::bad("Message text is empty"));
    }
    let text = formatted(world, "sendMessage", params, &MESSAGE_TEXT)?;
    send(world, params, text, None)
}

pub(super) fn send_photo(world: &mut World, params: &Params) -> Outcome {
    send_file(world, params, "sendPhoto", FileKind::Photo)
}

pub(super) fn send_document(world: &mut World, params: &Params) -> Outcome {
    send_file(world, params, "sendDocument", FileKind::Document)
}

/// Files can be uploaded; the other ways to name one lead to the internet, or to files that are there already.
fn send_file(world: &mut World, params: &Params, method: &str, kind: FileKind) -> Outcome {
    let field = kind.field();
    let attached = params.text(field)?.strip_prefix("attach://").unwrap_or(field);
    let upload = params
        .file(attached)
        .filter(|upload| !upload.bytes.is_empty())
        .ok_or_else(|| ApiError::bad(format!("there is no {field} in the request")))?;
    let attachment = Attachment {
        kind,
        name: upload.name.clone(),
        media_type: upload.media_type.clone(),
        bytes: upload.bytes.to_vec(),
        size: None,
        caption: String::new(),
    };
    let caption = formatted(world, method, params, &CAPTION)?;
    send(world, params, caption, Some(attachment))
}

fn send(world: &mut World, params: &Params, text: Formatted, file: Option<Attachment>) -> Outcome {
    let options = object(
        params,
        "link_preview_options",
        "Can't parse link preview options JSON object",
        "Object expected as link preview options",
    )?;
    let reply = reply(params)?;
    let reply_markup = object(
        params,
        "reply_markup",
        "Can't parse reply keyboard markup JSON object",
        "Object expected as reply markup",
    )?;
    let silent = params.flag("disable_notification")?;
    params.flag("protect_content")?;
    let chat = world.writable_chat(&params.chat_id()?)?;
    let thread = World::topic(chat, params.integer("message_thread_id")?)?;
    let reply_to = match reply {
        Some(reply) if is_there(chat.messages.get(&reply.message)) => Some(reply.message),
        Some(reply) if !reply.optional => return Err(ApiError::bad("message to be replied not found")),
        _ => None,
    };
    let chat_id = chat.id;
    let now = world.now();
    if let Some(chat) = world.chats.get(&chat_id) {
        world.flood.take(chat, now)?;
    }
    let file = file.map(|attachment| {
        let (_, file_id) = world.files.describe(&attachment);
        SentFile {
            kind: attachment.kind,
            file_id,
            size: attachment.bytes.len() as u64,
            name: attachment.name,
        }
    });
    let outgoing = Outgoing {
        thread,
        reply_to,
        formatted: text,
        silent,
        reply_markup,
        link_preview_options: options,
        file,
    };
    Ok(world.store_sent(chat_id, outgoing).into())
}

fn is_there(stored: Option<&Stored>) -> bool {
    match stored {
        Some(Stored::Sent(message)) => !message.deleted,
        Some(Stored::Received(_)) => true,
        None => false,
    }
}

/// Which message is answered.
struct Reply {
    message: i64,
    /// Sent all the same when that message is gone.
    optional: bool,
}

fn reply(params: &Params) -> Result<Option<Reply>, ApiError> {
    let given = object(
        params,
        "reply_parameters",
        "Can't parse reply parameters JSON object",
        "Object expected as reply parameters",
    )?;
    let Some(Value::Object(given)) = given else {
        let message = params.integer("reply_to_message_id")?.filter(|id| *id > 0);
        let optional = params.flag("allow_sending_without_reply")?;
        return Ok(message.map(|message| Reply { message, optional }));
    };
    if given.is_empty() {
        return Ok(None);
    }
    let message = match given.get("message_id") {
        None | Some(Value::Null) => return Err(ApiError::bad("Can't find field \"message_id\"")),
        Some(id) => id
            .as_i64()
            .or_else(|| id.as_str()?.parse().ok())
            .ok_or_else(|| ApiError::bad("Field \"message_id\" must be a Number"))?,
    };
    let optional = match given.get("allow_sending_without_reply") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(optional)) => *optional,
        Some(_) => {
            return Err(ApiError::bad("Field \"allow_sending_without_reply\" must be of type Boolean"));
        }
    };
    Ok(Some(Reply { message, optional }).filter(|reply| reply.message > 0))
}
