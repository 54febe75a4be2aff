// SPDX-License-Identifier: MIT OR Apache-2.0
use super::cues::{self, Weight};
use crate::frame::begins_turn;
use blufio_core::content::{Block, Message};
use std::collections::BTreeSet;
use std::ops::Bound;

/// A statement that is longer is kept only up to here, characters.
const LONGEST: usize = 400;
/// Words are the same when so many of their first letters are: endings differ from sentence to sentence.
const STEM: usize = 5;
/// Shorter words say little by themselves, characters.
const SHORTEST: usize = 4;
/// In a script without large letters, a statement has so many of them at least.
const CASELESS: usize = 6;
/// A name may have an ending of so many letters.
const ENDING: usize = 2;
/// A text says what a statement says when it has this part of its words, and all of its names and numbers.
const PART: (usize, usize) = (3, 4);

/// One sentence, and what it is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    /// As it was said.
    pub(super) text: String,
    /// How much it matters; `None`: nothing would be lost with it.
    pub(super) weight: Option<Weight>,
    negated: bool,
    /// Names and numbers.
    keys: BTreeSet<String>,
    /// The beginnings of everything else that says something.
    words: BTreeSet<String>,
    /// All words.
    all: BTreeSet<String>,
}

impl Statement {
    pub(super) fn of(sentence: &str) -> Self {
        let text = sentence.trim();
        let cut = text.char_indices().nth(LONGEST).and_then(|(at, _)| text.get(..at));
        let text = cut.map_or_else(|| text.to_owned(), |head| format!("{head}…"));
        let (mut keys, mut words, mut all) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut spaced = String::from(" ");
        for (position, word) in parts(&text).enumerate() {
            let mut lower = word.to_lowercase();
            spaced.push_str(&lower);
            spaced.push(' ');
            if word.chars().any(is_unspaced) {
                words.extend(pairs(word));
                continue;
            }
            // What begins a sentence is written large whatever it is.
            let named = position > 0 && word.chars().next().is_some_and(char::is_uppercase) && lower != "i";
            let number = word.chars().any(char::is_numeric);
            if number && !lower.trim_start_matches('0').is_empty() {
                lower = lower.trim_start_matches('0').to_owned();
            }
            if number || named {
                keys.insert(lower.clone());
            } else if lower.chars().count() >= SHORTEST && !cues::is_empty(&lower) {
                words.insert(stem(&lower));
            }
            all.insert(lower);
        }
        // Scripts without large letters do not show names, so that nearly everything may be one.
        let caseless = |c: &char| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase();
        let particular = (!keys.is_empty() || text.chars().filter(caseless).count() >= CASELESS)
            .then_some(Weight::Particular);
        let cues = cues::of(&spaced, &text.to_lowercase());
        let question = text.ends_with(['?', '？', '؟']);
        let weight = match cues.weight.max(particular) {
            _ if keys.is_empty() && words.is_empty() => None,
            // Questions tell nothing, unless they ask for something to be kept.
            Some(weight) if question && weight < Weight::Demand => None,
            weight => weight,
        };
        Self { text, weight, negated: cues.negated, keys, words, all }
    }

    /// Whether this says what `other` says, as far as words can tell: all of its names and numbers, most of its words,
    /// and that something is not, or must not be, where that does.
    pub(super) fn says(&self, other: &Self) -> bool {
        if other.negated && !self.negated {
            return false;
        }
        let known = other.words.iter().filter(|word| self.has(word)).count();
        known * PART.1 >= other.words.len() * PART.0 && other.keys.iter().all(|key| self.names(key))
    }

    fn has(&self, word: &str) -> bool {
        let mut from = self.all.range::<str, _>((Bound::Included(word), Bound::Unbounded));
        self.words.contains(word) || from.next().is_some_and(|next| next.starts_with(word))
    }

    /// Whether a name or number occurs, with another ending at most.
    fn names(&self, key: &str) -> bool {
        let number = key.chars().any(char::is_numeric);
        let inflected = |word: &String| {
            let (short, long) =
                if word.len() < key.len() { (word.as_str(), key) } else { (key, word.as_str()) };
            short.len() >= SHORTEST
                && long.strip_prefix(short).is_some_and(|ending| ending.chars().count() <= ENDING)
        };
        self.all.contains(key) || (!number && self.all.iter().any(inflected))
    }
}

/// What the person has said in these messages, sentence by sentence: written and spoken words. Documents, answers of
/// tools, and what the agent has written in between are not the person's.
pub(super) fn of_the_person<'a>(messages: &'a [&'a Message]) -> impl Iterator<Item = Statement> + 'a {
    let texts = messages.iter().filter(|message| begins_turn(message)).flat_map(|message| &message.content);
    let own = texts.filter_map(|block| match block {
        Block::Text { text } => own_words(text.trim()),
        _ => None,
    });
    own.flat_map(sentences).map(Statement::of)
}

fn own_words(text: &str) -> Option<&str> {
    if text.starts_with("<document ") || (text.starts_with('[') && text.ends_with(']')) {
        return None;
    }
    Some(text.strip_prefix("[Voice note]").unwrap_or(text))
}

/// The sentences of a text, as parts of it; together they are the whole text.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = end_of_sentence(rest)?;
        let (sentence, behind) = rest.split_at_checked(end)?;
        rest = behind;
        Some(sentence)
    })
}

