// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words that English stems do not serve, in runs of letters.
//!
//! Words of scripts that are written without spaces, and Korean, whose words grow endings: every two letters in a row, and
//! the last one alone. Other words with a letter that English does not have: every three letters in a row. Words in plain
//! Latin letters have none.

/// Two letters in a row, or three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Dense,
    Alphabet,
}

/// All runs of a text with a space between them, as they are indexed.
pub(crate) fn of_text(text: &str) -> String {
    let mut grams = String::new();
    for (script, word) in words(text) {
        let mut add = |run: &[char]| {
            if !grams.is_empty() {
                grams.push(' ');
            }
            grams.extend(run);
        };
        runs(script, &word).for_each(&mut add);
        // One letter is looked for by what begins with it, and nothing begins with the last.
        if script == Script::Dense && word.len() > 1 {
            add(word.get(word.len() - 1..).unwrap_or_default());
        }
    }
    grams
}

/// What is looked for in the place of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Runs, each once, as terms of a query.
    pub(crate) terms: Vec<String>,
    /// Whether stems serve a part of the word as well.
    pub(crate) stems: bool,
}

/// What is looked for in the place of a word.
pub(crate) fn of_word(word: &str) -> Wanted {
    let mut wanted = Wanted { terms: Vec::new(), stems: false };
    let mut served = 0;
    for (script, letters) in words(word) {
        served += if script == Script::Dense { letters.len() } else { 0 };
        let alone = script == Script::Dense && letters.len() == 1;
        for run in runs(script, &letters) {
            // Letters and digits only: nothing that a query would take for syntax.
            let quoted = format!("\"{}\"{}", run.iter().collect::<String>(), if alone { "*" } else { "" });
            if !wanted.terms.contains(&quoted) {
                wanted.terms.push(quoted);
            }
        }
    }
    wanted.stems = word.chars().filter(|letter| letter.is_alphanumeric()).count() > served;
    wanted
}

fn runs(script: Script, word: &[char]) -> impl Iterator<Item = &[char]> {
    let long = if script == Script::Dense { 2 } else { 3 };
    word.windows(long.min(word.len().max(1)))
}

/// The words of a text that have runs, in small letters.
fn words(text: &str) -> Vec<(Script, Vec<char>)> {
    let mut words = Vec::new();
    let mut script = Script::Alphabet;
    let mut word: Vec<char> = Vec::new();
    let mut end = |script, word: &mut Vec<char>| {
        if script == Script::Dense || word.iter().any(|letter| !letter.is_ascii()) {
            words.extend((!word.is_empty()).then(|| (script, std::mem::take(word))));
        }
        word.clear();
    };
    for letter in text.chars() {
        if is_mark(letter) {
            continue;
        }
        if !letter.is_alphanumeric() {
            end(script, &mut word);
            continue;
        }
        let of = if is_dense(letter) { Script::Dense } else { Script::Alphabet };
        if of != script {
            end(script, &mut word);
            script = of;
        }
        word.extend(letter.to_lowercase().filter(|letter| letter.is_alphanumeric()));
    }
    end(script, &mut word);
    words
}

/// Accents and signs that stand over or under a letter and are none themselves. They are left out.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{e47}'..='\u{e4e}' | '\u{ec8}'..='\u{ece}' | '\u{1039}'..='\u{103a}'
        | '\u{17c6}'..='\u{17d3}' | '\u{3099}'..='\u{309a}' | '\u{fe00}'..='\u{fe0f}' | '\u{200c}'..='\u{200d}')
        || matches!(letter, '\u{900}'..='\u{dff}' if !letter.is_alphanumeric() && !matches!(letter, '\u{964}' | '\u{965}'))
}

/// Thai, Lao, Tibetan, Burmese, Korean, Khmer, Japanese, Chinese.
fn is_dense(letter: char) -> bool {
    matches!(letter, '\u{e00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}'
        | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ffdc}'
        | '\u{20000}'..='\u{3ffff}')
}
