// SPDX-License-Identifier: MIT OR Apache-2.0
//! Days, as a table of models writes them.

use blufio_core::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// A day: `"2026-10-07"`, with quotation marks or without. It begins at midnight UTC, for want of a word from the
/// provider about the hour.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub(super) struct Day {
    pub(super) name: String,
    pub(super) begin: Timestamp,
}

impl TryFrom<toml::Value> for Day {
    type Error = String;

    fn try_from(written: toml::Value) -> Result<Self, String> {
        let name = match written {
            toml::Value::String(text) => text,
            toml::Value::Datetime(date) => date.to_string(),
            other => return Err(format!("{other} is no day; days are written \"2026-10-07\"")),
        };
        let date: Option<Date> = name.parse().ok();
        let begin = date
            // The parser takes more than a day, such as one with an hour; what is written is also the name of a list.
            .filter(|date| date.to_string() == name)
            .and_then(|date| date.to_zoned(TimeZone::UTC).ok())
            .map(|midnight| Timestamp(midnight.timestamp().as_millisecond()));
        match begin {
            Some(begin) => Ok(Self { name, begin }),
            None => Err(format!("{name:?} is no day; days are written \"2026-10-07\"")),
        }
    }
}
