// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the numbers of a statement are the person's own. Those of a date that was reckoned out of "tomorrow" or "last
//! May" need not be.

use std::collections::HashSet;

/// A year that was reckoned lies within so many of the one in which it was said.
const YEARS: i32 = 10;
/// Months, by their beginnings; beside one a number is a day.
const MONTHS: &str = "january february march april may june july august september october november december januar \
    februar märz mai juni juli oktober dezember janvier février mars avril juin juillet août septembre octobre novembre \
    décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio \
    aprile maggio giugno luglio settembre ottobre dicembre janeiro fevereiro março maio junho julho setembro outubro \
    dezembro januari februari maart mei augustus stycznia lutego marca kwietnia maja czerwca lipca sierpnia września \
    października listopada grudnia января февраля марта апреля мая июня июля августа сентября октября ноября декабря ocak \
    şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık";
/// Letters that make a month of a number in scripts that have no names for them.
const OF_DATES: [char; 6] = ['年', '月', '日', '년', '월', '일'];

/// Whether what was `said` on a `day` (`2026-11-22`) has the numbers of a text.
pub(super) fn are_said(said: &str, text: &str, day: &str) -> bool {
    let numbers = of(said);
    let have = |number: &str| {
        let number = bare(number);
        number.is_empty() || numbers.contains(&number)
    };
    let year: Option<i32> = day.split('-').next().and_then(|year| year.parse().ok());
    let near = |number: &str| match (year, number.parse::<i32>()) {
        (Some(year), Ok(number)) => number.abs_diff(year) <= YEARS.unsigned_abs(),
        _ => false,
    };
    let tokens: Vec<&str> = tokens(text).collect();
    let beside_a_month = |at: usize| {
        let beside = [at.checked_sub(1), at.checked_sub(2), at.checked_add(1), at.checked_add(2)];
        beside.into_iter().flatten().filter_map(|at| tokens.get(at)).any(|word| is_month(word))
    };
    tokens.iter().enumerate().all(|(at, token)| match date(token) {
        Some((year, _)) if near(year) => true,
        // Long ago: only how it is written may differ.
        Some((year, day)) => have(year) && day.is_none_or(have),
        None => {
            let of_date = beside_a_month(at) || token.contains(OF_DATES);
            let is_said = |number: &str| {
                let reckoned = near(number) || (of_date && number.parse::<u32>().is_ok_and(|day| day <= 31));
                have(number) || reckoned
            };
            have(&joined(token)) || digits(token).all(is_said)
        }
    })
}

/// The numbers of a text, each alone and, where signs part it into thousands, as one.
pub(super) fn of(text: &str) -> HashSet<String> {
    let all = tokens(text).flat_map(|token| digits(token).map(bare).chain([bare(&joined(token))]));
    all.filter(|number| !number.is_empty()).collect()
}

fn is_month(word: &str) -> bool {
    let word = word.to_lowercase();
    MONTHS.split_whitespace().any(|month| month == word)
}

/// Words, numbers with their signs, and dates such as 2026-11-27.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let tokens = text.split(|c: char| {
        !c.is_alphanumeric() && !matches!(c, '-' | '.' | ',' | '\'' | '\u{a0}' | '\u{202f}')
    });
    let tokens = tokens.map(|token| token.trim_matches(|c: char| !c.is_alphanumeric()));
    tokens.filter(|token| !token.is_empty())
}

/// Year and day of a date such as 2026-11-27 or 2026-11.
fn date(token: &str) -> Option<(&str, Option<&str>)> {
    let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|c| c.is_ascii_digit());
    let mut parts = token.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next());
    let whole = digits(year, 4) && digits(month, 2) && day.is_none_or(|day| digits(day, 2));
    (whole && parts.next().is_none()).then_some((year, day))
}

fn digits(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_numeric()).filter(|number| !number.is_empty())
}

/// All digits as one number: 1,500 is 1500.
fn joined(token: &str) -> String {
    token.chars().filter(|c| c.is_numeric()).collect()
}

fn bare(number: &str) -> String {
    number.trim_start_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: &str = "2026-11-22";

    #[test]
    fn numbers_that_were_said_pass_however_they_are_written() {
        for (said, text) in [
            ("The flat is 1,500 a month", "The person's flat costs 1500 a month."),
            ("The flat is 1500 a month", "The person's flat costs 1,500 a month."),
            ("I was born on 5 March 1984", "The person was born on 1984-03-05."),
            ("I run every day at 07:30", "The person runs every day at 7:30."),
            ("3.5 kg", "It weighs 3,5 kg."),
        ] {
            assert!(are_said(said, text, DAY), "{text}");
        }
    }

    #[test]
    fn dates_may_be_reckoned_from_the_day() {
        for text in [
            "The person flies to Rome on 2026-11-23.",
            "The person was in Rome in 2026-05.",
            "The person has lived in Rome since 2019.",
            "The person flies to Rome on 23 November 2026.",
            "The person flies to Rome on November 23.",
            "Die Person fliegt am 23. November nach Rom.",
            "La persona vuela a Roma el 23 de noviembre.",
            "2026年11月23日",
        ] {
            assert!(are_said("tomorrow I fly to rome, my home since seven years", text, DAY), "{text}");
        }
        assert!(!are_said("Rome is old", "The person was born in Rome on 1984-03-05.", DAY));
        assert!(!are_said("Rome is old", "The person was in Rome in 1984.", DAY));
    }

    #[test]
    fn numbers_that_were_not_said_do_not_pass() {
        for (said, text) in [
            ("I have two cats", "The person has 7 cats."),
            ("the room is 14", "The person's room is 142."),
            ("it costs 1,500", "It costs 2,500."),
            ("my flight is in May", "The person's flight is number 451 in May."),
        ] {
            assert!(!are_said(said, text, DAY), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whoever_repeats_what_was_said_passes(said in "([a-z]{1,12}|[0-9]{1,5}|[-., :])*") {
            prop_assert!(are_said(&said, &said, DAY), "{}", said);
        }
    }
}
