// SPDX-License-Identifier: MIT OR Apache-2.0
//! Recall, reciprocal ranks, and how sure they are.

use super::report::{Estimate, Latency, Quality};
use std::collections::BTreeMap;
use std::time::Duration;

/// The depths that are looked at.
pub(super) const DEPTHS: [usize; 4] = [1, 5, 10, 20];
const RESAMPLES: usize = 1000;
const SEED: u64 = 0x0062_6c75_6669_6f00;

/// The places of what answers a question, from zero; `None` where it was not found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) turn: Option<usize>,
    pub(super) session: Option<usize>,
}

/// How well questions were answered; of memories there are no sessions.
pub(super) fn quality(places: &[Places], sessions: bool) -> Quality {
    let within =
        |place: Option<usize>, depth: usize| if place.is_some_and(|at| at < depth) { 1.0 } else { 0.0 };
    let at = |of: fn(&Places) -> Option<usize>| -> BTreeMap<String, Estimate> {
        let recall = |depth: usize| places.iter().map(|one| within(of(one), depth)).collect::<Vec<_>>();
        DEPTHS.iter().map(|depth| (depth.to_string(), estimate(&recall(*depth)))).collect()
    };
    let reciprocal = |place: Option<usize>| {
        let place = place.and_then(|at| u32::try_from(at).ok());
        place.map_or(0.0, |at| 1.0 / (f64::from(at) + 1.0))
    };
    let reciprocal: Vec<f64> = places.iter().map(|one| reciprocal(one.turn)).collect();
    Quality {
        questions: places.len(),
        turn_recall: at(|one| one.turn),
        session_recall: if sessions { at(|one| one.session) } else { BTreeMap::new() },
        mrr: estimate(&reciprocal),
    }
}

/// The mean, and between what it lies with 95 %, were other questions of the same sort asked: by drawing them anew, always alike.
pub(super) fn estimate(values: &[f64]) -> Estimate {
    let count = values.len();
    if count == 0 {
        return Estimate::default();
    }
    let mean = |sum: f64| sum / in_f64(count);
    let mut random = Random(SEED);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| mean((0..count).filter_map(|_| values.get(random.below(count))).sum()))
        .collect();
    means.sort_by(f64::total_cmp);
    let quantile = |at: usize| means.get(at).copied().unwrap_or(0.0);
    Estimate {
        mean: mean(values.iter().sum()),
        low: quantile(RESAMPLES / 40),
        high: quantile(RESAMPLES - 1 - RESAMPLES / 40),
    }
}

/// Half of them were faster, and 99 of 100.
pub(super) fn latency(mut times: Vec<Duration>) -> Latency {
    times.sort();
    let at = |hundredths: usize| {
        let place = (times.len() * hundredths).div_ceil(100).saturating_sub(1);
        times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    Latency { p50_ms: at(50), p99_ms: at(99) }
}

#[allow(clippy::cast_precision_loss)]
pub(super) fn in_f64(count: usize) -> f64 {
    count as f64
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let count = u64::try_from(count.max(1)).unwrap_or(1);
        usize::try_from(mixed % count).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recall_counts_what_is_found_within_a_depth() {
        let places = [
            Places { turn: Some(0), session: Some(0) },
            Places { turn: Some(7), session: Some(2) },
            Places::default(),
            Places { turn: Some(19), session: Some(9) },
        ];
        let quality = quality(&places, true);
        let turn = |depth: &str| quality.turn_recall[depth].mean;
        assert_eq!([turn("1"), turn("5"), turn("10"), turn("20")], [0.25, 0.25, 0.5, 0.75]);
        assert_eq!(quality.session_recall["10"].mean, 0.75);
        assert!((quality.mrr.mean - (1.0 + 0.125 + 0.05) / 4.0).abs() < 1e-9);
    }

    #[test]
    fn an_estimate_says_how_sure_it_is_and_is_repeatable() {
        let values: Vec<f64> = (0..200).map(|at| f64::from(at % 2)).collect();
        let sure = estimate(&values);
        assert_eq!(sure, estimate(&values));
        assert!(sure.low > 0.42 && sure.low < sure.mean && sure.mean < sure.high && sure.high < 0.58);
        let few = estimate(&values[..10]);
        assert!(few.high - few.low > sure.high - sure.low);
        assert_eq!(estimate(&[]), Estimate::default());
    }

    #[test]
    fn latency_is_told_by_its_percentiles() {
        let times = (1..=100).map(Duration::from_millis).collect();
        let latency = latency(times);
        assert!((latency.p50_ms - 50.0).abs() < 1e-9 && (latency.p99_ms - 99.0).abs() < 1e-9);
    }
}
