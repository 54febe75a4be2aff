// SPDX-License-Identifier: MIT OR Apache-2.0
//! Follows a provider's stream: words to the channel, usage to the ledger.

use crate::context::Shared;
use crate::progress::Show;
use crate::running::Ends;
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::observe::Observation;
use blufio_core::provider::{Completion, Event, ProviderError, ProviderErrorKind, Request};
use blufio_core::storage::CallRecord;
use futures_util::StreamExt as _;
use tokio::time::Instant;

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
}

/// Notes what each attempt of a call used.
struct Meter<'a> {
    shared: &'a Shared,
    /// The one that was asked for: an answer may name a dated id, which has no price of its own.
    model: String,
    began: Instant,
    usage: Usage,
    calls: &'a mut Vec<CallRecord>,
}

impl Meter<'_> {
    /// One attempt has ended.
    fn note(&mut self, class: &'static str, usage: Usage) {
        let took = self.began.elapsed();
        let cost = match self.shared.provider.model(&self.model) {
            Some(model) => model.cost(&usage),
            None => {
                if !usage.is_zero() {
                    tracing::error!(
                        model = self.model,
                        ?usage,
                        "a call of a model without a price: its cost is missing in the ledger"
                    );
                }
                NanoUsd(0)
            }
        };
        self.shared.observe.record(Observation::ProviderCall {
            model: &self.model,
            class,
            took,
            usage,
            cost,
        });
        if !usage.is_zero() {
            self.calls.push(CallRecord {
                model: self.model.clone(),
                class: class.to_owned(),
                usage,
                cost,
                took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                at: self.shared.clock.now(),
            });
        }
        self.usage = Usage::default();
        self.began = Instant::now();
    }
}

/// Calls the model and follows its answer to the end, or to one of the ends from outside.
pub(crate) async fn follow(
    shared: &Shared,
    request: Request,
    show: &Show,
    ends: &Ends,
    deadline: Instant,
    calls: &mut Vec<CallRecord>,
) -> CallEnd {
    let base = show.len();
    let mut meter =
        Meter { shared, model: request.model.clone(), began: Instant::now(), usage: Usage::default(), calls };
    let mut stream = shared.provider.call(request);
    loop {
        let event = tokio::select! {
            biased;
            () = ends.abandon.cancelled() => { meter.note("abandoned", meter.usage); return CallEnd::Abandoned }
            () = ends.stop.cancelled() => { meter.note("stopped", meter.usage); return CallEnd::Stopped }
            () = tokio::time::sleep_until(deadline) => { meter.note("out_of_time", meter.usage); return CallEnd::OutOfTime }
            event = stream.next() => event,
        };
        match event {
            Some(Ok(Event::Started { usage })) => meter.usage = usage,
            Some(Ok(Event::Text(words))) => {
                if base > 0 && show.len() == base {
                    show.push("\n\n");
                }
                show.push(&words);
            }
            Some(Ok(Event::Busy)) => {}
            Some(Ok(Event::Retrying { class, usage, wait })) => {
                tracing::warn!(class, ?wait, "the provider's answer broke off and is asked for again");
                meter.note(class, usage);
                show.truncate(base);
            }
            Some(Ok(Event::Completed(completion))) => {
                if completion.model != meter.model {
                    tracing::debug!(
                        asked = meter.model,
                        answered = completion.model,
                        "the model goes by another name"
                    );
                }
                meter.note("ok", completion.usage);
                return CallEnd::Completed(completion);
            }
            Some(Err(error)) => {
                meter.note(error.kind.class(), error.usage);
                show.truncate(base);
                return CallEnd::Failed(error);
            }
            None => {
                meter.note("malformed", meter.usage);
                return CallEnd::Failed(ProviderError {
                    kind: ProviderErrorKind::Malformed,
                    message: "the answer ended without an end".into(),
                    usage: Usage::default(),
                    request_id: None,
                });
            }
        }
    }
}
