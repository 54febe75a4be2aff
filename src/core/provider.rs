// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `Provider` trait: a language model behind an API.

use crate::content::{Block, Message};
use crate::model::ModelSpec;
use crate::money::Usage;
use crate::route::Route;
use crate::skill::ToolSpec;
use futures_core::stream::BoxStream;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is asked of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Id of the model.
    pub model: String,
    /// The system prompt. Byte-identical from turn to turn, so that it can be cached.
    pub system: String,
    /// The tools, always in the same order.
    pub tools: Vec<ToolSpec>,
    /// The transcript. Starts with the person, alternates, ends with the person.
    pub messages: Vec<Message>,
    /// Most tokens that the answer may have.
    pub max_tokens: u64,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It was done.
    EndTurn,
    /// The answer reached `max_tokens`.
    MaxTokens,
    /// It wrote a stop sequence.
    StopSequence,
    /// It waits for tools.
    ToolUse,
    /// The provider paused a long turn; sending the transcript back continues it.
    PauseTurn,
    /// It declined.
    Refusal,
    /// Prompt and answer filled the context window.
    ContextWindowExceeded,
    /// Something newer than this program.
    Unknown,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// Id of the model that answered.
    pub model: String,
    /// The provider's id of the request, for its support.
    pub request_id: Option<String>,
    /// What was said, in order. Blocks are told apart by type: the first may be thinking. May be empty.
    pub content: Vec<Block>,
    /// Why it ends.
    pub stop: StopReason,
    /// What it used.
    pub usage: Usage,
}

/// What happens during a call, in order. The stream ends after `Completed` or an error.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An attempt was answered; `usage` is what the provider has counted so far.
    Started {
        /// What the prompt used.
        usage: Usage,
    },
    /// More of the answer's words.
    Text(String),
    /// The model is thinking or preparing a tool call: a sign of life without words.
    Busy,
    /// An attempt failed and will be repeated. What came since the last `Started` is void, but `usage` is billed.
    Retrying {
        /// Class of the failure, as [`ProviderError::class`] names it.
        class: &'static str,
        /// What the failed attempt used.
        usage: Usage,
        /// How long until the next attempt.
        wait: Duration,
    },
    /// The answer is whole.
    Completed(Completion),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct ProviderError {
    /// What kind of failure.
    pub kind: ProviderErrorKind,
    /// What the provider said, without secrets.
    pub message: String,
    /// What the failed last attempt used, and is billed all the same.
    pub usage: Usage,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

/// Kinds of failure that are treated differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderErrorKind {
    /// The request was wrong; a bug here or a limit not known.
    InvalidRequest,
    /// The transcript does not fit the context window.
    ContextOverflow,
    /// The request is larger than the provider takes.
    TooLarge,
    /// The key is wrong.
    Authentication,
    /// The account cannot pay.
    Billing,
    /// The key may not do this.
    Permission,
    /// No such model.
    NotFound,
    /// Too fast; goes by itself.
    RateLimited {
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
    },
    /// The provider's spend limit of the account is reached. Retrying is useless until it resets.
    SpendLimit,
    /// The limit that the operator set for the workspace is reached. Retrying is useless until it is raised.
    WorkspaceSpendLimit,
    /// The provider is overloaded; goes by itself.
    Overloaded,
    /// The provider failed.
    Server,
    /// No answer in time.
    Timeout,
    /// The connection could not be made or broke.
    Connection,
    /// The answer could not be understood.
    Malformed,
    /// The model has no price or is unknown, so it was not called.
    UnknownModel,
}

impl ProviderErrorKind {
    /// Whether the same request may succeed later without anyone doing anything.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. }
                | Self::Overloaded
                | Self::Server
                | Self::Timeout
                | Self::Connection
                | Self::Malformed
        )
    }

    /// A bounded name for metrics.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::ContextOverflow => "context_overflow",
            Self::TooLarge => "too_large",
            Self::Authentication => "authentication",
            Self::Billing => "billing",
            Self::Permission => "permission",
            Self::NotFound => "not_found",
            Self::RateLimited { .. } => "rate_limited",
            Self::SpendLimit => "spend_limit",
            Self::WorkspaceSpendLimit => "workspace_spend_limit",
            Self::Overloaded => "overloaded",
            Self::Server => "server",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Malformed => "malformed",
            Self::UnknownModel => "unknown_model",
        }
    }
}

impl std::fmt::Display for ProviderErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.class())
    }
}

/// A language model behind an API.
pub trait Provider: Send + Sync {
    /// Short, lower-case name.
    fn name(&self) -> &str;

    /// What is known of a model, by its id. `None`: it cannot be called.
    fn model(&self, id: &str) -> Option<&ModelSpec>;

    /// The newest model of the class that a route needs. `None`: there is none.
    fn newest(&self, route: Route) -> Option<&ModelSpec>;

    /// Calls a model. The stream repeats failed attempts itself, within bounds. Dropping it cancels the call; what
    /// was reported until then is billed.
    fn call(&self, request: Request) -> BoxStream<'_, Result<Event, ProviderError>>;
}
