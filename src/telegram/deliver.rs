// SPDX-License-Identifier: MIT OR Apache-2.0
//! Delivers answers. A text that Telegram finds fault with is sent in a plainer form rather than not at all.
//!
//! Telegram has no key by which it would know a repeated message again. What it accepted is remembered here, so that
//! a row that could not be marked as sent is not sent twice.
//!
//! Where it is not known whether Telegram accepted a message (no answer in time, or a connection that broke after the
//! message had left), the message is sent once more, as soon as Telegram answers at all. If that leaves the same doubt,
//! the row is given up: the person has seen it up to twice by then, and the operator sees it among the dead letters.
//! Failures that are known to have done nothing (no connection, an answer that says so) are repeated freely. Edits may
//! be repeated freely as well: the second one changes nothing.

use crate::NAME;
use crate::api::{Api, Urgency};
use crate::bounded::Bounded;
use crate::conversation::Place;
use crate::failure::Failure;
use crate::format::{LIMIT, Part, is_blank, split_plain, utf16_len};
use crate::streams::Streams;
use blufio_core::channel::{ChannelError, Delivery};
use blufio_core::ids::OutboxId;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use teloxide::types::MessageId;

/// How many deliveries are remembered.
const REMEMBERED: usize = 1024;
/// Different forms that are tried for one message.
const FORMS: usize = 6;

/// What has been sent of a row.
#[derive(Clone, Debug, Default)]
struct Sent {
    messages: Vec<MessageId>,
    /// It had to be cut, into pieces of at most so many units.
    cut: Option<usize>,
    whole: bool,
    /// The message that comes next may have arrived already: it was sent, and nobody said what became of it.
    doubtful: bool,
}

/// Delivers.
pub(crate) struct Sender {
    sent: Mutex<Bounded<OutboxId, Sent>>,
}

impl Sender {
    pub(crate) fn new() -> Self {
        Self { sent: Mutex::new(Bounded::new(REMEMBERED)) }
    }

    /// Delivers one row; the text is the ids of the messages that it became.
    pub(crate) async fn deliver(
        &self,
        api: &Api,
        streams: &Streams,
        delivery: &Delivery,
    ) -> Result<String, ChannelError> {
        let place = Place::of(&delivery.conversation)?;
        let part = part(&delivery.payload)?;
        let sent = self.so_far(delivery.id);
        if sent.whole {
            return Ok(names(&sent.messages));
        }
        if let Some(stream) = delivery.turn.and_then(|turn| streams.finish(place, turn)) {
            // Waits for what is still being shown; it comes within seconds.
            let mut stream = stream.lock().await;
            stream.over = true;
            let is_shown = stream.shown.take().is_some_and(|shown| shown == part);
            let ours = stream.taken_by.is_none_or(|row| row == delivery.id);
            if let Some(message) = stream.message.filter(|_| ours && utf16_len(&part.text) <= LIMIT) {
                stream.taken_by = Some(delivery.id);
                if is_shown {
                    return Ok(self.note(delivery.id, message, None, true));
                }
                match replace(api, place, message, &part).await {
                    Ok(()) => return Ok(self.note(delivery.id, message, None, true)),
                    Err(failure @ (Failure::Refused(_) | Failure::Moved(_))) => {
                        tracing::debug!(
                            reason = failure.reason(),
                            "the growing message is gone; sending a new one"
                        );
                        stream.message = None;
                    }
                    Err(failure) => return Err(failed(streams, place, failure)),
                }
            }
        }
        self.send(api, streams, place, part, delivery.id, sent).await
    }

    /// Sends, in plainer forms as Telegram demands them.
    async fn send(
        &self,
        api: &Api,
        streams: &Streams,
        mut place: Place,
        part: Part,
        row: OutboxId,
        sent: Sent,
    ) -> Result<String, ChannelError> {
        let text = part.text.clone();
        let too_long = utf16_len(&text) > LIMIT || is_blank(&text);
        let mut limit = sent.cut.unwrap_or(LIMIT);
        let mut pieces = if too_long || sent.cut.is_some() { split_plain(&text, limit) } else { vec![part] };
        let mut next = sent.messages.len();
        let mut plain = false;
        if sent.doubtful {
            // The one repeat is not spent on a line that is still down.
            answers(api).await?;
        }
        for _ in 0..FORMS.saturating_add(pieces.len()) {
            let Some(piece) = pieces.get(next) else { break };
            let last = next + 1 == pieces.len();
            match api.send(place, piece, plain, Urgency::Answer).await {
                Ok(message) => {
                    let cut = (pieces.len() > 1).then_some(limit);
                    let ids = self.note(row, message, cut, last);
                    if last {
                        return Ok(ids);
                    }
                    next += 1;
                }
                Err(Failure::Moved(chat)) => {
                    tracing::info!(from = place.chat.0, to = chat.0, "the group has become a supergroup");
                    place = Place { chat, thread: None };
                }
                Err(Failure::Refused(reason)) => match remedy(&reason) {
                    Remedy::WithoutTopic if place.thread.is_some() => place.thread = None,
                    Remedy::Shorter if next == 0 && limit == LIMIT => {
                        limit = LIMIT / 2;
                        pieces = split_plain(&text, limit);
                    }
                    Remedy::None => return Err(failed(streams, place, Failure::Refused(reason))),
                    _ if !plain => {
                        tracing::warn!(reason, "Telegram refused a formatted message; sending it plain");
                        plain = true;
                    }
                    _ => return Err(failed(streams, place, Failure::Refused(reason))),
                },
                Err(failure @ (Failure::Unknown(_) | Failure::Unread(_))) => {
                    return Err(self.doubt(row, failure));
                }
                Err(failure) => return Err(failed(streams, place, failure)),
            }
        }
        Err(failed(streams, place, Failure::Refused("no form of the message was taken".into())))
    }

