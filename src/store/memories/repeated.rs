// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether a text repeats a part of others, whatever was shortened, put around it or set differently, and what is left of it then.

use super::erase::IN_THEIR_PLACE;
use super::suspects::{Suspects, Suspicion};
use std::collections::{BTreeSet, HashSet};

/// So many letters in a row tell that a text repeats another.
pub(super) const RUN: usize = 16;
/// This part of a text is the larger part of it.
const MOST: (usize, usize) = (3, 5);
/// A text that is longer than so many times the forgotten one says other things too.
const MUCH_LONGER: usize = 3;
/// Shorter words (and, the, with the like in other languages) tell nothing.
pub(super) const SHORTEST_WORD: usize = 4;
/// Another ending of the same word: live, lives.
const ENDING: usize = 2;
/// How memories name the person, who says “I” and is told “you”.
const PERSON: &str = "person";

/// Texts that may not be repeated.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    runs: HashSet<Vec<char>>,
    /// Texts that are shorter than a run.
    short: BTreeSet<String>,
    texts: Vec<Text>,
    suspects: Suspects,
    /// What each of them is about.
    subjects: Vec<Vec<String>>,
}

#[derive(Debug)]
struct Text {
    length: usize,
    runs: HashSet<Vec<char>>,
    /// What a sentence has to say to say the same. Empty where only the same letters in a row tell.
    words: Vec<String>,
}

/// A sentence with the space behind it.
struct Sentence<'a> {
    text: &'a str,
    letters: Vec<char>,
    words: Vec<String>,
}

impl Repeated {
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.short.is_empty()
    }

    /// Past words, as they were said.
    pub(super) fn add(&mut self, text: &str) {
        self.put(text, Vec::new());
    }

    /// Words about the person, which are told to the person in others.
    pub(super) fn add_memory(&mut self, text: &str) {
        let mut words = words(text);
        words.retain(|word| word != PERSON && word.chars().count() >= SHORTEST_WORD);
        words.sort_unstable();
        words.dedup();
        if words.len() < 2 {
            words.clear();
        }
        self.put(text, words);
    }

    fn put(&mut self, text: &str, words: Vec<String>) {
        self.subjects.push(blufio_recall::words(text));
        let letters = letters(text);
        if letters.is_empty() {
            return;
        }
        if letters.len() < RUN {
            self.short.insert(letters.iter().collect());
        }
        let runs: HashSet<Vec<char>> = letters.windows(RUN).map(<[char]>::to_vec).collect();
        self.runs.extend(runs.iter().cloned());
        if !runs.is_empty() || !words.is_empty() {
            self.suspects.add(&letters, runs.len(), &words);
            self.texts.push(Text { length: letters.len(), runs, words });
        }
    }

    /// Whether a part of one of the texts is repeated.
    pub(super) fn is_in(&self, text: &str) -> bool {
        if self.short.is_empty() && !self.suspects.may_have_a_run(text) {
            return false;
        }
        let letters = letters(text);
        let whole: String = letters.iter().collect();
        self.short.iter().any(|short| whole.contains(short.as_str()))
            || letters.windows(RUN).any(|run| self.runs.contains(run))
    }

    /// Whether one of the texts has all that somebody asked about.
    pub(super) fn is_about(&self, asked: &str) -> bool {
        let asked = blufio_recall::words(asked);
        let has = |subject: &Vec<String>, word: &String| {
            subject.iter().any(|other| other == word || is_same_word(other, word))
        };
        !asked.is_empty() && self.subjects.iter().any(|subject| asked.iter().all(|word| has(subject, word)))
    }

    /// What is left of a text that repeats the larger part of one of these: nothing but a remark, or, where it is much longer, its
    /// other sentences. `None` where it repeats none.
    pub(super) fn without(&self, text: &str) -> Option<String> {
        let suspects = self.suspects.of(text);
        if suspects == Suspicion::default() {
            return None;
        }
        let sentences = sentences(text);
        let letters: Vec<char> = sentences.iter().flat_map(|sentence| &sentence.letters).copied().collect();
        let mut taken = BTreeSet::new();
        let all: BTreeSet<usize> = suspects.said.iter().chain(&suspects.repeated).copied().collect();
        for at in all {
            let Some(forgotten) = self.texts.get(at) else { continue };
            // To look for letters in their order takes long.
            let in_order = if suspects.repeated.contains(&at) { letters.as_slice() } else { &[] };
            let holding = forgotten.sentences_that_hold_it(&sentences, in_order);
            if !holding.is_empty() && letters.len() <= forgotten.length.saturating_mul(MUCH_LONGER) {
                return Some(IN_THEIR_PLACE.to_owned());
            }
            taken.extend(holding);
        }
        if taken.is_empty() {
            return None;
        }
        let mut left = String::with_capacity(text.len());
        for (at, sentence) in sentences.iter().enumerate() {
            if !taken.contains(&at) {
                left.push_str(sentence.text);
            } else if at == 0 || !taken.contains(&at.saturating_sub(1)) {
                left.push_str(IN_THEIR_PLACE);
                left.push_str(if sentence.text.ends_with('\n') { "\n" } else { " " });
            }
        }
        Some(left.trim_end().to_owned())
    }
}

