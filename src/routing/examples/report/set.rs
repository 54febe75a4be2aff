// SPDX-License-Identifier: MIT OR Apache-2.0
//! The labelled messages.

use blufio_core::content::Role;
use blufio_core::route::Route;
use blufio_routing::{Attachment, Earlier, Signals, Verdict, decide};
use serde::Deserialize;
use std::path::PathBuf;

/// Which half of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    /// For development.
    Tune,
    /// For measuring only: its messages are never shown.
    #[allow(dead_code, reason = "`fit` and `misses` read the other half alone")]
    Held,
}

impl Half {
    /// The name of its file, without `.jsonl`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tune => "tune",
            Self::Held => "held",
        }
    }

    /// Where it is.
    pub(crate) fn path(self) -> PathBuf {
        checkout(&format!("tests/routing/{}.jsonl", self.name()))
    }
}

/// A labelled message.
#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    /// Its name in the set.
    #[allow(dead_code, reason = "the report never names a message; `misses` does")]
    pub(crate) id: String,
    #[allow(dead_code, reason = "`fit` does not ask for it")]
    pub(crate) lang: String,
    pub(crate) route: Route,
    pub(crate) text: String,
    attached: Vec<String>,
    history: Vec<Turn>,
}

#[derive(Debug, Deserialize)]
struct Turn {
    role: Role,
    text: String,
    route: Option<Route>,
}

impl Line {
    /// What the router says to it.
    #[allow(dead_code, reason = "`fit` looks at what is found instead")]
    pub(crate) fn decide(&self) -> Verdict {
        self.with(decide)
    }

    /// What the router finds in it.
    #[allow(dead_code, reason = "only `fit` looks at it")]
    pub(crate) fn found(&self) -> Vec<String> {
        self.with(blufio_routing::found)
    }

    fn with<T>(&self, look: impl FnOnce(&Signals<'_>) -> T) -> T {
        let attached: Vec<Attachment> = self
            .attached
            .iter()
            .map(|name| match name.as_str() {
                "photo" => Attachment::Photo,
                "voice" => Attachment::Voice,
                _ => Attachment::Document,
            })
            .collect();
        let earlier: Vec<Earlier<'_>> = self
            .history
            .iter()
            .map(|turn| Earlier { role: turn.role, text: &turn.text, route: turn.route })
            .collect();
        look(&Signals { text: &self.text, attached: &attached, earlier: &earlier })
    }
}

/// A path in the checkout.
pub(crate) fn checkout(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Reads a half. An error never quotes a line.
pub(crate) fn read(half: Half) -> Result<Vec<Line>, Box<dyn std::error::Error>> {
    let path = half.path();
    let file = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut lines = Vec::new();
    for (number, line) in file.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        lines.push(
            serde_json::from_str(line)
                .map_err(|_| format!("{}:{}: not a labelled message", path.display(), number + 1))?,
        );
    }
    Ok(lines)
}
