// SPDX-License-Identifier: MIT OR Apache-2.0
//! Measures the router on the labelled messages and writes `docs/routing.md`.
//!
//! `cargo run -p blufio-routing --example report [tune]`: with `tune`, the half for measuring is left alone and nothing
//! is written.

mod measure;
mod set;

use blufio_routing::{Signals, decide};
use measure::{Measured, TOKENS};
use set::{Half, checkout, read};
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().nth(1).as_deref() == Some("tune") {
        print!("{}\n{}", Measured::of(Half::Tune)?.section(), times()?);
        return Ok(());
    }
    let report = format!(
        "{}\n{}\n{}\n{}",
        include_str!("head.md")
            .replace("PROMPT", &TOKENS.0.to_string())
            .replace("ANSWER", &TOKENS.1.to_string()),
        Measured::of(Half::Tune)?.section(),
        if Half::Held.path().exists() { Measured::of(Half::Held)?.section() } else { String::new() },
        times()?,
    );
    print!("{report}");
    std::fs::write(checkout("docs/routing.md"), report)?;
    Ok(())
}

/// How long decisions take on this machine.
fn times() -> Result<String, Box<dyn std::error::Error>> {
    let lines = read(Half::Tune)?;
    let _ = lines.first().map(set::Line::decide);
    let mut taken: Vec<Duration> = lines
        .iter()
        .map(|line| {
            let start = Instant::now();
            let _ = std::hint::black_box(line.decide());
            start.elapsed()
        })
        .collect();
    taken.sort_unstable();
    let at =
        |share: usize| taken.get((taken.len().saturating_sub(1)) * share / 100).copied().unwrap_or_default();
    let long = "why does the deadlock happen only under load? ".repeat(2_200);
    let start = Instant::now();
    let _ = std::hint::black_box(decide(&Signals { text: &long, attached: &[], earlier: &[] }));
    Ok(format!(
        "## Time\n\nOn the machine that wrote this ({} build): p50 {:?}, p99 {:?}, at most {:?}; a message of {} kB {:?}.\n",
        if cfg!(debug_assertions) { "debug" } else { "optimised" },
        at(50),
        at(99),
        at(100),
        long.len() / 1_000,
        start.elapsed(),
    ))
}
