// SPDX-License-Identifier: MIT OR Apache-2.0
//! How often a change is tried again when the model could not be asked about it.

use blufio_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// After so many tries that came to nothing, the change is told without the model.
pub(super) const MOST: u32 = 5;
/// Longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// Tries that came to nothing so far. A try is counted before it is made, so that one that takes the process down is
/// counted too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Patience {
    tries: u32,
    /// Nothing is looked at before this instant.
    rest_until: Option<Timestamp>,
}

impl Patience {
    /// With one more try: the rest behind it doubles from one to the next.
    pub(super) fn after_try(self, interval: Duration, now: Timestamp) -> Self {
        let rest = interval.saturating_mul(2_u32.saturating_pow(self.tries)).min(LONGEST);
        Self { tries: self.tries.saturating_add(1), rest_until: Some(now.after(rest)) }
    }

    /// Whether it is worn out.
    pub(super) fn is_worn_out(self) -> bool {
        self.tries >= MOST
    }

    /// Whether nothing is to be tried now. An instant further away than any rest comes from a clock that was set.
    pub(super) fn rests(self, now: Timestamp) -> bool {
        self.rest_until.is_some_and(|until| now < until && until.since(now) <= LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_AN_HOUR: Duration = Duration::from_secs(1_800);

    #[test]
    fn pauses_grow_and_tries_end() {
        let mut patience = Patience::default();
        let mut rests = Vec::new();
        while !patience.is_worn_out() {
            patience = patience.after_try(HALF_AN_HOUR, Timestamp(0));
            rests.push(patience.rest_until.unwrap().0 / 60_000);
        }
        assert_eq!(rests, [30, 60, 120, 240, 480]);
    }

    #[test]
    fn no_rest_is_longer_than_a_day_not_even_when_the_clock_is_set_back() {
        let patience = Patience::default().after_try(Duration::from_secs(30 * 24 * 3_600), Timestamp(0));
        assert!(patience.rests(Timestamp(0)));
        assert!(!patience.rests(Timestamp(24 * 3_600_000)));
        assert!(!patience.rests(Timestamp(-1)));
    }
}
