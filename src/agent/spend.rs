// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one way to call a model: room in the budget is reserved before each attempt, and the attempt is entered into the
//! ledger after it.

mod late;
mod meter;

pub(crate) use late::Late;
pub(crate) use meter::{Denied, Meter, worst};

use crate::context::Shared;
use blufio_core::ids::{QueueId, SessionId};
use blufio_core::provider::{Completion, Event, ProviderError, ProviderErrorKind, Request};
use blufio_core::storage::{Feature, Standing, Standstill, StorageError};
use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;

/// What a call is made for.
#[derive(Clone, Debug)]
pub(crate) struct Purpose {
    pub(crate) feature: Feature,
    /// The turn that makes it, if one does.
    pub(crate) turn: Option<QueueId>,
    /// The session that it belongs to, if any.
    pub(crate) session: Option<SessionId>,
    /// Id of the model that the route named.
    pub(crate) intended: String,
    /// Tokens of the prompt that are neither the person's words nor history, estimated.
    pub(crate) overhead: u64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// The provider failed. A retry helps where its kind says so.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// A limit has no room. A retry helps after it resets or is raised.
    #[error("the limit {} has no room ({})", .0.limit.name, .0.limit.key)]
    Budget(Standing),
    /// The ledger could not be read or written, so that the call was not made. A retry helps where the error says so.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// It was ended from outside.
    #[error("the call was ended")]
    Cancelled,
}

impl From<Denied> for AskError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unknown(model) => Self::Provider(unknown(&model)),
            Denied::Budget(refused) => Self::Budget(refused.standing),
            Denied::Storage(error) => Self::Storage(error),
        }
    }
}

/// Asks a model while nobody watches, and returns the whole answer. What no turn waits for is not asked while work in
/// the background stands still: then the provider's limit is the answer, as it was before.
///
/// Dropping the future leaves the reservation to the next start; `end` is the orderly way.
pub(crate) async fn ask(
    shared: &Shared,
    purpose: &Purpose,
    request: Request,
    end: &CancellationToken,
) -> Result<Completion, AskError> {
    if purpose.turn.is_none()
        && let Some(standstill) = shared.storage.standstill().await?
    {
        let message = format!("work in the background stands still: {}", standstill.reason);
        return Err(failure(ProviderErrorKind::SpendLimit, message).into());
    }
    let mut meter = Meter::open(shared, purpose, &request).await?;
    let mut stream = shared.provider.call(request);
    loop {
        let event = tokio::select! {
            biased;
            () = end.cancelled() => {
                meter.close("abandoned", None).await;
                return Err(AskError::Cancelled);
            }
            event = stream.next() => event,
        };
        match event {
            Some(Ok(Event::Started { usage })) => meter.reported(usage),
            Some(Ok(Event::Text(words))) => meter.wrote(&words),
            Some(Ok(Event::Busy)) => {}
            Some(Ok(Event::Retrying { class, usage, wait })) => {
                tracing::warn!(class, ?wait, "the provider's answer broke off and is asked for again");
                meter.again(class, usage).await?;
            }
            Some(Ok(Event::Completed(completion))) => {
                meter.close("ok", Some(completion.usage)).await;
                return Ok(completion);
            }
            Some(Err(error)) => {
                meter.close(error.kind.class(), Some(error.usage)).await;
                heed(shared, &error).await;
                return Err(error.into());
            }
            None => {
                meter.close("malformed", None).await;
                return Err(endless().into());
            }
        }
    }
}

/// Whether the provider's account can pay no more, so that no further try helps.
pub(crate) fn stops_everything(kind: ProviderErrorKind) -> bool {
    use ProviderErrorKind::{Billing, SpendLimit, WorkspaceSpendLimit};
    matches!(kind, Billing | SpendLimit | WorkspaceSpendLimit)
}

/// An account that can pay no more stops everything that nobody has asked for, until the operator lets it go on.
pub(crate) async fn heed(shared: &Shared, error: &ProviderError) {
    if !stops_everything(error.kind) {
        return;
    }
    let stopped = async {
        if shared.storage.standstill().await?.is_some() {
            return Ok(());
        }
        let reason = format!("the provider says that its account cannot pay ({})", error.message);
        tracing::error!(reason, "work in the background stands still until the operator resumes it");
        let standstill = Standstill { reason, at: shared.clock.now() };
        shared.storage.set_standstill(Some(standstill)).await
    };
    let stopped: Result<(), StorageError> = stopped.await;
    if let Err(error) = stopped {
        tracing::error!(%error, "work in the background could not be stopped");
    }
}

/// A model that cannot be called.
pub(crate) fn unknown(model: &str) -> ProviderError {
    failure(
        ProviderErrorKind::UnknownModel,
        format!("{model:?} is unknown or has no price, so it is not called"),
    )
}

/// A stream that ended without an end.
pub(crate) fn endless() -> ProviderError {
    failure(ProviderErrorKind::Malformed, "the answer ended without an end".into())
}

fn failure(kind: ProviderErrorKind, message: String) -> ProviderError {
    ProviderError { kind, message, usage: Default::default(), request_id: None }
}
