// SPDX-License-Identifier: MIT OR Apache-2.0
//! What letters join to a word, and which scripts write without spaces.

/// Whether a character is part of a word: letters, figures, and the marks upon them.
pub(crate) fn joins(c: char) -> bool {
    c.is_alphanumeric() || mark(c)
}

/// Marks that stand upon a letter and are no letters themselves: accents, and signs of Indian scripts and of Thai.
fn mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}'
        | '\u{93c}' | '\u{94d}' | '\u{9bc}' | '\u{9cd}' | '\u{a3c}' | '\u{a4d}' | '\u{abc}' | '\u{acd}'
        | '\u{b3c}' | '\u{b4d}' | '\u{bcd}' | '\u{c4d}' | '\u{cbc}' | '\u{ccd}' | '\u{d4d}' | '\u{dca}'
        | '\u{e47}'..='\u{e4e}' | '\u{eb8}'..='\u{ecd}' | '\u{1039}'..='\u{103a}' | '\u{17c9}'..='\u{17d3}')
}

/// Whether a script writes words without spaces between them.
pub(crate) fn unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3134f}')
}

/// The parts of a word: rows of so many letters where its script writes without spaces, all else as it is.
pub(crate) fn rows(word: &str, length: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut parts = Vec::new();
    for run in letters.chunk_by(|a, b| unspaced(*a) == unspaced(*b)) {
        if run.first().copied().is_some_and(unspaced) && run.len() > length {
            parts.extend(run.windows(length).map(|row| row.iter().collect::<String>()));
        } else {
            parts.push(run.iter().collect());
        }
    }
    parts
}
