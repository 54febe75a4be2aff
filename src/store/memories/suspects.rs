// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which of many texts another one may repeat, told by one pass over it: whoever forgets has tens of thousands of messages looked
//! through, hardly any of which has anything to do with it.

use super::repeated::{RUN, SHORTEST_WORD};
use std::collections::{BTreeSet, HashMap};

/// Of the hash that rolls over the letters.
const BASE: u64 = 0x0000_0100_0000_01b3;

/// Texts by what whoever repeats them has to have. Nobody is missed; of whom it names, some are innocent.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// Hashes of letters in a row.
    runs: HashMap<u64, Vec<usize>>,
    /// How the longest of the words that have to be said begins.
    beginnings: HashMap<u64, Vec<usize>>,
}

impl Suspects {
    /// Puts a text in, by its letters and by the words that have to be said; `at` is its number.
    pub(super) fn add(&mut self, at: usize, letters: &[char], words: &[String]) {
        let mut rolling = Rolling::default();
        for run in letters.iter().filter_map(|letter| rolling.push(*letter)) {
            let texts = self.runs.entry(run).or_default();
            if texts.last() != Some(&at) {
                texts.push(at);
            }
        }
        let longest = words.iter().max_by_key(|word| word.chars().count());
        if let Some(beginning) = longest.and_then(|word| beginning(word.chars())) {
            self.beginnings.entry(beginning).or_default().push(at);
        }
    }

    /// The numbers of those that a text may repeat.
    pub(super) fn of(&self, text: &str) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        if !self.beginnings.is_empty() {
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() >= SHORTEST_WORD);
            let beginnings = words.filter_map(|word| beginning(small(word.chars())));
            for texts in beginnings.filter_map(|beginning| self.beginnings.get(&beginning)) {
                found.extend(texts);
            }
        }
        for texts in self.runs_in(text) {
            found.extend(texts);
        }
        found
    }

    /// Whether a text may have a run of letters of any of them.
    pub(super) fn may_have_a_run(&self, text: &str) -> bool {
        self.runs_in(text).next().is_some()
    }

    fn runs_in(&self, text: &str) -> impl Iterator<Item = &Vec<usize>> {
        let mut rolling = Rolling::default();
        let letters = small(text.chars().filter(|letter| letter.is_alphanumeric()));
        let letters = letters.take(if self.runs.is_empty() { 0 } else { usize::MAX });
        letters.filter_map(move |letter| rolling.push(letter)).filter_map(|run| self.runs.get(&run))
    }
}

/// The last letters of a text, and their hash.
#[derive(Default)]
struct Rolling {
    last: [u64; RUN],
    seen: usize,
    hash: u64,
}

impl Rolling {
    /// The hash of the last [`RUN`] letters, once there are so many.
    fn push(&mut self, letter: char) -> Option<u64> {
        const LEAVES: u64 = BASE.wrapping_pow(16);
        let place = self.last.get_mut(self.seen % RUN)?;
        let gone = std::mem::replace(place, u64::from(letter).wrapping_add(1));
        self.hash = self.hash.wrapping_mul(BASE).wrapping_add(*place).wrapping_sub(gone.wrapping_mul(LEAVES));
        self.seen = self.seen.saturating_add(1);
        (self.seen >= RUN).then_some(self.hash)
    }
}

fn small(letters: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    letters.flat_map(|letter| {
        let ascii = letter.is_ascii().then(|| letter.to_ascii_lowercase());
        let other = ascii.is_none().then(|| letter.to_lowercase());
        ascii.into_iter().chain(other.into_iter().flatten())
    })
}

/// How a word begins; `None` where it is shorter. At the end of a word one Greek letter has another form.
fn beginning(mut letters: impl Iterator<Item = char>) -> Option<u64> {
    (0..SHORTEST_WORD).try_fold(0_u64, |hash, _| {
        let letter = letters.next()?;
        let letter = if letter == 'ς' { 'σ' } else { letter };
        Some(hash.wrapping_mul(BASE).wrapping_add(u64::from(letter)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_a_run_or_the_beginning_of_the_longest_word_is_named_and_nobody_else() {
        let mut suspects = Suspects::default();
        let letters = |text: &str| small(text.chars().filter(|c| c.is_alphanumeric())).collect::<Vec<_>>();
        assert!(suspects.of("anything at all, however long it is").is_empty());
        suspects.add(0, &letters("the harbour town is called Zierikzee"), &[]);
        suspects.add(1, &letters("short"), &["live".into(), "ghentish".into()]);
        suspects.add(2, &letters("ΟΔΟΣ"), &["οδος".into()]);
        let of = |text: &str| suspects.of(text).into_iter().collect::<Vec<_>>();
        assert_eq!(of("My HARBOUR-town… is called that"), [0]);
        assert_eq!(of("You live in Ghent"), [1]);
        assert_eq!(of("You live in Bruges"), [0; 0]);
        assert_eq!(of("ΟΔΟΣ"), [2]);
        assert_eq!(of("harbour, and a town"), [0; 0]);
        assert!(suspects.may_have_a_run("x the harbour town is x") && !suspects.may_have_a_run("Ghentish"));
    }
}
