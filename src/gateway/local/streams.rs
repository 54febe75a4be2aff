// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who listens to which conversation, and what is said to them.

use crate::wire::StreamEvent;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};

/// Most streams of one conversation.
pub(super) const MAX_PER_CHAT: usize = 8;
/// Most streams in all. Fewer than connections at the socket, so that an operator can always ask.
pub(super) const MAX_STREAMS: usize = 32;
/// Messages that may wait in one stream.
const QUEUED: usize = 8;

/// What can be seen of a running turn. Only the latest is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    Working,
    Partial(Arc<str>),
}

/// A message on its way into a stream.
struct Line {
    bytes: Bytes,
    taken: mpsc::Sender<()>,
}

/// A message that was put into streams.
pub(super) struct Sent {
    /// The streams that it was put into.
    pub(super) listeners: Vec<u64>,
    /// Gives `()` when one of them has written it, `None` when all of them are gone.
    pub(super) taken: mpsc::Receiver<()>,
}

/// All streams.
#[derive(Default)]
pub(super) struct Streams {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    chats: HashMap<String, Chat>,
    next_listener: u64,
    closed: bool,
}

struct Chat {
    shown: watch::Sender<Shown>,
    listeners: HashMap<u64, mpsc::Sender<Line>>,
}

/// Takes a listener out again when its stream is dropped.
struct Place {
    streams: Arc<Streams>,
    chat: String,
    listener: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.streams.disconnect(&self.chat, &[self.listener]);
    }
}

impl Streams {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The conversations that somebody listens to.
    pub(super) fn chats(&self) -> Vec<String> {
        self.lock().chats.keys().cloned().collect()
    }

    /// The conversation of each stream.
    #[cfg(test)]
    pub(super) fn listened_to(&self) -> Vec<String> {
        let state = self.lock();
        let each = state.chats.iter().flat_map(|(name, chat)| chat.listeners.keys().map(|_| name.clone()));
        each.collect()
    }

    /// A new stream of events, one JSON object a line. `None`: there are too many, or all are closing.
    pub(super) fn listen(
        self: &Arc<Self>,
        chat: &str,
    ) -> Option<impl Stream<Item = Result<Bytes, Infallible>> + Send + use<>> {
        let mut state = self.lock();
        let all: usize = state.chats.values().map(|chat| chat.listeners.len()).sum();
        let here = state.chats.get(chat).map_or(0, |chat| chat.listeners.len());
        if state.closed || all >= MAX_STREAMS || here >= MAX_PER_CHAT {
            return None;
        }
        let listener = state.next_listener;
        state.next_listener = listener.wrapping_add(1);
        let (sender, lines) = mpsc::channel(QUEUED);
        let entry = state
            .chats
            .entry(chat.to_owned())
            .or_insert_with(|| Chat { shown: watch::Sender::new(Shown::Nothing), listeners: HashMap::new() });
        entry.listeners.insert(listener, sender);
        let mut shown = entry.shown.subscribe();
        // Whoever comes in the middle of a turn sees at once where it stands.
        shown.mark_changed();
        drop(state);
        let place = Place { streams: Arc::clone(self), chat: chat.to_owned(), listener };
        Some(stream::unfold(Listening { lines, shown, written: None, _place: place }, Listening::next))
    }

    /// Puts a message into every stream of the conversation. A stream that is full is ended: its reader is stuck, and
    /// must not miss a message unnoticed.
    pub(super) fn message(&self, chat: &str, id: i64, text: &str) -> Sent {
        let bytes = line(&StreamEvent::Message { id, text: text.to_owned() });
        let (taken, receiver) = mpsc::channel(1);
        let mut listeners = Vec::new();
        let mut state = self.lock();
        if let Some(entry) = state.chats.get_mut(chat) {
            entry.shown.send_replace(Shown::Nothing);
            entry.listeners.retain(|listener, lines| {
                let kept = lines.try_send(Line { bytes: bytes.clone(), taken: taken.clone() }).is_ok();
                if kept {
                    listeners.push(*listener);
                }
                kept
            });
        }
        Sent { listeners, taken: receiver }
    }

    /// Shows the conversation's listeners what its turn is doing.
    pub(super) fn show(&self, chat: &str, shown: Shown) {
        if let Some(chat) = self.lock().chats.get(chat) {
            chat.shown.send_replace(shown);
        }
    }

    /// Ends these streams, after what is in them already.
    pub(super) fn disconnect(&self, chat: &str, listeners: &[u64]) {
        let mut state = self.lock();
        if let Some(entry) = state.chats.get_mut(chat) {
            listeners.iter().for_each(|listener| {
                entry.listeners.remove(listener);
            });
            if entry.listeners.is_empty() {
                state.chats.remove(chat);
            }
        }
    }

    /// Ends all streams, and lets no new one begin.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.chats.clear();
    }
}

/// One stream, as its connection polls it.
struct Listening {
    lines: mpsc::Receiver<Line>,
    shown: watch::Receiver<Shown>,
    /// Of the message that was given to the connection last.
    written: Option<mpsc::Sender<()>>,
    _place: Place,
}

impl Listening {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if let Some(taken) = self.written.take() {
            // The connection asks for more before it writes what it has, and writes when there is nothing more yet.
            // Had that failed, it would not ask again.
            tokio::task::yield_now().await;
            // Full when another stream of the conversation was quicker.
            let _ = taken.try_send(());
        }
        loop {
            tokio::select! {
                biased;
                message = self.lines.recv() => {
                    let Line { bytes, taken } = message?;
                    self.written = Some(taken);
                    return Some((Ok(bytes), self));
                }
                Ok(()) = self.shown.changed() => {
                    let shown = self.shown.borrow_and_update().clone();
                    let event = match shown {
                        Shown::Nothing => continue,
                        Shown::Working => StreamEvent::Working,
                        Shown::Partial(text) => StreamEvent::Partial { text: text.to_string() },
                    };
                    return Some((Ok(line(&event)), self));
                }
            }
        }
    }
}

fn line(event: &StreamEvent) -> Bytes {
    // Strings and a number always have a JSON form.
    let mut text = serde_json::to_vec(event).unwrap_or_default();
    text.push(b'\n');
    text.into()
}
