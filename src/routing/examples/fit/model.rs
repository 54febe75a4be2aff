// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two logistic regressions: needs more than the fast model, needs the deep one.

use crate::lines::Example;
use blufio_core::route::Route;
use std::collections::BTreeMap;

/// Rounds over all names; the sums no longer move after them.
const ROUNDS: usize = 40;
/// A name counts from this many messages on.
const SEEN: usize = 3;
/// How strongly the weight of an idea is pulled towards nothing.
const PULL: f64 = 1.5;
/// The same for a single word.
const PULL_WORD: f64 = 2.0;
/// No step is larger.
const STEP: f64 = 2.0;

/// The weights of each name: towards more than fast, towards deep.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fitted {
    /// Where nothing is found.
    pub(crate) start: [f64; 2],
    /// By name.
    pub(crate) weights: BTreeMap<String, [f64; 2]>,
}

impl Fitted {
    /// Fits to `examples`; the same for the same ones.
    pub(crate) fn to(examples: &[&Example]) -> Self {
        let mut columns: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (row, example) in examples.iter().enumerate() {
            for name in &example.names {
                columns.entry(name).or_default().push(row);
            }
        }
        columns.retain(|_, rows| rows.len() >= SEEN);
        let mut fitted = Self::default();
        for (side, above) in [Route::Fast, Route::Standard].into_iter().enumerate() {
            let (start, weights) = regress(examples, &columns, above);
            if let Some(place) = fitted.start.get_mut(side) {
                *place = start;
            }
            for (name, weight) in columns.keys().zip(weights) {
                if let Some(place) = fitted.weights.entry((*name).to_owned()).or_default().get_mut(side) {
                    *place = weight;
                }
            }
        }
        fitted
    }

    /// The chances that it needs more than the fast model, and the deep one.
    pub(crate) fn chances(&self, names: &[String]) -> [f64; 2] {
        let [mut some, mut much] = self.start;
        for [one, two] in names.iter().filter_map(|name| self.weights.get(name)) {
            some += one;
            much += two;
        }
        [chance(some), chance(much)]
    }
}

fn chance(sum: f64) -> f64 {
    1.0 / (1.0 + (-sum.clamp(-30.0, 30.0)).exp())
}

/// Newton steps, one name after the other.
fn regress(examples: &[&Example], columns: &BTreeMap<&str, Vec<usize>>, above: Route) -> (f64, Vec<f64>) {
    let mut sums = vec![0.0; examples.len()];
    let every: Vec<usize> = (0..examples.len()).collect();
    let (mut start, mut weights) = (0.0, vec![0.0; columns.len()]);
    for _ in 0..ROUNDS {
        start += step(examples, &mut sums, &every, above, 0.0, 0.0);
        for ((name, rows), weight) in columns.iter().zip(&mut weights) {
            let pull = if name.starts_with('“') { PULL_WORD } else { PULL };
            *weight += step(examples, &mut sums, rows, above, pull, *weight);
        }
    }
    (start, weights)
}

fn step(
    examples: &[&Example],
    sums: &mut [f64],
    rows: &[usize],
    above: Route,
    pull: f64,
    weight: f64,
) -> f64 {
    let (mut slope, mut bend) = (pull * weight, pull + 1e-6);
    for row in rows {
        if let (Some(example), Some(sum)) = (examples.get(*row), sums.get(*row)) {
            let chance = chance(*sum);
            let label = f64::from(u8::from(example.route > above));
            slope += example.weight * (chance - label);
            bend += example.weight * chance * (1.0 - chance);
        }
    }
    let step = (-slope / bend).clamp(-STEP, STEP);
    for row in rows {
        if let Some(sum) = sums.get_mut(*row) {
            *sum += step;
        }
    }
    step
}
