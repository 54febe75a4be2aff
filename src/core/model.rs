// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a model may be asked for, and what it costs. The values are data of the provider's adapter.

use crate::money::{NanoUsd, Usage};
use crate::time::Timestamp;
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

/// Prices that hold from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceList {
    /// Names the list in the ledger.
    pub version: String,
    /// Begin of its validity.
    pub since: Timestamp,
    /// Price tiers, smallest prompt first. Never empty.
    pub tiers: Vec<PriceTier>,
}

impl PriceList {
    /// What a call with `usage` costs: the tier is chosen by the size of its prompt.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> NanoUsd {
        self.tier(usage.prompt()).map_or(NanoUsd(0), |tier| tier.price.cost(usage))
    }

    /// The most that a call can cost whose prompt has at most `prompt` tokens and whose answer at most `output`: no
    /// tier up to that size is dearer, whatever the cache does. Calls ask for the five-minute cache only: were the
    /// hour's price reckoned with, a long conversation would seem twice as dear as it can be.
    #[must_use]
    pub fn worst(&self, prompt: u64, output: u64) -> NanoUsd {
        let reached =
            self.tiers.iter().position(|tier| tier.up_to_prompt.is_none_or(|bound| prompt <= bound));
        let most = reached.map_or(self.tiers.len(), |at| at.saturating_add(1));
        let costs = self.tiers.iter().take(most).map(|PriceTier { price, .. }| {
            let dearest = price.input.max(price.cache_read).max(price.cache_write_5m);
            let price = Price { input: dearest, ..*price };
            price.cost(&Usage { input: prompt, output, ..Usage::default() })
        });
        costs.max().unwrap_or_default()
    }

    fn tier(&self, prompt: u64) -> Option<&PriceTier> {
        let fits = |tier: &&PriceTier| tier.up_to_prompt.is_none_or(|bound| prompt <= bound);
        self.tiers.iter().find(fits).or(self.tiers.last())
    }
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
    /// Price lists, oldest first. Never empty: a model without a price cannot be called.
    pub prices: Vec<PriceList>,
    /// Shortest prefix that the provider caches, in tokens.
    pub cache_minimum: u64,
    /// Whether images may be sent.
    pub images: bool,
}

impl ModelSpec {
    /// The prices that hold at an instant; before the first list began, the first.
    #[must_use]
    pub fn prices_at(&self, at: Timestamp) -> Option<&PriceList> {
        self.prices.iter().rev().find(|list| list.since <= at).or(self.prices.first())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOW: Price =
        Price { input: 100, output: 500, cache_read: 10, cache_write_5m: 125, cache_write_1h: 200 };
    const HIGH: Price =
        Price { input: 500, output: 2_500, cache_read: 50, cache_write_5m: 625, cache_write_1h: 1_000 };

    fn list() -> PriceList {
        let tiers = vec![
            PriceTier { up_to_prompt: Some(1_000), price: LOW },
            PriceTier { up_to_prompt: None, price: HIGH },
        ];
        PriceList { version: "1".into(), since: Timestamp(0), tiers }
    }

    #[test]
    fn the_whole_call_is_billed_at_the_tier_of_its_prompt() {
        let usage = |input| Usage { input, output: 10, ..Usage::default() };
        assert_eq!(list().cost(&usage(1_000)), NanoUsd(1_000 * 100 + 10 * 500));
        assert_eq!(list().cost(&usage(1_001)), NanoUsd(1_001 * 500 + 10 * 2_500));
    }

    #[test]
    fn no_call_costs_more_than_its_worst_case() {
        for prompt in [0, 1, 999, 1_000, 1_001, 50_000] {
            let worst = list().worst(prompt, 100);
            for part in 0..=4_u64 {
                let share = prompt * part / 4;
                let rest = prompt - share;
                for usage in [
                    Usage { input: share, cache_read: rest, output: 100, ..Usage::default() },
                    Usage { cache_write_5m: share, input: rest, output: 100, ..Usage::default() },
                    Usage { cache_read: share, cache_write_5m: rest, output: 100, ..Usage::default() },
                ] {
                    assert!(list().cost(&usage) <= worst, "{usage:?}");
                }
            }
        }
    }

    #[test]
    fn the_prices_of_the_day_hold() {
        let later = PriceList { version: "2".into(), since: Timestamp(100), ..list() };
        let spec = ModelSpec {
            id: "m".into(),
            context_window: 1,
            max_output: 1,
            prices: vec![list(), later],
            cache_minimum: 1,
            images: false,
        };
        let version = |at| spec.prices_at(Timestamp(at)).map(|list| list.version.as_str());
        assert_eq!([version(-5), version(99), version(100)], [Some("1"), Some("1"), Some("2")]);
    }
}
