// SPDX-License-Identifier: MIT OR Apache-2.0
//! The channel of `blufio shell`: people at this machine, over the socket.
//!
//! What is posted goes through the inbox like a message of any other channel; an answer waits in the outbox until
//! somebody listens to its conversation.

mod routes;
mod streams;

pub(crate) use routes::{Caller, router};

use async_trait::async_trait;
use blufio_core::channel::{Channel, ChannelError, Delivery, Fetched, FileRef, Inbound, Inbox, Progress};
use blufio_core::ids::{Conversation, QueueId};
use blufio_core::storage::StorageError;
use blufio_core::time::Clock;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use streams::{Shown, Streams};
use tokio::sync::{mpsc, oneshot};

/// How long a listener may take to take a message.
const TAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// The pace of partial answers.
const PROGRESS_PACE: Duration = Duration::from_millis(100);
/// Requests that may wait for the inbox.
const ORDERS: usize = 32;
/// Messages that are being stored at once.
const STORING: usize = 16;

/// The local channel. It is one of the daemon's channels and one of the gateway's rooms.
pub struct LocalChannel {
    clock: Arc<dyn Clock>,
    streams: Arc<Streams>,
    /// The way to the inbox while [`Channel::run`] runs.
    orders: Mutex<Option<mpsc::Sender<Order>>>,
}

/// What the socket's side asks of the inbox.
enum Order {
    Accept { message: Box<Inbound>, reply: oneshot::Sender<Result<usize, StorageError>> },
    Stop(Conversation),
    Arrived(Conversation),
}

impl LocalChannel {
    /// The channel's name.
    pub const NAME: &'static str = "local";

    /// A channel that nobody listens to yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, streams: Arc::default(), orders: Mutex::default() }
    }

    /// Ends every stream after what is in it already.
    pub(crate) fn close(&self) {
        self.streams.close();
    }

    /// The way to the inbox, if messages are accepted now.
    fn inbox(&self) -> Option<mpsc::Sender<Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn conversation(chat: &str) -> Conversation {
        Conversation::new(Self::NAME, chat)
    }

    fn transient(reason: &str) -> ChannelError {
        ChannelError::Transient { channel: Self::NAME.to_owned(), reason: reason.to_owned() }
    }

    fn permanent(reason: &str) -> ChannelError {
        ChannelError::Permanent { channel: Self::NAME.to_owned(), reason: reason.to_owned() }
    }
}

impl fmt::Debug for LocalChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalChannel").field("accepting", &self.inbox().is_some()).finish_non_exhaustive()
    }
}

/// Takes the way to the inbox away again when [`Channel::run`] ends.
struct Running<'a> {
    channel: &'a LocalChannel,
    orders: mpsc::Sender<Order>,
}

impl<'a> Running<'a> {
    fn new(channel: &'a LocalChannel, orders: mpsc::Sender<Order>) -> Self {
        *channel.orders.lock().unwrap_or_else(PoisonError::into_inner) = Some(orders.clone());
        Self { channel, orders }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut orders = self.channel.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if orders.as_ref().is_some_and(|orders| orders.same_channel(&self.orders)) {
            *orders = None;
        }
    }
}

#[async_trait]
impl Channel for LocalChannel {
    fn name(&self) -> &str {
        Self::NAME
    }

    async fn run(&self, inbox: &dyn Inbox) -> Result<(), ChannelError> {
        let (sender, mut orders) = mpsc::channel(ORDERS);
        let _running = Running::new(self, sender);
        // Whoever connected while nothing was accepted is there, too.
        for chat in self.streams.chats() {
            inbox.arrived(&Self::conversation(&chat));
        }
        let mut storing = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(()) = storing.next() => {}
                order = orders.recv(), if storing.len() < STORING => match order {
                    Some(Order::Accept { message, reply }) => storing.push(async move {
                        // Whoever asked may have gone; what was stored is stored.
                        let _ = reply.send(inbox.accept(Self::NAME, vec![*message], None).await);
                    }),
                    Some(Order::Stop(conversation)) => inbox.stop(&conversation),
                    Some(Order::Arrived(conversation)) => inbox.arrived(&conversation),
                    // Cannot be while `_running` holds a sender.
                    None => return Ok(()),
                },
            }
        }
    }

    fn render(&self, _conversation: &Conversation, markdown: &str) -> Vec<Value> {
        if markdown.trim().is_empty() {
            return Vec::new();
        }
        vec![json!({ "text": markdown })]
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<String, ChannelError> {
        let Some(text) = delivery.payload.get("text").and_then(Value::as_str) else {
            return Err(Self::permanent("the stored message has no text"));
        };
        let mut sent = self.streams.message(&delivery.conversation.chat, delivery.id.0, text);
        if sent.listeners.is_empty() {
            return Err(ChannelError::Absent { channel: Self::NAME.to_owned() });
        }
        match tokio::time::timeout(TAKE_TIMEOUT, sent.taken.recv()).await {
            Ok(Some(())) => Ok(delivery.id.to_string()),
            Ok(None) => Err(Self::transient("whoever was connected left before the message was taken")),
            Err(_) => {
                self.streams.disconnect(&delivery.conversation.chat, &sent.listeners);
                Err(Self::transient("whoever was connected did not read; the connection was ended"))
            }
        }
    }

    async fn progress(&self, conversation: &Conversation, _turn: QueueId, progress: Progress<'_>) {
        let shown = match progress {
            Progress::Working => Shown::Working,
            Progress::Partial(text) => Shown::Partial(text.into()),
        };
        self.streams.show(&conversation.chat, shown);
        tokio::time::sleep(PROGRESS_PACE).await;
    }

    async fn fetch(&self, _file: &FileRef, _limit: u64) -> Result<Fetched, ChannelError> {
        Err(Self::permanent("this channel carries no files"))
    }
}

#[cfg(test)]
impl LocalChannel {
    /// Whether messages are accepted now.
    pub(crate) fn inbox_is_open(&self) -> bool {
        self.inbox().is_some()
    }

    /// The conversation of each stream.
    pub(crate) fn listened_to(&self) -> Vec<String> {
        self.streams.listened_to()
    }
}

#[cfg(test)]
mod tests;
