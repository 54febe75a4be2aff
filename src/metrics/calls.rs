// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls of models: how many, how long, what they used and cost, and how well the provider's cache served them.

use crate::MetricsError;
use crate::labels::LabelSet;
use crate::metrics::SECONDS;
use crate::registry::Family;
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::storage::Feature;
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{CounterVec, Gauge, HistogramVec, IntCounterVec};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bounds of the overhead, tokens. A simple message should stay below 1,000, the average below 3,000.
const OVERHEAD: [f64; 10] =
    [250.0, 500.0, 750.0, 1_000.0, 1_500.0, 2_000.0, 3_000.0, 5_000.0, 10_000.0, 20_000.0];

/// One attempt of a call.
pub(crate) struct Call<'a> {
    pub(crate) feature: Feature,
    pub(crate) model: &'a str,
    pub(crate) class: &'static str,
    pub(crate) took: Duration,
    pub(crate) usage: Usage,
    pub(crate) cost: NanoUsd,
    pub(crate) overhead: u64,
}

pub(crate) struct Calls {
    models: LabelSet,
    calls: IntCounterVec,
    duration: HistogramVec,
    tokens: IntCounterVec,
    cost: CounterVec,
    overhead: HistogramVec,
    /// What all calls have used together.
    used: Mutex<Usage>,
    hit_ratio: Gauge,
}

impl Calls {
    pub(crate) fn new(family: &Family, models: Vec<String>) -> Result<Self, MetricsError> {
        Ok(Self {
            models: LabelSet::new(models),
            calls: family.counters(
                "blufio_provider_calls_total",
                "Attempts to call a model, by class of the result: ok, or of the error.",
                &["feature", "model", "class"],
            )?,
            duration: family.histograms(
                "blufio_provider_call_duration_seconds",
                "From the request to the end of the answer, failed attempts included.",
                &SECONDS,
                &["feature", "model"],
            )?,
            tokens: family.counters(
                "blufio_tokens_total",
                "Tokens used, by the class they are billed in.",
                &["feature", "model", "class"],
            )?,
            cost: family.sums(
                "blufio_cost_usd_total",
                "What the calls have cost, US dollars.",
                &["feature", "model"],
            )?,
            overhead: family.histograms(
                "blufio_prompt_overhead_tokens",
                "Tokens of a prompt that were neither the person's words nor history, estimated.",
                &OVERHEAD,
                &["feature"],
            )?,
            used: Mutex::default(),
            hit_ratio: Gauge::new(
                "blufio_prompt_cache_hit_ratio",
                "Share of all prompt tokens since the start that were read from the provider's cache.",
            )?,
        })
    }

    pub(crate) fn record(&self, call: &Call<'_>) {
        let (feature, model) = (call.feature.name(), self.models.of(call.model));
        self.calls.with_label_values(&[feature, model, call.class]).inc();
        self.duration.with_label_values(&[feature, model]).observe(call.took.as_secs_f64());
        for (class, tokens) in [
            ("input", call.usage.input),
            ("output", call.usage.output),
            ("cache_read", call.usage.cache_read),
            ("cache_write_5m", call.usage.cache_write_5m),
            ("cache_write_1h", call.usage.cache_write_1h),
        ] {
            self.tokens.with_label_values(&[feature, model, class]).inc_by(tokens);
        }
        // A counter cannot fall.
        self.cost.with_label_values(&[feature, model]).inc_by(call.cost.as_usd().max(0.0));
        // An attempt that used nothing had its prompt read by nobody.
        if !call.usage.is_zero() {
            self.overhead.with_label_values(&[feature]).observe(float(call.overhead));
            *self.used() += call.usage;
        }
    }

    /// The ratio, once there is one.
    pub(crate) fn gather(&self) -> Vec<MetricFamily> {
        let used = *self.used();
        match used.prompt() {
            0 => Vec::new(),
            prompt => {
                self.hit_ratio.set(float(used.cache_read) / float(prompt));
                self.hit_ratio.collect()
            }
        }
    }

    fn used(&self) -> MutexGuard<'_, Usage> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts of tokens are far below what an `f64` holds exactly.
#[allow(clippy::cast_precision_loss)]
fn float(tokens: u64) -> f64 {
    tokens as f64
}
