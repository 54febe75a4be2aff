// SPDX-License-Identifier: MIT OR Apache-2.0
use super::Purpose;
use crate::budget::{self, Refused};
use crate::context::Shared;
use crate::tokens;
use blufio_core::ids::ReservationId;
use blufio_core::model::{ModelSpec, PriceList};
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::observe::Observation;
use blufio_core::provider::Request;
use blufio_core::storage::{CallRecord, Reservation, Reserved, StorageError};
use blufio_core::time::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

/// First pause after an attempt could not be entered; doubles up to [`LAST_PAUSE`], then it is entered in the background.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// Class of an attempt whose end nobody saw.
const INTERRUPTED: &str = "interrupted";

/// Why a call may not be made.
#[derive(Debug)]
pub(crate) enum Denied {
    /// The model is not known, or has no price.
    Unknown(String),
    /// A limit has no room.
    Budget(Refused),
    /// It could not be noted.
    Storage(StorageError),
}

/// Pays for the attempts of one call, one after the other.
pub(crate) struct Meter<'a> {
    shared: &'a Shared,
    purpose: &'a Purpose,
    /// The one that is asked for: an answer may name a dated id, which has no price of its own.
    model: String,
    /// Upper bounds of prompt and answer, tokens.
    bounds: (u64, u64),
    /// Tokens of the prompt, as expected.
    expected: u64,
    attempt: Option<Attempt>,
}

/// An attempt that runs.
struct Attempt {
    id: ReservationId,
    prices: PriceList,
    worst: NanoUsd,
    began: Instant,
    /// What the provider has reported so far.
    usage: Usage,
    /// What it has written so far.
    words: String,
}

/// Most tokens that a request can have: in its prompt, which is never more than the window takes, and in its answer.
fn bounds(spec: &ModelSpec, request: &Request) -> (u64, u64) {
    (tokens::bound(request).min(spec.context_window), request.max_tokens)
}

/// The most that a call can cost; `None`: there is no price.
pub(crate) fn worst(spec: &ModelSpec, request: &Request, now: Timestamp) -> Option<NanoUsd> {
    let (prompt, output) = bounds(spec, request);
    Some(spec.prices_at(now)?.worst(prompt, output))
}

impl<'a> Meter<'a> {
    /// Reserves the first attempt.
    pub(crate) async fn open(
        shared: &'a Shared,
        purpose: &'a Purpose,
        request: &Request,
    ) -> Result<Self, Denied> {
        let model = request.model.clone();
        let Some(spec) = shared.provider.model(&model) else { return Err(Denied::Unknown(model)) };
        let bounds = bounds(spec, request);
        let expected = tokens::estimate(request);
        let mut meter = Self { shared, purpose, model, bounds, expected, attempt: None };
        meter.reserve().await?;
        Ok(meter)
    }

    async fn reserve(&mut self) -> Result<(), Denied> {
        let now = self.shared.clock.now();
        let prices = self.shared.provider.model(&self.model).and_then(|spec| spec.prices_at(now)).cloned();
        let Some(prices) = prices else { return Err(Denied::Unknown(self.model.clone())) };
        let (prompt, output) = self.bounds;
        let worst = prices.worst(prompt, output);
        let limits =
            budget::limits(self.shared.options.terms(), self.purpose.feature, self.purpose.session, now)
                .map_err(Denied::Storage)?;
        let reservation = Reservation {
            feature: self.purpose.feature,
            turn: self.purpose.turn,
            session: self.purpose.session,
            intended: self.purpose.intended.clone(),
            model: self.model.clone(),
            price_version: prices.version.clone(),
            worst,
            limits,
        };
        match self.shared.storage.reserve(reservation, now).await.map_err(Denied::Storage)? {
            Reserved::Granted(id) => {
                let began = Instant::now();
                self.attempt =
                    Some(Attempt { id, prices, worst, began, usage: Usage::default(), words: String::new() });
                Ok(())
            }
            Reserved::Refused(standing) => {
                let refused = Refused { standing, worst };
                if !refused.passes() {
                    let limit = &refused.standing.limit.name;
                    self.shared.observe.record(Observation::BudgetRefused { limit });
                }
                Err(Denied::Budget(refused))
            }
        }
    }

