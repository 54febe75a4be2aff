// SPDX-License-Identifier: MIT OR Apache-2.0
//! How things stand: the state file, health. Nothing is said of either before it is known.

use blufio_core::storage::StoreStats;
use blufio_core::time::{Clock, Timestamp};
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, IntGauge};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) struct State {
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
    queue_depth: IntGauge,
    queue_age: Gauge,
    outbox_depth: IntGauge,
    outbox_age: Gauge,
    dead_letters: IntGauge,
    sessions: IntGauge,
    messages: IntGauge,
    open_jobs: IntGauge,
    memories: IntGauge,
    passages: IntGauge,
    schema: IntGauge,
    file_bytes: IntGauge,
    wal_bytes: IntGauge,
    observed_at: Gauge,
    backup_age: Gauge,
    ready: IntGauge,
    sealed: IntGauge,
    draining: IntGauge,
}

#[derive(Default)]
struct Known {
    health: bool,
    store: bool,
    queue_oldest: Option<Timestamp>,
    outbox_oldest: Option<Timestamp>,
    newest_backup: Option<Timestamp>,
}

impl State {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Result<Self, prometheus::Error> {
        Ok(Self {
            clock,
            known: Mutex::default(),
            queue_depth: IntGauge::new(
                "blufio_queue_depth",
                "Messages that wait for an answer, the ones being answered included.",
            )?,
            queue_age: Gauge::new(
                "blufio_queue_oldest_age_seconds",
                "Age of the oldest of them; 0 when none waits.",
            )?,
            outbox_depth: IntGauge::new("blufio_outbox_depth", "Messages on their way out.")?,
            outbox_age: Gauge::new(
                "blufio_outbox_oldest_age_seconds",
                "Age of the oldest of them; 0 when none waits.",
            )?,
            dead_letters: IntGauge::new(
                "blufio_dead_letters",
                "Messages that could not be delivered and are no longer tried.",
            )?,
            sessions: IntGauge::new("blufio_sessions", "Sessions, ended ones included.")?,
            messages: IntGauge::new("blufio_transcript_messages", "Messages in all transcripts.")?,
            open_jobs: IntGauge::new(
                "blufio_open_jobs",
                "Reminders that are still to be told, and tasks that are open.",
            )?,
            memories: IntGauge::new("blufio_memories", "Memories that hold.")?,
            passages: IntGauge::new(
                "blufio_passages",
                "Past words that can be found, in parts of messages.",
            )?,
            schema: IntGauge::new("blufio_state_schema_version", "Version of the state file's schema.")?,
            file_bytes: IntGauge::new("blufio_state_file_bytes", "Size of the state file.")?,
            wal_bytes: IntGauge::new("blufio_state_wal_bytes", "Size of the state file's write-ahead log.")?,
            observed_at: Gauge::new(
                "blufio_state_observed_timestamp_seconds",
                "When the numbers of the state file were last read.",
            )?,
            backup_age: Gauge::new(
                "blufio_backup_age_seconds",
                "Age of the newest backup beside the state file.",
            )?,
            ready: IntGauge::new("blufio_ready", "1 when messages are accepted and answered.")?,
            sealed: IntGauge::new("blufio_sealed", "1 when the vault's passphrase is waited for.")?,
            draining: IntGauge::new("blufio_draining", "1 when the daemon is shutting down.")?,
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn store(&self, stats: StoreStats) {
        let StoreStats {
            schema_version,
            queue_depth,
            queue_oldest,
            outbox_depth,
            outbox_oldest,
            dead_letters,
            sessions,
            messages,
            open_jobs,
            memories,
            passages,
            file_bytes,
            wal_bytes,
            newest_backup,
        } = stats;
        for (gauge, value) in [
            (&self.queue_depth, queue_depth),
            (&self.outbox_depth, outbox_depth),
            (&self.dead_letters, dead_letters),
            (&self.sessions, sessions),
            (&self.messages, messages),
            (&self.open_jobs, open_jobs),
            (&self.memories, memories),
            (&self.passages, passages),
            (&self.schema, u64::from(schema_version)),
            (&self.file_bytes, file_bytes),
            (&self.wal_bytes, wal_bytes),
        ] {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        self.observed_at.set(seconds(self.clock.now()));
        let mut known = self.known();
        (known.store, known.queue_oldest, known.outbox_oldest) = (true, queue_oldest, outbox_oldest);
        known.newest_backup = newest_backup;
    }

    pub(crate) fn health(&self, ready: bool, sealed: bool, draining: bool) {
        for (gauge, value) in [(&self.ready, ready), (&self.sealed, sealed), (&self.draining, draining)] {
            gauge.set(i64::from(value));
        }
        self.known().health = true;
    }

    pub(crate) fn gather(&self) -> Vec<MetricFamily> {
        let mut families = Vec::new();
        let known = self.known();
        if known.store {
            // Computed now, so that ages grow also while the numbers cannot be read.
            let now = self.clock.now();
            let age =
                |oldest: Option<Timestamp>| oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64());
            self.queue_age.set(age(known.queue_oldest));
            self.outbox_age.set(age(known.outbox_oldest));
            if known.newest_backup.is_some() {
                self.backup_age.set(age(known.newest_backup));
                families.extend(self.backup_age.collect());
            }
            for gauge in [&self.queue_age, &self.outbox_age, &self.observed_at] {
                families.extend(gauge.collect());
            }
            for gauge in [
                &self.queue_depth,
                &self.outbox_depth,
                &self.dead_letters,
                &self.sessions,
                &self.messages,
                &self.open_jobs,
                &self.memories,
                &self.passages,
                &self.schema,
                &self.file_bytes,
                &self.wal_bytes,
            ] {
                families.extend(gauge.collect());
            }
        }
        if known.health {
            for gauge in [&self.ready, &self.sealed, &self.draining] {
                families.extend(gauge.collect());
            }
        }
        families
    }
}

/// Seconds since 1970, as Prometheus says instants. Milliseconds are far below the precision of an `f64`.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn seconds(instant: Timestamp) -> f64 {
    instant.0 as f64 / 1000.0
}
