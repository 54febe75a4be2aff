// SPDX-License-Identifier: MIT OR Apache-2.0
use super::StorageError;
use crate::ids::{Conversation, QueueId, ReservationId, SessionId};
use crate::money::{NanoUsd, Usage};
use crate::route::Decision;
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// What a provider call was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// The first call of a turn.
    Turn,
    /// A further call of a turn, after tools.
    ToolLoop,
    /// A summary of the older part of a conversation.
    Compaction,
    /// A look in the background.
    Heartbeat,
    /// Memories are made of what was said in a conversation that has gone quiet.
    Extraction,
}

impl Feature {
    /// All features.
    pub const ALL: [Self; 5] =
        [Self::Turn, Self::ToolLoop, Self::Compaction, Self::Heartbeat, Self::Extraction];

    /// A bounded name for rows and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::ToolLoop => "tool_loop",
            Self::Compaction => "compaction",
            Self::Heartbeat => "heartbeat",
            Self::Extraction => "extraction",
        }
    }
}

/// One attempt of a provider call that used something, also one that failed. A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// What it was made for.
    pub feature: Feature,
    /// Id of the model that the route named.
    pub intended: String,
    /// Id of the model that was called.
    pub model: String,
    /// `ok`, or the class of the error. `interrupted`: the process died, and nobody saw the end.
    pub class: String,
    /// Version of the prices that were applied.
    pub price_version: String,
    /// What it used.
    pub usage: Usage,
    /// What that costs. Of an interrupted call: the worst case.
    pub cost: NanoUsd,
    /// Tokens of the prompt that were neither the person's words nor history, estimated.
    pub overhead: u64,
    /// From the request to the end of the answer, milliseconds.
    pub took_ms: u64,
    /// When it ended.
    pub at: Timestamp,
}

/// Whose spending a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every call.
    Agent,
    /// The calls of one session, whenever they were made.
    Session(SessionId),
    /// [`Feature::Heartbeat`] alone.
    Background,
}

/// A limit in the period that runs now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// `daily`, `monthly`, `session` or `heartbeat`.
    pub name: String,
    /// The configuration key that sets it.
    pub key: String,
    /// What it counts.
    pub scope: Scope,
    /// How much may be spent in the period.
    pub value: NanoUsd,
    /// Begin of the period.
    pub from: Timestamp,
    /// Its end, which is when the limit resets. `None`: with the session.
    pub until: Option<Timestamp>,
}

/// How a limit stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The limit, as configured.
    pub limit: Limit,
    /// By how much the operator has raised it until it resets.
    pub raised: NanoUsd,
    /// What the ledger has for the period.
    pub spent: NanoUsd,
    /// Worst cases of the calls that run now.
    pub reserved: NanoUsd,
}

impl Standing {
    /// What may be spent in the period, raise included.
    #[must_use]
    pub fn allowed(&self) -> NanoUsd {
        self.limit.value + self.raised
    }

    /// Spent hundredths of what is allowed, rounded down.
    #[must_use]
    pub fn percent(&self) -> i64 {
        match self.allowed().0 {
            allowed if allowed <= 0 => 100,
            allowed => {
                i64::try_from(i128::from(self.spent.0) * 100 / i128::from(allowed)).unwrap_or(i64::MAX)
            }
        }
    }

    /// Whether a call with this worst case fits beside what is spent and reserved.
    #[must_use]
    pub fn has_room_for(&self, worst: NanoUsd) -> bool {
        self.spent + self.reserved + worst <= self.allowed()
    }
}

/// Room in the budget that a call asks for before it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// What the call is for.
    pub feature: Feature,
    /// The turn that makes it, if one does.
    pub turn: Option<QueueId>,
    /// The session that it belongs to, if any.
    pub session: Option<SessionId>,
    /// Id of the model that the route named.
    pub intended: String,
    /// Id of the model that is called.
    pub model: String,
    /// Version of the prices.
    pub price_version: String,
    /// The most that the call can cost.
    pub worst: NanoUsd,
    /// The limits that it has to fit into.
    pub limits: Vec<Limit>,
}

