// SPDX-License-Identifier: MIT OR Apache-2.0
//! What speaks for each candidate, in numbers.

use crate::asked::{Asked, asking};
use crate::rank::Signals;
use crate::support::akin;
use crate::words::{split, words};
use blufio_core::ids::SessionId;
use blufio_core::memory::Item;
use blufio_core::storage::{Candidate, Candidates};
use std::collections::HashMap;

/// Counts as a further word that was not found: one word in common says less where it was the only one.
const DOUBT: f64 = 1.0;
/// With fewer rows words count as if there were so many.
const FEW: u64 = 200;
/// The length of a passage that says as much as a memory: about ten words.
const STATEMENT: f64 = 2.4;
/// Longest name in front of what somebody has said, words.
const NAME: usize = 3;

/// What speaks for a candidate, or against it. The names are those of `weights.txt`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clues {
    /// Whether meaning could be compared.
    pub by_meaning: bool,
    /// Whether meaning tells how well it fits, too: not in scripts that an English model knows nothing of, where all is alike.
    pub telling: bool,
    /// BM25 of the words. Not weighed by itself: it has no scale.
    pub keyword: f64,
    /// The numbers, in the order of [`Clues::NAMES`].
    pub values: [f64; Clues::NAMES.len()],
}

impl Clues {
    /// What each of the values is.
    pub const NAMES: [&'static str; 17] = [
        // Cosine to the question, and the same of it with what was said around it.
        "meaning",
        "around",
        // Share of the question's words that it or what was said around it has, rare words counted more.
        "share",
        // Logarithm of its number of words.
        "length",
        // How well another passage of the same session fits.
        "session",
        // Said by somebody whom the question names.
        "speaker",
        // 0 for the oldest candidate, 1 for the newest.
        "recency",
        // Share of it that asks and does not tell.
        "asking",
        // Whether it is a memory.
        "memory",
        // The question: logarithm of its number of words, and what it speaks of.
        "several",
        "own",
        "subject",
        "errand",
        "foreign",
        "foreign meaning",
        "foreign around",
        "foreign share",
    ];

    /// What speaks for the candidates, in their order.
    #[must_use]
    pub fn of(asked: &Asked, found: &Candidates, signals: Signals) -> Vec<Self> {
        let rarity: Vec<f64> = (0..asked.words.len())
            .map(|at| rarity(found.occurrences.get(at).copied().unwrap_or(0), found.rows))
            .collect();
        let sessions = Sessions::new(&found.candidates, signals);
        let times = || found.candidates.iter().map(|candidate| candidate.item.at().0);
        let (oldest, newest) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        let age = |candidate: &Candidate| {
            if newest > oldest {
                in_f64(candidate.item.at().0.abs_diff(oldest)) / in_f64(newest.abs_diff(oldest))
            } else {
                0.0
            }
        };
        let clues = found.candidates.iter().enumerate().map(|(at, candidate)| {
            let (meaning, around) = meanings(candidate, signals);
            let share = if signals.words { share(asked, candidate, &rarity) } else { 0.0 };
            let yes = |it: bool| if it { 1.0 } else { 0.0 };
            let on = |signal: bool, value: f64| if signal { value } else { 0.0 };
            let is_memory = matches!(candidate.item, Item::Memory(_));
            let foreign = yes(asked.foreign);
            Self {
                by_meaning: signals.meaning && candidate.cosine.is_some(),
                telling: signals.meaning && candidate.cosine.is_some() && !asked.unspaced,
                keyword: on(signals.words, candidate.keyword + candidate.trigram),
                values: [
                    meaning,
                    around,
                    share,
                    on(signals.length, length(&candidate.item)),
                    on(signals.session, sessions.beside(at, candidate, (meaning + around) / 2.0)),
                    yes(signals.speaker && !is_memory && speaker_is_named(candidate.item.text(), asked)),
                    on(signals.recency, age(candidate)),
                    if is_memory { 0.0 } else { asking(candidate.item.text()) },
                    yes(is_memory),
                    in_f64(u64::try_from(asked.words.len()).unwrap_or(0)).ln_1p(),
                    yes(asked.own),
                    yes(asked.subject),
                    yes(asked.errand),
                    foreign,
                    foreign * meaning,
                    foreign * around,
                    foreign * share,
                ],
            }
        });
        clues.collect()
    }

