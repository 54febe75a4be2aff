// SPDX-License-Identifier: MIT OR Apache-2.0
//! Channel adapter for the Telegram Bot API, built on teloxide's payloads and types.
//!
//! Receives by long polling: a poll tells Telegram that everything before it is safe, so it goes out only after the
//! inbox has stored the batch before it together with the cursor. Telegram keeps what is not fetched for a day: an
//! outage longer than that loses messages, and no bot can help it.
//!
//! Sends at least once. A message that Telegram accepted is not sent again by the same process. If the connection
//! breaks, or the time runs out, after a message has left and before Telegram said what became of it, the message is
//! sent once more, and no more than that: a second time without an answer makes it a dead letter. A crash in that
//! moment costs one further repeat. Failures that are known to have done nothing are repeated freely.
//!
//! | room | holds |
//! |---|---|
//! | `api`, `extra`, `failure` | the calls, those that teloxide lacks, and what their failures mean |
//! | `poll`, `backoff`, `update` | receiving: the loop, its waits, one update |
//! | `inbound`, `addressing`, `content` | a message for the agent: whether it is meant for it, its words, its files |
//! | `format` | Markdown to text with entities, split to fit |
//! | `deliver` | sending answers |
//! | `progress`, `streams` | showing unfinished answers, and what is remembered of them |
//! | `file` | fetching files |
//! | `conversation`, `bounded` | chats and topics; maps that forget |
//!
//! ```no_run
//! use blufio_core::{channel::Channel, observe::Observability, secret::SecretString, time::Clock};
//! use blufio_telegram::{BASE_URL, Telegram, TelegramOptions};
//! use std::sync::Arc;
//!
//! # fn example(net: blufio_net::Net, clock: Arc<dyn Clock>, observe: Arc<dyn Observability>)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! let options = TelegramOptions::new(SecretString::new("123456:ABC".into()), BASE_URL.parse()?);
//! let telegram = Telegram::new(net, options, clock, observe)?;
//! assert_eq!(telegram.name(), "telegram");
//! # Ok(()) }
//! ```

mod addressing;
mod api;
mod backoff;
mod bounded;
mod content;
mod conversation;
mod deliver;
mod extra;
mod failure;
mod file;
mod format;
mod inbound;
#[cfg(test)]
mod loopback;
mod poll;
mod progress;
mod streams;
mod update;

use crate::api::Api;
use crate::conversation::Place;
use crate::deliver::Sender;
use crate::poll::Poll;
use crate::progress::Shower;
use crate::streams::Streams;
use async_trait::async_trait;
use blufio_core::channel::{Channel, ChannelError, Delivery, Fetched, FileRef, Inbox, Progress};
use blufio_core::ids::{Conversation, QueueId};
use blufio_core::observe::Observability;
use blufio_core::secret::SecretString;
use blufio_core::time::Clock;
use blufio_net::{Net, NetError};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The channel's name.
pub(crate) const NAME: &str = "telegram";
/// Telegram's own server.
pub const BASE_URL: &str = "https://api.telegram.org/";

/// How the channel behaves.
#[derive(Clone, Debug)]
pub struct TelegramOptions {
    /// The bot's token, as @BotFather gave it.
    pub token: SecretString,
    /// The Bot API server.
    pub base_url: Url,
    /// Whether answers are shown while they are written.
    pub streaming: bool,
    /// Least time between two states of an unfinished answer in a group. Telegram counts each as a message.
    pub edit_interval: Duration,
    /// How long one poll waits for messages; whole seconds.
    pub poll_timeout: Duration,
}

impl TelegramOptions {
    /// What suits Telegram's own server: streaming, an edit each four seconds, polls of fifty seconds. A bot may send
    /// a group twenty messages a minute, edits among them: an answer that grows for a minute takes up to seventeen.
    #[must_use]
    pub fn new(token: SecretString, base_url: Url) -> Self {
        Self {
            token,
            base_url,
            streaming: true,
            edit_interval: Duration::from_secs(4),
            poll_timeout: Duration::from_secs(50),
        }
    }
}

