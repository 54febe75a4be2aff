// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sentences, words, and patterns over them. Enough grammar to understand what a test says, in three languages.

/// A language that the stand-in answers in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English, and everything that is not recognised.
    English,
    /// German.
    German,
    /// French.
    French,
}

impl Language {
    /// The language that most of the words speak for.
    pub fn of(text: &str) -> Language {
        const GERMAN: &[&str] = &[
            "ich", "ist", "mein", "meine", "wie", "was", "der", "die", "das", "und", "heißt", "nicht", "wo",
            "mir", "bitte",
        ];
        const FRENCH: &[&str] = &[
            "je", "j'", "est", "mon", "ma", "quel", "quelle", "le", "la", "les", "et", "comment", "où",
            "que", "pas", "mes",
        ];
        let words: Vec<String> =
            sentences(text).into_iter().flat_map(|s| s.words).map(|word| word.lower).collect();
        let count = |list: &[&str]| words.iter().filter(|word| list.contains(&word.as_str())).count();
        let (german, french) = (count(GERMAN), count(FRENCH));
        match (german, french) {
            (0, 0) => Language::English,
            (german, french) if german >= french => Language::German,
            _ => Language::French,
        }
    }

    /// The one of three texts that is in this language.
    pub fn choose(self, english: &'static str, german: &'static str, french: &'static str) -> &'static str {
        match self {
            Language::English => english,
            Language::German => german,
            Language::French => french,
        }
    }
}

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As written, without punctuation around it.
    pub text: String,
    /// In lower case.
    pub lower: String,
    /// Whether a comma follows.
    pub comma: bool,
}

/// A sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Its words.
    pub words: Vec<Word>,
    /// Whether it ends with a question mark.
    pub question: bool,
}

/// Cuts a text into sentences and words. `dog's` becomes `dog` and `'s`, `s'appelle` becomes `s'` and `appelle`.
pub fn sentences(text: &str) -> Vec<Sentence> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut words: Vec<Word> = Vec::new();
        for raw in line.split_whitespace() {
            let raw = raw.replace('’', "'");
            let edge =
                |c: char| !c.is_alphanumeric() && !matches!(c, '#' | '+' | '@' | '\'' | '€' | '$' | '%');
            let start = raw.trim_start_matches(|c| edge(c) || c == '\'');
            let core = start.trim_end_matches(edge);
            let tail = start.get(core.len()..).unwrap_or_default();
            push(&mut words, core, tail.contains(',') || tail.contains(':'));
            let abbreviation = matches!(core, "Dr" | "Mr" | "Mrs" | "Ms" | "St" | "Prof" | "Hr" | "Fr");
            if tail.contains(['!', '?', ';', '…']) || (tail.contains('.') && !abbreviation) || raw == "?" {
                found.push(Sentence { words: std::mem::take(&mut words), question: raw.contains('?') });
            }
        }
        found.push(Sentence { words, question: false });
    }
    found.retain(|sentence| !sentence.words.is_empty());
    found
}

fn push(words: &mut Vec<Word>, core: &str, comma: bool) {
    let mut add = |text: &str, comma| {
        if !text.is_empty() {
            words.push(Word { text: text.to_owned(), lower: text.to_lowercase(), comma });
        }
    };
    if let Some((head, tail)) = core.split_once('\'') {
        let elided =
            matches!(head.to_lowercase().as_str(), "j" | "m" | "s" | "l" | "d" | "n" | "t" | "c" | "qu");
        if elided {
            add(&format!("{head}'"), false);
            add(tail, comma);
            return;
        }
        if tail.eq_ignore_ascii_case("s") {
            add(head, false);
            add("'s", comma);
            return;
        }
    }
    add(core, comma);
}

/// What a pattern caught.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caught {
    /// What `{x}` stands for, as written.
    pub x: Vec<String>,
    /// What `{y}` stands for, as written.
    pub y: Vec<String>,
}

/// Finds `pattern` anywhere in the sentence. A pattern is words, alternatives (`is|are`), `{x}` (a subject: one to four
/// words) and `{y}` (a value: one to eight words that end at a comma or at a new clause).
pub fn find(sentence: &Sentence, pattern: &str) -> Option<Caught> {
    let pattern: Vec<&str> = pattern.split(' ').collect();
    (0..sentence.words.len()).find_map(|from| {
        let mut caught = Caught::default();
        matches(sentence.words.get(from..)?, &pattern, &mut caught).then_some(caught)
    })
}

