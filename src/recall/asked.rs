// SPDX-License-Identifier: MIT OR Apache-2.0
//! What somebody asks, and whether a past message told something or only asked.

use crate::chunks::sentences;
use crate::cues::CUES;
use crate::script::unspaced;
use crate::stop::Stop;
use crate::words::{split, words};
use std::collections::HashSet;

/// Words at the beginning that may name an errand.
const BEGINNING: usize = 3;

/// A question, or whatever else somebody has written, as it is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The words that are looked for.
    pub words: Vec<String>,
    /// All its words.
    pub(crate) all: HashSet<String>,
    /// Speaks of the speaker's own: my dog.
    pub(crate) own: bool,
    /// Speaks of the speaker.
    pub(crate) subject: bool,
    /// Wants something done that has nothing to do with what was said: a translation, a joke.
    pub(crate) errand: bool,
    /// Is in a script without spaces between words, for which an English sentence model has no pieces: all of it is one to such a model.
    pub unspaced: bool,
    /// Is not in English, which is what the sentence model knows: all that is written in one other language is alike to it.
    pub(crate) foreign: bool,
}

impl Asked {
    /// Reads what was written. Of very long texts only the first `most` words are looked for.
    #[must_use]
    pub fn new(text: &str, most: usize) -> Self {
        let list = split(text);
        let stop = Stop::of(list.iter().map(String::as_str));
        let foreign = match stop.language {
            Some(language) => language > 0,
            None => text.chars().any(|c| c.is_alphabetic() && !c.is_ascii()),
        };
        let has = |cues: &HashSet<&str>| list.iter().any(|word| cues.contains(word.as_str()));
        let own = has(&CUES.own);
        let begins = list.iter().take(BEGINNING).any(|word| CUES.errand.contains(word.as_str()));
        let (subject, errand) = (has(&CUES.subject), begins && !own);
        let mut words = words(text);
        if words.iter().all(|word| CUES.greeting.contains(word.as_str())) {
            words.clear();
        }
        words.truncate(most);
        let letters = || text.chars().filter(|c| c.is_alphabetic());
        let unspaced = letters().filter(|c| unspaced(*c)).count() * 2 > letters().count();
        Self { unspaced, words, all: list.into_iter().collect(), own, subject, errand, foreign }
    }
}

/// Share of the sentences of a past message that ask or order, 0 to 1: whoever asked for the weather has told nothing.
pub(crate) fn asking(text: &str) -> f64 {
    let (mut count, mut asking) = (0_u32, 0_u32);
    for sentence in sentences(text) {
        let words = split(sentence);
        let Some(first) = words.first() else { continue };
        count += 1;
        let question =
            sentence.trim_end().ends_with(['?', '？', '؟']) || CUES.question.contains(first.as_str());
        if question || words.iter().take(2).any(|word| CUES.errand.contains(word.as_str())) {
            asking += 1;
        }
    }
    if count == 0 { 0.0 } else { f64::from(asking) / f64::from(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_about_oneself_is_told_from_an_errand() {
        let mine = Asked::new("What is my dog called?", 9);
        assert!(mine.own && !mine.subject && !mine.errand && !mine.foreign);
        assert_eq!(mine.words, ["dog"]);
        let errand = Asked::new("Tell me a joke about a lighthouse", 9);
        assert!(errand.errand && !errand.own);
        assert!(!Asked::new("Give me the name of my dentist", 9).errand);
        assert!(Asked::new("Wie heißt mein Hund?", 9).foreign && Asked::new("кот", 9).foreign);
        assert!(!Asked::new("Max", 9).foreign);
    }

    #[test]
    fn a_greeting_asks_for_nothing() {
        assert_eq!(Asked::new("Good morning, how are you today?", 9).words, [""; 0]);
        assert_eq!(Asked::new("Guten Morgen!", 9).words, [""; 0]);
        assert_eq!(Asked::new("When is my morning class?", 9).words, ["morning", "class"]);
    }

    #[test]
    fn scripts_without_spaces_are_told() {
        assert!(Asked::new("我的狗叫什么名字?", 9).unspaced);
        assert!(!Asked::new("Who is 小黑, my dog?", 9).unspaced);
    }

    #[test]
    fn only_so_many_words_are_looked_for() {
        assert_eq!(Asked::new("dog cat bird fish", 2).words, ["dog", "cat"]);
    }

    #[test]
    fn what_asks_is_told_from_what_tells() {
        assert!((asking("Ich bin umgezogen. Was kostet ein Kran?") - 0.5).abs() < 1e-9);
        assert!((asking("can you boil rice in a kettle") - 1.0).abs() < 1e-9);
        assert!(asking("My dog Max is ill.").abs() < 1e-9);
        assert!(asking("…").abs() < 1e-9);
    }
}
