// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words of a text that say what it is about.

use crate::script::{self, joins};
use crate::stop::Stop;
use std::collections::HashSet;

/// Longest word that counts, characters: nobody looks for longer ones, and keys and addresses are such.
const LONGEST: usize = 40;
/// Letters in a row that stand for a word where a script writes without spaces.
const ROW: usize = 3;

/// The words that say what a text is about: in small letters, each once, in their order, without those that say nothing. Where a
/// script is written without spaces, three letters in a row stand for a word.
///
/// ```
/// assert_eq!(blufio_recall::words("What's the name of my dog, Max?"), ["name", "dog", "max"]);
/// assert_eq!(blufio_recall::words("我的狗叫小黑"), ["我的狗", "的狗叫", "狗叫小", "叫小黑"]);
/// ```
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let all = split(text);
    let stop = Stop::of(all.iter().map(String::as_str));
    let mut seen = HashSet::new();
    let mut words = Vec::new();
    for word in all {
        for part in script::rows(&word, ROW) {
            if says_something(&part, &stop) && seen.insert(part.clone()) {
                words.push(part);
            }
        }
    }
    words
}

fn says_something(word: &str, stop: &Stop) -> bool {
    let mut characters = word.chars();
    let single = characters.next().is_some_and(|first| !first.is_numeric() && !script::unspaced(first))
        && characters.next().is_none();
    !single && word.chars().count() <= LONGEST && !stop.has(word)
}

/// Everything between spaces and signs, in small letters.
pub(crate) fn split(text: &str) -> Vec<String> {
    let small: String = text.chars().flat_map(char::to_lowercase).filter(|c| *c != '\u{307}').collect();
    small
        .split(|c| !joins(c))
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_says_nothing_is_left_out_in_many_languages() {
        for (text, expected) in [
            ("Which antibiotic am I allergic to?", "antibiotic allergic"),
            ("Wie heißt mein Hund?", "hund"),
            ("Comment s'appelle mon chien ?", "chien"),
            ("¿Cómo se llama mi perro?", "perro"),
            ("Come si chiama il mio cane?", "cane"),
            ("Como se chama o meu cão?", "cão"),
            ("Hoe heet mijn hond?", "hond"),
            ("Jak nazywa się mój pies?", "pies"),
            ("Как зовут мою собаку?", "мою собаку"),
            ("Köpeğimin adı ne?", "köpeğimin"),
            ("מה השם של הכלב שלי?", "השם הכלב שלי"),
            ("मेरे कुत्ते का नाम क्या है?", "कुत्ते नाम"),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn names_and_numbers_are_kept() {
        assert_eq!(
            words("Caroline's flat has 3 rooms, O'Neill said"),
            ["caroline", "flat", "3", "rooms", "neill"]
        );
    }

    #[test]
    fn a_word_counts_where_another_language_has_it_for_nothing() {
        assert_eq!(words("Where did my son park the car and the van?"), ["son", "park", "car", "van"]);
        assert_eq!(words("How much do I get for a hem?"), ["hem"]);
        assert_eq!(words("The dove ate the ham, hon"), ["dove", "ate", "ham", "hon"]);
        assert_eq!(words("Il n'est pas venu car son vélo est cassé"), ["venu", "vélo", "cassé"]);
    }

    #[test]
    fn scripts_without_spaces_are_taken_in_rows() {
        assert_eq!(words("私の犬 Max"), ["私の犬", "max"]);
        assert_eq!(words("犬"), ["犬"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn words_are_small_short_and_each_is_there_once(text in "\\PC{0,120}") {
            let words = words(&text);
            let unique: HashSet<&String> = words.iter().collect();
            prop_assert_eq!(unique.len(), words.len());
            for word in &words {
                prop_assert!(word.chars().count() <= LONGEST && !word.is_empty());
                prop_assert!(word.chars().all(joins));
            }
        }

        #[test]
        fn the_words_of_the_words_are_the_same(text in "[a-zß我的狗 .']{0,80}") {
            let once = words(&text);
            prop_assert!(once.iter().all(|word| split(word).len() == 1));
        }
    }
}
