// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls of the Bot API: teloxide's payloads over our own way out, each within a time and a size, and with failures
//! that say what to do.

use crate::conversation::Place;
use crate::extra::{GetUpdates, SendMessageDraft};
use crate::failure::Failure;
use crate::format::Part;
use blufio_core::secret::SecretString;
use blufio_net::Net;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::time::Duration;
use teloxide::payloads::{
    DeleteWebhook, DeleteWebhookSetters, EditMessageText, EditMessageTextSetters, GetFile, GetMe,
    SendChatAction, SendChatActionSetters, SendMessage, SendMessageSetters, SetMyCommands,
};
use teloxide::requests::Payload;
use teloxide::types::{
    BotCommand, ChatAction, File, FileId, LinkPreviewOptions, Me, MessageEntity, MessageId,
};
use url::Url;

/// An ordinary call.
const CALL: Duration = Duration::from_secs(30);
/// What only shows that work goes on may not hold up the answer.
const SHOW: Duration = Duration::from_secs(5);
/// How much longer than its own timeout a long poll may take.
const POLL_GRACE: Duration = Duration::from_secs(20);
/// Most updates that one poll brings; also the service's limit.
const BATCH: u8 = 100;
/// Largest answer, bytes: a full batch of the longest messages, each a reply to another, is a tenth of it.
const LARGEST: u64 = 16 * 1024 * 1024;
/// Edited messages are not asked for: an answer that was given stays given.
const KINDS: &[&str] = &["message", "stopped_message_generation"];
const COMMANDS: [(&str, &str); 5] = [
    ("start", "Begin, or pair with this agent"),
    ("help", "What I can do"),
    ("new", "Start a new conversation"),
    ("stop", "Stop what I am writing"),
    ("status", "How I am doing"),
];

/// How urgent a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// The answer itself.
    Answer,
    /// A sign of it.
    Show,
}

impl Urgency {
    fn limit(self) -> Duration {
        match self {
            Self::Answer => CALL,
            Self::Show => SHOW,
        }
    }
}

/// The Bot API.
pub(crate) struct Api {
    net: Net,
    /// Without a slash at its end.
    base: Url,
    token: SecretString,
}

impl Api {
    pub(crate) fn new(net: Net, base: Url, token: SecretString) -> Self {
        Self { net, base, token }
    }

    /// Calls a method and reads its result.
    async fn call<P>(&self, payload: P, limit: Duration) -> Result<P::Output, Failure>
    where
        P: Payload + Serialize,
        P::Output: DeserializeOwned,
    {
        let result = self.ask(payload, limit).await?;
        serde_json::from_str(result.get())
            .map_err(|_| Failure::Unread(serde_json::from_str(result.get()).unwrap_or_default()))
    }

