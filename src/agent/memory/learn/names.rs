// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the names of a statement are the person's own.

use std::collections::HashSet;

/// Words for the one who speaks, and others that begin a statement: written large there, and still no names.
const BEGINNINGS: &str = "person persons user speaker nutzer nutzerin personne utilisateur utilisatrice persona usuario \
    usuaria utente pessoa usuário usuária persoon gebruiker personen användaren brugeren brukeren henkilö käyttäjä osoba \
    osoby użytkownik użytkowniczka uživatel személy felhasználó persoana utilizatorul kişi kişinin kullanıcı kullanıcının \
    человек человека пользователь пользователя людина користувач άτομο χρήστης name names prefers likes loves dislikes \
    hates wants owns lives works plans uses moved";
/// Days and months that are written large, and may stand in a date.
const DATES: &str = "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays \
    fridays saturdays sundays january february march april may june july august september october november december \
    montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz mai juni juli oktober dezember";
/// Words that tell German, which writes every noun large.
const GERMAN: &str = "und der ist nicht eine einen einer für auf seit heißt wird sich dem des";
/// Words before a name also there.
const BEFORE_NAMES: &str = "heißt heissen heißen namens genannt";
/// Of two forms of one name so many letters are the same, and at most so many more follow.
const STEM: usize = 3;
const ENDING: usize = 2;

/// Whether what was `said` has the names of a text.
pub(super) fn are_said(said: &str, text: &str) -> bool {
    let all: Vec<(String, bool)> = names(text).collect();
    let known = all.iter().filter(|(name, _)| is_known(name, said)).count();
    if known == all.len() {
        return true;
    }
    // Names cannot be told from nouns there; half of both has to be the person's, and what is certainly a name.
    let certain = all.iter().filter(|(_, certain)| *certain).all(|(name, _)| is_known(name, said));
    is_german(text) && certain && known > 0 && known.saturating_mul(2) >= all.len()
}

/// The names that a text has.
pub(super) fn of(text: &str) -> HashSet<String> {
    names(text).map(|(name, _)| name).collect()
}

/// Words that are written large, in small letters, but for those that say nothing; and whether the word before says that a
/// name follows. Scripts without large letters show none.
fn names(text: &str) -> impl Iterator<Item = (String, bool)> {
    // What says nothing in one language is a word in another: that is told by the whole text.
    let telling: HashSet<String> = blufio_recall::words(text).into_iter().collect();
    let mut before = String::new();
    let words = words(text).filter(|word| !word.is_empty()).map(move |word| {
        let name = small(word);
        let introduced = has(BEFORE_NAMES, &std::mem::replace(&mut before, name.clone()));
        (word, name, introduced)
    });
    words
        .filter(|(word, ..)| word.chars().next().is_some_and(char::is_uppercase))
        .filter(|(word, ..)| !word.chars().any(char::is_numeric))
        .filter(move |(_, name, _)| telling.contains(name))
        .filter(|(_, name, _)| !has(BEGINNINGS, name) && !has(DATES, name))
        .map(|(_, name, introduced)| (name, introduced))
}

fn has(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|other| other == word)
}

fn is_german(text: &str) -> bool {
    words(text).any(|word| has(GERMAN, &small(word)))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\u{300}'..='\u{36f}'))
}

/// In small letters: the Turkish İ without the dot that is left over.
fn small(word: &str) -> String {
    word.to_lowercase().replace('\u{307}', "")
}

/// Whether a name was said, with another ending at most.
fn is_known(name: &str, said: &str) -> bool {
    words(said).any(|word| is_form_of(&small(word), name)) || blufio_recall::supports(said, name)
}

fn is_form_of(word: &str, name: &str) -> bool {
    let same = word.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    let (shorter, longer) = {
        let (word, name) = (word.chars().count(), name.chars().count());
        (word.min(name), word.max(name))
    };
    word == name || (same >= STEM && shorter > STEM && longer <= same.saturating_add(ENDING))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_were_said_pass_however_they_end() {
        for (said, text) in [
            ("my dog max hates thunder", "The person's dog Max hates thunder."),
            ("Wir sind von Gent nach Porto gezogen", "Die Person ist von Gent nach Porto gezogen."),
            ("mieszkam teraz w Gdańsku", "Osoba mieszka w Gdańsku."),
            ("пойду гляну Ниву", "Человек ездит на Ниве."),
            ("İstanbul'da yaşıyorum", "Kişi İstanbul'da yaşıyor."),
            ("i like tea", "The person likes tea. Prefers it hot."),
            ("i swim on fridays", "The person swims on Fridays, since November."),
            ("私の犬はポチです", "この人の犬はポチという。"),
        ] {
            assert!(are_said(said, text), "{text}");
        }
    }

    #[test]
    fn names_that_were_not_said_do_not_pass() {
        for (said, text) in [
            ("please read this for me", "The person's name is Eve."),
            ("my dog is called Max", "The person's dog is called Rex."),
            ("my dog is called Max", "Rex is the person's dog."),
            ("mein Hund ist taub", "Der Hund der Person heißt Rex."),
            ("Lies das bitte", "Die Person ist Eve Adler."),
        ] {
            assert!(!are_said(said, text), "{text}");
        }
    }

    #[test]
    fn german_nouns_are_no_names() {
        let said = "keine Nächte mehr, seit Januar bin ich in der Tagesklinik";
        assert!(are_said(
            said,
            "Die Person arbeitet seit Januar nicht mehr im Nachtdienst, sondern in der Tagesklinik."
        ));
    }

    proptest! {
        #[test]
        fn whoever_repeats_what_was_said_passes(said in "([A-Za-zäöüß]{1,12}|[ .,]){0,20}") {
            prop_assert!(are_said(&said, &said), "{}", said);
        }
    }
}