fn matches(words: &[Word], pattern: &[&str], caught: &mut Caught) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return true };
    let (most, subject) = match *first {
        "{x}" => (4, true),
        "{y}" => (8, false),
        literal => {
            return words.split_first().is_some_and(|(word, others)| {
                literal.split('|').any(|option| option == word.lower) && matches(others, rest, caught)
            });
        }
    };
    let bound = words.len().min(most);
    let mut lengths: Vec<usize> = (1..=bound).take_while(|length| allowed(words, *length, subject)).collect();
    if rest.is_empty() {
        lengths.reverse();
    }
    for length in lengths {
        let (Some(taken), Some(others)) = (words.get(..length), words.get(length..)) else { return false };
        if matches(others, rest, caught) {
            let texts = taken.iter().map(|word| word.text.clone()).collect();
            if subject {
                caught.x = texts;
            } else {
                caught.y = texts;
            }
            return true;
        }
    }
    false
}

/// Whether the first `length` words can be one subject or value.
fn allowed(words: &[Word], length: usize, subject: bool) -> bool {
    const NEVER_IN_SUBJECT: &[&str] = &[
        "is", "are", "ist", "sind", "est", "sont", "called", "named", "heißt", "heisst", "'s", "my", "mein",
        "meine", "mon", "ma", "that", "dass", "que",
    ];
    const CLAUSES: &[&str] =
        &["and", "und", "et", "but", "aber", "mais", "please", "bitte", "again", "because", "weil"];
    const OPENERS: &[&str] = &[
        "my", "i", "i'm", "she", "he", "it", "we", "you", "mein", "meine", "ich", "er", "sie", "wir", "mon",
        "ma", "je", "j'", "il", "elle", "the", "der", "die", "le", "la", "please",
    ];
    let Some((last, before)) = words.get(..length).and_then(|words| words.split_last()) else { return false };
    if before.iter().any(|word| word.comma) {
        return false;
    }
    if subject {
        return !NEVER_IN_SUBJECT.contains(&last.lower.as_str());
    }
    let opens = words.get(length).is_none_or(|next| OPENERS.contains(&next.lower.as_str()));
    !(CLAUSES.contains(&last.lower.as_str()) && opens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn catch(text: &str, pattern: &str) -> Option<(String, String)> {
        sentences(text)
            .iter()
            .find_map(|s| find(s, pattern))
            .map(|caught| (caught.x.join(" "), caught.y.join(" ")))
    }

    #[test]
    fn a_text_becomes_sentences_and_words() {
        let found = sentences("My dog’s name is Max. Where do I live?\nJ'habite à Lyon, je crois");
        let words: Vec<Vec<&str>> =
            found.iter().map(|s| s.words.iter().map(|word| word.lower.as_str()).collect()).collect();
        assert_eq!(
            words,
            [
                vec!["my", "dog", "'s", "name", "is", "max"],
                vec!["where", "do", "i", "live"],
                vec!["j'", "habite", "à", "lyon", "je", "crois"]
            ]
        );
        assert_eq!(found.iter().map(|s| s.question).collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn values_end_at_commas_and_new_clauses() {
        assert_eq!(catch("my {x} is", "nothing"), None);
        let pattern = "my {x} is {y}";
        let pair = |x: &str, y: &str| Some((x.to_owned(), y.to_owned()));
        assert_eq!(catch("My best friend is Ada Byron, a poet.", pattern), pair("best friend", "Ada Byron"));
        assert_eq!(catch("my dog is Max and my cat is Tom", pattern), pair("dog", "Max"));
        assert_eq!(catch("my doctor is Dr. Black and White.", pattern), pair("doctor", "Dr Black and White"));
        assert_eq!(catch("my lunch is bread", "my {x} is {y} today"), None);
    }

    #[test]
    fn the_language_is_recognised() {
        assert_eq!(Language::of("Wie heißt mein Hund?"), Language::German);
        assert_eq!(Language::of("Comment s'appelle mon chien ?"), Language::French);
        assert_eq!(Language::of("What is my dog's name?"), Language::English);
        assert_eq!(Language::of("日本語"), Language::English);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn no_text_makes_it_fail(text in r"(my|is|'s|[’'?.,…]|\PC| |\n){0,40}") {
            for sentence in sentences(&text) {
                let _ = find(&sentence, "my {x} is {y}");
            }
            let _ = Language::of(&text);
        }
    }
}
