// SPDX-License-Identifier: MIT OR Apache-2.0
//! The router against the labelled messages. Nothing here shows a message.

#![allow(clippy::unwrap_used, dead_code)]

#[path = "../examples/report/measure.rs"]
mod measure;
#[path = "../examples/report/set.rs"]
mod set;

use measure::{Measured, price};
use set::{Half, checkout};

/// Percent of messages that may get a weaker model than they need: the goal.
const WEAKER: f64 = 3.0;

/// What the measuring half shows instead. The goal is missed there; this keeps it from getting worse unseen.
const WEAKER_MEASURED: f64 = 5.0;

fn report() -> String {
    std::fs::read_to_string(checkout("docs/routing.md")).unwrap()
}

fn is_in_the_report(half: Half) -> Measured {
    let measured = Measured::of(half).unwrap();
    assert!(
        report().contains(&measured.section()),
        "docs/routing.md is old: cargo run -p blufio-routing --example report"
    );
    measured
}

#[test]
fn few_messages_of_the_development_half_get_too_weak_a_model() {
    let measured = is_in_the_report(Half::Tune);
    assert!(measured.matrix.weaker() <= WEAKER, "{:.1} %", measured.matrix.weaker());
    assert!(measured.matrix.cost() < 1_000.0 * price(blufio_core::route::Route::Standard));
}

#[test]
fn the_measuring_half_gets_no_worse_than_was_measured() {
    let measured = is_in_the_report(Half::Held);
    assert!(measured.matrix.weaker() <= WEAKER_MEASURED, "{:.1} %", measured.matrix.weaker());
}
