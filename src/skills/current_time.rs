// SPDX-License-Identifier: MIT OR Apache-2.0
//! `current_time`: what the clock says.
//!
//! The prompt holds no date, because a prompt that changes with the clock is never found in the provider's cache.
//! The model asks when it needs to know.

use blufio_core::skill::{Effects, ToolSpec};
use blufio_core::time::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

/// The tool's name.
pub const NAME: &str = "current_time";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default)]
    time_zone: Option<String>,
}

/// The tool as the model sees it.
#[must_use]
pub fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: "The current date, weekday and time. Use it whenever an answer depends on today or now."
            .into(),
        input_schema: json!({
            "type": "object",
            "properties": {
                "time_zone": { "type": "string", "description": "IANA name such as Europe/Lisbon; UTC if left out" }
            },
            "additionalProperties": false
        }),
        effects: Effects::None,
    }
}

/// The time `now`, as words.
///
/// # Errors
/// A text for the model: the arguments are wrong or the time zone is unknown.
pub fn call(now: Timestamp, input: &Value) -> Result<String, String> {
    let input: Input =
        serde_json::from_value(input.clone()).map_err(|error| format!("wrong arguments: {error}"))?;
    let zone = match input.time_zone.as_deref() {
        None | Some("" | "UTC") => TimeZone::UTC,
        Some(name) => TimeZone::get(name).map_err(|_| {
            format!("unknown time zone {name:?}; use an IANA name such as Europe/Lisbon, or UTC")
        })?,
    };
    let instant =
        jiff::Timestamp::from_millisecond(now.0).map_err(|error| format!("the clock is wrong: {error}"))?;
    Ok(instant.to_zoned(zone).strftime("%A, %Y-%m-%d %H:%M:%S %Z").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_zone_shifts_the_time_also_over_midnight() {
        let told = call(Timestamp(1_774_000_000_000), &json!({ "time_zone": "Asia/Tokyo" }));
        assert_eq!(told.as_deref(), Ok("Friday, 2026-03-20 18:46:40 JST"));
        let told = call(Timestamp(1_774_000_000_000), &json!({ "time_zone": "Pacific/Kiritimati" }));
        assert_eq!(told.as_deref(), Ok("Friday, 2026-03-20 23:46:40 +14"));
    }

    #[test]
    fn wrong_arguments_are_explained_to_the_model() {
        assert!(call(Timestamp(0), &json!({ "zone": "UTC" })).is_err_and(|text| text.contains("zone")));
        assert!(
            call(Timestamp(0), &json!({ "time_zone": "Mars/Olympus" }))
                .is_err_and(|text| text.contains("IANA"))
        );
        assert!(call(Timestamp(0), &json!("now")).is_err());
    }
}
