// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether a person has said what a statement says.

use crate::script;
use crate::words::{split, words};
use std::collections::HashSet;

/// Share of a statement's words that have to be found, in thirds.
const SHARE: usize = 3;
/// Beginning of two words that makes them one, letters.
const BEGINNING: usize = 4;
/// What endings may add, letters.
const ENDING: usize = 3;
/// Words of one's own that a statement is put into by whoever writes it down.
const FRAME: &[&str] = &[
    "person",
    "user",
    "speaker",
    "called",
    "named",
    "name",
    "lives",
    "works",
    "likes",
    "prefers",
    "wants",
    "owns",
    "plans",
    "uses",
    "believes",
    "person's",
    "nutzer",
    "nutzerin",
    "mag",
    "wohnt",
    "arbeitet",
    "hat",
    "besitzt",
    "utilisateur",
    "habite",
    "travaille",
    "aime",
    "usuario",
    "vive",
    "trabaja",
    "gusta",
    "prefiere",
    "utente",
    "abita",
    "lavora",
    "piace",
    "usuário",
    "mora",
    "trabalha",
    "gosta",
    "gebruiker",
    "woont",
    "werkt",
    "użytkownik",
    "mieszka",
    "pracuje",
    "lubi",
    "пользователь",
    "живет",
    "живёт",
    "работает",
    "любит",
    "kullanıcı",
    "yaşıyor",
    "çalışıyor",
    "seviyor",
];

/// Whether the words of a statement are the person's own: at least a third of what it says has to be among what was said, whatever the
/// endings. A statement may leave open who it is about, so names that were not said count no more than other words.
///
/// It tells what was made up, or taken from elsewhere, from what was said; it does not tell whether a statement is true to it.
///
/// ```
/// use blufio_recall::supports;
/// assert!(supports("We moved from Ghent to Porto in May", "Mara lives in Porto; before that in Ghent."));
/// assert!(!supports("What is the weather in Porto?", "Mara's bank account is with Nordea in Helsinki."));
/// ```
#[must_use]
pub fn supports(said: &str, statement: &str) -> bool {
    let said = Said::new(said);
    let wanted: Vec<String> =
        words(statement).into_iter().filter(|word| !FRAME.contains(&word.as_str())).collect();
    let found = wanted.iter().filter(|word| said.has(word)).count();
    found > 0 && found * SHARE >= wanted.len()
}

/// What was said, to be looked through.
struct Said {
    words: HashSet<String>,
    beginnings: HashSet<String>,
}

impl Said {
    fn new(text: &str) -> Self {
        // All words: what says nothing in one text may say something in another.
        let words: HashSet<String> = split(text).iter().flat_map(|word| script::rows(word, 3)).collect();
        let beginnings = words.iter().filter_map(|word| beginning(word)).collect();
        Self { words, beginnings }
    }

    fn has(&self, word: &str) -> bool {
        if self.words.contains(word) {
            return true;
        }
        let Some(beginning) = beginning(word) else { return self.is_begun(word) };
        self.beginnings.contains(&beginning) && self.words.iter().any(|other| akin(word, other))
    }

    /// A short word with an ending: dog, dogs.
    fn is_begun(&self, word: &str) -> bool {
        word.chars().count() >= BEGINNING - 1 && self.words.iter().any(|other| akin(word, other))
    }
}

fn beginning(word: &str) -> Option<String> {
    let letters: String = word.chars().take(BEGINNING).collect();
    (letters.chars().count() == BEGINNING && !letters.chars().any(char::is_numeric)).then_some(letters)
}

/// Whether two words differ by their endings only.
pub(crate) fn akin(one: &str, other: &str) -> bool {
    if one.chars().chain(other.chars()).any(char::is_numeric) {
        return one == other;
    }
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let (one, other) = (one.chars().count(), other.chars().count());
    let (short, long) = (one.min(other), one.max(other));
    let by_ending = same >= BEGINNING && long <= same + ENDING;
    let by_one_letter = same == short && short + 1 >= BEGINNING && long <= short + 1;
    by_ending || by_one_letter
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_said_in_other_forms_of_the_words_is_supported() {
        for (said, statement) in [
            ("oh and my dogs hate thunder", "The person has a dog that hates thunder."),
            ("Wir ziehen im Mai nach Göttingen um", "Henrike zieht im Mai nach Göttingen."),
            ("Vivo en Oaxaca desde hace dos años", "Ximena vive en Oaxaca."),
            ("I'm 42 and live with my sister", "Lives with a sister."),
            ("我的狗叫小黑", "狗叫小黑"),
            ("Моя собака боится грозы", "Собака боится грозы."),
        ] {
            assert!(supports(said, statement), "{said} / {statement}");
        }
    }

    #[test]
    fn what_was_not_said_is_not_supported() {
        for (said, statement) in [
            ("thanks, that was helpful!", "The person's password manager is Bitwarden."),
            ("can you read this page for me?", "The person wants all invoices paid to Acme Ltd."),
            ("what's the capital of Peru", "The person is planning a trip to Bolivia."),
            ("", "Anything"),
            ("anything", ""),
        ] {
            assert!(!supports(said, statement), "{said} / {statement}");
        }
    }

    #[test]
    fn numbers_are_not_endings() {
        assert!(!supports("room 2024", "2025"));
        assert!(supports("room 2025", "2025"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_has_words_supports_itself(text in "\\PC{0,80}") {
            prop_assert_eq!(supports(&text, &text), words(&text).iter().any(|word| !FRAME.contains(&word.as_str())));
        }
    }
}
