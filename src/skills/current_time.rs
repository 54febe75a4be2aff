// SPDX-License-Identifier: MIT OR Apache-2.0
//! `current_time`: what the clock says.
//!
//! The part of the prompt that is cached holds no date: one that changes with the clock would never be found again.

use crate::builtin::arguments;
use crate::wording::zone_named;
use blufio_calendar::Zone;
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
        description: "Weekday, date and time, here or in another time zone.".into(),
        input_schema: json!({
            "type": "object",
            "properties": { "time_zone": { "type": "string", "description": "IANA name" } },
            "additionalProperties": false
        }),
        effects: Effects::None,
    }
}

/// The time `now`, as words; in `zone` unless another one is asked for.
///
/// # Errors
/// A text for the model: the arguments are wrong or the time zone is unknown.
pub fn call(now: Timestamp, zone: &Zone, input: &Value) -> Result<String, String> {
    let input: Input = arguments(input)?;
    let zone = zone_named(input.time_zone.as_deref(), zone)?;
    let place =
        TimeZone::get(zone.name()).map_err(|error| format!("the time zone is not usable: {error}"))?;
    let instant =
        jiff::Timestamp::from_millisecond(now.0).map_err(|error| format!("the clock is wrong: {error}"))?;
    Ok(instant.to_zoned(place).strftime("%A, %Y-%m-%d %H:%M:%S %Z").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_774_000_000_000);

    #[test]
    fn a_time_zone_shifts_the_time_also_over_midnight() {
        let in_zone = |name| call(NOW, &Zone::utc(), &json!({ "time_zone": name }));
        assert_eq!(in_zone("Asia/Tokyo").as_deref(), Ok("Friday, 2026-03-20 18:46:40 JST"));
        assert_eq!(in_zone("Pacific/Kiritimati").as_deref(), Ok("Friday, 2026-03-20 23:46:40 +14"));
        assert_eq!(in_zone("UTC").as_deref(), Ok("Friday, 2026-03-20 09:46:40 UTC"));
    }

    #[test]
    fn without_one_the_configured_time_zone_holds() {
        let tokyo = Zone::named("Asia/Tokyo").unwrap();
        for input in [json!({}), json!({ "time_zone": null }), json!({ "time_zone": "" })] {
            assert_eq!(call(NOW, &tokyo, &input).as_deref(), Ok("Friday, 2026-03-20 18:46:40 JST"));
        }
    }

    #[test]
    fn an_unknown_time_zone_is_explained_to_the_model() {
        let told = call(NOW, &Zone::utc(), &json!({ "time_zone": "Mars/Olympus" }));
        assert!(told.is_err_and(|text| text.contains("Mars/Olympus") && text.contains("IANA")));
    }
}
