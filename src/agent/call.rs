// SPDX-License-Identifier: MIT OR Apache-2.0
//! Follows a provider's stream: words to the channel, usage to the ledger.

use crate::budget::Refused;
use crate::context::Shared;
use crate::progress::Show;
use crate::running::Ends;
use crate::spend::{self, Denied, Meter, Purpose};
use blufio_core::provider::{Completion, Event, ProviderError, Request};
use blufio_core::storage::StorageError;
use futures_util::{FutureExt as _, StreamExt as _};
use std::pin::pin;
use std::time::Duration;
use tokio::time::Instant;

/// Whoever waits for room looks again after this at the latest.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Whoever has waited so long for room is told.
const PATIENCE: Duration = Duration::from_secs(60);
/// So much of what has already come is read when a call is ended from outside.
const LAST_LOOK: usize = 256;

/// How a call ended.
#[derive(Debug)]
pub(crate) enum CallEnd {
    Completed(Completion),
    Failed(ProviderError),
    /// The person pressed stop.
    Stopped {
        /// Whether the model had begun to answer.
        heard: bool,
    },
    /// The turn has no time left.
    OutOfTime {
        /// Whether the model had begun to answer.
        heard: bool,
    },
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
    let patience = deadline.min(Instant::now() + PATIENCE);
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
            () = ends.stop.cancelled() => return Err(CallEnd::Stopped { heard: false }),
            () = tokio::time::sleep_until(patience) => return Err(CallEnd::NoBudget(refused)),
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
    // Nothing is asked for what is not wanted any more.
    if ends.abandon.is_cancelled() {
        return CallEnd::Abandoned;
    }
    if ends.stop.is_cancelled() {
        return CallEnd::Stopped { heard: false };
    }
    let mut meter = match pay(shared, purpose, &request, ends, deadline).await {
        Ok(meter) => meter,
        Err(end) => return end,
    };
    let mut stream = shared.provider.call(request);
    let mut heard = false;
    // Ended from outside: only what has come already is still read.
    let mut cut = None;
    let mut left = LAST_LOOK;
    loop {
        let event = match &cut {
            None => tokio::select! {
                biased;
                () = ends.abandon.cancelled() => { cut = Some(Cut::Abandoned); continue }
                () = ends.stop.cancelled() => { cut = Some(Cut::Stopped); continue }
                () = tokio::time::sleep_until(deadline) => { cut = Some(Cut::OutOfTime); continue }
                event = stream.next() => event,
            },
            Some(cut) => {
                // Before the first event, looking would be asking.
                let come = if heard && left > 0 { stream.next().now_or_never() } else { None };
                left = left.saturating_sub(1);
                match come {
                    Some(event) => event,
                    None => return cut.end(&mut meter, heard).await,
                }
            }
        };
        match event {
            Some(Ok(Event::Started { usage })) => {
                heard = true;
                meter.reported(usage);
            }
            Some(Ok(Event::Text(words))) => {
                if base > 0 && show.len() == base {
                    show.push("\n\n");
                }
                show.push(&words);
                meter.wrote(&words);
            }
            Some(Ok(Event::Busy)) => {}
            Some(Ok(Event::Retrying { class, usage, wait })) => {
                tracing::warn!(class, ?wait, "the provider's answer broke off and is asked for again");
                show.truncate(base);
                if let Some(cut) = &cut {
                    meter.close(class, Some(usage)).await;
                    return cut.end(&mut meter, heard).await;
                }
                if let Err(denied) = meter.again(class, usage).await {
                    return CallEnd::from(denied);
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
                if let Some(cut) = &cut {
                    return cut.end(&mut meter, heard).await;
                }
                show.truncate(base);
                return CallEnd::Failed(error);
            }
            None => {
                if let Some(cut) = &cut {
                    return cut.end(&mut meter, heard).await;
                }
                meter.close("malformed", None).await;
                show.truncate(base);
                return CallEnd::Failed(spend::endless());
            }
        }
    }
}

/// What ends a call from outside.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Abandoned,
    Stopped,
    OutOfTime,
}

impl Cut {
    /// Pays for what has come, if that has not been done.
    async fn end(self, meter: &mut Meter<'_>, heard: bool) -> CallEnd {
        match self {
            Self::Abandoned => {
                meter.close("abandoned", None).await;
                CallEnd::Abandoned
            }
            Self::Stopped => {
                meter.close("stopped", None).await;
                CallEnd::Stopped { heard }
            }
            Self::OutOfTime => {
                meter.close("out_of_time", None).await;
                CallEnd::OutOfTime { heard }
            }
        }
    }
}