/// Why the channel cannot be set up. Trying again does not help.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The token cannot be one.
    #[error(
        "the Telegram bot token does not look like one (123456789:AA…); copy it again from @BotFather and store it with \
         `blufio config set-secret`"
    )]
    Token,
    /// The server may not be spoken to.
    #[error("telegram.base_url: {0}")]
    Address(#[from] NetError),
    /// The server's address cannot carry a path, or carries what it must not.
    #[error("telegram.base_url: {0} cannot be followed by a path; write it like https://api.telegram.org")]
    Base(String),
}

/// The channel.
pub struct Telegram {
    api: Arc<Api>,
    net: Net,
    streams: Arc<Streams>,
    shower: Shower,
    sender: Sender,
    poll_timeout: Duration,
    token_waits: [Duration; 2],
    clock: Arc<dyn Clock>,
    observe: Arc<dyn Observability>,
}

impl Telegram {
    /// Sets the channel up. Nothing is sent yet. The token is made known to the redactor of `net`.
    ///
    /// # Errors
    /// When the token or the address cannot be right.
    pub fn new(
        net: Net,
        options: TelegramOptions,
        clock: Arc<dyn Clock>,
        observe: Arc<dyn Observability>,
    ) -> Result<Self, SetupError> {
        let TelegramOptions { token, mut base_url, streaming, edit_interval, poll_timeout } = options;
        if !is_token(token.expose()) {
            return Err(SetupError::Token);
        }
        net.check(&base_url)?;
        if base_url.query().is_some() || base_url.fragment().is_some() {
            return Err(SetupError::Base(base_url.host_str().unwrap_or_default().to_owned()));
        }
        match base_url.path_segments_mut() {
            Ok(mut segments) => segments.pop_if_empty(),
            Err(()) => return Err(SetupError::Base("it".into())),
        };
        net.redactor().add(&token);
        let api = Arc::new(Api::new(net.clone(), base_url, token));
        let streams = Arc::new(Streams::new());
        let shower =
            Shower { api: Arc::clone(&api), streams: Arc::clone(&streams), streaming, edit_interval };
        let (sender, token_waits) = (Sender::new(), backoff::TOKEN_WAITS);
        Ok(Self { api, net, streams, shower, sender, poll_timeout, token_waits, clock, observe })
    }
}

/// Digits, a colon, and characters that are safe in a path.
fn is_token(token: &str) -> bool {
    token.split_once(':').is_some_and(|(id, key)| {
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !id.is_empty() && id.chars().all(|c| c.is_ascii_digit()) && !key.is_empty() && key.chars().all(safe)
    })
}

#[async_trait]
impl Channel for Telegram {
    fn name(&self) -> &str {
        NAME
    }

    async fn run(&self, inbox: &dyn Inbox) -> Result<(), ChannelError> {
        let poll = Poll {
            api: &self.api,
            streams: &self.streams,
            inbox,
            clock: self.clock.as_ref(),
            observe: self.observe.as_ref(),
            timeout: self.poll_timeout,
            token_waits: &self.token_waits,
        };
        poll.run().await
    }

    fn render(&self, _conversation: &Conversation, markdown: &str) -> Vec<Value> {
        let parts = format::format(markdown).into_iter();
        // Texts, numbers and names: there is nothing in a part that could not be written as JSON. Should teloxide ever
        // change that, the words go without their looks.
        parts
            .map(|part| {
                serde_json::to_value(&part).unwrap_or_else(|_| serde_json::json!({ "text": part.text }))
            })
            .collect()
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<String, ChannelError> {
        self.sender.deliver(&self.api, &self.streams, delivery).await
    }

    async fn progress(&self, conversation: &Conversation, turn: QueueId, progress: Progress<'_>) {
        match Place::of(conversation) {
            Ok(place) => self.shower.show(place, turn, progress).await,
            Err(error) => tracing::warn!(%error, "an unfinished answer cannot be shown"),
        }
    }

    async fn fetch(&self, file: &FileRef, limit: u64) -> Result<Fetched, ChannelError> {
        file::fetch(&self.api, &self.net, file, limit).await
    }
}
