// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is done unasked: summaries, looks, reminders, backups.

use crate::MetricsError;
use crate::registry::Family;
use prometheus::{Histogram, IntCounter, IntCounterVec};
use std::time::Duration;

/// Bounds of a reminder's delay, seconds: from at once to what a machine that was off for a week is late.
const DELAY: [f64; 10] = [0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 3_600.0, 86_400.0, 604_800.0];

pub(crate) struct Background {
    compactions: IntCounterVec,
    heartbeats: IntCounterVec,
    backups: IntCounterVec,
    reminders: IntCounter,
    delay: Histogram,
}

impl Background {
    pub(crate) fn new(family: &Family) -> Result<Self, MetricsError> {
        Ok(Self {
            compactions: family.counters(
                "blufio_compactions_total",
                "Summaries of older conversation that were tried, by outcome.",
                &["outcome"],
            )?,
            heartbeats: family.counters(
                "blufio_heartbeats_total",
                "Looks in the background, by outcome.",
                &["outcome"],
            )?,
            backups: family.counters(
                "blufio_backups_total",
                "Backups that the daemon has made by itself, by outcome.",
                &["outcome"],
            )?,
            reminders: family.counter("blufio_reminders_total", "Reminders that were told.")?,
            delay: family.histogram(
                "blufio_reminder_delay_seconds",
                "How much later than asked for a reminder was told.",
                &DELAY,
            )?,
        })
    }

    pub(crate) fn compaction(&self, outcome: &'static str) {
        self.compactions.with_label_values(&[outcome]).inc();
    }

    pub(crate) fn heartbeat(&self, outcome: &'static str) {
        self.heartbeats.with_label_values(&[outcome]).inc();
    }

    pub(crate) fn backed_up(&self, outcome: &'static str) {
        self.backups.with_label_values(&[outcome]).inc();
    }

    pub(crate) fn reminder(&self, late: Duration) {
        self.reminders.inc();
        self.delay.observe(late.as_secs_f64());
    }
}
