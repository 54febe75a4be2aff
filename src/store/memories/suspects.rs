// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which of many texts another one may repeat, told by one pass over it: whoever forgets has tens of thousands of messages looked
//! through, hardly any of which has anything to do with it.

use super::repeated::{RUN, SHORTEST_WORD, is_most};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

/// Of the hash that rolls over the letters.
const BASE: u64 = 0x0000_0100_0000_01b3;

/// Texts by what whoever repeats them has to have. Nobody is missed; of whom it names, some are innocent.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// Hashes of letters in a row.
    runs: Hashes<Vec<usize>>,
    /// How the longest of the words that have to be said begins.
    beginnings: Hashes<Vec<usize>>,
    texts: Vec<Wanted>,
}

#[derive(Debug)]
struct Wanted {
    /// How many runs it has.
    runs: usize,
    /// How each of the words begins that have to be said.
    beginnings: Vec<u64>,
}

/// Who may be repeated, by their numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Suspicion {
    /// Those all of whose words may be said.
    pub(super) said: Vec<usize>,
    /// Those most of whose letters may be there, in their order.
    pub(super) repeated: Vec<usize>,
}

impl Suspects {
    /// Puts the next text in, by its letters, by how many different runs of them it has, and by the words that have to be said.
    pub(super) fn add(&mut self, letters: &[char], runs: usize, words: &[String]) {
        let at = self.texts.len();
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
        let beginnings = words.iter().filter_map(|word| beginning(word.chars())).collect();
        self.texts.push(Wanted { runs, beginnings });
    }

    /// Those that a text may repeat.
    pub(super) fn of(&self, text: &str) -> Suspicion {
        let mut suspicion = Suspicion { said: self.said_in(text), repeated: Vec::new() };
        let mut hits: BTreeMap<usize, usize> = BTreeMap::new();
        for at in self.runs_in(text).flatten() {
            let hits = hits.entry(*at).or_default();
            *hits = hits.saturating_add(1);
        }
        let most = |(at, hits): (usize, usize)| {
            self.texts.get(at).is_some_and(|wanted| is_most(hits, wanted.runs)).then_some(at)
        };
        suspicion.repeated = hits.into_iter().filter_map(most).collect();
        suspicion
    }

    fn said_in(&self, text: &str) -> Vec<usize> {
        if self.beginnings.is_empty() {
            return Vec::new();
        }
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() >= SHORTEST_WORD);
        let begin: Hashes<()> =
            words.filter_map(|word| Some((beginning(small(word.chars()))?, ()))).collect();
        let named = begin.keys().filter_map(|beginning| self.beginnings.get(beginning)).flatten();
        let all = |at: &&usize| {
            let wanted = self.texts.get(**at);
            wanted.is_some_and(|wanted| wanted.beginnings.iter().all(|word| begin.contains_key(word)))
        };
        let mut said: Vec<usize> = named.filter(all).copied().collect();
        said.sort_unstable();
        said
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

type Hashes<V> = HashMap<u64, V, BuildHasherDefault<Hashed>>;

/// For numbers that are hashes already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(self.0 ^ u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
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
    fn whoever_has_most_letters_or_may_have_all_words_is_named_and_nobody_else() {
        let mut suspects = Suspects::default();
        let letters = |text: &str| small(text.chars().filter(|c| c.is_alphanumeric())).collect::<Vec<_>>();
        assert_eq!(suspects.of("anything at all, however long it is"), Suspicion::default());
        suspects.add(&letters("the harbour town is Zierikzee"), 10, &[]);
        suspects.add(&letters("short"), 0, &["live".into(), "ghentish".into()]);
        suspects.add(&letters("ΟΔΟΣ"), 0, &["οδος".into()]);
        let of = |text: &str| {
            let Suspicion { said, repeated } = suspects.of(text);
            (said, repeated)
        };
        assert_eq!(of("My: the HARBOUR-town… is Zierikzee"), (vec![], vec![0]));
        assert_eq!(of("the harbour town is Goes"), (vec![], vec![]));
        assert_eq!(of("You live in Ghent"), (vec![1], vec![]));
        assert_eq!(of("You were in Ghent, live in Bruges? ΟΔΟΣ"), (vec![1, 2], vec![]));
        assert_eq!(of("You were in Ghent"), (vec![], vec![]));
        assert!(suspects.may_have_a_run("x the harbour town is x") && !suspects.may_have_a_run("Ghentish"));
    }
}