    /// One of the values, by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        Self::NAMES.iter().position(|known| *known == name).and_then(|at| self.values.get(at)).copied()
    }
}

/// Cosines of a candidate, by itself and with what was said around it.
fn meanings(candidate: &Candidate, signals: Signals) -> (f64, f64) {
    let Some(meaning) = candidate.cosine.filter(|_| signals.meaning) else { return (0.0, 0.0) };
    let around = candidate.around.filter(|_| signals.around).unwrap_or(meaning);
    (f64::from(meaning), f64::from(around))
}

fn share(asked: &Asked, candidate: &Candidate, rarity: &[f64]) -> f64 {
    let beside = match &candidate.item {
        Item::Passage(passage) => split(&passage.around),
        Item::Memory(_) => Vec::new(),
    };
    let (mut has, mut all) = (0.0, DOUBT);
    for (at, (word, rarity)) in asked.words.iter().zip(rarity).enumerate() {
        all += rarity;
        if candidate.found.contains(&at) || beside.iter().any(|other| akin(word, other)) {
            has += rarity;
        }
    }
    has / all
}

fn length(item: &Item) -> f64 {
    match item {
        Item::Passage(passage) => in_f64(u64::try_from(words(&passage.text).len()).unwrap_or(0)).ln_1p(),
        // However short, it was worth writing down.
        Item::Memory(_) => STATEMENT,
    }
}

/// Whether the words are somebody's ("Anna: I have moved") whom the question names.
fn speaker_is_named(text: &str, asked: &Asked) -> bool {
    let Some((name, _)) = text.split_once(": ") else { return false };
    let name = split(name);
    !name.is_empty() && name.len() <= NAME && name.iter().any(|word| asked.all.contains(word))
}

/// How much a word says that occurs in so many rows. In few rows each word is frequent, which says nothing about the word.
fn rarity(occurrences: u64, rows: u64) -> f64 {
    let (occurrences, rows) = (in_f64(occurrences), in_f64(rows.max(FEW)));
    (1.0 + (rows - occurrences + 0.5).max(0.0) / (occurrences + 0.5)).ln()
}

#[allow(clippy::cast_precision_loss)]
fn in_f64(count: u64) -> f64 {
    count as f64
}

/// The two best passages of each session.
struct Sessions(HashMap<SessionId, [(usize, f64); 2]>);

impl Sessions {
    fn new(candidates: &[Candidate], signals: Signals) -> Self {
        let mut best: HashMap<SessionId, [(usize, f64); 2]> = HashMap::new();
        for (at, candidate) in candidates.iter().enumerate() {
            let Item::Passage(passage) = &candidate.item else { continue };
            let (meaning, around) = meanings(candidate, signals);
            let new = (at, (meaning + around) / 2.0);
            let [first, second] = best.entry(passage.session).or_insert([(usize::MAX, 0.0); 2]);
            if new.1 > first.1 {
                (*first, *second) = (new, *first);
            } else if new.1 > second.1 {
                *second = new;
            }
        }
        Self(best)
    }

    /// How well the best other passage of the session fits. A memory has no session and stands for itself.
    fn beside(&self, at: usize, candidate: &Candidate, own: f64) -> f64 {
        let Item::Passage(passage) = &candidate.item else { return own };
        match self.0.get(&passage.session) {
            Some([first, second]) if first.0 == at => second.1,
            Some([first, _]) => first.1,
            None => 0.0,
        }
    }
}
