// SPDX-License-Identifier: MIT OR Apache-2.0
//! What happened to messages and turns; where each observation belongs; the exposition.

use crate::background::Background;
use crate::budget::Budget;
use crate::calls::{Call, Calls};
use crate::labels::LabelSet;
use crate::memory::Memory;
use crate::process::Process;
use crate::registry::Family;
use crate::routes::Routes;
use crate::state::State;
use blufio_core::observe::{Exposition, Observability, Observation};
use blufio_core::time::Clock;
use prometheus::{Histogram, IntCounterVec, TextEncoder};
use std::fmt;
use std::sync::Arc;

/// Bounds of turns and calls, seconds. A short answer takes two, one with tools and thinking minutes.
pub(crate) const SECONDS: [f64; 12] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0];

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
    channels: LabelSet,
    happened: Family,
    received: IntCounterVec,
    duplicates: IntCounterVec,
    sent: IntCounterVec,
    delivery_failures: IntCounterVec,
    receive_failures: IntCounterVec,
    turns: IntCounterVec,
    turn_duration: Histogram,
    calls: Calls,
    routes: Routes,
    budget: Budget,
    background: Background,
    memory: Memory,
    state: State,
    process: Process,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("channels", &self.channels).finish_non_exhaustive()
    }
}

impl Metrics {
    /// Metrics that have seen nothing yet. `clock` says when the program started and how old what waits is.
    ///
    /// # Errors
    /// When a metric cannot be made; only a bug makes that happen.
    pub fn new(options: MetricsOptions, clock: Arc<dyn Clock>) -> Result<Self, MetricsError> {
        let MetricsOptions { version, models, channels } = options;
        let happened = Family::default();
        let metrics = Self {
            received: happened.counters(
                "blufio_messages_received_total",
                "Messages accepted from people.",
                &["channel"],
            )?,
            duplicates: happened.counters(
                "blufio_messages_duplicate_total",
                "Messages that had been accepted before and were dropped.",
                &["channel"],
            )?,
            sent: happened.counters(
                "blufio_messages_sent_total",
                "Messages that a channel has accepted.",
                &["channel"],
            )?,
            delivery_failures: happened.counters(
                "blufio_delivery_failures_total",
                "Tries to deliver a message that failed, by class of the failure.",
                &["channel", "class"],
            )?,
            receive_failures: happened.counters(
                "blufio_receive_failures_total",
                "Troubles in receiving from a channel, by class.",
                &["channel", "class"],
            )?,
            turns: happened.counters("blufio_turns_total", "Turns that ended, by outcome.", &["outcome"])?,
            turn_duration: happened.histogram(
                "blufio_turn_duration_seconds",
                "From a turn's claim to its settlement.",
                &SECONDS,
            )?,
            calls: Calls::new(&happened, models)?,
            routes: Routes::new(&happened)?,
            budget: Budget::new(&happened, Arc::clone(&clock))?,
            background: Background::new(&happened)?,
            memory: Memory::new(&happened)?,
            state: State::new(Arc::clone(&clock))?,
            process: Process::new(&version, clock.now())?,
            channels: LabelSet::new(channels),
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
            Observation::ProviderCall { feature, model, class, took, usage, cost, overhead } => {
                self.calls.record(&Call { feature, model, class, took, usage, cost, overhead });
            }
            Observation::Routed { route, downgraded, took } => self.routes.routed(route, downgraded, took),
            Observation::FellBack { class } => self.routes.fell_back(class),
            Observation::Budget(standing) => self.budget.stands(standing),
            Observation::BudgetRefused { limit } => self.budget.refused(limit),
            Observation::Compaction { outcome } => self.background.compaction(outcome),
            Observation::Heartbeat { outcome } => self.background.heartbeat(outcome),
            Observation::Recalled { shown, by_meaning, took } => {
                self.memory.recalled(shown, by_meaning, took)
            }
            Observation::Embedded { sentences, took } => self.memory.embedded(sentences, took),
            Observation::Extraction { outcome, new } => self.memory.extraction(outcome, new),
            Observation::BackedUp { outcome } => self.background.backed_up(outcome),
            Observation::Reminder { late } => self.background.reminder(late),
            Observation::Store(stats) => self.state.store(stats),
            Observation::Health { ready, sealed, draining } => self.state.health(ready, sealed, draining),
        }
    }

    fn render(&self) -> Result<Exposition, String> {
        let mut families = self.happened.gather();
        families.extend(self.calls.gather());
        families.extend(self.budget.gather());
        families.extend(self.state.gather());
        families.extend(self.process.gather());
        let body = TextEncoder::new().encode_to_string(&families).map_err(|error| error.to_string())?;
        Ok(Exposition { content_type: prometheus::TEXT_FORMAT, body })
    }
}
