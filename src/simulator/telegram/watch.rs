// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seeing what the bot has done, and waiting until it has.

use super::{Duplicate, SentMessage, Telegram};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// What was waited for did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedOut {
    /// What was waited for.
    pub wanted: String,
    /// How long.
    pub after: Duration,
    /// What there was instead.
    pub found: String,
}

impl std::fmt::Display for TimedOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "waited {:?} for {}, but found {}", self.after, self.wanted, self.found)
    }
}

impl std::error::Error for TimedOut {}

impl Telegram {
    /// What stands in a chat from the bot, in order; what was deleted is not there any more.
    pub fn messages(&self, chat: i64) -> Vec<SentMessage> {
        self.look(|world| world.sent(chat).filter(|message| !message.deleted).cloned().collect())
    }

    /// Everything that the bot ever sent to a chat, also what was deleted.
    pub fn all_messages(&self, chat: i64) -> Vec<SentMessage> {
        self.look(|world| world.sent(chat).cloned().collect())
    }

    /// The bot's latest message in a chat, also if it was deleted. Quick, however many there are.
    pub fn last_message(&self, chat: i64) -> Option<SentMessage> {
        self.look(|world| world.sent(chat).next_back().cloned())
    }

    /// How many messages the bot has sent to all chats, also those that were deleted.
    pub fn count_messages(&self) -> usize {
        self.look(|world| world.chats.keys().map(|chat| world.sent(*chat).count()).sum())
    }

    /// Texts that were sent more than once to a chat without the person having written in between.
    pub fn duplicates(&self) -> Vec<Duplicate> {
        self.look(|world| world.duplicates.found())
    }

    /// The commands of the bot for everybody, as it has set them last.
    pub fn commands(&self) -> Vec<Value> {
        self.look(|world| match world.commands.get("default ") {
            Some(Value::Array(commands)) => commands.clone(),
            _ => Vec::new(),
        })
    }

    /// Waits until the bot has at least `count` messages in a chat; returns all that stand there.
    ///
    /// # Errors
    /// It has not within `timeout`.
    ///
    /// # Cancellation
    /// Nothing is lost.
    pub async fn wait_for_messages(
        &self,
        chat: i64,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<SentMessage>, TimedOut> {
        let enough = |telegram: &Telegram| telegram.messages(chat).len() >= count;
        if self.wait_for(timeout, enough).await {
            return Ok(self.messages(chat));
        }
        let found: Vec<String> = self.messages(chat).into_iter().map(|message| message.text).collect();
        Err(TimedOut {
            wanted: format!("{count} messages in chat {chat}"),
            after: timeout,
            found: format!("{}: {found:?}", found.len()),
        })
    }

    /// Waits until `condition` holds; says whether it did within `timeout`. It is looked at anew after every change.
    ///
    /// # Cancellation
    /// Nothing is lost.
    #[must_use = "it says whether the condition held in time"]
    pub async fn wait_for(&self, timeout: Duration, mut condition: impl FnMut(&Telegram) -> bool) -> bool {
        let mut changes = self.changes();
        let deadline = Instant::now() + timeout;
        loop {
            changes.borrow_and_update();
            if condition(self) {
                return true;
            }
            if timeout_at(deadline, changes.changed()).await.is_err() {
                return condition(self);
            }
        }
    }
}
