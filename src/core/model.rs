// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a model may be asked for, and what it costs. The values are data of the provider's adapter.

use crate::money::{NanoUsd, Usage};
use serde::{Deserialize, Serialize};

/// Prices of one tier, in nano-dollars per token (equal to dollars per thousand million tokens:
/// $0.10 per million tokens is 100).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Prompt token outside the cache.
    pub input: i64,
    /// Token written by the model.
    pub output: i64,
    /// Prompt token read from the cache.
    pub cache_read: i64,
    /// Prompt token written to the five-minute cache.
    pub cache_write_5m: i64,
    /// Prompt token written to the one-hour cache.
    pub cache_write_1h: i64,
}

impl Price {
    /// What `usage` costs at this tier.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> NanoUsd {
        let part = |tokens: u64, price: i64| i64::try_from(tokens).unwrap_or(i64::MAX).saturating_mul(price);
        [
            (usage.input, self.input),
            (usage.output, self.output),
            (usage.cache_read, self.cache_read),
            (usage.cache_write_5m, self.cache_write_5m),
            (usage.cache_write_1h, self.cache_write_1h),
        ]
        .into_iter()
        .map(|(tokens, price)| NanoUsd(part(tokens, price)))
        .sum()
    }
}

/// A price that holds for prompts up to a size. The whole call, output included, is billed at its tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceTier {
    /// Largest prompt of this tier, in tokens. `None`: no bound.
    #[serde(default)]
    pub up_to_prompt: Option<u64>,
    /// The prices.
    #[serde(flatten)]
    pub price: Price,
}

/// A model that the provider can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSpec {
    /// The name in requests.
    pub id: String,
    /// Prompt and output together may not exceed this many tokens.
    pub context_window: u64,
    /// Most tokens that one answer may have.
    pub max_output: u64,
    /// Price tiers, smallest prompt first. Never empty: a model without a price cannot be called.
    pub prices: Vec<PriceTier>,
    /// Shortest prefix that the provider caches, in tokens.
    pub cache_minimum: u64,
    /// Whether images may be sent.
    pub images: bool,
}

impl ModelSpec {
    /// What a call with `usage` costs: the tier is chosen by the size of its prompt.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> NanoUsd {
        let prompt = usage.prompt();
        self.prices
            .iter()
            .find(|tier| tier.up_to_prompt.is_none_or(|bound| prompt <= bound))
            .or(self.prices.last())
            .map_or(NanoUsd(0), |tier| tier.price.cost(usage))
    }
}
