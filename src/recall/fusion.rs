// SPDX-License-Identifier: MIT OR Apache-2.0
//! One list of what each signal has found: by reciprocal rank.
//!
//! BM25 and cosines have no common scale, places have. What two signals find comes before what only one finds.

use crate::clues::Clues;
use crate::rank::Signals;

/// How flat reciprocal ranks are; the smaller, the more the first places count.
const FLAT: f64 = 10.0;

/// What orders candidates by one signal.
type Signal = fn(&Clues) -> f64;

/// The sum of reciprocal ranks of each candidate; 0 for those that no signal has found.
pub(crate) fn fused(clues: &[Clues], signals: Signals) -> Vec<f64> {
    let by: [(bool, Signal); 3] = [
        (signals.words, |clues| clues.keyword),
        (signals.meaning, |clues| clues.get("meaning").unwrap_or(0.0)),
        (signals.around, |clues| clues.get("around").unwrap_or(0.0)),
    ];
    let mut fused = vec![0.0; clues.len()];
    for (_, signal) in by.into_iter().filter(|(on, _)| *on) {
        let value = |at: &usize| clues.get(*at).map_or(0.0, signal);
        let mut order: Vec<usize> = (0..clues.len()).filter(|at| value(at) > 0.0).collect();
        order.sort_by(|a, b| value(b).total_cmp(&value(a)));
        for (place, at) in (1_u32..).zip(order) {
            if let Some(fused) = fused.get_mut(at) {
                *fused += 1.0 / (FLAT + f64::from(place));
            }
        }
    }
    fused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clues(keyword: f64, meaning: f64) -> Clues {
        let mut values = [0.0; Clues::NAMES.len()];
        values[Clues::NAMES.iter().position(|name| *name == "meaning").unwrap()] = meaning;
        Clues { by_meaning: true, telling: true, keyword, values }
    }

    #[test]
    fn reciprocal_ranks_are_added_up() {
        let both = Signals { words: true, meaning: true, ..Signals::NONE };
        let all = [clues(5.0, 0.1), clues(4.0, 0.8), clues(0.0, 0.7), clues(0.0, -0.1)];
        let fused = fused(&all, both);
        let expected = [1.0 / 11.0 + 1.0 / 13.0, 1.0 / 12.0 + 1.0 / 11.0, 1.0 / 12.0, 0.0];
        assert!(fused.iter().zip(expected).all(|(fused, expected)| (fused - expected).abs() < 1e-9));
    }

    #[test]
    fn a_signal_that_is_off_counts_for_nothing() {
        let words = Signals { words: true, ..Signals::NONE };
        assert_eq!(fused(&[clues(0.0, 0.9), clues(1.0, 0.0)], words), [0.0, 1.0 / 11.0]);
    }
}
