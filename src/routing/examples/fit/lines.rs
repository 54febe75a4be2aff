// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads the messages that were written for fitting: `train/*.txt`, whose first lines explain the format.

use blufio_core::content::Role;
use blufio_core::route::Route;
use blufio_routing::{Attachment, Earlier, Signals, found};

/// What is found in a labelled message.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    /// Its label.
    pub(crate) route: Route,
    /// The names of what is found in it.
    pub(crate) names: Vec<String>,
    /// How much it counts.
    pub(crate) weight: f64,
}

fn route(letter: &str) -> Option<Route> {
    match letter {
        "F" => Some(Route::Fast),
        "S" => Some(Route::Standard),
        "D" => Some(Route::Deep),
        _ => None,
    }
}

/// Reads a file; the error names the line.
pub(crate) fn read(file: &str, weight: f64) -> Result<Vec<Example>, String> {
    file.lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            example(line, weight).ok_or_else(|| format!("line {}: not a labelled message", number + 1))
        })
        .collect()
}

/// `S en | text`, `S en [D: question] {photo} | text`.
fn example(line: &str, weight: f64) -> Option<Example> {
    let (head, text) = line.split_once(" | ")?;
    let label = route(head.split(' ').next()?)?;
    let text = text.replace('⏎', "\n");
    let before = match head.split_once('[') {
        Some((_, rest)) => {
            let (route_before, question) = rest.split_once(']')?.0.split_once(": ")?;
            Some((route(route_before)?, question))
        }
        None => None,
    };
    let earlier: Vec<Earlier<'_>> = before
        .iter()
        .flat_map(|(route, question)| {
            [
                Earlier { role: Role::User, text: question, route: None },
                Earlier { role: Role::Assistant, text: "…", route: Some(*route) },
            ]
        })
        .collect();
    let attached: Vec<Attachment> = [
        ("{photo}", Attachment::Photo),
        ("{document}", Attachment::Document),
        ("{voice}", Attachment::Voice),
    ]
    .into_iter()
    .filter(|(mark, _)| head.contains(mark))
    .map(|(_, attachment)| attachment)
    .collect();
    let names = found(&Signals { text: &text, attached: &attached, earlier: &earlier });
    Some(Example { route: label, names, weight })
}
