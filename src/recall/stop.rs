// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words that say nothing, in many languages.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The lists as they are read.
#[derive(Default)]
struct Lists {
    /// Say nothing in any language, with the languages that have them, by their positions.
    always: HashMap<&'static str, Vec<usize>>,
    /// Say nothing in one language and something in another.
    sometimes: Vec<HashSet<&'static str>>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let mut lists = Lists::default();
    let mut contents = Vec::new();
    for line in include_str!("stop.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((_, words)) = line.split_once(':') else { continue };
        contents.push(words);
    }
    let starred: HashSet<&str> = contents
        .iter()
        .flat_map(|words| words.split_whitespace())
        .filter_map(|word| word.strip_suffix('*'))
        .collect();
    for (language, words) in contents.iter().enumerate() {
        let mut sometimes = HashSet::new();
        for word in words.split_whitespace() {
            let plain = word.trim_end_matches('*');
            // What another language has marked is to be told apart here as well; English has the last word about its own.
            if word.ends_with('*') || (language > 0 && starred.contains(plain)) {
                sometimes.insert(plain);
            } else {
                lists.always.entry(plain).or_default().push(language);
            }
        }
        lists.sometimes.push(sometimes);
    }
    lists
});

/// Tells which of the words of one text say nothing.
pub(crate) struct Stop {
    /// The language that the text is written in, by its position; `None` where nothing shows it.
    pub(crate) language: Option<usize>,
    /// How many different words of each other language the text has that say nothing there. Empty where it is not sure which
    /// language it is written in.
    others: Vec<usize>,
}

/// So many words of a language that say nothing show that a text is written in it.
const SURE: usize = 2;

impl Stop {
    /// Looks which language a text is written in. The words are in small letters.
    pub(crate) fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let words: Vec<&str> = words.collect();
        let counts = count(words.iter().copied(), None);
        let most = counts.iter().copied().max().unwrap_or(0);
        // The first of those that are even: the list begins with the languages that are written most.
        let language = counts.iter().position(|count| most > 0 && *count == most);
        let others = match language {
            Some(own) if most >= SURE => {
                let different: HashSet<&str> = words.into_iter().collect();
                count(different.into_iter(), Some(own))
            }
            _ => Vec::new(),
        };
        Self { language, others }
    }

    /// Whether a word in small letters says nothing: in the language of the text, or in another of which the text has more
    /// words. A single one is a word of its own language that only looks alike: the English hem and ham, the Danish ham.
    pub(crate) fn has(&self, word: &str) -> bool {
        if let Some(of) = LISTS.always.get(word) {
            let known = |language: &usize| self.others.get(*language).is_none_or(|words| *words > 1);
            return self.language.is_some_and(|own| of.contains(&own)) || of.iter().any(known);
        }
        let sometimes = self.language.and_then(|language| LISTS.sometimes.get(language));
        sometimes.is_some_and(|words| words.contains(word))
    }
}

/// How many words say nothing in each language, of those that do not say nothing in one that is left out.
fn count<'a>(words: impl Iterator<Item = &'a str>, without: Option<usize>) -> Vec<usize> {
    let mut counts = vec![0_usize; LISTS.sometimes.len()];
    let languages = words.filter_map(|word| LISTS.always.get(word));
    for language in languages.filter(|of| without.is_none_or(|own| !of.contains(&own))).flatten() {
        if let Some(count) = counts.get_mut(*language) {
            *count += 1;
        }
    }
    counts
}
