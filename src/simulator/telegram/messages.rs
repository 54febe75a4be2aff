// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messages in chats, and finding what was sent twice.

use super::{Entity, FileKind, Formatted, World, chats::Chat};
use serde::Serialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// Messages that a chat keeps; the oldest go.
const KEPT: usize = 50_000;
/// Different texts of one chat and one turn in which duplicates are looked for.
const WATCHED: usize = 10_000;
/// Duplicates that are remembered.
const DUPLICATES: usize = 10_000;

/// What the bot has sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SentMessage {
    /// Where.
    pub chat: i64,
    /// Its id within the chat.
    pub id: i64,
    /// The topic.
    pub thread: Option<i64>,
    /// The message that it answers.
    pub reply_to: Option<i64>,
    /// The words as they stand now, without markup; the caption of a file.
    pub text: String,
    /// Their entities.
    pub entities: Vec<Entity>,
    /// The words as they were sent first.
    pub original: String,
    /// What it was edited to, in order; the last one is what stands now.
    pub edits: Vec<Edit>,
    /// When it was sent, since the beginning.
    #[serde(serialize_with = "super::seconds")]
    pub at: Duration,
    /// When it was sent, in seconds since 1970.
    pub date: i64,
    /// Whether it was deleted since.
    pub deleted: bool,
    /// Sent without a sound.
    pub silent: bool,
    /// Buttons.
    pub reply_markup: Option<Value>,
    /// How links are previewed.
    pub link_preview_options: Option<Value>,
    /// A photo or document.
    pub file: Option<SentFile>,
}

/// A file that the bot has sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SentFile {
    /// What it was sent as.
    pub kind: FileKind,
    /// Its handle.
    pub file_id: String,
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

/// One edit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edit {
    /// The words, without markup.
    pub text: String,
    /// Their entities.
    pub entities: Vec<Entity>,
    /// When, since the beginning.
    #[serde(serialize_with = "super::seconds")]
    pub at: Duration,
}

/// The same text in the same chat more than once since the person last wrote there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// Where.
    pub chat: i64,
    /// The words.
    pub text: String,
    /// The messages, in order.
    pub ids: Vec<i64>,
}

/// A message of either side.
#[derive(Debug)]
pub(super) enum Stored {
    /// From a person: as the API shows it.
    Received(Value),
    /// From the bot.
    Sent(Box<SentMessage>),
}

/// What the bot wants to say.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) thread: Option<i64>,
    pub(super) reply_to: Option<i64>,
    pub(super) formatted: Formatted,
    pub(super) silent: bool,
    pub(super) reply_markup: Option<Value>,
    pub(super) link_preview_options: Option<Value>,
    pub(super) file: Option<SentFile>,
}

/// Texts of the running turn of each chat.
#[derive(Debug, Default)]
pub(super) struct Duplicates {
    said: BTreeMap<i64, BTreeMap<String, Vec<i64>>>,
    found: Vec<Duplicate>,
}

impl Duplicates {
    /// The person wrote: what comes now is another turn.
    pub(super) fn turn(&mut self, chat: i64) {
        self.said.remove(&chat);
    }

    fn note(&mut self, chat: i64, text: &str, id: i64) {
        let said = self.said.entry(chat).or_default();
        if said.len() >= WATCHED && !said.contains_key(text) {
            return;
        }
        let ids = said.entry(text.to_owned()).or_default();
        ids.push(id);
        let Some(before) = ids.len().checked_sub(2).and_then(|index| ids.get(index)) else { return };
        let same = |found: &&mut Duplicate| found.chat == chat && found.ids.last() == Some(before);
        if let Some(known) = self.found.iter_mut().rev().find(same) {
            known.ids.push(id);
        } else if self.found.len() < DUPLICATES {
            self.found.push(Duplicate { chat, text: text.to_owned(), ids: ids.clone() });
        }
    }

    pub(super) fn found(&self) -> Vec<Duplicate> {
        self.found.clone()
    }
}

