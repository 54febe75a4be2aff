// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the limits stand, and what they have refused. Nothing is said of a limit before it has been seen.

use crate::MetricsError;
use crate::labels::{LabelSet, OTHER};
use crate::registry::Family;
use blufio_core::money::NanoUsd;
use blufio_core::storage::Standing;
use blufio_core::time::Clock;
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, IntCounterVec, Opts};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Names of the limits.
const LIMITS: [&str; 4] = ["daily", "monthly", "session", "heartbeat"];

pub(crate) struct Budget {
    clock: Arc<dyn Clock>,
    limits: LabelSet,
    /// Each limit as it was seen last, by its label.
    seen: Mutex<BTreeMap<String, Standing>>,
    limit: GaugeVec,
    spent: GaugeVec,
    reserved: GaugeVec,
    refusals: IntCounterVec,
}

impl Budget {
    pub(crate) fn new(family: &Family, clock: Arc<dyn Clock>) -> Result<Self, MetricsError> {
        let gauges = |name: &str, help: &str| GaugeVec::new(Opts::new(name, help), &["limit"]);
        let budget = Self {
            clock,
            limits: LabelSet::new(LIMITS.map(str::to_owned).to_vec()),
            seen: Mutex::default(),
            limit: gauges(
                "blufio_budget_limit_usd",
                "What may be spent in the period that runs, raises included, US dollars; of sessions, the one seen last.",
            )?,
            spent: gauges("blufio_budget_spent_usd", "What has been spent of it, US dollars.")?,
            reserved: gauges(
                "blufio_budget_reserved_usd",
                "Worst cases of the calls that run and count towards it, US dollars.",
            )?,
            refusals: family.counters(
                "blufio_budget_refusals_total",
                "Calls that were not made because a limit had no room for them.",
                &["limit"],
            )?,
        };
        for limit in LIMITS {
            budget.refusals.with_label_values(&[limit]);
        }
        Ok(budget)
    }

    pub(crate) fn stands(&self, standing: &Standing) {
        let label = self.limits.of(&standing.limit.name);
        // Two limits under one name would take turns in saying each other's numbers.
        if label != OTHER {
            self.seen().insert(label.to_owned(), standing.clone());
        }
    }

    pub(crate) fn refused(&self, limit: &str) {
        self.refusals.with_label_values(&[self.limits.of(limit)]).inc();
    }

    pub(crate) fn gather(&self) -> Vec<MetricFamily> {
        let seen = self.seen();
        if seen.is_empty() {
            return Vec::new();
        }
        let now = self.clock.now();
        for (label, standing) in seen.iter() {
            // Every call tells how its limits stand, so in a period of which nothing was told nothing has been spent.
            let over = standing.limit.until.is_some_and(|until| until <= now);
            let (limit, spent, reserved) = if over {
                (standing.limit.value, NanoUsd(0), NanoUsd(0))
            } else {
                (standing.allowed(), standing.spent, standing.reserved)
            };
            for (gauge, value) in [(&self.limit, limit), (&self.spent, spent), (&self.reserved, reserved)] {
                gauge.with_label_values(&[label]).set(value.as_usd());
            }
        }
        [&self.limit, &self.spent, &self.reserved].into_iter().flat_map(Collector::collect).collect()
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<String, Standing>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
