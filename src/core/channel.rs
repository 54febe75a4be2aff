// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `Channel` trait: how people reach the agent, and how its answers reach them.

use crate::ids::{Conversation, OutboxId, QueueId};
use crate::storage::StorageError;
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Stable id within the channel. What people are paired by.
    pub id: String,
    /// For people to read; may change, may be anything. Never trusted.
    pub name: String,
}

/// What a file is, as far as the agent treats it differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A picture to look at.
    Photo,
    /// Anything else that was attached.
    Document,
    /// Speech, to be transcribed.
    Voice,
}

/// A file that lies with the channel. It is fetched when its turn runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRef {
    /// What it is.
    pub kind: FileKind,
    /// The channel's own handle.
    pub handle: String,
    /// The name that the person's file had; empty when it had none.
    pub name: String,
    /// Media type, as far as the channel knows.
    pub media_type: Option<String>,
    /// Size in bytes, as far as the channel knows.
    pub size: Option<u64>,
}

/// One message from a person, as it is stored in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// Unique within the channel; a second message with the same id is a duplicate and is dropped.
    pub external_id: String,
    /// Where it was said, and where the answer goes.
    pub conversation: Conversation,
    /// Who said it.
    pub sender: Sender,
    /// Whether it was said in private. In a group, strangers are not answered at all.
    pub private: bool,
    /// The words; empty when there are only files.
    pub text: String,
    /// The files.
    pub files: Vec<FileRef>,
    /// Messages with the same group in one conversation are answered as one (albums).
    pub group: Option<String>,
    /// Not before this instant: lets the rest of a group arrive.
    pub not_before: Option<Timestamp>,
    /// What the channel could not carry over ("a sticker"), for the model and the person to know.
    pub notices: Vec<String>,
    /// When the person said it, by the channel's clock.
    pub sent_at: Timestamp,
}

/// Takes in what a channel received.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Stores `messages` and moves the channel's cursor in one transaction; returns how many were new. When this
    /// returns `Ok`, the messages survive a crash and the channel may tell its service so.
    ///
    /// # Errors
    /// When nothing was stored. The channel keeps its old cursor and tries again.
    async fn accept(
        &self,
        channel: &str,
        messages: Vec<Inbound>,
        cursor: Option<i64>,
    ) -> Result<usize, StorageError>;

    /// Where the channel left off; `None` at the first start.
    ///
    /// # Errors
    /// When the cursor cannot be read.
    async fn cursor(&self, channel: &str) -> Result<Option<i64>, StorageError>;

    /// The person pressed stop: ends the running turn of the conversation, if there is one. What was written so far
    /// is kept, delivered and paid for.
    fn stop(&self, conversation: &Conversation);

    /// Somebody is there again to take what [`ChannelError::Absent`] turned away.
    fn arrived(&self, conversation: &Conversation) {
        let _ = conversation;
    }
}

/// What can be shown of a turn that is still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The agent is at work; there is nothing to read yet.
    Working,
    /// The whole answer so far, in Markdown. It may end anywhere, also inside a code block. It may become shorter
    /// when a broken stream is repeated.
    Partial(&'a str),
}

/// One outbox row, to be handed to its channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The row. The same id twice is the same message.
    pub id: OutboxId,
    /// Where it goes.
    pub conversation: Conversation,
    /// The turn that it answers.
    pub turn: Option<QueueId>,
    /// What [`Channel::render`] made of it.
    pub payload: Value,
}

/// A file's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Media type, if the channel learned it only now.
    pub media_type: Option<String>,
}

/// Why a channel could not do something.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The service asked to wait. Nothing was delivered.
    #[error("{channel} asked to wait {wait:?}")]
    RetryAfter {
        /// Which channel.
        channel: String,
        /// How long.
        wait: Duration,
    },
    /// It may work later: the network, the service, nobody connected.
    #[error("{channel} could not be reached: {reason}")]
    Transient {
        /// Which channel.
        channel: String,
        /// What happened, without secrets.
        reason: String,
    },
    /// Nobody is there to take it. The channel says when somebody is, through [`Inbox::arrived`].
    #[error("{channel}: nobody is connected")]
    Absent {
        /// Which channel.
        channel: String,
    },
    /// It will not work however often it is tried: blocked, gone, refused.
    #[error("{channel} refused: {reason}")]
    Permanent {
        /// Which channel.
        channel: String,
        /// What the service said, without secrets.
        reason: String,
    },
    /// The file is larger than may be fetched.
    #[error("the file has {size} bytes, more than the {limit} that can be fetched")]
    TooLarge {
        /// Size in bytes, as far as known.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Storing what arrived failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ChannelError {
    /// Whether a later try can help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        !matches!(self, Self::Permanent { .. } | Self::TooLarge { .. })
    }

    /// A bounded name for metrics.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::RetryAfter { .. } => "retry_after",
            Self::Transient { .. } => "transient",
            Self::Absent { .. } => "absent",
            Self::Permanent { .. } => "permanent",
            Self::TooLarge { .. } => "too_large",
            Self::Storage(_) => "storage",
        }
    }
}

/// A way for people to reach the agent.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Short, lower-case, stable: it is part of the key under which messages are stored.
    fn name(&self) -> &str;

    /// Receives until the future is dropped, which may happen at any await: what was not accepted by the inbox will
    /// be received again. Network trouble is dealt with inside.
    ///
    /// # Errors
    /// Only when going on is pointless without the operator (the service refuses the credentials).
    async fn run(&self, inbox: &dyn Inbox) -> Result<(), ChannelError>;

    /// Splits and formats an answer into messages that the service will take. Pure: called before the answer is
    /// stored, so that each message becomes one outbox row.
    fn render(&self, conversation: &Conversation, markdown: &str) -> Vec<Value>;

    /// Delivers one message. `Ok` means that the service has accepted it; the text is the service's id for it.
    ///
    /// # Errors
    /// See [`ChannelError`]; the caller retries, waits or gives up accordingly.
    async fn deliver(&self, delivery: &Delivery) -> Result<String, ChannelError>;

    /// Shows what a running turn is doing. Best effort, and paced by the channel: it returns when the next call makes
    /// sense, and can be dropped at any await. Called again at least every four seconds while the turn runs.
    async fn progress(&self, conversation: &Conversation, turn: QueueId, progress: Progress<'_>);

    /// Fetches a file of at most `limit` bytes.
    ///
    /// # Errors
    /// See [`ChannelError`].
    async fn fetch(&self, file: &FileRef, limit: u64) -> Result<Fetched, ChannelError>;
}
