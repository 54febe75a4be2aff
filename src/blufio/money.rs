// SPDX-License-Identifier: MIT OR Apache-2.0
//! Amounts and instants on the command line.

use crate::assemble;
use crate::clock::SystemClock;
use crate::exit::Coded;
use crate::paths::Place;
use anyhow::Context as _;
use blufio_calendar::Zone;
use blufio_core::money::NanoUsd;
use blufio_core::time::{Clock as _, Timestamp};
use std::time::Duration;

/// The configured time zone, and the time.
pub(crate) fn here(place: &Place) -> (Zone, Timestamp) {
    (assemble::zone(&place.config), SystemClock.now())
}

/// Reads `5`, `0.5` or `$2.25`, without rounding.
pub(crate) fn amount(text: &str) -> anyhow::Result<NanoUsd> {
    let wrong = || Coded::usage(format!("{text:?} is no amount in dollars, such as 5 or 0.50"));
    let digits = text.trim().trim_start_matches('$');
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 6 || part.len() > 9 || !plain(whole) || !plain(part) {
        return Err(wrong());
    }
    let nanos: i64 = format!("{whole}{part:0<9}").parse().map_err(|_| wrong())?;
    if nanos == 0 {
        return Err(wrong());
    }
    Ok(NanoUsd(nanos))
}

/// Dollars and cents, as people write them; more digits where cents would hide what there is.
pub(crate) fn dollars(amount: NanoUsd) -> String {
    let usd = amount.as_usd();
    if amount.0 == 0 || usd.abs() >= 1.0 { format!("${usd:.2}") } else { format!("${usd:.6}") }
}

/// Reads `today`, `month`, `all`, a day such as `2026-11-22`, or a span such as `7d` or `12h` before now.
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
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        let count: u64 = text.get(..at)?.parse().ok()?;
        Some(Duration::from_secs(count.checked_mul(seconds)?))
    };
    let span = span().with_context(|| {
        format!("{text:?} is no beginning; say today, month, all, a day (2026-11-22) or a span (7d, 12h)")
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
    fn amounts_are_exact() {
        let read = |text| amount(text).ok().map(|amount| amount.0);
        assert_eq!(read("5"), Some(5_000_000_000));
        assert_eq!(read("$0.1"), Some(100_000_000));
        assert_eq!(read("0.000000001"), Some(1));
        for text in ["", "$", "-1", "0", "0.0", "1e3", "1,5", "1.2.3", "99999999", "0.0000000001", "five"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn small_amounts_are_not_hidden_behind_cents() {
        assert_eq!(dollars(NanoUsd(0)), "$0.00");
        assert_eq!(dollars(NanoUsd(1_230_000)), "$0.001230");
        assert_eq!(dollars(NanoUsd(12_345_000_000)), "$12.35");
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
        assert_eq!(read("all"), Some(Timestamp(0)));
        for text in ["", "d", "yesterday", "2026-13-01", "-2d", "3y"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