impl Text {
    fn sentences_that_hold_it(&self, sentences: &[Sentence<'_>], letters: &[char]) -> BTreeSet<usize> {
        let mut holding: BTreeSet<usize> =
            (0..).zip(sentences).filter_map(|(at, s)| self.is_said_in(s).then_some(at)).collect();
        if !self.is_mostly_in(letters) {
            return holding;
        }
        let mut covered = vec![false; letters.len()];
        for (at, run) in letters.windows(RUN).enumerate() {
            if self.runs.contains(run) {
                covered.iter_mut().skip(at).take(RUN).for_each(|covered| *covered = true);
            }
        }
        let (mut some, mut begin) = (BTreeSet::new(), 0_usize);
        for (at, sentence) in sentences.iter().enumerate() {
            let length = sentence.letters.len();
            let repeats = covered.iter().skip(begin).take(length).filter(|covered| **covered).count();
            begin = begin.saturating_add(length);
            if repeats == 0 {
                continue;
            }
            some.insert(at);
            if is_most(repeats, length) || self.is_mostly_in(&sentence.letters) {
                holding.insert(at);
            }
        }
        // Where it is spread over sentences that say other things too, each of them holds a part.
        if holding.is_empty() { some } else { holding }
    }

    fn is_mostly_in(&self, letters: &[char]) -> bool {
        let found: HashSet<&[char]> = letters.windows(RUN).filter(|run| self.runs.contains(*run)).collect();
        !self.runs.is_empty() && is_most(found.len(), self.runs.len())
    }

    /// Whether a sentence has all its words, and not many others.
    fn is_said_in(&self, sentence: &Sentence<'_>) -> bool {
        !self.words.is_empty()
            && sentence.letters.len() <= self.length.saturating_mul(MUCH_LONGER)
            && self.words.iter().all(|word| sentence.words.iter().any(|other| is_same_word(word, other)))
    }
}

pub(super) fn is_most(part: usize, whole: usize) -> bool {
    part.saturating_mul(MOST.1) >= whole.saturating_mul(MOST.0)
}

fn is_same_word(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    long.strip_prefix(short)
        .is_some_and(|ending| short.chars().count() >= SHORTEST_WORD && ending.chars().count() <= ENDING)
}

fn letters(text: &str) -> Vec<char> {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// The sentences of a text, which together are the whole of it.
fn sentences(text: &str) -> Vec<Sentence<'_>> {
    let mut sentences = Vec::new();
    let (mut rest, mut ended) = (text, false);
    let mut put = |text| {
        sentences.push(Sentence { text, letters: letters(text), words: words(text) });
    };
    let mut letters = text.char_indices().peekable();
    while let Some((_, letter)) = letters.next() {
        let next = letters.peek().copied();
        let spaced = next.is_none_or(|(_, next)| next.is_whitespace());
        ended |= match letter {
            '\n' | '。' | '！' | '？' | '।' | '؟' => true,
            '.' | '!' | '?' | '…' => spaced,
            _ => false,
        };
        // The space behind it belongs to it.
        if let Some((at, next)) = next
            && ended
            && !next.is_whitespace()
        {
            let length = at.saturating_sub(text.len().saturating_sub(rest.len()));
            if let Some((sentence, others)) = rest.split_at_checked(length) {
                put(sentence);
                rest = others;
            }
            ended = false;
        }
    }
    if !rest.is_empty() {
        put(rest);
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn memory(text: &str) -> Repeated {
        let mut repeated = Repeated::default();
        repeated.add_memory(text);
        repeated
    }

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
        let all = repeated.without("You said that the dog of Ada is called Max and is afraid of thunder");
        assert_eq!(all.as_deref(), Some(IN_THEIR_PLACE));
        assert_eq!(repeated.without("The dog of Ada is called Max."), None);
        assert_eq!(repeated.without("Ghent"), None, "too short to be sure of");
    }

    #[test]
    fn a_memory_is_found_in_the_words_in_which_it_is_told_to_the_person() {
        let ghent = memory("The person lives in Ghent.");
        for told in ["You live in Ghent", "I LIVE in Ghent!", "the person lives in Ghent"] {
            assert_eq!(ghent.without(told).as_deref(), Some(IN_THEIR_PLACE), "{told}");
        }
        for other in ["You live in Rome.", "Ghent is a fine town.", "That person is in Ghent.", ""] {
            assert_eq!(ghent.without(other), None, "{other}");
        }
        assert!(memory("ÖRTLICHER VERBÄNDE VORSTAND").without("örtlicher Verbände Vorstand").is_some());
    }

    #[test]
    fn much_longer_words_lose_their_sentence_only() {
        let ghent = memory("The person lives in Ghent.");
        let long = "The train leaves at 9.30 from platform two. As you live in Ghent, take the tram. It costs 3 euros!\n\
                    Then walk along the river for a while.";
        let expected = format!(
            "The train leaves at 9.30 from platform two. {IN_THEIR_PLACE} It costs 3 euros!\nThen walk along the river for a while."
        );
        assert_eq!(ghent.without(long), Some(expected));

        let mut two = Repeated::default();
        two.add("我的猫叫做小白，它今年三岁了。它非常害怕打雷和下雨。");
        let around = "今天的天气非常好。".repeat(12);
        let text = format!("{around}我的猫叫做小白，它今年三岁了。它非常害怕打雷和下雨。{around}");
        assert_eq!(two.without(&text), Some(format!("{around}{IN_THEIR_PLACE} {around}")));
    }

    #[test]
    fn a_request_is_about_what_has_all_that_was_asked_about() {
        let mut repeated = memory("The person's dog is called Xylophonius.");
        repeated.add("and Max is my cat");
        for about in ["Xylophonius", "my dog Xylophonius", "DOG", "the cat Max"] {
            assert!(repeated.is_about(about), "{about}");
        }
        for about in ["", "my", "my dog Rex", "the dog and the cat", "my job"] {
            assert!(!repeated.is_about(about), "{about}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whoever_is_no_suspect_repeats_nothing(
            forgotten in prop::collection::vec("[a-dA-DσΣİß ]{4,24}", 1..4), text in "([a-dA-DσΣİß]{1,9}[ .-]){0,12}"
        ) {
            let mut repeated = Repeated::default();
            for (at, forgotten) in forgotten.iter().enumerate() {
                if at % 2 == 0 { repeated.add(forgotten) } else { repeated.add_memory(forgotten) }
            }
            let (sentences, letters) = (sentences(&text), letters(&text));
            for (at, forgotten) in repeated.texts.iter().enumerate() {
                let suspects = repeated.suspects.of(&text);
                if sentences.iter().any(|sentence| forgotten.is_said_in(sentence)) {
                    prop_assert!(suspects.said.contains(&at), "{:?} in {:?}", forgotten, text);
                }
                if forgotten.is_mostly_in(&letters) {
                    prop_assert!(suspects.repeated.contains(&at), "{:?} in {:?}", forgotten, text);
                }
            }
        }

        #[test]
        fn sentences_are_the_whole_text(text in "(\\PC|[.!?。\\n ]){0,60}") {
            let whole: String = sentences(&text).iter().map(|sentence| sentence.text).collect();
            prop_assert_eq!(whole, text);
        }

        #[test]
        fn whatever_is_forgotten_is_not_in_what_is_left(
            before in "([a-f ]{0,60}[.!?] ){0,4}", secret in "[g-z]{20,40}", after in "([a-f ]{0,60}[.!?] ){0,4}"
        ) {
            let mut repeated = Repeated::default();
            repeated.add(&secret);
            let left = repeated.without(&format!("{before}{secret}. {after}"));
            prop_assert!(left.is_some_and(|left| !left.contains(&secret) && left.contains(IN_THEIR_PLACE)));
        }
    }
}