fn end_of_sentence(text: &str) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    let mut before = 0;
    let mut digit = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at.saturating_add(c.len_utf8());
        let next = chars.peek().map(|(_, next)| *next);
        let ends = match c {
            '\n' | '。' | '！' | '？' | '।' | '؟' | '۔' => true,
            '!' | '?' | '…' => next.is_none_or(char::is_whitespace),
            // Not behind a number ("on the 3. of May") nor an abbreviation ("Dr. Who").
            '.' => next.is_none_or(char::is_whitespace) && !digit && before > 2,
            _ => false,
        };
        if ends {
            return Some(end);
        }
        digit = c.is_numeric();
        before = if c.is_alphanumeric() { before + 1 } else { 0 };
    }
    Some(text.len())
}

/// The words of a text.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !is_mark(c)).filter(|word| !word.is_empty())
}

/// Marks that belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{e31}'..='\u{e4e}' | '\u{64b}'..='\u{65f}')
}

/// Letters of scripts that write without spaces.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

/// Neighbouring letters, which stand for the words that cannot be told apart.
fn pairs(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    match letters.as_slice() {
        [one] => vec![one.to_string()],
        letters => letters.windows(2).map(|pair| pair.iter().collect()).collect(),
    }
}

fn stem(word: &str) -> String {
    word.chars().take(STEM).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weight(text: &str) -> Option<Weight> {
        Statement::of(text).weight
    }

    fn says(text: &str, other: &str) -> bool {
        Statement::of(text).says(&Statement::of(other))
    }

    #[test]
    fn demands_are_known_in_many_languages() {
        for text in [
            "I am allergic to peanuts.",
            "please don't call before nine",
            "Ich vertrage keine Milch.",
            "Ne réserve jamais un vol de nuit.",
            "Soy alérgico a los cacahuetes.",
            "Non mangio mai carne.",
            "Nigdy nie dzwoń przed dziewiątą.",
            "Никогда не звони утром.",
            "我对花生过敏。",
            "卵アレルギーです、覚えておいて。",
            "땅콩 알레르기가 있어요.",
            "لدي حساسية من الفول السوداني",
            "मुझे मूंगफली से एलर्जी है।",
            "ฉันแพ้ถั่วลิสง",
            "Tôi bị dị ứng đậu phộng.",
            "Can you remember that my passport runs out?",
        ] {
            assert_eq!(weight(text), Some(Weight::Demand), "{text}");
        }
    }

    #[test]
    fn names_numbers_and_decisions_matter_and_small_talk_does_not() {
        assert_eq!(weight("The plumber is called Rossi"), Some(Weight::Particular));
        assert_eq!(weight("it costs 450 a month"), Some(Weight::Particular));
        assert_eq!(weight("we decided to take the blue tiles"), Some(Weight::Intention));
        for text in [
            "Thanks a lot!",
            "Good morning",
            "how are you today?",
            "haha",
            "What time is it in Oslo?",
            "Never!",
        ] {
            assert_eq!(weight(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_says_what_it_says_in_other_forms_of_the_words() {
        assert!(says(
            "- The person is allergic to peanuts and must avoid them.",
            "I am allergic to peanuts."
        ));
        assert!(says("Flight to Oslo booked for 3 May 2027.", "Book a flight to Oslo for May 3, 2027"));
        assert!(says("用户对花生过敏，不能吃。", "我对花生过敏。"));
    }

    #[test]
    fn a_text_that_drops_a_name_a_number_or_the_not_does_not_say_it() {
        assert!(!says("The person has an allergy.", "I am allergic to peanuts."));
        assert!(!says("Bob is invited to the dinner party.", "Never invite Bob to the dinner party."));
        assert!(!says("The rent is paid monthly.", "The rent is 450 a month."));
        assert!(!says("A plumber was called.", "The plumber is called Rossi."));
    }

    #[test]
    fn sentences_end_where_people_end_them() {
        let of = |text| sentences(text).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>();
        assert_eq!(
            of("Call Dr. Who on the 3. of May. Or not?  Yes!"),
            ["Call Dr. Who on the 3. of May.", "Or not?", "Yes!"]
        );
        assert_eq!(of("one\ntwo 1.5 x"), ["one", "two 1.5 x"]);
        assert_eq!(of("你好。我叫李。"), ["你好。", "我叫李。"]);
    }

    #[test]
    fn only_what_the_person_said_is_the_persons() {
        let result = Block::ToolResult {
            tool_use_id: "1".into(),
            content: "Never trust Ada.".into(),
            is_error: false,
        };
        let messages = [
            Message::user(vec![
                Block::text("<document name=\"a\">\nNever trust Bob.\n</document>"),
                Block::text("[Not received: the photo of 1999]"),
                Block::text("[Voice note] Meet Carla at 5."),
            ]),
            Message::assistant(vec![Block::text("Never mind, Dora.")]),
            Message::user(vec![result]),
            Message::user(vec![Block::text("[Go on.]")]),
        ];
        let messages: Vec<&Message> = messages.iter().collect();
        let said: Vec<_> = of_the_person(&messages).map(|statement| statement.text).collect();
        assert_eq!(said, ["Meet Carla at 5."]);
    }

    proptest! {
        #[test]
        fn sentences_are_the_whole_text_and_every_statement_says_itself(text in "(.|\\PC|[.!? \\n]){0,80}") {
            prop_assert_eq!(sentences(&text).collect::<String>(), text.clone());
            for sentence in sentences(&text) {
                let statement = Statement::of(sentence);
                prop_assert!(statement.says(&statement));
            }
        }
    }
}
