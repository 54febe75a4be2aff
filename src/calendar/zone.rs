// SPDX-License-Identifier: MIT OR Apache-2.0
use blufio_core::time::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};

/// Why a date could not be worked out. A retry does not help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// There is no such time zone.
    #[error("there is no time zone {0:?}; the names are those of IANA, such as Europe/Lisbon")]
    UnknownZone(String),
    /// Not a date and time on a wall clock.
    #[error("{0:?} is no date and time such as 2026-03-29T09:00")]
    NotATime(String),
    /// Beyond what the calendar holds.
    #[error("that is too far away for the calendar")]
    OutOfRange,
}

/// From an instant (included) to another (not included).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its begin.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
}

/// A time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    zone: TimeZone,
    name: String,
}

impl Zone {
    /// The time zone with this IANA name; `UTC` is one.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<Self, CalendarError> {
        let zone = TimeZone::get(name).map_err(|_| CalendarError::UnknownZone(name.to_owned()))?;
        let name = zone.iana_name().unwrap_or(name).to_owned();
        Ok(Self { zone, name })
    }

    /// The time zone of this machine; UTC where it has none with a name.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let zone = TimeZone::system();
        match zone.iana_name().map(str::to_owned) {
            Some(name) => Self { zone, name },
            None => Self::utc(),
        }
    }

    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self { zone: TimeZone::UTC, name: "UTC".into() }
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn zoned(&self, at: Timestamp) -> Result<Zoned, CalendarError> {
        let at = jiff::Timestamp::from_millisecond(at.0).map_err(|_| CalendarError::OutOfRange)?;
        Ok(at.to_zoned(self.zone.clone()))
    }

    /// The day in which an instant lies. It has 23 or 25 hours when the clocks are changed.
    ///
    /// # Errors
    /// When the instant is beyond the calendar.
    pub fn day(&self, at: Timestamp) -> Result<Span, CalendarError> {
        let date = self.zoned(at)?.date();
        self.span(date, date.checked_add(1.day()).map_err(|_| CalendarError::OutOfRange)?)
    }

    /// The month in which an instant lies.
    ///
    /// # Errors
    /// When the instant is beyond the calendar.
    pub fn month(&self, at: Timestamp) -> Result<Span, CalendarError> {
        let first = self.zoned(at)?.date().first_of_month();
        self.span(first, first.checked_add(1.month()).map_err(|_| CalendarError::OutOfRange)?)
    }

    /// The days from the one of `since` to the one of `until`, oldest first, with their dates as labels; the newest
    /// `most` of them.
    ///
    /// # Errors
    /// When an instant is beyond the calendar.
    pub fn days(
        &self,
        since: Timestamp,
        until: Timestamp,
        most: usize,
    ) -> Result<Vec<(String, Span)>, CalendarError> {
        let mut date = self.zoned(until)?.date();
        let first = self.zoned(since)?.date();
        let mut days = Vec::new();
        while date >= first && days.len() < most {
            let next = date.checked_add(1.day()).map_err(|_| CalendarError::OutOfRange)?;
            days.push((date.to_string(), self.span(date, next)?));
            date = date.checked_sub(1.day()).map_err(|_| CalendarError::OutOfRange)?;
        }
        days.reverse();
        Ok(days)
    }

    fn span(&self, from: Date, until: Date) -> Result<Span, CalendarError> {
        Ok(Span { from: self.midnight(from)?, until: self.midnight(until)? })
    }

    /// The begin of a day. Where midnight is skipped by a change of the clocks, the first instant after.
    fn midnight(&self, date: Date) -> Result<Timestamp, CalendarError> {
        self.instant(date.to_datetime(jiff::civil::Time::midnight()))
    }

    /// The instant at which the wall clock shows `local`. What it shows twice is taken the first time; what it skips is
    /// moved on by what it skips.
    pub(crate) fn instant(&self, local: DateTime) -> Result<Timestamp, CalendarError> {
        let zoned =
            self.zone.to_ambiguous_zoned(local).compatible().map_err(|_| CalendarError::OutOfRange)?;
        Ok(Timestamp(zoned.timestamp().as_millisecond()))
    }

    /// What the wall clock shows, for people and the model: `Sunday, 2026-11-22 20:57 (Europe/Berlin)`.
    #[must_use]
    pub fn describe(&self, at: Timestamp) -> String {
        match self.zoned(at) {
            Ok(zoned) => format!("{} ({})", zoned.strftime("%A, %Y-%m-%d %H:%M"), self.name),
            Err(_) => "at an unknown time".into(),
        }
    }

    /// The day for people, `2026-11-22`.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> String {
        match self.zoned(at) {
            Ok(zoned) => zoned.strftime("%Y-%m-%d").to_string(),
            Err(_) => "an unknown day".into(),
        }
    }

    /// Minutes since midnight on the wall clock.
    pub(crate) fn minute(&self, at: Timestamp) -> Option<u16> {
        let time = self.zoned(at).ok()?.time();
        u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::time::Timestamp;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn days_follow_the_wall_clock_also_when_it_is_changed() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let hours = |text| {
            let day = zone.day(at(text)).unwrap();
            (day.until.0 - day.from.0) / HOUR
        };
        assert_eq!(hours("2026-03-29T10:00:00Z"), 23);
        assert_eq!(hours("2026-10-25T10:00:00Z"), 25);
        assert_eq!(zone.day(at("2026-06-30T22:30:00Z")).unwrap().from, at("2026-06-30T22:00:00Z"));
    }

    #[test]
    fn a_day_without_midnight_begins_with_its_first_instant() {
        // Clocks in Cairo went from 0:00 to 1:00 on 2026-04-24.
        let zone = Zone::named("Africa/Cairo").unwrap();
        let day = zone.day(at("2026-04-24T10:00:00Z")).unwrap();
        assert_eq!(day.from, at("2026-04-23T22:00:00Z"));
        assert_eq!((day.until.0 - day.from.0) / HOUR, 23);
    }

    #[test]
    fn months_end_where_the_next_begins() {
        let zone = Zone::named("Asia/Kathmandu").unwrap();
        let february = zone.month(at("2026-02-10T00:00:00Z")).unwrap();
        assert_eq!(february.from, at("2026-01-31T18:15:00Z"));
        assert_eq!(february.until, at("2026-02-28T18:15:00Z"));
    }

    #[test]
    fn an_unknown_zone_is_refused_with_its_name() {
        let error = Zone::named("Mars/Olympus").unwrap_err();
        assert!(error.to_string().contains("Mars/Olympus"), "{error}");
    }

    #[test]
    fn a_list_of_days_is_bounded_and_keeps_the_newest() {
        let days = Zone::utc().days(Timestamp(0), at("2026-11-22T12:00:00Z"), 2).unwrap();
        let labels: Vec<_> = days.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(labels, ["2026-11-21", "2026-11-22"]);
    }

    #[test]
    fn the_wall_clock_is_told_with_its_weekday_and_place() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(zone.describe(at("2026-11-22T19:57:00Z")), "Sunday, 2026-11-22 20:57 (Europe/Berlin)");
        assert_eq!(zone.date(at("2026-11-22T23:57:00Z")), "2026-11-23");
    }

    proptest! {
        #[test]
        fn every_instant_lies_in_its_day_and_month(
            millis in -2_000_000_000_000_i64..4_000_000_000_000,
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia"]),
        ) {
            let (zone, at) = (Zone::named(zone).unwrap(), Timestamp(millis));
            for span in [zone.day(at).unwrap(), zone.month(at).unwrap()] {
                prop_assert!(span.from <= at && at < span.until, "{span:?}");
            }
        }
    }
}
