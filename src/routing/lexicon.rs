// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words of each language, read once from the files in `lexicon/`, and found in a text in one pass.

use crate::ideas::Idea;
use crate::text::{count, fold, unspaced};
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The lexicons. The first one counts in every language.
const FILES: &[(&str, &str)] = &[
    ("any", include_str!("lexicon/any.txt")),
    ("en", include_str!("lexicon/en.txt")),
    ("de", include_str!("lexicon/de.txt")),
    ("fr", include_str!("lexicon/fr.txt")),
    ("es", include_str!("lexicon/es.txt")),
    ("it", include_str!("lexicon/it.txt")),
    ("pt", include_str!("lexicon/pt.txt")),
    ("nl", include_str!("lexicon/nl.txt")),
    ("sv", include_str!("lexicon/sv.txt")),
    ("pl", include_str!("lexicon/pl.txt")),
    ("cs", include_str!("lexicon/cs.txt")),
    ("ru", include_str!("lexicon/ru.txt")),
    ("uk", include_str!("lexicon/uk.txt")),
    ("tr", include_str!("lexicon/tr.txt")),
    ("ar", include_str!("lexicon/ar.txt")),
    ("hi", include_str!("lexicon/hi.txt")),
    ("zh", include_str!("lexicon/zh.txt")),
    ("ja", include_str!("lexicon/ja.txt")),
    ("ko", include_str!("lexicon/ko.txt")),
];

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(FILES));

/// The words of all languages.
struct Lexicon {
    /// Finds every pattern; `None` only if the patterns were too many for it.
    finder: Option<AhoCorasick>,
    /// What each pattern means.
    meanings: Vec<Vec<Meaning>>,
}

/// What a pattern means in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Meaning {
    language: u8,
    idea: Idea,
    /// The word has other meanings too.
    weak: bool,
}

/// A word that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    /// What it stands for.
    pub(crate) idea: Idea,
    /// It counts half.
    pub(crate) weak: bool,
    /// Where its first word starts, in bytes of the folded text (the space before it).
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
}

impl Lexicon {
    fn read(files: &[(&str, &str)]) -> Self {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut meanings: Vec<Vec<Meaning>> = Vec::new();
        for (language, (_, file)) in files.iter().enumerate() {
            for (idea, weak, word) in file
                .lines()
                .filter_map(parse)
                .flat_map(|(idea, weak, words)| words.split(',').map(move |word| (idea, weak, word)))
            {
                let Some(pattern) = pattern(word) else { continue };
                let next = meanings.len();
                let number = *numbers.entry(pattern).or_insert(next);
                if number == next {
                    meanings.push(Vec::new());
                }
                let meaning = Meaning { language: u8::try_from(language).unwrap_or(u8::MAX), idea, weak };
                if let Some(known) = meanings.get_mut(number)
                    && !known.iter().any(|one| (one.language, one.idea) == (meaning.language, meaning.idea))
                {
                    known.push(meaning);
                }
            }
        }
        let mut patterns: Vec<(String, usize)> = numbers.into_iter().collect();
        patterns.sort_unstable_by_key(|(_, number)| *number);
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(patterns.iter().map(|(pattern, _)| pattern))
            .ok();
        Self { finder, meanings }
    }

    fn look(&self, folded: &str) -> Vec<Hit> {
        let Some(finder) = &self.finder else { return Vec::new() };
        let mut found: Vec<(usize, usize, Meaning)> = Vec::new();
        for one in finder.find_overlapping_iter(folded) {
            let meanings = self.meanings.get(one.pattern().as_usize()).map(Vec::as_slice).unwrap_or_default();
            found.extend(meanings.iter().map(|meaning| (one.start(), one.end(), *meaning)));
        }
        let spoken = Spoken::of(&found, folded);
        found.retain(|(_, _, meaning)| spoken.counts(meaning.language));
        // The longest word of an idea wins where several begin or overlap.
        found.sort_unstable_by_key(|(start, end, meaning)| {
            (meaning.idea, *start, usize::MAX - *end, meaning.weak)
        });
        let mut hits: Vec<Hit> = Vec::with_capacity(found.len());
        for (start, end, meaning) in found {
            let end = end.max(start + 1);
            match hits.last() {
                // Neighbours share the space between them.
                Some(last) if last.idea == meaning.idea && start + 1 < last.end => {}
                _ => hits.push(Hit { idea: meaning.idea, weak: meaning.weak, start, end }),
            }
        }
        hits
    }
}

/// Which languages a text is written in, judged by the words of each that it holds.
struct Spoken {
    score: [u32; 32],
    best: u32,
    /// Most letters are not Latin, so that no Latin word in it is a false friend.
    other_script: bool,
}

