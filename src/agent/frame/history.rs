// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{cut, lighten, repair};
use crate::compaction;
use crate::tokens;
use blufio_core::content::{Block, Message};
use blufio_core::ids::{MessageId, SessionId};
use blufio_core::storage::{Sessions, StorageError, StoredMessage, Transcript};
use blufio_core::time::Timestamp;

/// Pictures and documents of the history beyond this many bytes of base64 are left out: providers take requests of
/// some 32 MB, and the message of the turn needs its room.
const MEDIA: usize = 8 << 20;
/// Most messages behind a summary that are looked at.
const MOST: usize = 2_048;
/// So many are looked at first: most conversations have fewer.
const FIRST: usize = 128;
/// A transcript larger than this is not read further back, bytes.
const HEAVY: usize = 32 << 20;

/// What was said before a turn, ready to be shown: sound, and with words in place of older pictures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    summary: Option<String>,
    summarised_at: Option<Timestamp>,
    /// Whether there is more between the summary and the messages.
    cut_off: bool,
    messages: Vec<Message>,
    /// The first of the messages, as it is stored.
    first: Option<MessageId>,
    /// Tokens of each message, as expected.
    sizes: Vec<u64>,
}

/// The newer part of a transcript.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tail {
    /// The summary, and the messages.
    pub(crate) transcript: Transcript,
    /// Whether there are more messages between the two. Then the first message begins a turn.
    pub(crate) cut_off: bool,
}

/// Reads the transcript of a session, as far back as its summary, within bounds.
///
/// # Errors
/// When it cannot be read.
pub(crate) async fn tail(sessions: &dyn Sessions, session: SessionId) -> Result<Tail, StorageError> {
    let mut limit = FIRST;
    loop {
        let mut transcript = sessions.transcript(session, limit).await?;
        if transcript.messages.len() < limit {
            return Ok(Tail { transcript, cut_off: false });
        }
        if limit >= MOST || weight(&transcript.messages) > HEAVY {
            // There is more. What is shown begins at the same message for many turns.
            let total = sessions.transcript_length(session).await?;
            let surplus = transcript.messages.len().saturating_sub(cut::window(total, limit));
            let first = sessions.oldest(session, 1, 1).await?.messages.first().map(|stored| stored.id);
            let whole = first == transcript.messages.first().map(|stored| stored.id);
            if whole && surplus == 0 {
                return Ok(Tail { transcript, cut_off: false });
            }
            let mut begins = transcript.messages.iter().skip(surplus);
            let half = begins.position(|stored| cut::begins_turn(&stored.message));
            transcript.messages.drain(..surplus.saturating_add(half.unwrap_or(0)));
            return Ok(Tail { transcript, cut_off: true });
        }
        limit = limit.saturating_mul(4).min(MOST);
    }
}

fn weight(messages: &[StoredMessage]) -> usize {
    let blocks = messages.iter().flat_map(|stored| &stored.message.content);
    let sizes = blocks.map(|block| match block {
        Block::Text { text } | Block::Note { text } => text.len(),
        Block::Image { data, .. } | Block::Document { data, .. } => data.len(),
        Block::ToolResult { content, .. } => content.len(),
        _ => 0,
    });
    sizes.sum()
}

impl History {
    /// What was said before, out of what is stored.
    #[must_use]
    pub fn of(transcript: Transcript) -> Self {
        let first = transcript.messages.first().map(|stored| stored.id);
        let messages = transcript.messages.into_iter().map(|stored| stored.message).collect();
        let mut messages = lighten(repair(messages), MEDIA);
        let summary = transcript.summary.map(|summary| compaction::shown(&summary.text));
        let summary = summary.filter(|summary| !summary.trim().is_empty());
        if summary.is_some() && messages.first().is_some_and(super::repair::is_stand_in) {
            // The summary stands there already.
            messages.remove(0);
        }
        let sizes = sizes(&messages);
        Self { summary, summarised_at: transcript.summarised_at, cut_off: false, messages, first, sizes }
    }

    /// Reads what was said before in a session.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn load(sessions: &dyn Sessions, session: SessionId) -> Result<Self, StorageError> {
        let Tail { transcript, cut_off } = tail(sessions, session).await?;
        Ok(Self { cut_off, ..Self::of(transcript) })
    }

    /// When the summary was swapped in. What a provider had cached before began differently.
    #[must_use]
    pub fn summarised_at(&self) -> Option<Timestamp> {
        self.summarised_at
    }

    /// Whether messages between the summary and those that are shown were too many, or too large, to be read.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        self.cut_off
    }

    /// Tokens of the messages behind the summary, as expected.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.sizes.iter().fold(0, |sum, size| sum.saturating_add(*size))
    }

    /// The first of the messages behind the summary, as it is stored.
    #[must_use]
    pub fn first(&self) -> Option<MessageId> {
        self.first
    }

    /// Whether nothing was said before.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.summary.is_none() && self.messages.is_empty()
    }

    /// Whether a summary stands for what was said long ago.
    #[must_use]
    pub fn has_summary(&self) -> bool {
        self.summary.is_some()
    }

    /// The messages behind the summary.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Leaves the older half of the messages out, by their tokens. Says `false` when there is nothing to leave out.
    pub fn halve(&mut self) -> bool {
        // At least a little, where there is anything.
        let half = (self.tokens() / 2).max(1);
        let begin = cut::behind(&self.messages, &self.sizes, half);
        self.messages.drain(..begin);
        self.sizes.drain(..begin);
        begin > 0
    }

    /// What is shown where there are `room` tokens for it and for a turn of `turn` tokens: the summary as the first
    /// words of the person's side, and the messages behind it.
    pub(super) fn within(&self, room: u64, turn: u64) -> Vec<Message> {
        let mut shown = Vec::with_capacity(self.messages.len().saturating_add(2));
        let mut room = room;
        if let Some(summary) = self.summary.as_deref() {
            let summary = Message::user(vec![Block::text(standing_for_the_past(summary))]);
            room = room.saturating_sub(tokens::of_message(&summary).expected);
            shown.push(summary);
        }
        let begin = cut::begin(&self.messages, &self.sizes, room, turn);
        for message in self.messages.iter().skip(begin) {
            super::repair::push(&mut shown, message.clone());
        }
        shown
    }
}

fn sizes(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| tokens::of_message(message).expected).collect()
}

fn standing_for_the_past(summary: &str) -> String {
    format!("[What was said before, in short: {}]", summary.trim())
}
