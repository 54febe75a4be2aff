// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the model names what is remembered, and how it is told of it.

use blufio_calendar::Zone;
use blufio_core::memory::{Item, ItemId};
use serde::Deserialize;

/// Most characters of one piece: the model pays for every one.
const LONGEST: usize = 200;

/// The row of something, as models write it: `"m12"`, and also `12`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Id {
    Number(i64),
    Name(String),
}

impl Id {
    /// The row. The error is for the model.
    pub(crate) fn item(&self) -> Result<ItemId, String> {
        let name = match self {
            Self::Number(number) => number.to_string(),
            Self::Name(name) => name.trim().to_owned(),
        };
        name.parse().map_err(|error| format!("wrong arguments: {error}"))
    }
}

/// `m12 (2026-03-08): The person's dog is called Max.`
pub(crate) fn line(item: &Item, zone: &Zone) -> String {
    format!("{} ({}): {}", item.id(), zone.date(item.at()), brief(item.text()))
}

/// A text as one line, cut where it is long.
fn brief(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(LONGEST) {
        words.truncate(end);
        words.push('…');
    }
    words
}