impl Spoken {
    fn of(found: &[(usize, usize, Meaning)], folded: &str) -> Self {
        let mut score = [0_u32; 32];
        for (start, end, meaning) in found {
            let weight = if meaning.idea == Idea::Common { 3 } else { 2 + u32::from(end - start > 6) };
            if let Some(sum) = score.get_mut(usize::from(meaning.language)) {
                *sum = sum.saturating_add(weight);
            }
        }
        let best = score.iter().skip(1).copied().max().unwrap_or_default();
        let ascii = folded.bytes().filter(u8::is_ascii_alphabetic).count();
        Self { score, best, other_script: ascii * 3 < folded.len() }
    }

    fn counts(&self, language: u8) -> bool {
        let own = self.score.get(usize::from(language)).copied().unwrap_or_default();
        language == 0 || own * 5 >= self.best * 3 || (self.other_script && language == 1)
    }
}

/// A line of a lexicon: `idea: word, two words, stem*, *part*`; `idea~` for words that have other meanings too.
fn parse(line: &str) -> Option<(Idea, bool, &str)> {
    let (name, words) = line.split_once(':')?;
    let weak = name.ends_with('~');
    let name = name.trim_end_matches('~').trim();
    let idea = Idea::ALL.iter().copied().find(|idea| idea.name() == name)?;
    Some((idea, weak, words))
}

/// What to look for: a word has a space on both sides, a stem one before it. Words of unspaced scripts stand anywhere,
/// and so do those of Arabic from three letters on, because particles are written on to them.
fn pattern(word: &str) -> Option<String> {
    let word = word.trim();
    let (front, back) = (word.starts_with('*'), word.ends_with('*'));
    let folded = fold(word);
    let bare = folded.trim();
    let first = bare.chars().next()?;
    let arabic = matches!(u32::from(first), 0x0600..=0x06FF) && bare.chars().count() >= 3;
    Some(if unspaced(first) || arabic || (front && back) {
        bare.to_owned()
    } else if front {
        format!("{bare} ")
    } else if back {
        format!(" {bare}")
    } else {
        folded
    })
}

/// The words of the lexicons in a folded text, sorted by idea.
pub(crate) fn look(folded: &str) -> Vec<Hit> {
    LEXICON.look(folded)
}

/// Where the word ends in which a stem ends.
fn whole_word(folded: &str, end: usize) -> usize {
    match folded.get(..end).and_then(|part| part.chars().next_back()) {
        None | Some(' ') => end,
        Some(last) if unspaced(last) => end,
        Some(_) => end + folded.get(end..).and_then(|rest| rest.find(' ')).unwrap_or_default(),
    }
}

/// How many words of a folded text belong to words that were found, of ideas that `of` accepts.
pub(crate) fn covered(folded: &str, hits: &[Hit], of: impl Fn(Idea) -> bool) -> usize {
    let mut spans: Vec<(usize, usize)> =
        hits.iter().filter(|hit| of(hit.idea)).map(|hit| (hit.start, hit.end)).collect();
    spans.sort_unstable();
    let (mut reached, mut words) = (0, 0);
    for (start, end) in spans {
        let end = whole_word(folded, end);
        let from = start.max(reached);
        if let Some(part) = folded.get(from..end) {
            words += count(part);
        }
        reached = reached.max(end);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_lexicon_names_an_idea() {
        for (language, file) in FILES {
            for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
                let (_, _, words) = parse(line).unwrap_or_else(|| panic!("{language}: {line}"));
                for word in words.split(',') {
                    assert!(pattern(word).is_some(), "{language}: an empty word in {line}");
                }
            }
        }
        assert!(LEXICON.finder.is_some());
    }

    fn ideas(text: &str) -> Vec<Idea> {
        look(&fold(text)).iter().map(|hit| hit.idea).collect()
    }

    #[test]
    fn stems_words_and_phrases_are_found() {
        let found = ideas("Please prove that this deadlocks");
        assert!(found.contains(&Idea::Prove) && found.contains(&Idea::Concurrency));
        assert!(!ideas("proverbial").contains(&Idea::Prove));
    }

    #[test]
    fn an_idea_counts_once_where_its_words_overlap() {
        let hits = look(&fold("thanks thanks so much"));
        assert_eq!(hits.iter().filter(|hit| hit.idea == Idea::Thanks).count(), 2);
        assert_eq!(
            covered(&fold("thank you so much"), &look(&fold("thank you so much")), |idea| {
                matches!(idea, Idea::Thanks | Idea::Filler)
            }),
            4
        );
    }
}
