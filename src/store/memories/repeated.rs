// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether a text repeats a part of others, whatever was shortened, put around it or set differently.

use std::collections::BTreeSet;

/// So many letters in a row tell that a text repeats another.
const RUN: usize = 16;

/// Texts that may not be repeated.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    runs: BTreeSet<String>,
    /// Texts that are shorter than a run.
    short: BTreeSet<String>,
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
        self.runs.extend(letters.windows(RUN).map(|run| run.iter().collect::<String>()));
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
    }
}
