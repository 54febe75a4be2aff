// SPDX-License-Identifier: MIT OR Apache-2.0
//! Identifiers. Each is the row id of its table, and a type of its own so that they cannot be mixed up.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

row_id!(
    /// A row of the inbound queue. Also names the turn that answers it.
    QueueId
);
row_id!(
    /// A row of the outbox: one message on its way to a channel.
    OutboxId
);
row_id!(
    /// Room in the budget that a running call has taken.
    ReservationId
);
row_id!(
    /// A message of a transcript.
    MessageId
);
row_id!(
    /// A reminder or an open task.
    JobId
);
row_id!(
    /// Words that wait for the next answer.
    NoticeId
);
row_id!(
    /// A lasting memory.
    MemoryId
);
row_id!(
    /// Past words, as they are found again.
    PassageId
);
row_id!(
    /// A session: the stretch of a conversation between two `/new`.
    SessionId
);

/// Where a conversation takes place: one chat (and one topic of it) on one channel.
///
/// Turns of one conversation run one after the other; turns of different conversations run side by side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Conversation {
    /// Name of the channel, as [`crate::channel::Channel::name`] gives it.
    pub channel: String,
    /// The chat in the channel's own terms (for Telegram the chat id in decimal).
    pub chat: String,
    /// A topic within the chat, where the channel has them. Empty where it has none.
    pub thread: String,
}

impl Conversation {
    /// A conversation without topics.
    pub fn new(channel: impl Into<String>, chat: impl Into<String>) -> Self {
        Self { channel: channel.into(), chat: chat.into(), thread: String::new() }
    }
}

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.channel, self.chat)?;
        if !self.thread.is_empty() {
            write!(f, "/{}", self.thread)?;
        }
        Ok(())
    }
}
