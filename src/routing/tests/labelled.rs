// SPDX-License-Identifier: MIT OR Apache-2.0
//! The router against the labelled messages. Nothing here shows a message.

#![allow(dead_code, reason = "the report uses the rest of its rooms")]

#[path = "../examples/report/measure.rs"]
mod measure;
#[path = "../examples/report/set.rs"]
mod set;

use blufio_core::route::Route;
use measure::{Measured, price};
use set::{Half, checkout};
use std::error::Error;

/// Percent of the messages for development that may get a weaker model than they need.
const WEAKER: f64 = 3.0;
/// The same of the messages for measuring: the goal.
const WEAKER_MEASURED: f64 = 3.0;

fn is_in_the_report(measured: &Measured) -> Result<(), Box<dyn Error>> {
    let report = std::fs::read_to_string(checkout("docs/routing.md"))?;
    assert!(
        report.contains(&measured.section()),
        "docs/routing.md is old: cargo run -p blufio-routing --example report"
    );
    Ok(())
}

#[test]
fn few_messages_of_the_development_half_get_too_weak_a_model() -> Result<(), Box<dyn Error>> {
    let measured = Measured::of(Half::Tune)?;
    is_in_the_report(&measured)?;
    assert!(measured.matrix.weaker() <= WEAKER, "{:.1} %", measured.matrix.weaker());
    assert!(measured.matrix.cost() < 1_000.0 * price(Route::Standard));
    Ok(())
}

#[test]
fn few_messages_of_the_measuring_half_get_too_weak_a_model() -> Result<(), Box<dyn Error>> {
    // While a new measuring half is being written there is none.
    if !Half::Held.path().exists() {
        return Ok(());
    }
    let measured = Measured::of(Half::Held)?;
    is_in_the_report(&measured)?;
    assert!(measured.matrix.weaker() <= WEAKER_MEASURED, "{:.1} %", measured.matrix.weaker());
    Ok(())
}
