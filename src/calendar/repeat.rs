// SPDX-License-Identifier: MIT OR Apache-2.0
//! When a reminder comes, and when it comes again.

use crate::zone::{CalendarError, Zone};
use blufio_core::storage::{Every, When};
use blufio_core::time::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::{DateTime, Weekday};

impl Zone {
    /// The time `local` on this wall clock, such as `2026-03-29T09:00`. What the clock skips is moved on by what it
    /// skips; what it shows twice is taken the first time.
    ///
    /// # Errors
    /// When it is no date and time, or beyond the calendar.
    pub fn when(&self, local: &str, every: Option<Every>) -> Result<When, CalendarError> {
        let civil = parse(local)?;
        Ok(When { local: civil.to_string(), zone: self.name().to_owned(), at: self.instant(civil)?, every })
    }

    /// An instant, on this wall clock.
    ///
    /// # Errors
    /// When it is beyond the calendar.
    pub fn at(&self, at: Timestamp, every: Option<Every>) -> Result<When, CalendarError> {
        let local = self.zoned(at)?.datetime();
        Ok(When { local: local.to_string(), zone: self.name().to_owned(), at, every })
    }

    /// The first time behind `now` at which a reminder comes again; `None` when it does not repeat. Its own time zone
    /// holds, whichever this one is.
    ///
    /// # Errors
    /// When it is beyond the calendar, or its time zone is not known any more.
    pub fn next(&self, when: &When, now: Timestamp) -> Result<Option<When>, CalendarError> {
        let Some(every) = when.every else { return Ok(None) };
        let zone = if when.zone == self.name() { self.clone() } else { Self::named(&when.zone)? };
        let first = parse(&when.local)?;
        // From the first time on and not from the last: a monthly reminder of the 31st keeps to it after February.
        let mut count = whole_steps(every, first, zone.zoned(now)?.datetime());
        loop {
            let local = step(every, first, count)?;
            let at = zone.instant(local)?;
            if at > now && at > when.at {
                // What repeats is the wall clock of the first time.
                return Ok(Some(When { at, ..zone.again(when, local, first) }));
            }
            count = count.checked_add(1).ok_or(CalendarError::OutOfRange)?;
        }
    }

    fn again(&self, when: &When, local: DateTime, first: DateTime) -> When {
        // Where the day of the month was cut short, the first time is kept, so that the next one is not.
        let keeps = local.day() == first.day()
            || when.every == Some(Every::Day)
            || when.every == Some(Every::Week)
            || when.every == Some(Every::Weekday);
        let local = if keeps { local } else { first };
        When { local: local.to_string(), ..when.clone() }
    }
}

fn parse(local: &str) -> Result<DateTime, CalendarError> {
    let wrong = || CalendarError::NotATime(local.to_owned());
    // With an offset or a Z it would be an instant, and the wall clock that was meant is not known.
    if local.len() < "2026-03-29T09:00".len() || local.ends_with(['Z', 'z']) {
        return Err(wrong());
    }
    local.parse::<DateTime>().map_err(|_| wrong())
}

/// A number of steps that does not lead past `now`; not below zero.
fn whole_steps(every: Every, first: DateTime, now: DateTime) -> i64 {
    let days = first.date().until(now.date()).map_or(0, |span| i64::from(span.get_days()));
    let steps = match every {
        Every::Day | Every::Weekday => days,
        Every::Week => days / 7,
        Every::Month => days / 31,
        Every::Year => days / 366,
    };
    steps.saturating_sub(1).max(0)
}

