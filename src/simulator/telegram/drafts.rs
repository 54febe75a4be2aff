// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is shown while a bot is at work, and goes by itself: drafts and chat actions.

use super::{Entity, Formatted, Telegram, World};
use serde::Serialize;
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// How long a draft is shown after it was last refreshed.
const DRAFT_LIFE: Duration = Duration::from_secs(30);
/// Drafts that are remembered of one chat.
const DRAFTS: usize = 500;
/// States that are remembered of one draft.
const STATES: usize = 1_000;
/// Actions that are remembered.
const ACTIONS: usize = 50_000;

/// A partial message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Draft {
    /// Where.
    pub chat: i64,
    /// Its id.
    pub draft_id: i64,
    /// The topic.
    pub thread: Option<i64>,
    /// Whether it shows a stop button now.
    pub can_stop: bool,
    /// Whether it stays when the button is pressed.
    pub keep_on_stop: bool,
    /// What it has shown, in order.
    pub history: Vec<DraftState>,
    /// When the person pressed stop, since the beginning.
    #[serde(serialize_with = "super::maybe_seconds")]
    pub stopped: Option<Duration>,
    /// How often the bot has refreshed it after that.
    pub after_stop: usize,
    /// When it went because a message or another draft took its place.
    #[serde(serialize_with = "super::maybe_seconds")]
    pub replaced: Option<Duration>,
    /// Whether it can be seen now.
    pub visible: bool,
}

/// What a draft showed from one instant on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DraftState {
    /// The words, without markup; empty for "Thinking…".
    pub text: String,
    /// Their entities.
    pub entities: Vec<Entity>,
    /// When, since the beginning.
    #[serde(serialize_with = "super::seconds")]
    pub at: Duration,
    /// The draft had gone before, because it was not refreshed in time.
    pub lapsed: bool,
}

/// "typing…"
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChatAction {
    /// Where.
    pub chat: i64,
    /// The topic.
    pub thread: Option<i64>,
    /// What was announced.
    pub action: String,
    /// When, since the beginning.
    #[serde(serialize_with = "super::seconds")]
    pub at: Duration,
}

impl Draft {
    fn is_visible(&self, now: Duration) -> bool {
        let stopped = self.stopped.is_some() && !self.keep_on_stop;
        self.replaced.is_none()
            && !stopped
            && self.history.last().is_some_and(|state| now < state.at + DRAFT_LIFE)
    }
}

/// All drafts and actions.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    drafts: BTreeMap<i64, VecDeque<Draft>>,
    actions: VecDeque<ChatAction>,
}

/// One call of `sendMessageDraft`.
#[derive(Debug)]
pub(super) struct NewDraft {
    pub(super) chat: i64,
    pub(super) draft_id: i64,
    pub(super) thread: Option<i64>,
    pub(super) can_stop: bool,
    pub(super) keep_on_stop: bool,
    pub(super) formatted: Formatted,
}

impl Drafts {
    /// Shows a draft, or what has become of it.
    pub(super) fn show(&mut self, new: NewDraft, now: Duration) {
        let Formatted { text, entities } = new.formatted;
        let drafts = self.drafts.entry(new.chat).or_default();
        let same = |draft: &&mut Draft| draft.thread == new.thread && draft.draft_id == new.draft_id;
        let mut state = DraftState { text, entities, at: now, lapsed: false };
        if let Some(draft) = drafts.iter_mut().rev().find(same) {
            state.lapsed = !draft.is_visible(now);
            draft.after_stop += usize::from(draft.stopped.is_some());
            draft.can_stop = new.can_stop;
            draft.keep_on_stop = new.keep_on_stop;
            draft.replaced = None;
            if draft.history.len() < STATES {
                draft.history.push(state);
            } else if let Some(last) = draft.history.last_mut() {
                *last = state;
            }
        } else {
            if drafts.len() == DRAFTS {
                drafts.pop_front();
            }
            drafts.push_back(Draft {
                chat: new.chat,
                draft_id: new.draft_id,
                thread: new.thread,
                can_stop: new.can_stop,
                keep_on_stop: new.keep_on_stop,
                history: vec![state],
                stopped: None,
                after_stop: 0,
                replaced: None,
                visible: true,
            });
        }
        self.replace(new.chat, now, |draft| draft.thread == new.thread && draft.draft_id != new.draft_id);
    }

    /// A message takes the place of every draft in its chat.
    pub(super) fn message_sent(&mut self, chat: i64, now: Duration) {
        self.replace(chat, now, |_| true);
    }

    fn replace(&mut self, chat: i64, now: Duration, which: impl Fn(&Draft) -> bool) {
        let drafts = self.drafts.get_mut(&chat).into_iter().flatten();
        for draft in drafts.filter(|draft| draft.is_visible(now) && which(draft)) {
            draft.replaced = Some(now);
        }
    }

    /// The person presses stop; the topic of the draft, if it can be stopped.
    pub(super) fn stop(&mut self, chat: i64, draft_id: i64, now: Duration) -> Option<Option<i64>> {
        let drafts = self.drafts.get_mut(&chat)?;
        let draft = drafts
            .iter_mut()
            .rev()
            .find(|draft| draft.draft_id == draft_id && draft.can_stop && draft.is_visible(now))?;
        draft.stopped = Some(now);
        Some(draft.thread)
    }

    pub(super) fn act(&mut self, action: ChatAction) {
        if self.actions.len() == ACTIONS {
            self.actions.pop_front();
        }
        self.actions.push_back(action);
    }
}

impl World {
    pub(super) fn drafts(&self, chat: i64) -> Vec<Draft> {
        let now = self.now();
        let seen = |draft: &Draft| Draft { visible: draft.is_visible(now), ..draft.clone() };
        self.drafts.drafts.get(&chat).into_iter().flatten().map(seen).collect()
    }
}

impl Telegram {
    /// The drafts of a chat, in the order in which they appeared, also those that have gone.
    pub fn drafts(&self, chat: i64) -> Vec<Draft> {
        self.look(|world| world.drafts(chat))
    }

    /// What was announced in a chat, in order.
    pub fn actions(&self, chat: i64) -> Vec<ChatAction> {
        self.look(|world| world.drafts.actions.iter().filter(|action| action.chat == chat).cloned().collect())
    }
}
