// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a request costs, from a table of the simulator's own: the other side of a ledger's cross-check.

use serde::{Deserialize, Serialize};

/// Tokens of one request, or of many, by what they are billed as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Prompt tokens outside the cache.
    pub input: u64,
    /// Tokens written by the model, its thinking included.
    pub output: u64,
    /// Prompt tokens read from the cache.
    pub cache_read: u64,
    /// Prompt tokens written to the five-minute cache.
    pub cache_write_5m: u64,
    /// Prompt tokens written to the one-hour cache.
    pub cache_write_1h: u64,
}

impl Usage {
    /// The size of the prompt, however it was billed.
    pub fn prompt(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write_5m)
            .saturating_add(self.cache_write_1h)
    }

    /// Adds another request's tokens.
    pub fn add(&mut self, other: &Usage) {
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.cache_write_5m = self.cache_write_5m.saturating_add(other.cache_write_5m);
        self.cache_write_1h = self.cache_write_1h.saturating_add(other.cache_write_1h);
    }

    /// The share of the prompt that was read from the cache, from 0 to 1.
    #[allow(clippy::cast_precision_loss)] // token counts stay far below 2^52
    pub fn cache_hit_ratio(&self) -> f64 {
        match self.prompt() {
            0 => 0.0,
            prompt => self.cache_read as f64 / prompt as f64,
        }
    }
}

/// Prices in nano-dollars per token: $0.10 per million tokens is 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// The largest prompt of this tier; the whole request is billed at one tier.
    pub up_to_prompt: u64,
    /// Prompt token outside the cache.
    pub input: u64,
    /// Token written by the model.
    pub output: u64,
    /// Token written to the five-minute cache.
    pub write_5m: u64,
    /// Token written to the one-hour cache.
    pub write_1h: u64,
    /// Token read from the cache.
    pub read: u64,
}

const fn price(up_to_prompt: u64, input: u64, output: u64, write_5m: u64, write_1h: u64, read: u64) -> Price {
    Price { up_to_prompt, input, output, write_5m, write_1h, read }
}

const ANY: u64 = u64::MAX;

/// claude-haiku-5-5: dearer above 100,000 prompt tokens.
pub const HAIKU_5_5: &[Price] =
    &[price(100_000, 100, 500, 125, 200, 10), price(ANY, 500, 2_500, 625, 1_000, 50)];
/// claude-sonnet-5-5.
pub const SONNET_5_5: &[Price] = &[price(ANY, 2_000, 10_000, 2_500, 4_000, 100)];
/// claude-opus-5-5.
pub const OPUS_5_5: &[Price] = &[price(ANY, 4_000, 20_000, 5_000, 8_000, 200)];
/// claude-opus-5 and the 4.5 to 4.8 line.
pub const OPUS_5: &[Price] = &[price(ANY, 5_000, 25_000, 6_250, 10_000, 500)];
/// claude-sonnet-5.
pub const SONNET_5: &[Price] = &[price(ANY, 2_000, 10_000, 2_500, 4_000, 200)];
/// claude-sonnet-4.x.
pub const SONNET_4: &[Price] = &[price(ANY, 3_000, 15_000, 3_750, 6_000, 300)];
/// claude-haiku-4-5.
pub const HAIKU_4_5: &[Price] = &[price(ANY, 1_000, 5_000, 1_250, 2_000, 100)];
/// claude-opus-4 and 4.1.
pub const OPUS_4: &[Price] = &[price(ANY, 15_000, 75_000, 18_750, 30_000, 1_500)];
/// claude-fable-5-1.
pub const FABLE_5_1: &[Price] = &[price(ANY, 10_000, 50_000, 12_500, 20_000, 250)];

/// What `usage` costs in nano-dollars. The tier is chosen by `prompt`, the size of the request's prompt, which differs
/// from the prompt in `usage` when only a part of a request is billed.
pub fn cost(prices: &[Price], prompt: u64, usage: &Usage) -> u64 {
    let Some(price) = prices.iter().find(|price| prompt <= price.up_to_prompt) else { return 0 };
    [
        (usage.input, price.input),
        (usage.output, price.output),
        (usage.cache_write_5m, price.write_5m),
        (usage.cache_write_1h, price.write_1h),
        (usage.cache_read, price.read),
    ]
    .into_iter()
    .map(|(tokens, price)| tokens.saturating_mul(price))
    .fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_tokens_of_each_kind_cost_what_the_list_says() {
        let million = 1_000_000;
        let usage = Usage {
            input: million,
            output: million,
            cache_read: million,
            cache_write_5m: million,
            cache_write_1h: million,
        };
        // $4 + $20 + $0.20 + $5 + $8
        assert_eq!(cost(OPUS_5_5, usage.prompt(), &usage), 37_200_000_000);
    }

    #[test]
    fn the_whole_request_is_billed_at_the_tier_of_its_prompt_cache_included() {
        let small = Usage { input: 99_999, output: 10, cache_read: 1, ..Usage::default() };
        assert_eq!(cost(HAIKU_5_5, small.prompt(), &small), 99_999 * 100 + 10 * 500 + 10);
        let large = Usage { cache_read: 2, ..small };
        assert_eq!(cost(HAIKU_5_5, large.prompt(), &large), 99_999 * 500 + 10 * 2_500 + 2 * 50);
    }

    #[test]
    fn the_hit_ratio_counts_the_whole_prompt() {
        let usage = Usage { input: 5, output: 1_000, cache_read: 85, cache_write_5m: 10, cache_write_1h: 0 };
        assert!((usage.cache_hit_ratio() - 0.85).abs() < 1e-9);
        assert!(Usage::default().cache_hit_ratio().abs() < 1e-9);
    }
}