    /// The provider has counted so much of the attempt that runs.
    pub(crate) fn reported(&mut self, usage: Usage) {
        if let Some(attempt) = &mut self.attempt {
            attempt.usage = usage;
        }
    }

    /// The model has written so much more in the attempt that runs.
    pub(crate) fn wrote(&mut self, words: &str) {
        if let Some(attempt) = &mut self.attempt {
            attempt.words.push_str(words);
        }
    }

    /// What an attempt has used whose end was not seen: the provider counts the answer when it ends, so that until then
    /// the words that came are what is known of it.
    fn unseen(&self, attempt: &Attempt) -> Usage {
        let written = tokens::of_text(&attempt.words).expected.min(self.bounds.1);
        Usage { output: attempt.usage.output.max(written), ..attempt.usage }
    }

    /// The attempt has failed and is repeated: it is entered, and the next one is reserved.
    pub(crate) async fn again(&mut self, class: &'static str, usage: Usage) -> Result<(), Denied> {
        self.close(class, Some(usage)).await;
        self.reserve().await
    }

    /// The attempt has ended. `usage`: what it used; where nobody has said, because it was ended from this side, what was
    /// reported so far and the words that came.
    ///
    /// Where it cannot be entered, its reservation stands until that succeeds in the background, at the latest until the
    /// next start, which enters it at the worst case.
    pub(crate) async fn close(&mut self, class: &'static str, usage: Option<Usage>) {
        let Some(attempt) = self.attempt.take() else { return };
        let usage = usage.unwrap_or_else(|| self.unseen(&attempt));
        let record = self.record(&attempt, class, usage, attempt.prices.cost(&usage));
        self.shared.observe.record(Observation::ProviderCall {
            feature: self.purpose.feature,
            model: &self.model,
            class,
            took: attempt.began.elapsed(),
            usage,
            cost: record.cost,
            overhead: record.overhead,
        });
        let record = (!usage.is_zero()).then_some(record);
        let mut pause = FIRST_PAUSE;
        while let Err(error) = self.shared.storage.settle_call(attempt.id, record.clone()).await {
            tracing::error!(%error, id = %attempt.id, "a call cannot be entered");
            if error.is_retryable() && pause <= LAST_PAUSE {
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2);
                continue;
            }
            if !error.is_retryable() || !self.shared.late.keep(&self.shared.storage, attempt.id, record) {
                tracing::error!(id = %attempt.id, "its reservation stands until the next start enters it at its worst case");
            }
            return;
        }
        self.shared.room.notify_waiters();
        budget::observe(self.shared, self.purpose).await;
    }

    /// The expected overhead, corrected by what the provider has counted of the whole prompt.
    fn overhead(&self, usage: &Usage) -> u64 {
        match (usage.prompt(), self.expected) {
            (0, _) | (_, 0) => self.purpose.overhead,
            (counted, expected) => self.purpose.overhead.saturating_mul(counted) / expected,
        }
    }

    fn record(&self, attempt: &Attempt, class: &str, usage: Usage, cost: NanoUsd) -> CallRecord {
        CallRecord {
            feature: self.purpose.feature,
            intended: self.purpose.intended.clone(),
            model: self.model.clone(),
            class: class.to_owned(),
            price_version: attempt.prices.version.clone(),
            usage,
            cost,
            overhead: self.overhead(&usage),
            took_ms: u64::try_from(attempt.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            at: self.shared.clock.now(),
        }
    }
}

/// An error in the program must not leave room taken until the next start: what nobody saw the end of is entered at its
/// worst case.
impl Drop for Meter<'_> {
    fn drop(&mut self) {
        let Some(attempt) = self.attempt.take().filter(|_| std::thread::panicking()) else { return };
        let record = self.record(&attempt, INTERRUPTED, attempt.usage, attempt.worst);
        if !self.shared.late.keep(&self.shared.storage, attempt.id, Some(record)) {
            tracing::error!(id = %attempt.id, "a call that broke off could not be entered; the next start does it");
        }
    }
}