    fn so_far(&self, row: OutboxId) -> Sent {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.get(&row).cloned().unwrap_or_default()
    }

    fn note(&self, row: OutboxId, message: MessageId, cut: Option<usize>, last: bool) -> String {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = sent.entry(&row, Sent::default);
        entry.messages.push(message);
        entry.cut = cut;
        entry.whole = last;
        entry.doubtful = false;
        names(&entry.messages)
    }

    /// A message of the row may have arrived or not. The first time it may be repeated, the second time not. An
    /// operator who sends the row again after that begins anew.
    fn doubt(&self, row: OutboxId, failure: Failure) -> ChannelError {
        let again = {
            let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = sent.entry(&row, Sent::default);
            entry.doubtful = !entry.doubtful;
            !entry.doubtful
        };
        if !again {
            return failure.into_error();
        }
        let reason = format!(
            "{}; it was sent twice and Telegram confirmed neither, so it may have arrived twice, once or not at all; \
             look into the chat before you send it again",
            failure.reason()
        );
        ChannelError::Permanent { channel: NAME.to_owned(), reason }
    }
}

/// Whether Telegram can be reached now, by a call that changes nothing.
async fn answers(api: &Api) -> Result<(), ChannelError> {
    match api.me().await {
        Ok(_) | Err(Failure::Unread(_)) => Ok(()),
        Err(failure @ Failure::Flood(_)) => Err(failure.into_error()),
        Err(failure) => Err(ChannelError::Transient { channel: NAME.to_owned(), reason: failure.reason() }),
    }
}

fn names(messages: &[MessageId]) -> String {
    messages.iter().map(|message| message.0.to_string()).collect::<Vec<_>>().join(",")
}

/// What `render` made. Entities that cannot be read any more cost the looks, not the text.
fn part(payload: &Value) -> Result<Part, ChannelError> {
    let text = payload.get("text").and_then(Value::as_str).ok_or_else(|| ChannelError::Permanent {
        channel: NAME.to_owned(),
        reason: "the stored message has no text".into(),
    })?;
    let entities = payload.get("entities").cloned().map(serde_json::from_value);
    Ok(Part { text: text.to_owned(), entities: entities.and_then(Result::ok).unwrap_or_default() })
}

async fn replace(api: &Api, place: Place, message: MessageId, part: &Part) -> Result<(), Failure> {
    match api.edit(place, message, part, false, Urgency::Answer).await {
        Err(Failure::Refused(reason)) if !part.entities.is_empty() => {
            tracing::debug!(reason, "Telegram refused a formatted message; replacing it plain");
            api.edit(place, message, part, true, Urgency::Answer).await
        }
        outcome => outcome,
    }
}

/// What may help against a refusal.
enum Remedy {
    /// Nothing: nobody can be reached there.
    None,
    WithoutTopic,
    Shorter,
    /// Plain text.
    Plainer,
}

fn remedy(reason: &str) -> Remedy {
    let says = |words: &[&str]| words.iter().any(|words| reason.contains(words));
    if reason.starts_with("Forbidden") || says(&["chat not found", "user not found", "PEER_ID_INVALID"]) {
        Remedy::None
    } else if says(&["message thread not found", "TOPIC_CLOSED", "TOPIC_DELETED"]) {
        Remedy::WithoutTopic
    } else if says(&["too long", "TOO_LONG"]) {
        Remedy::Shorter
    } else {
        Remedy::Plainer
    }
}

fn failed(streams: &Streams, place: Place, failure: Failure) -> ChannelError {
    if let Failure::Flood(wait) = failure {
        streams.hush(place.chat, wait);
    }
    failure.into_error()
}