impl SentMessage {
    /// As the API shows it.
    pub(super) fn to_json(&self, chat: &Chat, bot: Value) -> Value {
        let mut value =
            json!({ "message_id": self.id, "from": bot, "chat": chat.to_json(), "date": self.date });
        let Value::Object(fields) = &mut value else { return value };
        let mut put = |name: &str, field: Value| {
            fields.insert(name.into(), field);
        };
        if let Some(thread) = self.thread {
            put("message_thread_id", thread.into());
            put("is_topic_message", true.into());
        }
        let entities: Vec<Value> = self.entities.iter().map(Entity::to_json).collect();
        let (text, marks) =
            if self.file.is_some() { ("caption", "caption_entities") } else { ("text", "entities") };
        if !self.text.is_empty() {
            put(text, self.text.clone().into());
        }
        if !entities.is_empty() {
            put(marks, entities.into());
        }
        if let Some(file) = &self.file {
            let base = json!({ "file_id": file.file_id, "file_unique_id": format!("u{}", file.file_id),
                "file_size": file.size });
            put(
                file.kind.field(),
                match (file.kind, base) {
                    (FileKind::Photo, Value::Object(mut base)) => {
                        base.insert("width".into(), 90.into());
                        base.insert("height".into(), 90.into());
                        vec![Value::Object(base)].into()
                    }
                    (_, Value::Object(mut base)) => {
                        base.insert("file_name".into(), file.name.clone().into());
                        Value::Object(base)
                    }
                    (_, base) => base,
                },
            );
        }
        if let Some(edit) = self.edits.last() {
            let after = i64::try_from((edit.at.saturating_sub(self.at)).as_secs()).unwrap_or(0);
            put("edit_date", (self.date + after).into());
        }
        if let Some(options) = &self.link_preview_options {
            put("link_preview_options", options.clone());
        }
        // Only inline keyboards are shown with a message.
        if let Some(markup) =
            self.reply_markup.as_ref().filter(|markup| markup.get("inline_keyboard").is_some())
        {
            put("reply_markup", markup.clone());
        }
        if let Some(Stored::Received(original)) = self.reply_to.and_then(|id| chat.messages.get(&id)) {
            put("reply_to_message", original.clone());
        }
        value
    }
}

impl World {
    /// Puts what the bot says into a chat, and returns it as the API shows it.
    pub(super) fn store_sent(&mut self, chat_id: i64, outgoing: Outgoing) -> Value {
        let id = self.take_message_id(chat_id);
        let message = SentMessage {
            chat: chat_id,
            id,
            thread: outgoing.thread,
            reply_to: outgoing.reply_to,
            original: outgoing.formatted.text.clone(),
            text: outgoing.formatted.text,
            entities: outgoing.formatted.entities,
            edits: Vec::new(),
            at: self.now(),
            date: self.unix(),
            deleted: false,
            silent: outgoing.silent,
            reply_markup: outgoing.reply_markup,
            link_preview_options: outgoing.link_preview_options,
            file: outgoing.file,
        };
        // A file with an empty caption is told by its name.
        let said = match &message.file {
            Some(file) => format!("[{}] {}", file.name, message.text),
            None => message.text.clone(),
        };
        self.duplicates.note(chat_id, &said, id);
        let now = self.now();
        self.drafts.message_sent(chat_id, now);
        let bot = self.bot.to_json();
        let shown = self.chats.get(&chat_id).map(|chat| message.to_json(chat, bot)).unwrap_or_default();
        self.store(chat_id, id, Stored::Sent(Box::new(message)));
        shown
    }

    /// Puts a message into a chat.
    pub(super) fn store(&mut self, chat_id: i64, id: i64, stored: Stored) {
        if let Some(chat) = self.chats.get_mut(&chat_id) {
            chat.messages.insert(id, stored);
            if chat.messages.len() > KEPT {
                chat.messages.pop_first();
            }
        }
    }

    /// What the bot has sent to a chat, in order, with what was deleted.
    pub(super) fn sent(&self, chat: i64) -> impl DoubleEndedIterator<Item = &SentMessage> {
        self.chats.get(&chat).into_iter().flat_map(|chat| chat.messages.values()).filter_map(|stored| {
            match stored {
                Stored::Sent(message) => Some(&**message),
                Stored::Received(_) => None,
            }
        })
    }
}
