// SPDX-License-Identifier: MIT OR Apache-2.0
//! Chance that can be repeated: set `BLUFIO_TEST_SEED` to the seed that a test has printed.

use std::time::{SystemTime, UNIX_EPOCH};

/// SplitMix64.
pub(crate) struct Dice(u64);

impl Dice {
    /// Dice that fall the same way for the same seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed: that of the environment, or a new one; it is printed.
    pub(crate) fn seed(test: &str) -> u64 {
        let given = std::env::var("BLUFIO_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let fresh =
            || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() * 1_000);
        let seed = given.unwrap_or_else(fresh);
        println!("{test}: BLUFIO_TEST_SEED={seed}");
        seed
    }

    /// Any number.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() % (bound as u64)).unwrap()
    }

    /// A number up to `most`.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        self.roll() % (most + 1)
    }
}
