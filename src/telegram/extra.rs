// SPDX-License-Identifier: MIT OR Apache-2.0
//! The few calls and types that teloxide does not have, in the shape of its own.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use teloxide::requests::Payload;
use teloxide::types::{Chat, MessageEntity, ThreadId, True};

/// `getUpdates`, with each update as it came. Typed updates would turn one that is newer than teloxide into nothing.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct GetUpdates {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) offset: Option<i64>,
    pub(crate) limit: u8,
    /// Seconds.
    pub(crate) timeout: u64,
    pub(crate) allowed_updates: &'static [&'static str],
}

impl Payload for GetUpdates {
    type Output = Vec<Value>;
    const NAME: &'static str = "getUpdates";
}

/// `sendMessageDraft`: shows an unfinished answer in a private chat for half a minute. With Bot API 10.3 it carries a
/// stop button; older servers ignore what they do not know.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SendMessageDraft {
    pub(crate) chat_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_thread_id: Option<ThreadId>,
    /// Not zero. The same id animates the change.
    pub(crate) draft_id: i64,
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) entities: Vec<MessageEntity>,
    pub(crate) can_stop: bool,
    /// Keeps the draft in sight after the button was pressed, until the answer so far has arrived as a message.
    pub(crate) keep_on_stop: bool,
}

impl Payload for SendMessageDraft {
    type Output = True;
    const NAME: &'static str = "sendMessageDraft";
}

/// `Update.stopped_message_generation`: the person pressed the stop button of a draft.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct StoppedGeneration {
    pub(crate) chat: Chat,
    pub(crate) message_thread_id: Option<ThreadId>,
    pub(crate) draft_id: i64,
}
