// SPDX-License-Identifier: MIT OR Apache-2.0
//! People and chats.

use super::{World, error::ApiError, messages::Stored};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a chat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatKind {
    /// One person and the bot.
    Private,
    /// A small group.
    Group,
    /// A large group, which may have topics.
    Supergroup,
}

/// A person.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: i64,
    pub(super) name: String,
}

impl User {
    pub(super) fn to_json(&self) -> Value {
        json!({ "id": self.id, "is_bot": false, "first_name": self.name, "language_code": "en" })
    }
}

/// A chat, as the service keeps it.
#[derive(Debug)]
pub(super) struct Chat {
    pub(super) id: i64,
    pub(super) kind: ChatKind,
    /// Title, or the person's name.
    pub(super) title: String,
    pub(super) topics: BTreeSet<i64>,
    /// The person has blocked the bot, or the group has removed it.
    pub(super) closed: bool,
    /// The supergroup that this group has become.
    pub(super) migrated_to: Option<i64>,
    /// Supergroups count their messages themselves.
    pub(super) next_message_id: i64,
    pub(super) messages: BTreeMap<i64, Stored>,
}

impl Chat {
    pub(super) fn new(id: i64, kind: ChatKind, title: &str) -> Chat {
        Chat {
            id,
            kind,
            title: title.into(),
            topics: BTreeSet::new(),
            closed: false,
            migrated_to: None,
            next_message_id: 1,
            messages: BTreeMap::new(),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        match self.kind {
            ChatKind::Private => json!({ "id": self.id, "type": "private", "first_name": self.title }),
            ChatKind::Group => json!({ "id": self.id, "type": "group", "title": self.title }),
            ChatKind::Supergroup if self.topics.is_empty() => {
                json!({ "id": self.id, "type": "supergroup", "title": self.title })
            }
            ChatKind::Supergroup => {
                json!({ "id": self.id, "type": "supergroup", "title": self.title, "is_forum": true })
            }
        }
    }
}

impl World {
    /// The chat, made if there is none: of what kind, its id says.
    pub(super) fn chat_or_new(&mut self, id: i64) -> &mut Chat {
        let name = self.users.get(&id).map(|user| user.name.clone());
        self.chats.entry(id).or_insert_with(|| {
            let kind = match id {
                1.. => ChatKind::Private,
                -999_999_999_999..=0 => ChatKind::Group,
                _ => ChatKind::Supergroup,
            };
            Chat::new(id, kind, &name.unwrap_or_else(|| format!("Chat {id}")))
        })
    }

    /// The person, made if there is none.
    pub(super) fn user_or_new(&mut self, id: i64) -> &mut User {
        self.users.entry(id).or_insert_with(|| User { id, name: format!("User {id}") })
    }

    /// A chat that the bot may write to, from the parameter `chat_id`.
    pub(super) fn writable_chat(&self, chat_id: &str) -> Result<&Chat, ApiError> {
        if chat_id.is_empty() {
            return Err(ApiError::bad("chat_id is empty"));
        }
        let chat = chat_id.parse().ok().and_then(|id: i64| self.chats.get(&id));
        let chat = chat.ok_or_else(|| ApiError::bad("chat not found"))?;
        if let Some(migrated) = chat.migrated_to {
            return Err(ApiError {
                migrate_to_chat_id: Some(migrated),
                ..ApiError::bad("group chat was upgraded to a supergroup chat")
            });
        }
        if chat.closed {
            return Err(ApiError::forbidden(match chat.kind {
                ChatKind::Private => "bot was blocked by the user",
                ChatKind::Group => "bot was kicked from the group chat",
                ChatKind::Supergroup => "bot was kicked from the supergroup chat",
            }));
        }
        Ok(chat)
    }

    /// The topic that a message goes to; nothing in chats without topics, which ignore it.
    pub(super) fn topic(chat: &Chat, thread: Option<i64>) -> Result<Option<i64>, ApiError> {
        match thread {
            None | Some(0) => Ok(None),
            Some(thread) if chat.topics.contains(&thread) => Ok(Some(thread)),
            Some(_) if chat.kind == ChatKind::Private || !chat.topics.is_empty() => {
                Err(ApiError::bad("message thread not found"))
            }
            Some(_) => Ok(None),
        }
    }

    /// The id of the next message in a chat.
    pub(super) fn take_message_id(&mut self, chat: i64) -> i64 {
        let counter = match self.chats.get_mut(&chat) {
            Some(chat) if chat.kind == ChatKind::Supergroup => &mut chat.next_message_id,
            _ => &mut self.next_message_id,
        };
        let id = *counter;
        *counter += 1;
        id
    }
}
