// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messages of Telegram become messages for the agent, if they are meant for it.
//!
//! In private everything is. In a group only what names the bot, replies to it, or is a command. Edits, channel posts
//! and what other bots say are not.

use crate::addressing::address;
use crate::bounded::Bounded;
use crate::content::{Content, content};
use crate::conversation::Place;
use crate::update::Written;
use blufio_core::channel::{Inbound, Sender};
use blufio_core::route::Route;
use blufio_core::time::Timestamp;
use std::time::Duration;
use teloxide::types::{ChatId, Me, Message, MessageKind, MessageOrigin, ThreadId};

/// How long the rest of an album may take.
const ALBUM: Duration = Duration::from_secs(1);
/// Albums of groups whose first picture named the bot. The others carry no words.
const ALBUMS: usize = 64;
/// Of what is replied to, this many characters are shown to the model.
const QUOTE: usize = 500;
const STRANGE: &str = "a message of a kind that I cannot read yet";

/// Reads messages for one bot.
#[derive(Debug)]
pub(crate) struct Reader {
    me: Me,
    albums: Bounded<(ChatId, String), ()>,
}

impl Reader {
    pub(crate) fn new(me: Me) -> Self {
        Self { me, albums: Bounded::new(ALBUMS) }
    }

    /// The message for the agent; `None` when it is not meant for it.
    ///
    /// What stands first in its text is the person's own order or none: before words that others wrote stands a line
    /// that says so.
    pub(crate) fn read(&mut self, update: i64, written: &Written, now: Timestamp) -> Option<Inbound> {
        let Written { message, strange, passed_on } = written;
        let from = message.from.as_ref().filter(|from| !from.is_bot)?;
        let private = message.chat.is_private();
        if !private && !message.chat.is_group() && !message.chat.is_supergroup() {
            return None;
        }
        let Content { files, notices, group } = if *strange {
            Content { notices: vec![STRANGE.to_owned()], ..Content::default() }
        } else {
            content(message)?
        };
        let words = message.text().or(message.caption()).unwrap_or_default();
        // In private the bot need not be named; where it is, it is meant as a word.
        let entities = message.entities().or(message.caption_entities()).filter(|_| !private);
        let mut addressed = address(words, entities.unwrap_or_default(), &self.me);
        if !private {
            let album = group.clone().map(|group| (message.chat.id, group));
            let known = album.as_ref().is_some_and(|album| self.albums.get(album).is_some());
            // A command that was passed on is nobody's order.
            let named = addressed.named && !(*passed_on && addressed.text.starts_with('/'));
            let meant = named || known || self.replied_to(message) && !addressed.for_another;
            if !meant {
                return None;
            }
            if let Some(album) = album {
                self.albums.insert(&album, ());
            }
        }
        if addressed.text.is_empty() && files.is_empty() && notices.is_empty() {
            // Nothing but the name of the bot: then that is what was said.
            addressed.text = words.trim().to_owned();
        }
        let context = if *passed_on { origin(message) } else { self.context(message) };
        let text = match Route::ordered(&addressed.text) {
            _ if *passed_on || context.is_empty() => format!("{context}{}", addressed.text),
            Some((route, rest)) => format!("!{route} {context}{rest}"),
            None if addressed.text.starts_with('/') => addressed.text,
            None => format!("{context}{}", addressed.text),
        };
        if text.is_empty() && files.is_empty() && notices.is_empty() {
            return None;
        }
        let username = from.username.as_deref().unwrap_or_default();
        let name = if from.full_name().trim().is_empty() { username.to_owned() } else { from.full_name() };
        Some(Inbound {
            external_id: format!("u{update}"),
            conversation: Place { chat: message.chat.id, thread: thread(message) }.conversation(),
            sender: Sender { id: from.id.to_string(), name },
            private,
            text,
            not_before: group.as_ref().map(|_| now.after(ALBUM)),
            files,
            group,
            notices,
            sent_at: Timestamp(message.date.timestamp_millis()),
        })
    }

    /// Whether it replies to the bot. Every message of a topic "replies" to the one that opened the topic.
    fn replied_to(&self, message: &Message) -> bool {
        message.reply_to_message().is_some_and(|original| {
            let opens_topic = matches!(original.kind, MessageKind::ForumTopicCreated(_));
            !opens_topic && original.from.as_ref().is_some_and(|from| from.id == self.me.user.id)
        })
    }

    /// What the message refers to, in a line before it.
    fn context(&self, message: &Message) -> String {
        let Some(original) = message.reply_to_message() else { return String::new() };
        let quoted = message.quote().map(|quote| quote.text.as_str());
        let Some(words) = quoted.or(original.text()).or(original.caption()) else { return String::new() };
        let who = match &original.from {
            Some(from) if from.id == self.me.user.id => "you".to_owned(),
            Some(from) => clipped(&from.full_name(), 100),
            None => "somebody".to_owned(),
        };
        format!("[In reply to {who}: “{}”]\n", clipped(words, QUOTE))
    }
}

/// Who wrote the words that were passed on, in a line before them.
fn origin(message: &Message) -> String {
    let from = match message.forward_origin() {
        Some(MessageOrigin::User { sender_user, .. }) => sender_user.full_name(),
        Some(MessageOrigin::HiddenUser { sender_user_name, .. }) => sender_user_name.clone(),
        Some(MessageOrigin::Chat { sender_chat: chat, .. } | MessageOrigin::Channel { chat, .. }) => {
            chat.title().unwrap_or("a chat").to_owned()
        }
        None => match message.via_bot.as_ref().and_then(|bot| bot.username.as_deref()) {
            Some(bot) => format!("the bot @{bot}"),
            None => "somebody".to_owned(),
        },
    };
    format!("[Forwarded from {}]\n", clipped(&from, 100))
}

/// The topic. Other threads are chains of replies, and the general topic must not be named when answering.
fn thread(message: &Message) -> Option<ThreadId> {
    message.thread_id.filter(|thread| message.is_topic_message && thread.0.0 != 1)
}

/// At most `most` characters, on one line.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests;
