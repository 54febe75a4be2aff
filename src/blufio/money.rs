// SPDX-License-Identifier: MIT OR Apache-2.0
//! Amounts and instants on the command line.

use crate::assemble;
use crate::clock::SystemClock;
use crate::exit::Coded;
use crate::paths::Place;
use anyhow::Context as _;
use blufio_calendar::Zone;
pub(crate) use blufio_core::money::dollars;
use blufio_core::money::{self, NanoUsd};
use blufio_core::time::{Clock as _, Timestamp};
use std::time::Duration;

/// The configured time zone, and the time.
pub(crate) fn here(place: &Place) -> (Zone, Timestamp) {
    (assemble::zone(&place.config), SystemClock.now())
}

/// Reads an amount that is more than nothing.
pub(crate) fn amount(text: &str) -> anyhow::Result<NanoUsd> {
    let read = money::amount(text).filter(|amount| amount.0 > 0);
    read.ok_or_else(|| Coded::usage(format!("{text:?} is no amount in dollars, such as 5 or 0.50")))
}

/// Reads `today`, `month`, `all`, a day such as `2026-11-22`, or a span such as `12h`, `7d` or `2w` before now.
pub(crate) fn since(text: &str, zone: &Zone, now: Timestamp) -> anyhow::Result<Timestamp> {
    match text {
        "all" => return Ok(Timestamp(0)),
        "today" => return Ok(zone.day(now)?.from),
        "month" => return Ok(zone.month(now)?.from),
        _ => {}
    }
    if let Ok(day) = zone.when(&format!("{text}T00:00"), None) {
        return Ok(day.at);
    }
    let span = || -> Option<Duration> {
        let (at, unit) = text.char_indices().next_back()?;
        let seconds = match unit {
            'h' => 3_600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        let count: u64 = text.get(..at)?.parse().ok()?;
        Some(Duration::from_secs(count.checked_mul(seconds)?))
    };
    let span = span().with_context(|| {
        format!("{text:?} is no beginning; say today, month, all, a day (2026-11-22) or a span (12h, 7d, 2w)")
    });
    match span {
        Ok(span) => {
            Ok(Timestamp(now.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)).max(0)))
        }
        Err(error) => Err(Coded::usage(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_more_than_nothing() {
        assert_eq!(amount("$0.1").ok(), Some(NanoUsd(100_000_000)));
        for text in ["", "0", "0.0", "five"] {
            assert!(amount(text).is_err(), "{text}");
        }
    }

    #[test]
    fn beginnings_are_days_or_spans() {
        let zone = Zone::utc();
        let now = zone.when("2026-11-22T12:00", None).unwrap().at;
        let at = |local| zone.when(local, None).unwrap().at;
        let read = |text| since(text, &zone, now).ok();
        assert_eq!(read("today"), Some(at("2026-11-22T00:00")));
        assert_eq!(read("month"), Some(at("2026-11-01T00:00")));
        assert_eq!(read("2026-11-20"), Some(at("2026-11-20T00:00")));
        assert_eq!(read("2d"), Some(at("2026-11-20T12:00")));
        assert_eq!(read("12h"), Some(at("2026-11-22T00:00")));
        assert_eq!(read("1w"), Some(at("2026-11-15T12:00")));
        assert_eq!(read("all"), Some(Timestamp(0)));
        for text in ["", "d", "yesterday", "2026-13-01", "-2d", "3y", "1m"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
