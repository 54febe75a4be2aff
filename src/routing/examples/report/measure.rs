// SPDX-License-Identifier: MIT OR Apache-2.0
//! How often the router agrees with the labels, and what its decisions cost.

use crate::set::{Half, Line, read};
use blufio_core::route::Route;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Prompt and answer tokens assumed for each message.
pub(crate) const TOKENS: (f64, f64) = (1_500.0, 400.0);

/// What was counted of some messages: label by decision.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Matrix(Cells);

/// A row a label, a column a decision, weakest first.
type Cells = [[u32; 3]; 3];

impl Matrix {
    fn add(&mut self, label: Route, decision: Route) {
        for (row, cells) in Route::ALL.iter().zip(&mut self.0) {
            for (column, cell) in Route::ALL.iter().zip(cells) {
                *cell += u32::from(*row == label && *column == decision);
            }
        }
    }

    fn count(&self, wanted: impl Fn(Route, Route) -> bool) -> u32 {
        let mut sum = 0;
        for (row, cells) in Route::ALL.iter().zip(&self.0) {
            for (column, cell) in Route::ALL.iter().zip(cells) {
                sum += if wanted(*row, *column) { *cell } else { 0 };
            }
        }
        sum
    }

    pub(crate) fn all(&self) -> u32 {
        self.count(|_, _| true)
    }

    fn share(&self, wanted: impl Fn(Route, Route) -> bool) -> f64 {
        100.0 * f64::from(self.count(wanted)) / f64::from(self.all().max(1))
    }

    /// Percent of messages whose decision is their label.
    pub(crate) fn right(&self) -> f64 {
        self.share(|label, decision| label == decision)
    }

    /// Percent of messages that should have had a stronger model.
    pub(crate) fn weaker(&self) -> f64 {
        self.share(|label, decision| decision < label)
    }

    /// Percent of messages that had a stronger model than they needed.
    pub(crate) fn stronger(&self) -> f64 {
        self.share(|label, decision| decision > label)
    }

    /// US dollars for a thousand messages routed like these.
    pub(crate) fn cost(&self) -> f64 {
        let sum: f64 = Route::ALL
            .iter()
            .map(|route| price(*route) * f64::from(self.count(|_, decision| decision == *route)))
            .sum();
        1_000.0 * sum / f64::from(self.all().max(1))
    }

    fn table(&self) -> String {
        let mut table = String::from("| label | → fast | → standard | → deep |\n|---|---|---|---|\n");
        for (label, [fast, standard, deep]) in Route::ALL.iter().zip(self.0) {
            let _ = writeln!(table, "| {label} | {fast} | {standard} | {deep} |");
        }
        table
    }
}

/// US dollars for one message.
pub(crate) fn price(route: Route) -> f64 {
    let (input, output) = match route {
        Route::Fast => (0.10, 0.50),
        Route::Standard => (2.0, 10.0),
        Route::Deep => (4.0, 20.0),
    };
    (TOKENS.0 * input + TOKENS.1 * output) / 1_000_000.0
}

/// A half, measured.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) half: Half,
    pub(crate) matrix: Matrix,
    languages: BTreeMap<String, Matrix>,
}

impl Measured {
    pub(crate) fn of(half: Half) -> Result<Self, Box<dyn std::error::Error>> {
        let (mut matrix, mut languages) = (Matrix::default(), BTreeMap::<String, Matrix>::new());
        for line in read(half)? {
            let Line { ref lang, route, .. } = line;
            let decision = line.decide().route;
            matrix.add(route, decision);
            languages.entry(lang.clone()).or_default().add(route, decision);
        }
        Ok(Self { half, matrix, languages })
    }

    /// The part of the report that has no times in it: the same on every machine.
    pub(crate) fn section(&self) -> String {
        let matrix = &self.matrix;
        let mut text = format!(
            "## {} ({} messages)\n\n{}\nRight: {:.1} %. Should have been stronger: {:.1} %. Stronger than needed: {:.1} %.\n\n",
            self.half.name(),
            matrix.all(),
            matrix.table(),
            matrix.right(),
            matrix.weaker(),
            matrix.stronger(),
        );
        text.push_str("| label | messages | right | should have been stronger | stronger than needed |\n|---|---|---|---|---|\n");
        for route in Route::ALL {
            let of = |wanted: fn(Route, Route) -> bool| {
                matrix.count(|label, to| label == route && wanted(label, to))
            };
            let _ = writeln!(
                text,
                "| {route} | {} | {} | {} | {} |",
                of(|_, _| true),
                of(|label, to| label == to),
                of(|label, to| to < label),
                of(|label, to| to > label),
            );
        }
        text.push_str("\n| language | messages | right | should have been stronger | stronger than needed |\n|---|---|---|---|---|\n");
        for (language, matrix) in &self.languages {
            let _ = writeln!(
                text,
                "| {language} | {} | {} | {} | {} |",
                matrix.all(),
                matrix.count(|label, to| label == to),
                matrix.count(|label, to| to < label),
                matrix.count(|label, to| to > label),
            );
        }
        let standard = 1_000.0 * price(Route::Standard);
        let deep = 1_000.0 * price(Route::Deep);
        let cost = matrix.cost();
        let _ = writeln!(
            text,
            "\nEstimated cost of a thousand messages: ${cost:.2}; always standard ${standard:.2} ({:+.1} %), always deep ${deep:.2} ({:+.1} %).",
            100.0 * (cost / standard - 1.0),
            100.0 * (cost / deep - 1.0),
        );
        text
    }
}
