// SPDX-License-Identifier: MIT OR Apache-2.0
//! The queue of updates: confirmed by the offset of the next call, kept for a day, fetched by one poll at a time.

use super::{Telegram, World, error::ApiError};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// Unconfirmed updates are kept for so long.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// Unconfirmed updates that are kept at most; the oldest go.
const KEPT: usize = 100_000;
/// The longest poll.
const LONGEST_POLL: u64 = 50;
/// After one conflict the next one is told only after this time, so that two bots do not spin.
const CONFLICT_PAUSE: Duration = Duration::from_secs(3);
/// An offset this far beyond the end of the queue is an old one, from before the ids jumped: it confirms nothing.
const FUTURE: i64 = 10;

/// What a bot does not get unless it asks for it by name.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// Every kind of update.
const KINDS: [&str; 26] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "guest_message",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
    "stopped_message_generation",
];

#[derive(Debug)]
struct Update {
    id: i64,
    at: Duration,
    value: Value,
}

/// Updates that the bot has not confirmed.
#[derive(Debug)]
pub(super) struct Queue {
    updates: VecDeque<Update>,
    next_id: i64,
    /// What the bot asked for; `None` is the default.
    allowed: Option<BTreeSet<String>>,
    /// The long poll that may be answered; an older one is in conflict.
    generation: u64,
    next_conflict: Option<Instant>,
}

impl Default for Queue {
    fn default() -> Queue {
        Queue {
            updates: VecDeque::new(),
            next_id: 100_000_001,
            allowed: None,
            generation: 0,
            next_conflict: None,
        }
    }
}

impl Queue {
    /// Takes over which poll is the last one, so that those of an earlier world are in conflict.
    pub(super) fn keep_generation(&mut self, earlier: &Queue) {
        self.generation = earlier.generation + 1;
    }

    fn wants(&self, kind: &str) -> bool {
        match &self.allowed {
            Some(allowed) => allowed.contains(kind) || !KINDS.contains(&kind),
            None => !ON_REQUEST.contains(&kind),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.updates.len()
    }

    pub(super) fn clear(&mut self) {
        self.updates.clear();
    }

    pub(super) fn allowed(&self) -> Option<Vec<String>> {
        self.allowed.as_ref().map(|allowed| allowed.iter().cloned().collect())
    }
}

/// The parameters of `getUpdates`.
#[derive(Clone, Debug)]
pub(super) struct Poll {
    pub(super) offset: i64,
    pub(super) limit: usize,
    pub(super) timeout: Duration,
}

impl Poll {
    /// Brings the numbers into the bounds that the service silently applies.
    pub(super) fn new(offset: Option<i64>, limit: Option<i64>, timeout: Option<i64>) -> Poll {
        let limit = limit.unwrap_or(100).clamp(1, 100);
        let timeout = timeout.unwrap_or(0).max(0).unsigned_abs().min(LONGEST_POLL);
        Poll {
            offset: offset.unwrap_or(0),
            limit: usize::try_from(limit).unwrap_or(100),
            timeout: Duration::from_secs(timeout),
        }
    }
}

impl World {
    /// Queues an update of one kind; its id, or 0 when the bot has not asked for such updates.
    pub(super) fn push_update(&mut self, kind: &str, content: Value) -> i64 {
        let mut update = Map::new();
        update.insert(kind.to_owned(), content);
        self.push_raw_update(update)
    }

    /// Queues an update with any fields. An `update_id` in it is replaced.
    pub(super) fn push_raw_update(&mut self, mut update: Map<String, Value>) -> i64 {
        if update.keys().any(|kind| kind != "update_id" && !self.updates.wants(kind)) {
            return 0;
        }
        let id = self.updates.next_id;
        self.updates.next_id = id.saturating_add(1);
        update.insert("update_id".into(), id.into());
        let at = self.now();
        self.updates.updates.push_back(Update { id, at, value: Value::Object(update) });
        if self.updates.updates.len() > KEPT {
            self.updates.updates.pop_front();
        }
        id
    }

    /// What the bot asks for from now on; `None` leaves it as it was. Unknown names are ignored, as the service does.
    pub(super) fn allow_updates(&mut self, names: Option<Vec<String>>) {
        let Some(names) = names else { return };
        for name in names.iter().filter(|name| !KINDS.contains(&name.as_str())) {
            self.warn("getUpdates", format!("allowed_updates names {name:?}, which is no kind of update"));
        }
        let known: BTreeSet<String> =
            names.into_iter().filter(|name| KINDS.contains(&name.as_str())).collect();
        self.updates.allowed = Some(known).filter(|known| !known.is_empty());
    }

    /// Confirms what the offset confirms, and returns what is there.
    fn fetch(&mut self, poll: &Poll) -> Vec<Value> {
        let now = self.now();
        let queue = &mut self.updates;
        queue.updates.retain(|update| now < update.at + KEPT_FOR);
        if poll.offset < 0 {
            let kept = usize::try_from(poll.offset.unsigned_abs()).unwrap_or(usize::MAX);
            let gone = queue.updates.len().saturating_sub(kept);
            queue.updates.drain(..gone);
        } else if poll.offset > 0 && poll.offset <= queue.next_id.saturating_add(FUTURE) {
            queue.updates.retain(|update| update.id >= poll.offset);
        }
        queue.updates.iter().take(poll.limit).map(|update| update.value.clone()).collect()
    }
}

impl Telegram {
    /// `getUpdates`: waits for the first update, at most for the poll's time. A newer poll that has to wait ends this
    /// one with a conflict.
    pub(super) async fn poll(&self, mut poll: Poll) -> Result<Value, ApiError> {
        let mut changes = self.changes();
        let deadline = Instant::now() + poll.timeout;
        let first = self.look_and_fetch(&poll);
        if !first.is_empty() || poll.timeout.is_zero() {
            return Ok(first.into());
        }
        let generation = self.change(|world| {
            world.updates.generation += 1;
            world.updates.generation
        });
        // The queue has been cut already; a negative offset must not cut it again.
        poll.offset = poll.offset.max(0);
        loop {
            let in_time = tokio::time::timeout_at(deadline, changes.changed()).await.is_ok();
            if self.look(|world| world.updates.generation != generation) {
                return Err(self.conflict().await);
            }
            let updates = self.look_and_fetch(&poll);
            if !updates.is_empty() || !in_time {
                return Ok(updates.into());
            }
        }
    }

    /// Does not wake those who wait: fetching gives nobody anything to see.
    fn look_and_fetch(&self, poll: &Poll) -> Vec<Value> {
        let mut world = self.inner.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = world.updates.len();
        let updates = world.fetch(poll);
        let confirmed = world.updates.len() != before;
        drop(world);
        if confirmed {
            self.change(|_| ());
        }
        updates
    }

    async fn conflict(&self) -> ApiError {
        let now = Instant::now();
        let at_once = self.change(|world| {
            let at_once = world.updates.next_conflict.is_none_or(|next| now >= next);
            if at_once {
                world.updates.next_conflict = Some(now + CONFLICT_PAUSE);
            }
            at_once
        });
        if !at_once {
            tokio::time::sleep(CONFLICT_PAUSE).await;
        }
        ApiError::conflict()
    }

    /// How many updates the bot has not confirmed.
    pub fn pending_updates(&self) -> usize {
        self.look(|world| world.updates.len())
    }

    /// The next update gets this id; the service chooses one at random after a week without updates.
    pub fn next_update_id(&self, id: i64) {
        self.change(|world| world.updates.next_id = id.max(1));
    }
}
