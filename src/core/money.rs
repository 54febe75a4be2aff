// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tokens and what they cost.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// Billionths of a US dollar. Whole numbers, so that sums are exact: one token of the cheapest model in use costs
/// ten of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NanoUsd(pub i64);

impl NanoUsd {
    /// In dollars, for people and JSON. Do not compute with the result.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn as_usd(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Add for NanoUsd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for NanoUsd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for NanoUsd {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for NanoUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = 10_000_000;
        let places = match self.0.unsigned_abs() {
            nano if nano % cents == 0 || nano >= 10 * 100 * cents => 2,
            nano if nano >= cents / 10 => 4,
            _ => 6,
        };
        write!(f, "${:.places$}", self.as_usd())
    }
}

/// An amount, for people: cents, and as many places more as a small one needs.
#[must_use]
pub fn dollars(amount: NanoUsd) -> String {
    amount.to_string()
}

/// Decimal places of a nano-dollar.
const PLACES: usize = 9;
/// More digits before the point are no amount that anybody means.
const MOST_DIGITS: usize = 7;

/// Reads an amount of dollars such as `5`, `$7.50`, `0,5` or `5$`. Exact: what has more places than a nano-dollar is none.
#[must_use]
pub fn amount(text: &str) -> Option<NanoUsd> {
    let text = text.trim();
    let text = text.strip_prefix('$').or_else(|| text.strip_suffix('$')).unwrap_or(text);
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > MOST_DIGITS || fraction.len() > PLACES {
        return None;
    }
    if !digits(whole) || !digits(fraction) || (fraction.is_empty() && text.len() != whole.len()) {
        return None;
    }
    format!("{whole}{fraction:0<PLACES$}").parse().ok().map(NanoUsd)
}

/// Tokens of one provider call, by the class they are billed in.
///
/// The four prompt classes do not overlap: the size of the prompt is [`Usage::prompt`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Prompt tokens that were neither read from nor written to the cache.
    pub input: u64,
    /// Tokens that the model wrote, thinking included.
    pub output: u64,
    /// Prompt tokens read from the cache.
    pub cache_read: u64,
    /// Prompt tokens written to the cache for five minutes.
    pub cache_write_5m: u64,
    /// Prompt tokens written to the cache for one hour.
    pub cache_write_1h: u64,
}

impl Usage {
    /// The size of the whole prompt, which also decides the price tier.
    #[must_use]
    pub fn prompt(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write_5m)
            .saturating_add(self.cache_write_1h)
    }

    /// Whether nothing was used at all.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl Add for Usage {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write_5m: self.cache_write_5m.saturating_add(other.cache_write_5m),
            cache_write_1h: self.cache_write_1h.saturating_add(other.cache_write_1h),
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dollars_are_read_as_people_write_them() {
        for (text, nano) in [
            ("5", 5_000_000_000),
            ("$7.50", 7_500_000_000),
            ("0,5", 500_000_000),
            ("5$", 5_000_000_000),
            ("0.000000001", 1),
            ("0", 0),
        ] {
            assert_eq!(amount(text), Some(NanoUsd(nano)), "{text}");
        }
    }

    #[test]
    fn amounts_have_the_places_that_they_need() {
        for (nano, expected) in [
            (0, "$0.00"),
            (5_000_000_000, "$5.00"),
            (12_345_678_901, "$12.35"),
            (1_234_567_890, "$1.2346"),
            (1_000_000, "$0.0010"),
            (123_456, "$0.000123"),
        ] {
            assert_eq!(dollars(NanoUsd(nano)), expected);
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in
            ["", "$", ".5", "5.", "-5", "+5", "5e3", "1.2.3", "five", "12345678", "0.0000000001", "$5$", "٥"]
        {
            assert_eq!(amount(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_exactly(nano in 0_i64..1_000_000_000_000_000) {
            let text = format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
            prop_assert_eq!(amount(&text), Some(NanoUsd(nano)));
        }

        #[test]
        fn no_words_make_it_panic(text in "\\PC{0,20}") {
            let _: Option<NanoUsd> = amount(&text);
        }
    }
}