fn step(every: Every, first: DateTime, count: i64) -> Result<DateTime, CalendarError> {
    let span = match every {
        Every::Day | Every::Weekday => count.days(),
        Every::Week => count.weeks(),
        Every::Month => count.months(),
        Every::Year => count.years(),
    };
    let mut local = first.checked_add(span).map_err(|_| CalendarError::OutOfRange)?;
    if every == Every::Weekday {
        while matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday) {
            local = local.checked_add(1.day()).map_err(|_| CalendarError::OutOfRange)?;
        }
    }
    Ok(local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn berlin() -> Zone {
        Zone::named("Europe/Berlin").unwrap()
    }

    fn following(when: &When, times: usize) -> Vec<String> {
        let mut when = when.clone();
        let mut locals = Vec::new();
        for _ in 0..times {
            when = berlin().next(&when, when.at).unwrap().unwrap();
            locals.push(berlin().describe(when.at));
        }
        locals
    }

    #[test]
    fn once_is_once() {
        let when = berlin().when("2026-03-29T09:00", None).unwrap();
        assert_eq!(berlin().next(&when, when.at), Ok(None));
    }

    #[test]
    fn a_time_that_the_clock_skips_comes_later_and_the_next_day_in_time() {
        let when = berlin().when("2026-03-28T02:30", Some(Every::Day)).unwrap();
        let days = following(&when, 2);
        assert_eq!(
            days,
            ["Sunday, 2026-03-29 03:30 (Europe/Berlin)", "Monday, 2026-03-30 02:30 (Europe/Berlin)"]
        );
    }

    #[test]
    fn a_time_that_the_clock_shows_twice_comes_once() {
        let when = berlin().when("2026-10-24T02:30", Some(Every::Day)).unwrap();
        let days = following(&when, 2);
        assert_eq!(
            days,
            ["Sunday, 2026-10-25 02:30 (Europe/Berlin)", "Monday, 2026-10-26 02:30 (Europe/Berlin)"]
        );
    }

    #[test]
    fn weekdays_leave_out_the_weekend() {
        let friday = berlin().when("2026-11-20T08:00", Some(Every::Weekday)).unwrap();
        assert_eq!(
            following(&friday, 2),
            ["Monday, 2026-11-23 08:00 (Europe/Berlin)", "Tuesday, 2026-11-24 08:00 (Europe/Berlin)"]
        );
    }

    #[test]
    fn the_thirty_first_comes_back_after_shorter_months() {
        let when = berlin().when("2026-01-31T10:00", Some(Every::Month)).unwrap();
        assert_eq!(
            following(&when, 3),
            [
                "Saturday, 2026-02-28 10:00 (Europe/Berlin)",
                "Tuesday, 2026-03-31 10:00 (Europe/Berlin)",
                "Thursday, 2026-04-30 10:00 (Europe/Berlin)"
            ]
        );
    }

    #[test]
    fn after_a_long_sleep_only_the_next_time_is_left() {
        let when = berlin().when("2020-01-01T07:00", Some(Every::Day)).unwrap();
        let now = berlin().when("2026-11-22T12:00", None).unwrap().at;
        let next = berlin().next(&when, now).unwrap().unwrap();
        assert_eq!(next.local, "2026-11-23T07:00:00");
    }

    #[test]
    fn what_is_no_time_on_a_wall_clock_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2026-03-29",
            "09:00",
            "2026-03-29T09:00Z",
            "2026-13-01T09:00",
            "2026-02-30T09:00",
        ] {
            assert!(berlin().when(text, None).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_next_time_lies_ahead_and_shows_the_same_clock_unless_it_is_skipped(
            start in 1_600_000_000_000_i64..1_900_000_000_000,
            later in 0_i64..400_000_000_000,
            every in prop::sample::select(vec![Every::Day, Every::Weekday, Every::Week, Every::Month, Every::Year]),
        ) {
            let zone = berlin();
            let when = zone.at(Timestamp(start), Some(every)).unwrap();
            let now = Timestamp(start + later);
            let next = zone.next(&when, now).unwrap().unwrap();
            prop_assert!(next.at > now);
            // No time is left out: one step back from the next one is not behind `now`.
            let between = zone.next(&when, Timestamp(next.at.0 - 1)).unwrap().unwrap();
            prop_assert_eq!(between.at, next.at);
        }
    }
}
