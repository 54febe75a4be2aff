// SPDX-License-Identifier: MIT OR Apache-2.0
//! Observability adapter: Prometheus.
//!
//! Names follow the Prometheus rules: prefix `blufio_`, base units, `_total` on counters. Every label value comes
//! from a set that is known when the program starts; whatever is not in it counts as `other`, so that no name from
//! outside can make the set grow. What is not known is left out and never said to be zero.
//!
//! | room | holds |
//! |---|---|
//! | [`metrics`](Metrics) | messages and turns; where each observation belongs; the exposition |
//! | `calls` | calls of models: tokens, cost, overhead, cache |
//! | `routes` | which model answers |
//! | `budget` | how the limits stand |
//! | `background` | summaries, looks, reminders |
//! | `memory` | what is recalled, embedded, learned |
//! | `state` | how things stand: the state file, health |
//! | `process` | this process: memory, heap, start |
//! | `labels` | the bounded sets |
//! | `registry` | makes metrics that are exposed |
//!
//! ```
//! # use blufio_core::{observe::{Observability, Observation}, time::{Clock, Timestamp}};
//! # use blufio_metrics::{Metrics, MetricsOptions};
//! # use std::sync::Arc;
//! # struct Noon;
//! # impl Clock for Noon { fn now(&self) -> Timestamp { Timestamp(1_700_000_000_000) } }
//! let options = MetricsOptions {
//!     version: "0.1.0".into(),
//!     models: vec!["claude-opus-4-5".into()],
//!     channels: vec!["telegram".into(), "local".into()],
//! };
//! let metrics = Metrics::new(options, Arc::new(Noon)).unwrap();
//! metrics.record(Observation::MessageOut { channel: "telegram" });
//! let exposition = metrics.render().unwrap();
//! assert!(exposition.body.contains("blufio_messages_sent_total{channel=\"telegram\"} 1\n"));
//! ```

mod background;
mod budget;
mod calls;
mod labels;
mod memory;
mod metrics;
mod process;
mod registry;
mod routes;
mod state;

pub use metrics::{Metrics, MetricsError, MetricsOptions};

#[cfg(test)]
mod tests;
