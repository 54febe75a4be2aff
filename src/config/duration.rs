// SPDX-License-Identifier: MIT OR Apache-2.0
//! Spans of time as people write them: `1500ms`, `90s`, `1h 30m`.

use std::time::Duration;

/// What stands in the place of a span where there is none.
pub(crate) const NONE: &str = "none";

/// Reads a span. `None` when it is none, is negative, or has no unit.
pub fn parse(text: &str) -> Option<Duration> {
    let span: jiff::SignedDuration = text.trim().parse().ok()?;
    span.try_into().ok()
}

/// Writes a span with one unit, the largest that leaves no remainder.
pub(crate) fn render(span: Duration) -> String {
    let millis = span.as_millis();
    match millis {
        0 => "0s".to_owned(),
        _ if millis.is_multiple_of(3_600_000) => format!("{}h", millis / 3_600_000),
        _ if millis.is_multiple_of(60_000) => format!("{}m", millis / 60_000),
        _ if millis.is_multiple_of(1000) => format!("{}s", millis / 1000),
        _ => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        assert_eq!(parse("1500ms"), Some(Duration::from_millis(1500)));
        assert_eq!(parse("10m"), Some(Duration::from_secs(600)));
        assert_eq!(parse("1h 30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse("0s"), Some(Duration::ZERO));
    }

    #[test]
    fn a_span_without_unit_or_below_zero_is_none() {
        for text in ["", "10", "-5s", "soon", "10 parsecs", "5s ago", "99999999999999999999h"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_can_be_read_back() {
        for millis in [0, 1, 50, 1000, 1500, 60_000, 90_000, 3_600_000, 86_400_000] {
            let span = Duration::from_millis(millis);
            assert_eq!(parse(&render(span)), Some(span));
        }
    }
}
