// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long to wait before trying again.

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use std::sync::Arc;
use std::time::Duration;

/// Longest wait that the provider may ask for within a call. Beyond it the caller decides: he may answer the person.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_secs(60);

/// Largest part of a wait that chance takes off, so that many clients do not come back at once.
const JITTER: f64 = 0.25;

/// Where chance comes from: numbers of at least 0 and less than 1.
pub type Jitter = Arc<dyn Fn() -> f64 + Send + Sync>;

/// Chance from the operating system.
pub(crate) fn random() -> Jitter {
    // Without a source of chance the middle will do: nothing secret depends on it.
    Arc::new(|| getrandom::u32().map_or(0.5, |bits| f64::from(bits) / (f64::from(u32::MAX) + 1.0)))
}

/// The wait before repetition number `attempt`, counted from 0, with `chance` from 0 to 1.
pub(crate) fn backoff(initial: Duration, cap: Duration, attempt: u32, chance: f64) -> Duration {
    let doubled = initial.saturating_mul(2_u32.saturating_pow(attempt)).min(cap);
    doubled.mul_f64(1.0 - JITTER * chance.clamp(0.0, 1.0))
}

/// How long the provider asks to wait: milliseconds, seconds, or a date. The date is compared with the one of the
/// answer itself, so that a wrong clock on this machine does no harm. Nothing, zero and the past are `None`.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(milliseconds) = text("retry-after-ms").and_then(|value| value.parse::<f64>().ok()) {
        return span(milliseconds / 1000.0);
    }
    let value = text(RETRY_AFTER.as_str())?;
    if let Ok(seconds) = value.parse::<f64>() {
        return span(seconds);
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = text(DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok())?;
    until.duration_since(now).ok().filter(|wait| !wait.is_zero())
}

fn span(seconds: f64) -> Option<Duration> {
    // More than a Duration holds is still "very long".
    (seconds > 0.0)
        .then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
        .filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().expect("name"), value.parse().expect("value")))
            .collect()
    }

    #[test]
    fn waits_double_up_to_the_cap_and_chance_takes_off_at_most_a_quarter() {
        let (initial, cap) = (Duration::from_millis(500), Duration::from_secs(8));
        let waits: Vec<_> = (0..6).map(|attempt| backoff(initial, cap, attempt, 0.0).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 8000]);
        assert_eq!(backoff(initial, cap, 1, 1.0), Duration::from_millis(750));
        assert_eq!(backoff(initial, cap, u32::MAX, 0.0), cap);
    }

    #[test]
    fn the_wish_is_read_in_all_its_forms() {
        for (pairs, wait) in [
            (vec![("retry-after", "7")], Some(7_000)),
            (vec![("retry-after", " 0.25 ")], Some(250)),
            (vec![("retry-after-ms", "1500"), ("retry-after", "99")], Some(1_500)),
            (vec![("retry-after-ms", "soon"), ("retry-after", "2")], Some(2_000)),
            (
                vec![
                    ("date", "Sun, 22 Nov 2026 10:00:00 GMT"),
                    ("retry-after", "Sun, 22 Nov 2026 10:00:30 GMT"),
                ],
                Some(30_000),
            ),
            (
                vec![
                    ("date", "Sun, 22 Nov 2026 10:00:00 GMT"),
                    ("retry-after", "Sun, 22 Nov 2026 09:00:00 GMT"),
                ],
                None,
            ),
            (vec![("retry-after", "Sun, 22 Nov 2026 10:00:30 GMT")], None),
            (vec![("retry-after", "0")], None),
            (vec![("retry-after", "-3")], None),
            (vec![("retry-after", "NaN")], None),
            (vec![("retry-after", "whenever")], None),
            (vec![], None),
        ] {
            let asked = asked(&headers(&pairs)).map(|wait| wait.as_millis());
            assert_eq!(asked, wait, "{pairs:?}");
        }
        assert!(asked(&headers(&[("retry-after", "1e300")])).is_some_and(|wait| wait > LONGEST_ASKED));
    }

    #[test]
    fn chance_differs_and_stays_in_its_range() {
        let random = random();
        let draws: Vec<_> = (0..64).map(|_| random()).collect();
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
        assert!(draws.iter().any(|draw| (draw - draws[0]).abs() > f64::EPSILON));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_the_header_says_the_wish_is_positive(value in "[ -~]{0,24}") {
            prop_assert!(asked(&headers(&[("retry-after", &value)])).is_none_or(|wait| !wait.is_zero()));
        }
    }
}
