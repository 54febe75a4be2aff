// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is remembered of answers that are being shown while they are written. In memory only: after a restart an
//! answer is shown and sent anew.

use crate::bounded::Bounded;
use crate::conversation::Place;
use crate::format::Part;
use blufio_core::ids::{OutboxId, QueueId};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use teloxide::types::{ChatId, MessageId};
use tokio::time::Instant;

/// More turns than can run at once. A forgotten one would only be shown as a message of its own.
const TURNS: usize = 512;
const CHATS: usize = 4096;

/// One turn, as its chat sees it. Whoever talks to Telegram about it holds its lock until Telegram has answered, so
/// that nothing late can fall behind the answer.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// In a group: the message that grows.
    pub(crate) message: Option<MessageId>,
    /// The answer that took that message over.
    pub(crate) taken_by: Option<OutboxId>,
    /// The answer is on its way; nothing more is shown.
    pub(crate) over: bool,
    /// Showing failed; only "typing" is shown.
    pub(crate) mute: bool,
    /// Telegram did not like the entities.
    pub(crate) plain: bool,
    pub(crate) shown: Option<Part>,
    pub(crate) shown_at: Option<Instant>,
    /// When there was something to show for the first time.
    pub(crate) begun_at: Option<Instant>,
    pub(crate) typed_at: Option<Instant>,
}

/// The draft of a turn, shown or still to be shown.
#[derive(Clone, Copy, Debug)]
struct Draft {
    id: i64,
    /// The answer is on its way: there is nothing left to stop.
    over: bool,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Streams(Mutex<Memory>);

#[derive(Debug)]
struct Memory {
    turns: Bounded<QueueId, Arc<tokio::sync::Mutex<Stream>>>,
    /// Chats in which Telegram asked to wait, and until when.
    quiet: Bounded<ChatId, Instant>,
    /// What may be stopped in a place: the draft of the turn that was last heard of there.
    drafts: Bounded<Place, Draft>,
    /// Chats that take no drafts.
    without_drafts: Bounded<ChatId, ()>,
    /// The server knows no drafts.
    no_drafts: bool,
}

impl Streams {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Memory {
            turns: Bounded::new(TURNS),
            quiet: Bounded::new(CHATS),
            drafts: Bounded::new(CHATS),
            without_drafts: Bounded::new(CHATS),
            no_drafts: false,
        }))
    }

    /// Every change is a single step, so a panic elsewhere leaves nothing half done.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn's stream, made if there is none.
    pub(crate) fn of(&self, turn: QueueId) -> Arc<tokio::sync::Mutex<Stream>> {
        Arc::clone(self.memory().turns.entry(&turn, Arc::default))
    }

    /// The answer of the turn is on its way: its draft can no longer be stopped. Its stream, if it was shown.
    pub(crate) fn finish(&self, place: Place, turn: QueueId) -> Option<Arc<tokio::sync::Mutex<Stream>>> {
        let mut memory = self.memory();
        let id = draft_id(turn);
        if memory.drafts.get(&place).is_some_and(|draft| draft.id == id) {
            memory.drafts.insert(&place, Draft { id, over: true });
        }
        memory.turns.get(&turn).map(Arc::clone)
    }

    /// The turn runs in this place: a stop of an earlier turn's draft is not meant for it, however long the earlier
    /// answer waits to be sent.
    pub(crate) fn runs(&self, place: Place, turn: QueueId) {
        let id = draft_id(turn);
        let mut memory = self.memory();
        // A turn whose answer is on its way does not begin again by being shown late.
        if memory.drafts.get(&place).is_none_or(|draft| draft.id != id) {
            memory.drafts.insert(&place, Draft { id, over: false });
        }
    }

    /// Whether a stop is known to come too late. After a restart nothing is known, and every stop counts.
    pub(crate) fn is_stale(&self, place: Place, draft: i64) -> bool {
        self.memory().drafts.get(&place).is_some_and(|current| current.over || current.id != draft)
    }

    pub(crate) fn drafts_refused(&self, chat: ChatId) {
        self.memory().without_drafts.insert(&chat, ());
    }

    pub(crate) fn drafts_unknown(&self) {
        self.memory().no_drafts = true;
    }

    pub(crate) fn takes_drafts(&self, chat: ChatId) -> bool {
        let memory = self.memory();
        !memory.no_drafts && memory.without_drafts.get(&chat).is_none()
    }

    /// Telegram asked to wait in this chat.
    pub(crate) fn hush(&self, chat: ChatId, wait: Duration) {
        let now = Instant::now();
        // A wait that cannot be expressed is longer than any process lives.
        let until = now.checked_add(wait).unwrap_or(now + Duration::from_secs(86_400));
        self.memory().quiet.insert(&chat, until);
    }

    /// How long nothing may be shown in this chat.
    pub(crate) fn quiet(&self, chat: ChatId) -> Option<Duration> {
        let mut memory = self.memory();
        let until = *memory.quiet.get(&chat)?;
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            memory.quiet.remove(&chat);
            return None;
        }
        Some(left)
    }
}

/// The draft of a turn: positive, and within 31 bits, which every client can hold.
pub(crate) fn draft_id(turn: QueueId) -> i64 {
    match turn.0.rem_euclid(i64::from(i32::MAX)) {
        0 => i64::from(i32::MAX),
        id => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { chat: ChatId(7), thread: None }
    }

    #[test]
    fn draft_ids_are_never_zero() {
        for turn in [0, 1, -1, i64::MAX, i64::MIN, i64::from(i32::MAX)] {
            assert!((1..=i64::from(i32::MAX)).contains(&draft_id(QueueId(turn))), "{turn}");
        }
    }

    #[test]
    fn only_the_draft_that_is_being_written_can_be_stopped() {
        let streams = Streams::new();
        assert!(!streams.is_stale(place(), 5), "after a restart nothing is known");
        streams.runs(place(), QueueId(5));
        assert!(!streams.is_stale(place(), 5));
        assert!(streams.is_stale(place(), 4));
        streams.finish(place(), QueueId(5));
        assert!(streams.is_stale(place(), 5), "its answer is out; the next turn must go on");
        streams.runs(place(), QueueId(5));
        assert!(streams.is_stale(place(), 5), "what is shown late does not bring it back");
    }

    #[test]
    fn the_draft_of_an_answer_that_waits_to_be_sent_cannot_stop_the_next_turn() {
        let streams = Streams::new();
        let elsewhere = Place { chat: ChatId(8), thread: None };
        streams.runs(place(), QueueId(5));
        streams.runs(elsewhere, QueueId(4));
        streams.runs(place(), QueueId(6));
        streams.finish(place(), QueueId(5));
        assert!(streams.is_stale(place(), 5));
        assert!(!streams.is_stale(place(), 6));
        assert!(!streams.is_stale(elsewhere, 4));
    }

    #[tokio::test(start_paused = true)]
    async fn a_chat_is_quiet_until_the_wait_is_over() {
        let streams = Streams::new();
        streams.hush(ChatId(7), Duration::from_secs(20));
        tokio::time::advance(Duration::from_secs(19)).await;
        assert_eq!(streams.quiet(ChatId(7)), Some(Duration::from_secs(1)));
        assert_eq!(streams.quiet(ChatId(8)), None);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(streams.quiet(ChatId(7)), None);
    }
}
