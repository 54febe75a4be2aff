// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether a text repeats a part of others, whatever was shortened, put around it or set differently.

use std::collections::BTreeSet;

/// So many letters in a row tell that a text repeats another.
const RUN: usize = 16;
/// This part of a text's runs is the larger part of it.
const MOST: (usize, usize) = (3, 5);

/// Texts that may not be repeated.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    runs: BTreeSet<String>,
    /// Texts that are shorter than a run.
    short: BTreeSet<String>,
    /// The runs of each text that is not.
    texts: Vec<BTreeSet<String>>,
    /// A word of each of those by which a repetition can be looked for.
    words: BTreeSet<String>,
}

impl Repeated {
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.short.is_empty()
    }

    pub(super) fn add(&mut self, text: &str) {
        let letters = letters(text);
        if letters.len() < RUN {
            let short: String = letters.iter().collect();
            if !short.is_empty() {
                self.short.insert(short);
            }
        }
        let runs: BTreeSet<String> = letters.windows(RUN).map(|run| run.iter().collect()).collect();
        if runs.is_empty() {
            return;
        }
        self.runs.extend(runs.iter().cloned());
        self.texts.push(runs);
        let words = text.split(|c: char| !c.is_alphanumeric());
        self.words.extend(words.max_by_key(|word| word.chars().count()).map(str::to_owned));
    }

    /// What a row that may repeat one of the texts looks like to SQLite's LIKE. Short ones are left out.
    pub(super) fn patterns(&self) -> Vec<String> {
        self.words.iter().map(|word| format!("%{word}%")).collect()
    }

    /// Whether the larger part of one of the texts is repeated. Short ones are too common to tell.
    pub(super) fn is_mostly_in(&self, text: &str) -> bool {
        let letters = letters(text);
        let runs: BTreeSet<String> = letters.windows(RUN).map(|run| run.iter().collect()).collect();
        self.texts.iter().any(|text| text.intersection(&runs).count() * MOST.1 >= text.len() * MOST.0)
    }

    pub(super) fn is_in(&self, text: &str) -> bool {
        let letters = letters(text);
        let whole: String = letters.iter().collect();
        self.short.iter().any(|short| whole.contains(short.as_str()))
            || letters.windows(RUN).any(|run| self.runs.contains(&run.iter().collect::<String>()))
    }
}

fn letters(text: &str) -> Vec<char> {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_a_part_is_found_however_it_is_set() {
        let mut repeated = Repeated::default();
        assert!(repeated.is_empty() && !repeated.is_in("anything"));
        repeated.add("The dog of Ada is called Max, and is afraid of thunder.");
        repeated.add("Ghent");
        assert!(repeated.is_in("1 May: “the dog of Ada is CALLED …”"));
        assert!(repeated.is_in("lives in Ghent"));
        assert!(!repeated.is_in("The cat of Bob is called Tom."));
        assert!(!repeated.is_in(""));
        assert!(repeated.is_mostly_in("You said that the dog of Ada is called Max and is afraid of thunder"));
        assert!(!repeated.is_mostly_in("The dog of Ada is called Max."));
        assert!(!repeated.is_mostly_in("Ghent"), "too short to be sure of");
        assert_eq!(repeated.patterns(), ["%thunder%"]);
    }
}
