// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long to wait before the next try.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// Waits after the token was refused, which can pass: a server behind the address that starts, an upgrade on the other
/// side. After one more refusal it is believed.
pub(crate) const TOKEN_WAITS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(10)];

/// Waits that double up to half a minute, each shortened by a random part, so that many who lost the same server do
/// not come back at once.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// It worked: the next wait is short again.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// It failed once more.
    pub(crate) fn next(&mut self) -> Duration {
        let whole = FIRST.saturating_mul(1_u32 << self.failures.min(6)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        // Without randomness from the system the waits are merely equal.
        let share = f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        whole.mul_f64(0.5 + share / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_half_a_minute_and_start_anew_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..40).map(|_| backoff.next()).collect();
        assert!(waits[0] <= FIRST && waits[0] >= FIRST / 2);
        assert!(waits.iter().all(|wait| *wait <= LONGEST));
        assert!(waits[39] >= LONGEST / 2);
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
