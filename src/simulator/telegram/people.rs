// SPDX-License-Identifier: MIT OR Apache-2.0
//! What people do: they write, send files, edit, press stop, block the bot.

use super::{
    Attachment, ChatKind, Telegram, World,
    chats::{Chat, User},
    entities::{Entity, validate},
    messages::Stored,
};
use serde_json::{Map, Value, json};

/// What was sent: the update, and the message in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) update_id: i64,
    pub(super) message_id: i64,
}

impl Telegram {
    /// A person, with a private chat that has begun. Returns the id, which is also that of the chat.
    pub fn user(&self, id: i64, name: &str) -> i64 {
        self.change(|world| {
            world.users.insert(id, User { id, name: name.into() });
            world.chat_or_new(id).title = name.into();
            id
        })
    }

    /// A group or supergroup (or another private chat) with the bot in it. Returns the id.
    pub fn chat(&self, id: i64, kind: ChatKind, title: &str) -> i64 {
        self.change(|world| {
            world.chats.insert(id, Chat::new(id, kind, title));
            id
        })
    }

    /// A topic in a chat; with it, a supergroup becomes a forum.
    pub fn topic(&self, chat: i64, thread: i64) {
        self.change(|world| world.chat_or_new(chat).topics.insert(thread));
    }

    /// A person writes. Chats and people that do not exist yet are made. Returns the id of the update, or 0 when the bot
    /// has not asked for messages.
    pub fn send_text(&self, chat: i64, from: i64, text: &str) -> i64 {
        self.send_fields(chat, from, text_fields(text))
    }

    /// A person writes in a topic.
    pub fn send_text_in(&self, chat: i64, thread: i64, from: i64, text: &str) -> i64 {
        let mut fields = text_fields(text);
        fields.insert("message_thread_id".into(), thread.into());
        fields.insert("is_topic_message".into(), true.into());
        self.send_fields(chat, from, fields)
    }

    /// A person sends a message with any fields: a sticker, a place, a reply.
    pub fn send_fields(&self, chat: i64, from: i64, fields: Map<String, Value>) -> i64 {
        self.change(|world| world.receive(chat, from, fields)).update_id
    }

    /// A person sends a picture.
    pub fn send_photo(&self, chat: i64, from: i64, bytes: impl Into<Vec<u8>>, caption: &str) -> i64 {
        self.send_attachment(chat, from, &Attachment::photo(bytes, caption))
    }

    /// A person sends a file.
    pub fn send_document(
        &self,
        chat: i64,
        from: i64,
        name: &str,
        media_type: &str,
        bytes: impl Into<Vec<u8>>,
        caption: &str,
    ) -> i64 {
        self.send_attachment(chat, from, &Attachment::document(name, media_type, bytes, caption))
    }

    /// A person sends a voice note.
    pub fn send_voice(&self, chat: i64, from: i64, bytes: impl Into<Vec<u8>>) -> i64 {
        self.send_attachment(chat, from, &Attachment::voice(bytes))
    }

    /// A person sends any file.
    pub fn send_attachment(&self, chat: i64, from: i64, attachment: &Attachment) -> i64 {
        self.change(|world| world.receive_file(chat, from, attachment, None)).update_id
    }

    /// A person sends several files as one: as many messages, which share a `media_group_id`.
    pub fn send_album(&self, chat: i64, from: i64, attachments: &[Attachment]) -> Vec<i64> {
        self.change(|world| world.receive_album(chat, from, attachments))
    }

    /// Any update. An `update_id` in it is replaced; kinds that the bot has not asked for are not queued, and 0 is
    /// returned; unknown kinds always are.
    pub fn send_raw_update(&self, update: Map<String, Value>) -> i64 {
        self.change(|world| world.push_raw_update(update))
    }

    /// A person changes what they wrote. Returns the id of the update.
    pub fn edit_text(&self, chat: i64, message_id: i64, text: &str) -> i64 {
        self.change(|world| world.edit_received(chat, message_id, text))
    }

