// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::zone::Zone;
use blufio_core::time::Timestamp;

/// A part of the day on a wall clock. One that ends before it begins goes past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Minutes since midnight; included.
    from: u16,
    /// Minutes since midnight; not included.
    until: u16,
}

/// Not a part of the day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no part of the day such as 08:00-22:00")]
pub struct WrongHours(pub String);

impl Hours {
    /// The whole day.
    pub const ALL: Self = Self { from: 0, until: 24 * 60 };

    /// Reads `08:00-22:00`. `00:00-24:00` is the whole day.
    ///
    /// # Errors
    /// When it has another form, or begins where it ends.
    pub fn parse(text: &str) -> Result<Self, WrongHours> {
        let wrong = || WrongHours(text.to_owned());
        let (from, until) = text.split_once('-').ok_or_else(wrong)?;
        let (from, until) = (minute(from).ok_or_else(wrong)?, minute(until).ok_or_else(wrong)?);
        if from == until || from == 24 * 60 {
            return Err(wrong());
        }
        Ok(Self { from, until })
    }

    /// Whether an instant lies in it.
    #[must_use]
    pub fn contain(self, zone: &Zone, at: Timestamp) -> bool {
        let Some(minute) = zone.minute(at) else { return false };
        if self.from < self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        }
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let two = |part: &str, most: u16| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|value: &u16| digits && *value <= most)
    };
    let minutes = two(hour, 24)? * 60 + two(minute, 59)?;
    (minutes <= 24 * 60).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64, minute: i64) -> Timestamp {
        Timestamp((hour * 60 + minute) * 60_000)
    }

    #[test]
    fn hours_hold_their_begin_and_not_their_end() {
        let day = Hours::parse("08:00-22:30").unwrap();
        let inside = |hour, minute| day.contain(&Zone::utc(), at(hour, minute));
        assert_eq!([inside(7, 59), inside(8, 0), inside(22, 29), inside(22, 30)], [false, true, true, false]);
    }

    #[test]
    fn a_night_goes_past_midnight() {
        let night = Hours::parse("22:00-06:00").unwrap();
        let inside = |hour| night.contain(&Zone::utc(), at(hour, 0));
        assert_eq!(
            [inside(21), inside(22), inside(0), inside(5), inside(6)],
            [false, true, true, true, false]
        );
    }

    #[test]
    fn the_whole_day_can_be_written() {
        assert_eq!(Hours::parse("00:00-24:00"), Ok(Hours::ALL));
        assert!(Hours::ALL.contain(&Zone::utc(), at(23, 59)));
    }

    #[test]
    fn what_is_no_part_of_the_day_is_refused() {
        for text in
            ["", "8-22", "08:00", "08:00-08:00", "24:00-06:00", "08:60-09:00", "25:00-26:00", "+8:00-09:00"]
        {
            assert_eq!(Hours::parse(text), Err(WrongHours(text.into())), "{text}");
        }
    }
}
