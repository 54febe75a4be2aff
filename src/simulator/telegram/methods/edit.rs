// SPDX-License-Identifier: MIT OR Apache-2.0
//! Changing and deleting what was sent.

use super::{Outcome, formatted, message::MESSAGE_TEXT, object};
use crate::telegram::{
    Edit, World,
    chats::ChatKind,
    error::ApiError,
    messages::{SentMessage, Stored},
    params::Params,
};
use serde_json::json;

/// Parameters of `editMessageText`.
pub(super) const TEXT: &[&str] = &[
    "business_connection_id",
    "chat_id",
    "message_id",
    "inline_message_id",
    "text",
    "parse_mode",
    "entities",
    "link_preview_options",
    "rich_message",
    "reply_markup",
    "disable_web_page_preview",
];

const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly the \
                            same as a current content and reply markup of the message";

pub(super) fn text(world: &mut World, params: &Params) -> Outcome {
    if params.text("text")?.is_empty() {
        return Err(ApiError::bad("Message text is empty"));
    }
    let text = formatted(world, "editMessageText", params, &MESSAGE_TEXT)?;
    let reply_markup = object(
        params,
        "reply_markup",
        "Can't parse reply keyboard markup JSON object",
        "Object expected as reply markup",
    )?;
    let options = object(
        params,
        "link_preview_options",
        "Can't parse link preview options JSON object",
        "Object expected as link preview options",
    )?;
    let (chat_id, message_id) = (params.chat_id()?, params.integer("message_id")?.unwrap_or(0));
    if chat_id.is_empty() && message_id == 0 {
        // Nothing of ours is sent inline, so that no such id can be right.
        return Err(match params.text("inline_message_id")? {
            "" => ApiError::bad("Message identifier is not specified"),
            _ => ApiError::bad("MESSAGE_ID_INVALID"),
        });
    }
    let now = world.now();
    let chat_id = world.writable_chat(&chat_id)?.id;
    let not_found = || ApiError::bad("message to edit not found");
    let chat = world.chats.get(&chat_id).ok_or_else(not_found)?;
    let unchanged = {
        let message = match chat.messages.get(&message_id) {
            None => return Err(not_found()),
            Some(Stored::Received(_)) => return Err(ApiError::bad("message can't be edited")),
            Some(Stored::Sent(message)) if message.deleted => return Err(not_found()),
            Some(Stored::Sent(message)) => message,
        };
        if message.file.is_some() {
            return Err(ApiError::bad("there is no text in the message to edit"));
        }
        message.text == text.text && message.entities == text.entities && message.reply_markup == reply_markup
    };
    if unchanged {
        return Err(ApiError::bad(NOT_MODIFIED));
    }
    world.flood.take(chat, now)?;
    let bot = world.bot.to_json();
    let chat = world.chats.get_mut(&chat_id).ok_or_else(not_found)?;
    let Some(Stored::Sent(message)) = chat.messages.get_mut(&message_id) else { return Err(not_found()) };
    message.edits.push(Edit { text: text.text.clone(), entities: text.entities.clone(), at: now });
    message.text = text.text;
    message.entities = text.entities;
    message.reply_markup = reply_markup;
    message.link_preview_options = options.or(message.link_preview_options.take());
    let message: SentMessage = (**message).clone();
    Ok(message.to_json(chat, bot).into())
}

pub(super) fn delete(world: &mut World, params: &Params) -> Outcome {
    let (chat_id, message_id) = (params.chat_id()?, params.integer("message_id")?.unwrap_or(0));
    if chat_id.is_empty() {
        return Err(ApiError::bad("Chat identifier is not specified"));
    }
    if message_id == 0 {
        return Err(ApiError::bad("Message identifier is not specified"));
    }
    let chat_id = world.writable_chat(&chat_id)?.id;
    let not_found = || ApiError::bad("message to delete not found");
    let chat = world.chats.get_mut(&chat_id).ok_or_else(not_found)?;
    match chat.messages.get_mut(&message_id) {
        None => return Err(not_found()),
        Some(Stored::Sent(message)) if message.deleted => return Err(not_found()),
        Some(Stored::Sent(message)) => message.deleted = true,
        Some(Stored::Received(_)) if chat.kind != ChatKind::Private => {
            return Err(ApiError::bad("message can't be deleted"));
        }
        Some(Stored::Received(_)) => {
            chat.messages.remove(&message_id);
        }
    }
    Ok(json!(true).into())
}
