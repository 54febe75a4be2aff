// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fits the weights of the router to the labelled messages and writes `weights.txt`.
//!
//! `cargo run -p blufio-routing --example fit [check]`: with `check`, ten times nine tenths are fitted and the rest is
//! decided, and nothing is written.

#[path = "../report/set.rs"]
mod set;

mod check;
mod lines;
mod model;

use lines::Example;
use model::Fitted;
use set::{Half, checkout};
use std::fmt::Write as _;

/// A message is for the deep route, or above the fast one, from these chances on.
pub(crate) const BEGINS: [f64; 2] = [0.30, 0.20];
/// The messages that were written for fitting, and how much each counts.
const TRAIN: &[(&str, f64)] = &[("english", 2.0), ("other", 0.25)];
/// How much a labelled message counts for which words were chosen, and one that was new.
const COUNTS: (f64, f64) = (1.0, 2.0);
/// The last message for which the words of the lexicons were chosen.
const CHOSEN: usize = 320;
/// Weights below this many thousandths are left out.
const SLIGHT: i32 = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut fitting = Vec::new();
    for (name, weight) in TRAIN {
        let path = checkout(&format!("src/routing/train/{name}.txt"));
        let file = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        fitting.extend(lines::read(&file, *weight).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    let mut labelled = Vec::new();
    for (number, line) in set::read(Half::Tune)?.into_iter().enumerate() {
        let weight = if number < CHOSEN { COUNTS.0 } else { COUNTS.1 };
        labelled.push(Example { route: line.route, names: line.found(), weight });
    }
    if std::env::args().nth(1).as_deref() == Some("check") {
        print!("{}", check::report(&labelled, &fitting, CHOSEN));
        return Ok(());
    }
    let all: Vec<&Example> = labelled.iter().chain(&fitting).collect();
    let path = checkout("src/routing/weights.txt");
    std::fs::write(path, file(&Fitted::to(&all)))?;
    Ok(())
}

/// The weights, as `weights.rs` reads them.
fn file(fitted: &Fitted) -> String {
    let thousandths = |weight: f64| format!("{:.0}", weight * 1_000.0).parse::<i32>().unwrap_or_default();
    let odds = |chance: f64| (chance / (1.0 - chance)).ln();
    let mut file = String::from(
        "# SPDX-License-Identifier: MIT OR Apache-2.0\n# Written by `cargo run -p blufio-routing --example fit`: towards more than fast, towards deep, what was found.\n",
    );
    let ([some, much], [from_some, from_much]) = (fitted.start, BEGINS.map(odds));
    let _ = writeln!(file, "{}\t{}\t", thousandths(some - from_some), thousandths(much - from_much));
    for (name, weights) in &fitted.weights {
        let [some, much] = weights.map(thousandths);
        if some.abs() >= SLIGHT || much.abs() >= SLIGHT {
            let _ = writeln!(file, "{some}\t{much}\t{name}");
        }
    }
    file
}
