// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is shown while the bot is at work.

use super::{Outcome, TextParams, formatted};
use crate::telegram::{
    ChatAction, World, chats::ChatKind, drafts::NewDraft, entities::validate, error::ApiError, params::Params,
};
use serde_json::json;

/// Parameters of `sendMessageDraft`.
pub(super) const PARAMS: &[&str] = &[
    "chat_id",
    "message_thread_id",
    "draft_id",
    "text",
    "parse_mode",
    "entities",
    "can_stop",
    "keep_on_stop",
];
/// Parameters of `sendChatAction`.
pub(super) const ACTION: &[&str] = &["business_connection_id", "chat_id", "message_thread_id", "action"];

const ACTIONS: [&str; 14] = [
    "cancel",
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "record_audio",
    "upload_audio",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

const DRAFT_TEXT: TextParams = TextParams {
    text: "text",
    entities: "entities",
    may_be_empty: true,
    limit: validate::TEXT_LIMIT,
    too_long: "MESSAGE_TOO_LONG",
};

pub(super) fn send(world: &mut World, params: &Params) -> Outcome {
    let draft_id = params.integer("draft_id")?.unwrap_or(0);
    let (can_stop, keep_on_stop) = (params.flag("can_stop")?, params.flag("keep_on_stop")?);
    let formatted = formatted(world, "sendMessageDraft", params, &DRAFT_TEXT)?;
    let chat = world.writable_chat(&params.chat_id()?)?;
    if chat.kind != ChatKind::Private {
        return Err(ApiError::bad("TEXTDRAFT_PEER_INVALID"));
    }
    if draft_id == 0 {
        return Err(ApiError::bad("RANDOM_ID_INVALID"));
    }
    let thread = World::topic(chat, params.integer("message_thread_id")?)?;
    let new = NewDraft { chat: chat.id, draft_id, thread, can_stop, keep_on_stop, formatted };
    let now = world.now();
    world.drafts.show(new, now);
    Ok(json!(true).into())
}

pub(super) fn act(world: &mut World, params: &Params) -> Outcome {
    let action = params.text("action")?.to_ascii_lowercase();
    if !ACTIONS.contains(&action.as_str()) {
        return Err(ApiError::bad("Wrong parameter action in request"));
    }
    let chat = world.writable_chat(&params.chat_id()?)?;
    let thread = World::topic(chat, params.integer("message_thread_id")?)?;
    let action = ChatAction { chat: chat.id, thread, action, at: world.now() };
    world.drafts.act(action);
    Ok(json!(true).into())
}
