// SPDX-License-Identifier: MIT OR Apache-2.0
//! What speaks for each candidate, in numbers.

use crate::asked::{Asked, asking};
use crate::rank::Signals;
use crate::support::akin;
use crate::words::{split, words};
use blufio_core::ids::SessionId;
use blufio_core::memory::{Item, MemoryKind};
use blufio_core::storage::{Candidate, Candidates};
use std::collections::HashMap;

/// Counts as a further word that was not found: one word in common says less where it was the only one.
const DOUBT: f64 = 1.0;
/// Among fewer rows than these a word that occurs once is as rare as among so many: how rare it is cannot be told from a handful.
const HANDFUL: u64 = 200;
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
    pub const NAMES: [&'static str; 18] = [
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
        // How sure a memory is that is of a kind that lasts; 0 for what passes, and for what nobody has thought worth writing down.
        "importance",
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
                    on(signals.importance, importance(&candidate.item)),
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

/// What is done or over counts less than who somebody is and how he wants things.
fn importance(item: &Item) -> f64 {
    match item {
        Item::Memory(memory) if matches!(memory.kind, MemoryKind::Task | MemoryKind::Event) => 0.0,
        Item::Memory(memory) => f64::from(memory.confidence) / 100.0,
        Item::Passage(_) => 0.0,
    }
}

/// Whether the words are somebody's ("Anna: I have moved") whom the question names.
fn speaker_is_named(text: &str, asked: &Asked) -> bool {
    let Some((name, _)) = text.split_once(": ") else { return false };
    let name = split(name);
    !name.is_empty() && name.len() <= NAME && name.iter().any(|word| asked.all.contains(word))
}

/// How much a word says that occurs in so many rows.
fn rarity(occurrences: u64, rows: u64) -> f64 {
    let (occurrences, rows) = (in_f64(occurrences), in_f64(rows.max(HANDFUL)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::ids::{MemoryId, MessageId, PassageId};
    use blufio_core::memory::{Memory, MemoryScope, MemoryTrust, Passage};
    use blufio_core::time::Timestamp;

    fn passage(id: i64, session: i64, text: &str, around: &str) -> Item {
        Item::Passage(Passage {
            id: PassageId(id),
            message: MessageId(id),
            session: SessionId(session),
            scope: MemoryScope::Agent,
            text: text.into(),
            around: around.into(),
            at: Timestamp(id),
        })
    }

    fn memory(id: i64, text: &str) -> Item {
        Item::Memory(Memory {
            id: MemoryId(id),
            text: text.into(),
            kind: MemoryKind::Fact,
            scope: MemoryScope::Agent,
            trust: MemoryTrust::Told,
            confidence: 90,
            source: None,
            learned_at: Timestamp(id),
            used_at: None,
            uses: 0,
            replaced: None,
        })
    }

    fn candidate(item: Item, found: &[usize], cosine: Option<f32>) -> Candidate {
        let keyword = if found.is_empty() { 0.0 } else { 1.0 };
        Candidate { item, keyword, trigram: 0.0, found: found.to_vec(), cosine, around: None }
    }

    fn clues(question: &str, candidates: Vec<Candidate>) -> Vec<Clues> {
        let asked = Asked::new(question, 20);
        let found = Candidates { candidates, occurrences: vec![1; asked.words.len()], rows: 1000 };
        Clues::of(&asked, &found, Signals { recency: true, ..Signals::PROVED })
    }

    fn get(clues: &Clues, name: &str) -> f64 {
        clues.get(name).unwrap()
    }

    #[test]
    fn words_beside_a_passage_count_as_its_own() {
        let beside = passage(1, 1, "Max!", "you: What is your dog called?\nMax!");
        let clues = clues(
            "what is my dog called",
            vec![
                candidate(beside, &[], Some(0.2)),
                candidate(passage(2, 1, "A cat.", "A cat."), &[], Some(0.2)),
                candidate(memory(3, "The dog is Max."), &[0], Some(0.2)),
            ],
        );
        assert!(get(&clues[0], "share") > 0.8 && get(&clues[2], "share") > 0.8);
        assert!(get(&clues[1], "share").abs() < 1e-9);
    }

    #[test]
    fn a_rare_word_counts_more() {
        let asked = Asked::new("dog thunderstorm", 9);
        let all = vec![
            candidate(passage(1, 1, "dog", ""), &[0], None),
            candidate(passage(2, 1, "thunderstorm", ""), &[1], None),
        ];
        let found = Candidates { candidates: all, occurrences: vec![400, 2], rows: 1000 };
        let clues = Clues::of(&asked, &found, Signals::PROVED);
        assert!(get(&clues[1], "share") > 3.0 * get(&clues[0], "share"));
        assert!(!clues[0].by_meaning);
    }

    #[test]
    fn another_passage_of_the_session_stands_beside_the_best_one() {
        let all = [(1, 1, 0.9), (2, 1, 0.5), (3, 2, 0.7)];
        let all =
            all.map(|(id, session, cosine)| candidate(passage(id, session, "x", ""), &[], Some(cosine)));
        let clues = clues("anything", all.to_vec());
        let beside: Vec<i64> =
            clues.iter().map(|clues| (get(clues, "session") * 10.0).round() as i64).collect();
        assert_eq!(beside, [5, 9, 0]);
    }

    #[test]
    fn whoever_is_named_has_said_it() {
        let clues = clues(
            "What did Caroline paint?",
            vec![
                candidate(passage(1, 1, "Caroline: I painted a horse", ""), &[], Some(0.1)),
                candidate(passage(2, 1, "Melanie: Caroline painted a horse", ""), &[], Some(0.1)),
                candidate(passage(3, 1, "well, and there is more to say: Caroline", ""), &[], Some(0.1)),
            ],
        );
        assert_eq!(clues.iter().map(|clues| get(clues, "speaker")).collect::<Vec<_>>(), [1.0, 0.0, 0.0]);
    }

    #[test]
    fn in_scripts_without_spaces_meaning_does_not_tell_how_well_it_fits() {
        let clues = clues("我的狗叫什么名字", vec![candidate(memory(1, "狗叫小黑"), &[], Some(0.95))]);
        assert!(clues[0].by_meaning && !clues[0].telling);
    }

    #[test]
    fn the_newest_candidate_is_told_from_the_oldest() {
        let all = [1, 5, 9].map(|id| candidate(memory(id, "x"), &[], Some(0.1)));
        let clues = clues("anything", all.to_vec());
        assert_eq!(clues.iter().map(|clues| get(clues, "recency")).collect::<Vec<_>>(), [0.0, 0.5, 1.0]);
    }
}
