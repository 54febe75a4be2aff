// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the weights do on messages that they were not fitted to.

use crate::lines::Example;
use crate::model::Fitted;
use blufio_core::route::Route;
use std::fmt::Write as _;

/// Parts; each is decided by weights that were fitted to the others.
const PARTS: usize = 10;

/// What decisions from some chances on are like, of the labelled messages from `from` on.
pub(crate) fn report(labelled: &[Example], fitting: &[Example], from: usize) -> String {
    let mut decided: Vec<(usize, Route, [f64; 2])> = Vec::new();
    for part in 0..PARTS {
        let apart = |number: usize| (number * 7 + number / PARTS) % PARTS == part;
        let others: Vec<&Example> = labelled
            .iter()
            .enumerate()
            .filter(|(number, _)| !apart(*number))
            .map(|(_, example)| example)
            .chain(fitting)
            .collect();
        let fitted = Fitted::to(&others);
        decided.extend(
            labelled
                .iter()
                .enumerate()
                .filter(|(number, _)| apart(*number))
                .map(|(number, example)| (number, example.route, fitted.chances(&example.names))),
        );
    }
    let mut text = String::from(
        "Above fast from, deep from: should have been stronger, stronger than needed, $ a thousand messages.\n",
    );
    for some in [0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5] {
        for much in [0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5] {
            let _ = write!(text, "{some:.2} {much:.2}:");
            for newer in [true, false] {
                let part: Vec<(Route, Route)> = decided
                    .iter()
                    .filter(|(number, ..)| !newer || *number >= from)
                    .map(|(_, label, chances)| (*label, route(*chances, [some, much])))
                    .collect();
                let share = |wanted: fn(Route, Route) -> bool| {
                    let sum: u32 = part.iter().map(|(label, to)| u32::from(wanted(*label, *to))).sum();
                    100.0 * f64::from(sum) / f64::from(u32::try_from(part.len()).unwrap_or(u32::MAX).max(1))
                };
                let cost = share(|_, to| to == Route::Fast) * 0.0035
                    + share(|_, to| to == Route::Standard) * 0.07
                    + share(|_, to| to == Route::Deep) * 0.14;
                let _ = write!(
                    text,
                    "  {} {:.1} % {:.1} % ${cost:.2}",
                    if newer { "newer" } else { "all" },
                    share(|label, to| to < label),
                    share(|label, to| to > label),
                );
            }
            text.push('\n');
        }
    }
    text
}

fn route(chances: [f64; 2], begins: [f64; 2]) -> Route {
    let [some, much] = chances;
    let [from_some, from_much] = begins;
    if much >= from_much {
        Route::Deep
    } else if some >= from_some {
        Route::Standard
    } else {
        Route::Fast
    }
}
