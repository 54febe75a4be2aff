// SPDX-License-Identifier: MIT OR Apache-2.0
//! What each thing that is found weighs, read once from `weights.txt`, which `examples/fit` writes.

use crate::Route;
use std::collections::HashMap;
use std::sync::LazyLock;

static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| Weights::read(include_str!("weights.txt")));

/// Towards more than the fast model, and towards the deep one, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) some: i32,
    pub(crate) much: i32,
}

#[derive(Debug, Default)]
struct Weights {
    /// What a message weighs in which nothing is found, less what the routes begin at.
    start: Pair,
    names: HashMap<&'static str, Pair>,
}

impl Weights {
    /// A line is `towards more than fast`, tab, `towards deep`, tab, the name. The line with no name is the start.
    fn read(file: &'static str) -> Self {
        let mut weights = Self::default();
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            let Some((pair, name)) = parse(line) else { continue };
            if name.is_empty() {
                weights.start = pair;
            } else {
                weights.names.insert(name, pair);
            }
        }
        weights
    }
}

fn parse(line: &'static str) -> Option<(Pair, &'static str)> {
    let (some, rest) = line.split_once('\t')?;
    let (much, name) = rest.split_once('\t')?;
    Some((Pair { some: some.parse().ok()?, much: much.parse().ok()? }, name))
}

/// A message on the scales.
#[derive(Clone, Debug)]
pub(crate) struct Weighed<'a> {
    /// The cheapest route that is strong enough in all likelihood.
    pub(crate) route: Route,
    /// What spoke for this route, the weightiest first, with its weight.
    pub(crate) spoke: Vec<(i32, &'a str)>,
}

/// Weighs what was found.
pub(crate) fn weigh(names: &[String]) -> Weighed<'_> {
    let mut sum = WEIGHTS.start;
    let mut parts: Vec<(Pair, &str)> = Vec::with_capacity(names.len());
    for name in names {
        if let Some(pair) = WEIGHTS.names.get(name.as_str()) {
            sum.some += pair.some;
            sum.much += pair.much;
            parts.push((*pair, name));
        }
    }
    let route = match sum {
        Pair { much: 0.., .. } => Route::Deep,
        Pair { some: 0.., .. } => Route::Standard,
        _ => Route::Fast,
    };
    let mut spoke: Vec<(i32, &str)> = parts
        .into_iter()
        .map(|(pair, name)| match route {
            Route::Fast => (-pair.some, name),
            Route::Standard => (pair.some - pair.much.max(0), name),
            Route::Deep => (pair.much, name),
        })
        .filter(|(weight, _)| *weight > 0)
        .collect();
    spoke.sort_unstable_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    Weighed { route, spoke }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Signals;

    #[test]
    fn every_line_of_the_file_is_a_weight() {
        let file = include_str!("weights.txt");
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            assert!(parse(line).is_some(), "{line}");
        }
        assert_ne!(WEIGHTS.start, Pair::default());
        assert!(WEIGHTS.names.len() > 100);
    }

    #[test]
    fn what_speaks_loudest_is_named_first() {
        let signals =
            Signals { text: "Prove that every group of order 15 is cyclic.", attached: &[], earlier: &[] };
        let names = crate::features::find(&signals).names;
        let weighed = weigh(&names);
        assert_eq!(weighed.route, Route::Deep);
        assert!(weighed.spoke.is_sorted_by(|one, other| one.0 >= other.0));
    }
}
