// SPDX-License-Identifier: MIT OR Apache-2.0
//! Conversations in Telegram's terms, and back.

use crate::NAME;
use blufio_core::channel::ChannelError;
use blufio_core::ids::Conversation;
use teloxide::types::{ChatId, MessageId, ThreadId};

/// A chat, and a topic in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) chat: ChatId,
    pub(crate) thread: Option<ThreadId>,
}

impl Place {
    /// Reads a conversation that this channel made.
    pub(crate) fn of(conversation: &Conversation) -> Result<Self, ChannelError> {
        let unknown = || ChannelError::Permanent {
            channel: NAME.to_owned(),
            reason: format!("{conversation} is no Telegram chat; chats and topics are numbers"),
        };
        let chat = ChatId(conversation.chat.parse().map_err(|_| unknown())?);
        let thread = match conversation.thread.as_str() {
            "" => None,
            thread => Some(ThreadId(MessageId(thread.parse().map_err(|_| unknown())?))),
        };
        Ok(Self { chat, thread })
    }

    pub(crate) fn conversation(self) -> Conversation {
        Conversation {
            channel: NAME.to_owned(),
            chat: self.chat.to_string(),
            thread: self.thread.map(|thread| thread.0.0.to_string()).unwrap_or_default(),
        }
    }

    /// Ids of people are positive, those of groups and channels negative.
    pub(crate) fn is_private(self) -> bool {
        self.chat.0 > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_conversations_say_the_same() {
        let place = Place { chat: ChatId(-100_123), thread: Some(ThreadId(MessageId(7))) };
        assert_eq!(place.conversation().to_string(), "telegram:-100123/7");
        assert_eq!(Place::of(&place.conversation()).unwrap(), place);
        assert!(!place.is_private());
        assert!(Place::of(&Conversation::new("telegram", "42")).unwrap().is_private());
    }

    #[test]
    fn a_conversation_of_another_kind_is_refused() {
        assert!(matches!(
            Place::of(&Conversation::new("telegram", "ada")),
            Err(ChannelError::Permanent { .. })
        ));
    }
}
