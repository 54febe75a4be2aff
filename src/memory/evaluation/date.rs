// SPDX-License-Identifier: MIT OR Apache-2.0
//! When a session took place: "1:56 pm on 8 May, 2023".

use blufio_core::time::Timestamp;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The instant, in universal time; `None` for what is no date of this form.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.to_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).collect();
    let on = words.iter().position(|word| *word == "on")?;
    let [clock, half, ..] = words.get(..on)? else { return None };
    let [day, month, year, ..] = words.get(on + 1..)? else { return None };
    let (hour, minute) = clock.split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match *half {
        "am" => hour % 12,
        "pm" => hour % 12 + 12,
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| month.starts_with(name))?;
    let month = i64::try_from(month).ok()? + 1;
    let (day, year): (i64, i64) = (day.parse().ok()?, year.parse().ok()?);
    if !(1..=31).contains(&day) || !(0..60).contains(&minute) || !(1..=9999).contains(&year) {
        return None;
    }
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute;
    Some(Timestamp(minutes * 60_000))
}

/// Days since 1970-01-01 in the Gregorian calendar. Years begin in March, so that a leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_of_sessions_are_read() {
        assert_eq!(parse("1:56 pm on 8 May, 2023"), Some(Timestamp(1_683_554_160_000)));
        assert_eq!(parse("12:00 am on 1 January, 1970"), Some(Timestamp(0)));
        assert_eq!(parse("12:30 pm on 29 February 2024"), Some(Timestamp(1_709_209_800_000)));
        for text in
            ["", "yesterday", "25:00 xm on 8 May, 2023", "1:56 pm on 8 Maybe", "1:56 pm on x May, 2023"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_taken(text in "\\PC{0,40}|[0-9]{1,19}:[0-9]{1,3} [ap]m on [0-9]{1,19} may,? [0-9]{1,19}") {
            let date = parse(&text);
            prop_assert!(date.is_none_or(|date| date.0.abs() < 400_000_000_000_000));
        }
    }
}
