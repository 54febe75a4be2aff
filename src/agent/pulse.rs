// SPDX-License-Identifier: MIT OR Apache-2.0
//! Proof that the loops move: each says "tick" at least every [`BEAT`]; the watchdog is fed only while all do, but for those
//! that have ended in order.

use blufio_core::time::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// How often an idle loop ticks at least.
pub(crate) const BEAT: Duration = Duration::from_secs(5);

/// A loop that has ended.
const ENDED: u64 = u64::MAX;

/// When one loop last moved. By the monotonic clock: setting the time of day must not look like a loop that hangs.
#[derive(Debug)]
pub(crate) struct Pulse {
    born: Instant,
    moved: AtomicU64,
}

impl Pulse {
    pub(crate) fn new() -> Self {
        Self { born: Instant::now(), moved: AtomicU64::new(0) }
    }

    pub(crate) fn tick(&self) {
        let millis = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.store(millis, Ordering::Relaxed);
    }

    /// The loop has ended in order: nothing is expected of it any more.
    pub(crate) fn end(&self) {
        self.moved.store(ENDED, Ordering::Relaxed);
    }

    /// How long the loop has not moved.
    pub(crate) fn still(&self) -> Duration {
        // What has ended moved at the end of all time, and is never still.
        self.born.elapsed().saturating_sub(Duration::from_millis(self.moved.load(Ordering::Relaxed)))
    }
}

/// From `now` until `next`, never quite nothing: a clock that jumps must not make a busy loop.
pub(crate) fn until(now: Timestamp, next: Timestamp) -> Duration {
    next.since(now).max(Duration::from_millis(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_stops_ticking_is_seen() {
        let pulse = Pulse::new();
        tokio::time::advance(Duration::from_secs(40)).await;
        assert_eq!(pulse.still(), Duration::from_secs(40));
        pulse.tick();
        assert_eq!(pulse.still(), Duration::ZERO);
        pulse.end();
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(pulse.still(), Duration::ZERO, "a loop that has ended does not hang");
    }
}
