// SPDX-License-Identifier: MIT OR Apache-2.0
//! What happened: counters and histograms; the exposition.

use crate::labels::LabelSet;
use crate::process::Process;
use crate::state::State;
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::observe::{Exposition, Observability, Observation};
use blufio_core::time::Clock;
use prometheus::core::Collector;
use prometheus::{
    CounterVec, Histogram, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder,
};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Bounds of the histograms, seconds. A short answer takes two, one with tools and thinking minutes.
const SECONDS: [f64; 12] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0];

/// What the label sets are made of.
#[derive(Clone, Debug, Default)]
pub struct MetricsOptions {
    /// Version of the program.
    pub version: String,
    /// Ids of the models that can be called.
    pub models: Vec<String>,
    /// Names of the channels.
    pub channels: Vec<String>,
}

/// A metric could not be made: two have one name, or a name breaks the rules. A bug, which no later try cures.
#[derive(Debug, thiserror::Error)]
#[error("the metrics could not be set up: {0}")]
pub struct MetricsError(#[from] prometheus::Error);

/// The metrics of one process.
pub struct Metrics {
    models: LabelSet,
    channels: LabelSet,
    happened: Registry,
    received: IntCounterVec,
    duplicates: IntCounterVec,
    sent: IntCounterVec,
    delivery_failures: IntCounterVec,
    receive_failures: IntCounterVec,
    turns: IntCounterVec,
    turn_duration: Histogram,
    calls: IntCounterVec,
    call_duration: HistogramVec,
    tokens: IntCounterVec,
    cost: CounterVec,
    state: State,
    process: Process,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("models", &self.models)
            .field("channels", &self.channels)
            .finish_non_exhaustive()
    }
}

impl Metrics {
    /// Metrics that have seen nothing yet. `clock` says when the program started and how old what waits is.
    ///
    /// # Errors
    /// When a metric cannot be made; only a bug makes that happen.
    pub fn new(options: MetricsOptions, clock: Arc<dyn Clock>) -> Result<Self, MetricsError> {
        let MetricsOptions { version, models, channels } = options;
        let (models, channels) = (LabelSet::new(models), LabelSet::new(channels));
        let happened = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| {
            registered(&happened, IntCounterVec::new(Opts::new(name, help), labels)?)
        };
        let metrics = Self {
            received: counters(
                "blufio_messages_received_total",
                "Messages accepted from people.",
                &["channel"],
            )?,
            duplicates: counters(
                "blufio_messages_duplicate_total",
                "Messages that had been accepted before and were dropped.",
                &["channel"],
            )?,
            sent: counters(
                "blufio_messages_sent_total",
                "Messages that a channel has accepted.",
                &["channel"],
            )?,
            delivery_failures: counters(
                "blufio_delivery_failures_total",
                "Tries to deliver a message that failed, by class of the failure.",
                &["channel", "class"],
            )?,
            receive_failures: counters(
                "blufio_receive_failures_total",
                "Troubles in receiving from a channel, by class.",
                &["channel", "class"],
            )?,
            turns: counters("blufio_turns_total", "Turns that ended, by outcome.", &["outcome"])?,
            turn_duration: registered(
                &happened,
                Histogram::with_opts(seconds(
                    "blufio_turn_duration_seconds",
                    "From a turn's claim to its settlement.",
                ))?,
            )?,
            calls: counters(
                "blufio_provider_calls_total",
                "Attempts to call a model, by class of the result: ok, or of the error.",
                &["model", "class"],
            )?,
            call_duration: registered(
                &happened,
                HistogramVec::new(
                    seconds(
                        "blufio_provider_call_duration_seconds",
                        "From the request to the end of the answer, failed attempts included.",
                    ),
                    &["model"],
                )?,
            )?,
            tokens: counters(
                "blufio_tokens_total",
                "Tokens used, by the class they are billed in.",
                &["model", "class"],
            )?,
            cost: registered(
                &happened,
                CounterVec::new(
                    Opts::new("blufio_cost_usd_total", "What the calls have cost, US dollars."),
                    &["model"],
                )?,
            )?,
            state: State::new(Arc::clone(&clock))?,
            process: Process::new(&version, clock.now())?,
            models,
            channels,
            happened,
        };
        // From the first scrape on, so that the first message is seen as a rise.
        for channel in metrics.channels.iter() {
            for counter in [&metrics.received, &metrics.duplicates, &metrics.sent] {
                counter.with_label_values(&[channel]);
            }
        }
        Ok(metrics)
    }

    fn provider_call(&self, model: &str, class: &str, took: Duration, usage: Usage, cost: NanoUsd) {
        let model = self.models.of(model);
        self.calls.with_label_values(&[model, class]).inc();
        self.call_duration.with_label_values(&[model]).observe(took.as_secs_f64());
        for (class, tokens) in [
            ("input", usage.input),
            ("output", usage.output),
            ("cache_read", usage.cache_read),
            ("cache_write_5m", usage.cache_write_5m),
            ("cache_write_1h", usage.cache_write_1h),
        ] {
            self.tokens.with_label_values(&[model, class]).inc_by(tokens);
        }
        // A counter cannot fall.
        self.cost.with_label_values(&[model]).inc_by(cost.as_usd().max(0.0));
    }
}

impl Observability for Metrics {
    fn record(&self, observation: Observation<'_>) {
        match observation {
            Observation::MessageIn { channel, duplicate } => {
                let counter = if duplicate { &self.duplicates } else { &self.received };
                counter.with_label_values(&[self.channels.of(channel)]).inc();
            }
            Observation::MessageOut { channel } => {
                self.sent.with_label_values(&[self.channels.of(channel)]).inc()
            }
            Observation::DeliveryFailed { channel, class } => {
                self.delivery_failures.with_label_values(&[self.channels.of(channel), class]).inc();
            }
            Observation::ReceiveFailed { channel, class } => {
                self.receive_failures.with_label_values(&[self.channels.of(channel), class]).inc();
            }
            Observation::Turn { outcome, took } => {
                self.turns.with_label_values(&[outcome]).inc();
                self.turn_duration.observe(took.as_secs_f64());
            }
            Observation::ProviderCall { model, class, took, usage, cost } => {
                self.provider_call(model, class, took, usage, cost);
            }
            Observation::Store(stats) => self.state.store(stats),
            Observation::Health { ready, sealed, draining } => self.state.health(ready, sealed, draining),
        }
    }

    fn render(&self) -> Result<Exposition, String> {
        let mut families = self.happened.gather();
        families.extend(self.state.gather());
        families.extend(self.process.gather());
        let body = TextEncoder::new().encode_to_string(&families).map_err(|error| error.to_string())?;
        Ok(Exposition { content_type: prometheus::TEXT_FORMAT, body })
    }
}

fn seconds(name: &str, help: &str) -> HistogramOpts {
    HistogramOpts::new(name, help).buckets(SECONDS.to_vec())
}

fn registered<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> Result<C, MetricsError> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}