    /// The person presses the stop button of a draft. Returns the id of the update; `None` if there is no draft with such
    /// a button to be seen.
    pub fn press_stop(&self, chat: i64, draft_id: i64) -> Option<i64> {
        self.change(|world| world.press_stop(chat, draft_id))
    }

    /// The person blocks the bot, or the group removes it; or takes it back.
    pub fn block(&self, chat: i64, blocked: bool) {
        self.change(|world| world.chat_or_new(chat).closed = blocked);
    }

    /// A group becomes a supergroup with another id; the old one is told to whoever writes to it.
    pub fn migrate(&self, group: i64, supergroup: i64) {
        self.change(|world| {
            let chat = world.chat_or_new(group);
            chat.migrated_to = Some(supergroup);
            let title = chat.title.clone();
            world.chats.insert(supergroup, Chat::new(supergroup, ChatKind::Supergroup, &title));
        });
    }
}

/// A text with the entities that the service finds in it.
pub(super) fn text_fields(text: &str) -> Map<String, Value> {
    let found: Vec<Value> = validate::found_by_service(text).iter().map(Entity::to_json).collect();
    let mut fields = Map::new();
    fields.insert("text".into(), text.into());
    if !found.is_empty() {
        fields.insert("entities".into(), found.into());
    }
    fields
}

impl World {
    /// Puts a person's message into a chat and an update about it into the queue.
    pub(super) fn receive(&mut self, chat_id: i64, from: i64, fields: Map<String, Value>) -> Sent {
        let from = self.user_or_new(from).to_json();
        let chat = self.chat_or_new(chat_id);
        // Whoever writes to a bot has not blocked it.
        chat.closed = false;
        let chat = chat.to_json();
        let message_id = self.take_message_id(chat_id);
        let mut message = Map::new();
        message.insert("message_id".into(), message_id.into());
        message.insert("from".into(), from);
        message.insert("chat".into(), chat);
        message.insert("date".into(), self.unix().into());
        message.extend(fields);
        let message = Value::Object(message);
        self.store(chat_id, message_id, Stored::Received(message.clone()));
        self.duplicates.turn(chat_id);
        Sent { update_id: self.push_update("message", message), message_id }
    }

    pub(super) fn receive_file(
        &mut self,
        chat: i64,
        from: i64,
        attachment: &Attachment,
        album: Option<&str>,
    ) -> Sent {
        let (described, _) = self.files.describe(attachment);
        let mut fields = Map::new();
        fields.insert(attachment.kind.field().into(), described);
        if !attachment.caption.is_empty() {
            fields.insert("caption".into(), attachment.caption.clone().into());
        }
        if let Some(album) = album {
            fields.insert("media_group_id".into(), album.into());
        }
        self.receive(chat, from, fields)
    }

    pub(super) fn receive_album(&mut self, chat: i64, from: i64, attachments: &[Attachment]) -> Vec<i64> {
        let album = format!("{}", 13_000_000_000_000_000 + self.next_album);
        self.next_album += 1;
        attachments
            .iter()
            .map(|attachment| self.receive_file(chat, from, attachment, Some(&album)).update_id)
            .collect()
    }

    fn edit_received(&mut self, chat: i64, message_id: i64, text: &str) -> i64 {
        let date = self.unix();
        let stored = self.chats.get_mut(&chat).and_then(|chat| chat.messages.get_mut(&message_id));
        let Some(Stored::Received(Value::Object(message))) = stored else { return 0 };
        message.remove("entities");
        message.extend(text_fields(text));
        message.insert("edit_date".into(), date.into());
        let message = Value::Object(message.clone());
        self.push_update("edited_message", message)
    }

    pub(super) fn press_stop(&mut self, chat: i64, draft_id: i64) -> Option<i64> {
        let now = self.now();
        let thread = self.drafts.stop(chat, draft_id, now)?;
        let mut stopped = json!({ "chat": self.chat_or_new(chat).to_json(), "draft_id": draft_id });
        if let (Some(thread), Value::Object(stopped)) = (thread, &mut stopped) {
            stopped.insert("message_thread_id".into(), thread.into());
        }
        Some(self.push_update("stopped_message_generation", stopped))
    }
}
