// SPDX-License-Identifier: MIT OR Apache-2.0
//! Follows a provider's stream: words to the channel, usage to the ledger.

use crate::budget::Refused;
use crate::context::Shared;
use crate::progress::Show;
use crate::running::Ends;
use crate::spend::{self, Denied, Meter, Purpose};
use blufio_core::provider::{Completion, Event, ProviderError, Request};
use blufio_core::storage::StorageError;
use futures_util::StreamExt as _;
use std::pin::pin;
use std::time::Duration;
use tokio::time::Instant;

/// Whoever waits for room looks again after this at the latest.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How a call ended.
#[derive(Debug)]
pub(crate) enum CallEnd {
    Completed(Completion),
    Failed(ProviderError),
    /// The person pressed stop.
    Stopped,
    /// The turn has no time left.
    OutOfTime,
    /// The process ends.
    Abandoned,
    /// A limit has no room; the call, or its next attempt, was not made.
    NoBudget(Refused),
    /// The ledger cannot be written, so that the call was not made.
    Unstored(StorageError),
}

impl From<Denied> for CallEnd {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unknown(model) => Self::Failed(spend::unknown(&model)),
            Denied::Budget(refused) => Self::NoBudget(refused),
            Denied::Storage(error) => Self::Unstored(error),
        }
    }
}

/// Reserves the first attempt. Room that is only taken by other calls comes back when they end: it is waited for.
async fn pay<'a>(
    shared: &'a Shared,
    purpose: &'a Purpose,
    request: &Request,
    ends: &Ends,
    deadline: Instant,
) -> Result<Meter<'a>, CallEnd> {
    loop {
        // Listens before it asks: a call that ends in between is heard.
        let mut room = pin!(shared.room.notified());
        room.as_mut().enable();
        let refused = match Meter::open(shared, purpose, request).await {
            Ok(meter) => return Ok(meter),
            Err(Denied::Budget(refused)) if refused.passes() => refused,
            Err(denied) => return Err(CallEnd::from(denied)),
        };
        tokio::select! {
            biased;
            () = ends.abandon.cancelled() => return Err(CallEnd::Abandoned),
            () = ends.stop.cancelled() => return Err(CallEnd::Stopped),
            () = tokio::time::sleep_until(deadline) => return Err(CallEnd::NoBudget(refused)),
            () = room => {}
            () = tokio::time::sleep(LONGEST_WAIT) => {}
        }
    }
}

/// Calls the model and follows its answer to the end, or to one of the ends from outside.
pub(crate) async fn follow(
    shared: &Shared,
    purpose: &Purpose,
    request: Request,
    show: &Show,
    ends: &Ends,
    deadline: Instant,
) -> CallEnd {
    let base = show.len();
    let asked = request.model.clone();
    let mut meter = match pay(shared, purpose, &request, ends, deadline).await {
        Ok(meter) => meter,
        Err(end) => return end,
    };
    let mut stream = shared.provider.call(request);
    loop {
        let (class, end) = tokio::select! {
            biased;
            () = ends.abandon.cancelled() => ("abandoned", CallEnd::Abandoned),
            () = ends.stop.cancelled() => ("stopped", CallEnd::Stopped),
            () = tokio::time::sleep_until(deadline) => ("out_of_time", CallEnd::OutOfTime),
            event = stream.next() => match event {
                Some(Ok(Event::Started { usage })) => {
                    meter.reported(usage);
                    continue;
                }
                Some(Ok(Event::Text(words))) => {
                    if base > 0 && show.len() == base {
                        show.push("\n\n");
                    }
                    show.push(&words);
                    continue;
                }
                Some(Ok(Event::Busy)) => continue,
                Some(Ok(Event::Retrying { class, usage, wait })) => {
                    tracing::warn!(class, ?wait, "the provider's answer broke off and is asked for again");
                    show.truncate(base);
                    match meter.again(class, usage).await {
                        Ok(()) => continue,
                        Err(denied) => return CallEnd::from(denied),
                    }
                }
                Some(Ok(Event::Completed(completion))) => {
                    if completion.model != asked {
                        tracing::debug!(asked, answered = completion.model, "the model goes by another name");
                    }
                    meter.close("ok", Some(completion.usage)).await;
                    return CallEnd::Completed(completion);
                }
                Some(Err(error)) => {
                    meter.close(error.kind.class(), Some(error.usage)).await;
                    spend::heed(shared, &error).await;
                    show.truncate(base);
                    return CallEnd::Failed(error);
                }
                None => ("malformed", CallEnd::Failed(spend::endless())),
            },
        };
        meter.close(class, None).await;
        if matches!(end, CallEnd::Failed(_)) {
            show.truncate(base);
        }
        return end;
    }
}