/// The answer to a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The call may be made.
    Granted(ReservationId),
    /// The first limit that has no room. Nothing is reserved.
    Refused(Standing),
}

/// What costs are added up by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostBy {
    /// One line a session.
    Session,
    /// One line a model that was called.
    Model,
    /// One line a feature.
    Feature,
    /// One line for each of these spans: label, begin, end.
    Spans(Vec<(String, Timestamp, Timestamp)>),
}

/// Calls, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// What was added up.
    pub name: String,
    /// Number of calls.
    pub calls: u64,
    /// Their tokens.
    pub usage: Usage,
    /// Their cost.
    pub cost: NanoUsd,
    /// The part of it whose end nobody saw, entered at the worst case.
    pub estimated: NanoUsd,
    /// Overhead of their prompts, tokens.
    pub overhead: u64,
}

impl Cost {
    /// Share of the prompt tokens that were read from the provider's cache, 0 to 1.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn cache_hit_ratio(&self) -> f64 {
        match self.usage.prompt() {
            0 => 0.0,
            prompt => self.usage.cache_read as f64 / prompt as f64,
        }
    }

    /// Overhead of one call on average, tokens.
    #[must_use]
    pub fn overhead_per_call(&self) -> u64 {
        self.overhead.checked_div(self.calls).unwrap_or(0)
    }
}

/// An answer, with all that is known of how it came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The turn.
    pub turn: QueueId,
    /// The conversation.
    pub conversation: Conversation,
    /// What was decided.
    pub decision: Decision,
    /// The calls that it took, oldest first.
    pub calls: Vec<CallRecord>,
    /// From the message's arrival to the settlement, milliseconds.
    pub took_ms: u64,
    /// When it was settled.
    pub at: Timestamp,
}

/// What provider calls cost, and what they may cost.
///
/// Reservations and entries survive the death of the process. A reservation whose process died is entered by
/// [`Queue::recover`](super::Queue::recover) at its worst case, class `interrupted`: a limit is never exceeded by what
/// nobody saw the end of.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Reserves the worst case of a call, if every limit has room for it beside what is spent and reserved: checked
    /// and noted in one step, so that concurrent calls cannot overshoot together.
    ///
    /// # Errors
    /// When it cannot be stored. Then the call must not be made.
    async fn reserve(&self, reservation: Reservation, now: Timestamp) -> Result<Reserved, StorageError>;

    /// Ends a reservation. `record` is entered into the ledger; `None` when the call used nothing.
    ///
    /// # Errors
    /// When it was not stored; then the reservation stands.
    async fn settle_call(&self, id: ReservationId, record: Option<CallRecord>) -> Result<(), StorageError>;

    /// How limits stand, in the order asked.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn standings(&self, limits: &[Limit]) -> Result<Vec<Standing>, StorageError>;

    /// Raises a limit until its period ends, and makes the turns due that wait for a reason which begins with
    /// [`WAITS_FOR_BUDGET`](super::WAITS_FOR_BUDGET): both or neither. Raises add up.
    ///
    /// # Errors
    /// When it was not stored.
    async fn raise(&self, limit: &Limit, by: NanoUsd, now: Timestamp) -> Result<(), StorageError>;

    /// Costs since an instant, with their total (named `total`). Lines are ordered by cost, the largest first; spans
    /// stay in their order.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn costs(&self, since: Timestamp, by: CostBy) -> Result<(Vec<Cost>, Cost), StorageError>;

    /// The newest answers, oldest first; of one conversation, or of all. At most `limit`.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn answers(
        &self,
        conversation: Option<&Conversation>,
        limit: usize,
    ) -> Result<Vec<Answer>, StorageError>;
}
