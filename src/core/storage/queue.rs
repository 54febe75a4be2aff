// SPDX-License-Identifier: MIT OR Apache-2.0
use super::StorageError;
use crate::channel::Inbound;
use crate::content::Message;
use crate::ids::{Conversation, NoticeId, QueueId, SessionId};
use crate::route::Decision;
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Reasons for which a message waits until there is room in the budget begin with this.
pub const WAITS_FOR_BUDGET: &str = "budget:";

/// How far a turn has come. Stored in its queue row, so that a restart resumes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TurnRecord {
    /// What was said in this turn after the person's message: answers that ask for tools, and the tools' results.
    pub steps: Vec<Message>,
    /// Ids of tool calls with outside effects that were started. One without a result in `steps` has an unknown
    /// outcome.
    pub started: Vec<String>,
    /// Which model answers, once that is decided: a turn that is taken up again with steps keeps to it.
    pub decision: Option<Decision>,
    /// What the person is told with the answer about how it came about: that another model than the one that was meant
    /// has written it.
    pub remarks: Vec<String>,
    /// Whether the person has been told that the answer will take a while.
    pub told: bool,
    /// Id of the model that the route named at first, before any budget or failure.
    pub intended: String,
    /// For what it has waited until there was room in the budget, and was told: the newest occasions, each once.
    pub waited: Vec<String>,
    /// How often it has waited for that. These tries do not count.
    pub waits: u32,
    /// How often an error that is not expected to pass has broken it off.
    pub broken: u32,
    /// Whether the person wants no more of it: it is ended with what there is, and the model is not asked.
    pub stopped: bool,
}

/// Where a message takes its place in the queue of its conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rank {
    /// Behind everything that waits.
    #[default]
    Queued,
    /// In its turn, but not behind a message that waits for an instant: commands are answered while the model is away.
    Command,
    /// As [`Rank::Command`]. Everything that waits before it is due now, and [`TurnRecord::stopped`].
    Stop,
    /// As [`Rank::Command`]. What was put back before it is due now, and [`TurnRecord::stopped`].
    Fresh,
}

/// A message on its way into the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// The message.
    pub message: Inbound,
    /// Its place.
    pub rank: Rank,
}

impl From<Inbound> for Arrival {
    fn from(message: Inbound) -> Self {
        Self { message, rank: Rank::Queued }
    }
}

/// A message (or a group of them) that a turn has taken on.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The queue row; for a group the row of its first message.
    pub id: QueueId,
    /// The messages, oldest first. One, unless they form a group.
    pub messages: Vec<Inbound>,
    /// How often a turn has taken this on before.
    pub attempts: u32,
    /// How far an earlier turn came.
    pub turn: TurnRecord,
    /// When the first message was accepted.
    pub received_at: Timestamp,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnOutcome {
    /// The model answered.
    Answered,
    /// A command was carried out.
    Command,
    /// The person stopped it.
    Stopped,
    /// It failed for good, and the person was told.
    Failed,
    /// A stranger was given a pairing code.
    Pairing,
    /// A stranger in a group, or one who has his code already: no answer.
    Ignored,
}

impl TurnOutcome {
    /// A bounded name for metrics and rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Command => "command",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Pairing => "pairing",
            Self::Ignored => "ignored",
        }
    }
}

/// The end of a turn: written in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// The turn.
    pub id: QueueId,
    /// How it ended.
    pub outcome: TurnOutcome,
    /// Where `transcript` is appended.
    pub session: Option<SessionId>,
    /// What joins the transcript, in order.
    pub transcript: Vec<Message>,
    /// Ends the conversation's session, so that the next message starts a new one. After `transcript` is appended.
    pub end_session: bool,
    /// Which model answered, and why.
    pub decision: Option<Decision>,
    /// Messages to send, in order, as the channel rendered them. Each becomes an outbox row.
    pub outbox: Vec<Value>,
    /// Messages that are sent behind `outbox` once and never again.
    pub once: Vec<Once>,
    /// Notices that `outbox` has told.
    pub told: Vec<NoticeId>,
    /// What the person wrote is dropped at once, and `outbox` as soon as it is sent: they speak of what is forgotten, or to
    /// be forgotten. Otherwise they are kept for a month.
    pub forgets: bool,
}

/// Messages that are sent at most once, however many turns want to.
#[derive(Clone, Debug, PartialEq)]
pub struct Once {
    /// Names the occasion, such as a limit and its period.
    pub key: String,
    /// The messages, as the channel rendered them.
    pub outbox: Vec<Value>,
}

/// A turn that could not be finished now: its message goes back into the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Postponement {
    /// The turn.
    pub id: QueueId,
    /// Not before this instant.
    pub until: Timestamp,
    /// Why, for `status`.
    pub reason: String,
    /// How far it came.
    pub turn: TurnRecord,
    /// Messages to send meanwhile ("Claude cannot be reached; I will answer later"). They are not the answer: their
    /// outbox rows name no turn.
    pub outbox: Vec<Value>,
}

/// The inbound queue.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Stores messages and moves the channel's cursor, in one transaction. Messages whose
    /// (channel, external id) is known are dropped. Returns, for each message, whether it was new.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn accept(
        &self,
        channel: &str,
        messages: Vec<Arrival>,
        cursor: Option<i64>,
        now: Timestamp,
    ) -> Result<Vec<bool>, StorageError>;

    /// Where a channel left off.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn cursor(&self, channel: &str) -> Result<Option<i64>, StorageError>;

    /// Conversations of `channels` whose oldest waiting message is due, or that have a command waiting, longest
    /// waiting first, without those in `busy`; at most `limit`. With it, the next instant at which another one becomes
    /// due.
    ///
    /// # Errors
    /// When the queue cannot be read.
    async fn due(
        &self,
        now: Timestamp,
        channels: &[String],
        busy: &[Conversation],
        limit: usize,
    ) -> Result<(Vec<Conversation>, Option<Timestamp>), StorageError>;

    /// Takes on the oldest waiting message of a conversation if it is due, with the rest of its group; if it is not,
    /// the oldest waiting command. It is then running, and nothing else of the conversation can be claimed until it is settled or postponed.
    ///
    /// # Errors
    /// When the queue cannot be read or written.
    async fn claim(&self, conversation: &Conversation, now: Timestamp)
    -> Result<Option<Claim>, StorageError>;

    /// Stores how far a turn has come. Durable when it returns.
    ///
    /// # Errors
    /// When it was not stored.
    async fn checkpoint(&self, id: QueueId, turn: &TurnRecord) -> Result<(), StorageError>;

    /// Ends a turn. Settling a turn twice is an error and changes nothing.
    ///
    /// # Errors
    /// When it was not stored; then the turn is still running.
    async fn settle(&self, settlement: Settlement, now: Timestamp) -> Result<(), StorageError>;

    /// Puts a turn back into the queue.
    ///
    /// # Errors
    /// When it was not stored; then the turn is still running.
    async fn postpone(&self, postponement: Postponement, now: Timestamp) -> Result<(), StorageError>;

    /// Turns that were put back with a reason that begins with `prefix` are due now. Returns how many.
    ///
    /// # Errors
    /// When it was not stored.
    async fn release(&self, prefix: &str, now: Timestamp) -> Result<u64, StorageError>;

    /// After a start: turns that were running when the process died wait again, and their reservations are entered
    /// into the ledger. Returns how many turns.
    ///
    /// # Errors
    /// When the queue cannot be written.
    async fn recover(&self, now: Timestamp) -> Result<u64, StorageError>;
}
