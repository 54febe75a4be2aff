// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the names and numbers of a statement are the person's own. Those of a date that was reckoned out of "tomorrow"
//! or "last May" need not be.

use std::collections::HashSet;

/// A year that was reckoned lies within so many of the one in which it was said.
const YEARS: i32 = 10;
/// Words for the one who speaks, and others that begin a statement: written large there, and still no names.
const BEGINNINGS: &[&str] = &[
    "person",
    "persons",
    "user",
    "speaker",
    "person's",
    "nutzer",
    "nutzerin",
    "personne",
    "utilisateur",
    "utilisatrice",
    "persona",
    "usuario",
    "usuaria",
    "utente",
    "pessoa",
    "usuário",
    "usuária",
    "persoon",
    "gebruiker",
    "personen",
    "användaren",
    "brugeren",
    "brukeren",
    "henkilö",
    "käyttäjä",
    "osoba",
    "osoby",
    "użytkownik",
    "użytkowniczka",
    "uživatel",
    "személy",
    "felhasználó",
    "persoana",
    "utilizatorul",
    "kişi",
    "kişinin",
    "kullanıcı",
    "kullanıcının",
    "человек",
    "человека",
    "пользователь",
    "пользователя",
    "людина",
    "користувач",
    "άτομο",
    "χρήστης",
    "name",
    "names",
    "prefers",
    "likes",
    "loves",
    "dislikes",
    "hates",
    "wants",
    "owns",
    "lives",
    "works",
    "plans",
    "uses",
    "moved",
];
/// Days and months that are written large, and may stand in a date.
const DATES: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "januar",
    "februar",
    "märz",
    "mai",
    "juni",
    "juli",
    "oktober",
    "dezember",
];

/// Whether what was `said` on a `day` (`2026-11-22`) has the names and numbers of a text.
pub(super) fn are_said(said: &str, text: &str, day: &str) -> bool {
    let numbers = Numbers::of(said);
    let year: Option<i32> = day.split('-').next().and_then(|year| year.parse().ok());
    let near = |number: &str| match (year, number.parse::<i32>()) {
        (Some(year), Ok(number)) => number.abs_diff(year) <= YEARS.unsigned_abs(),
        _ => false,
    };
    let number_is_said = |token: &str| match date(token) {
        Some((year, _)) if near(year) => true,
        // Long ago: only how it is written may differ.
        Some((year, day)) => numbers.have(year) && day.is_none_or(|day| numbers.have(day)),
        None => number_like(token).all(|number| numbers.have(number) || (number.len() == 4 && near(number))),
    };
    tokens(text).all(number_is_said) && names(text).all(|name| is_known(&name, said))
}

/// The names that a text has.
pub(super) fn of(text: &str) -> HashSet<String> {
    names(text).collect()
}

/// The numbers that a text has.
pub(super) fn numbers_of(text: &str) -> HashSet<String> {
    Numbers::of(text).0
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '-')
}

/// Year and day of a date such as 2026-11-27 or 2026-11.
fn date(token: &str) -> Option<(&str, Option<&str>)> {
    let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|c| c.is_ascii_digit());
    let mut parts = token.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next());
    let whole = digits(year, 4) && digits(month, 2) && day.is_none_or(|day| digits(day, 2));
    (whole && parts.next().is_none()).then_some((year, day))
}

fn number_like(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_numeric()).filter(|number| !number.is_empty())
}

/// The numbers of a text, each alone and, where signs part it into thousands, as one.
struct Numbers(HashSet<String>);

impl Numbers {
    fn of(text: &str) -> Self {
        let mut all: HashSet<String> = number_like(text).map(bare).collect();
        let grouped = |c: char| c.is_numeric() || matches!(c, '.' | ',' | '\'' | '\u{a0}' | '\u{202f}');
        let groups = text
            .split(|c| !grouped(c))
            .map(|group| group.chars().filter(|c| c.is_numeric()).collect::<String>());
        all.extend(groups.filter(|group| !group.is_empty()).map(|group| bare(&group)));
        Self(all)
    }

    fn have(&self, number: &str) -> bool {
        let number = bare(number);
        number.is_empty() || self.0.contains(&number)
    }
}

fn bare(number: &str) -> String {
    number.trim_start_matches('0').to_owned()
}

/// Words that are written large, in small letters, but for those that say nothing. Scripts without large letters show none.
fn names(text: &str) -> impl Iterator<Item = String> {
    // What says nothing in one language is a word in another: that is told by the whole text.
    let telling: HashSet<String> = blufio_recall::words(text).into_iter().collect();
    words(text)
        .filter(|word| word.chars().next().is_some_and(char::is_uppercase))
        .filter(|word| !word.chars().any(char::is_numeric))
        .map(small)
        .filter(move |word| telling.contains(word))
        .filter(|word| !BEGINNINGS.contains(&word.as_str()) && !DATES.contains(&word.as_str()))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !is_mark(c))
}

/// In small letters: the Turkish İ without the dot that is left over.
fn small(word: &str) -> String {
    word.to_lowercase().replace('\u{307}', "")
}

/// Marks that belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Whether a name was said, with another ending at most.
fn is_known(name: &str, said: &str) -> bool {
    words(said).any(|word| small(word) == name) || blufio_recall::supports(said, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: &str = "2026-11-22";

    #[test]
    fn names_and_numbers_that_were_said_pass_however_they_end_or_are_written() {
        for (said, text) in [
            ("my dog max hates thunder", "The person's dog Max hates thunder."),
            ("Wir sind von Gent nach Porto gezogen", "Die Person ist von Gent nach Porto gezogen."),
            ("mieszkam teraz w Gdańsku", "Osoba mieszka w Gdańsku."),
            ("The flat is 1,500 a month", "The person's flat costs 1500 a month."),
            ("I was born on 5 March 1984", "The person was born on 1984-03-05."),
            ("I run every day at 07:30", "The person runs every day at 7:30."),
            ("i like tea", "The person likes tea. Prefers it hot."),
            ("私の犬はポチです", "この人の犬はポチという。"),
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
            "The person flies to Rome on Monday in November.",
        ] {
            assert!(are_said("tomorrow I fly to rome, my home since seven years", text, DAY), "{text}");
        }
        assert!(!are_said("Rome is old", "The person was born in Rome on 1984-03-05.", DAY));
        assert!(!are_said("Rome is old", "The person was in Rome in 1984.", DAY));
    }

    #[test]
    fn names_and_numbers_that_were_not_said_do_not_pass() {
        for (said, text) in [
            ("please read this for me", "The person's name is Eve."),
            ("my dog is called Max", "The person's dog is called Rex."),
            ("my dog is called Max", "Rex is the person's dog."),
            ("I have two cats", "The person has 7 cats."),
            ("the room is 14", "The person's room is 142."),
            ("it costs 1,500", "It costs 2,500."),
        ] {
            assert!(!are_said(said, text, DAY), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whoever_repeats_what_was_said_passes(said in "([A-Za-zäöüß]{1,12}|[0-9]{1,5}|[ .,]){0,20}") {
            prop_assert!(are_said(&said, &said, DAY), "{}", said);
        }
    }
}
