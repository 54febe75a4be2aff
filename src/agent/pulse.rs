// SPDX-License-Identifier: MIT OR Apache-2.0
//! Proof that the loops move: each says "tick" at least every [`BEAT`]; the watchdog is fed only while all do.

use blufio_core::time::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How often an idle loop ticks at least.
pub(crate) const BEAT: Duration = Duration::from_secs(5);

/// When one loop last moved.
#[derive(Debug)]
pub(crate) struct Pulse(AtomicI64);

impl Pulse {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    pub(crate) fn tick(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::Relaxed);
    }

    pub(crate) fn last(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}