    /// Calls a method and returns its result as it came.
    async fn ask<P: Payload + Serialize>(
        &self,
        payload: P,
        limit: Duration,
    ) -> Result<Box<RawValue>, Failure> {
        let mut url = self.base.clone();
        // It has been made sure of before that the address can carry a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend([&format!("bot{}", self.token.expose()), P::NAME]);
        }
        let request = self.net.request(Method::POST, url).map_err(|error| Failure::unsent(&error))?;
        let exchange = async {
            let response = self.net.send(request.json(&payload)).await?;
            let status = response.status();
            Ok((status, self.net.read_capped(response, LARGEST).await?))
        };
        match tokio::time::timeout(limit, exchange).await {
            Ok(Ok((status, body))) => Failure::or_result(status, &body, self.net.redactor()),
            Ok(Err(error)) => Err(Failure::unanswered(&error)),
            Err(_) => Err(Failure::Unknown(format!("no answer within {limit:?}"))),
        }
    }

    pub(crate) async fn me(&self) -> Result<Me, Failure> {
        self.call(GetMe::new(), CALL).await
    }

    /// Updates come by polling only; what waits for the bot stays.
    pub(crate) async fn delete_webhook(&self) -> Result<(), Failure> {
        self.call(DeleteWebhook::new().drop_pending_updates(false), CALL).await.map(drop)
    }

    pub(crate) async fn announce_commands(&self) -> Result<(), Failure> {
        let commands = COMMANDS.map(|(name, description)| BotCommand::new(name, description));
        self.call(SetMyCommands::new(commands), CALL).await.map(drop)
    }

    /// Waits up to `timeout` for updates from `offset` on. Asking for an offset tells the service that everything
    /// below it is safe.
    pub(crate) async fn updates(
        &self,
        offset: Option<i64>,
        timeout: Duration,
    ) -> Result<Vec<Value>, Failure> {
        let payload = GetUpdates { offset, limit: BATCH, timeout: timeout.as_secs(), allowed_updates: KINDS };
        let result = self.ask(payload, timeout.saturating_add(POLL_GRACE)).await?;
        one_by_one(&result).ok_or_else(|| Failure::Trouble("its updates are no list".into()))
    }

    pub(crate) async fn send(
        &self,
        place: Place,
        part: &Part,
        plain: bool,
        urgency: Urgency,
    ) -> Result<MessageId, Failure> {
        let mut request = SendMessage::new(place.chat, part.text.as_str()).link_preview_options(no_preview());
        if let Some(thread) = place.thread {
            request = request.message_thread_id(thread);
        }
        if let Some(entities) = entities(part, plain) {
            request = request.entities(entities);
        }
        match self.call(request, urgency.limit()).await {
            Ok(message) => Ok(message.id),
            Err(Failure::Unread(result)) => message_id(&result).ok_or(Failure::Unread(result)),
            Err(failure) => Err(failure),
        }
    }

    /// Replaces a message. One that says the same already counts as replaced.
    pub(crate) async fn edit(
        &self,
        place: Place,
        message: MessageId,
        part: &Part,
        plain: bool,
        urgency: Urgency,
    ) -> Result<(), Failure> {
        let mut request =
            EditMessageText::new(place.chat, message, part.text.as_str()).link_preview_options(no_preview());
        if let Some(entities) = entities(part, plain) {
            request = request.entities(entities);
        }
        match self.call(request, urgency.limit()).await {
            Ok(_) | Err(Failure::Unread(_)) => Ok(()),
            Err(Failure::Refused(reason)) if reason.contains("message is not modified") => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    pub(crate) async fn draft(
        &self,
        place: Place,
        draft_id: i64,
        part: &Part,
        plain: bool,
    ) -> Result<(), Failure> {
        let payload = SendMessageDraft {
            chat_id: place.chat.0,
            message_thread_id: place.thread,
            draft_id,
            text: part.text.clone(),
            entities: entities(part, plain).unwrap_or_default(),
            can_stop: true,
            keep_on_stop: true,
        };
        match self.call(payload, SHOW).await {
            Ok(_) | Err(Failure::Unread(_)) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    pub(crate) async fn typing(&self, place: Place) -> Result<(), Failure> {
        let mut request = SendChatAction::new(place.chat, ChatAction::Typing);
        if let Some(thread) = place.thread {
            request = request.message_thread_id(thread);
        }
        self.call(request, SHOW).await.map(drop)
    }

    pub(crate) async fn file(&self, handle: &str) -> Result<File, Failure> {
        self.call(GetFile::new(FileId(handle.to_owned())), CALL).await
    }

    /// Where a file lies, with the token in the address: never to be shown. `None` for a path that is none.
    pub(crate) fn file_url(&self, path: &str) -> Option<Url> {
        let sound = |segment: &str| {
            !segment.is_empty()
                && !segment.starts_with('.')
                && segment.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        if path.len() > 512 || !path.split('/').all(sound) {
            return None;
        }
        let mut url = self.base.clone();
        let token = format!("bot{}", self.token.expose());
        url.path_segments_mut().ok()?.extend(["file", &token]).extend(path.split('/'));
        Some(url)
    }
}

fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

fn entities(part: &Part, plain: bool) -> Option<Vec<MessageEntity>> {
    (!plain && !part.entities.is_empty()).then(|| part.entities.clone())
}

/// From an answer that teloxide could not read: the message is sent, and must not be sent again.
fn message_id(result: &Value) -> Option<MessageId> {
    let id = result.get("message_id")?.as_i64()?;
    i32::try_from(id).ok().map(MessageId)
}

#[derive(Deserialize)]
struct Numbered {
    update_id: i64,
}

/// The updates of a batch, each for itself: one that is no proper JSON value must not hold up the others for ever. Of
/// one that cannot be read only the number is left.
fn one_by_one(batch: &RawValue) -> Option<Vec<Value>> {
    let updates: Vec<&RawValue> = serde_json::from_str(batch.get()).ok()?;
    let read = |update: &RawValue| {
        serde_json::from_str(update.get()).ok().or_else(|| {
            let Numbered { update_id } = serde_json::from_str(update.get()).ok()?;
            tracing::warn!(update_id, "an update could not be read and is passed over");
            Some(serde_json::json!({ "update_id": update_id }))
        })
    };
    Some(updates.into_iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_that_is_no_proper_json_costs_only_itself() {
        let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
        let raw =
            format!(r#"[{{"update_id":1,"a":{deep}}},{{"update_id":2,"b":"\ud83d"}},{{"update_id":3}}]"#);
        let read = |raw: &str| one_by_one(&RawValue::from_string(raw.to_owned()).unwrap());
        let ids: Vec<i64> = read(&raw).unwrap().iter().filter_map(crate::update::id).collect();
        assert_eq!(ids, [1, 2, 3]);
        assert!(read(r#"{"update_id":1}"#).is_none());
    }
}
