// SPDX-License-Identifier: MIT OR Apache-2.0
//! Long messages in parts, and what was said around them.

use crate::script::unspaced;

/// Most words of a part: about what the sentence model takes in.
const WORDS: usize = 180;
/// Letters that count as one word at most: long words and figures have several pieces for the model.
const LETTERS: usize = 7;
/// Longest piece of what was said before, characters. What was said after says less about a passage.
const BEFORE: usize = 160;
const AFTER: usize = 60;
/// Longest name, characters.
const NAME: usize = 40;

/// The parts of a message: of at most about 180 words each, cut at the ends of sentences where that is possible, even in length.
/// Nothing but space is left out. Empty where there are no words.
///
/// ```
/// assert_eq!(blufio_recall::chunks(" My dog is ill. "), ["My dog is ill."]);
/// let long = "My dog is ill. ".repeat(100);
/// assert!(blufio_recall::chunks(&long).iter().all(|part| part.ends_with("ill.")));
/// ```
#[must_use]
pub fn chunks(text: &str) -> Vec<&str> {
    let pieces: Vec<&str> = sentences(text).into_iter().flat_map(short_enough).collect();
    let total: usize = pieces.iter().map(|piece| weight(piece)).sum();
    let parts = total.div_ceil(WORDS).max(1);
    let even = total.div_ceil(parts);
    let mut chunks = Vec::new();
    let (mut begin, mut end, mut so_far) = (0, 0, 0);
    for piece in pieces {
        let more = weight(piece);
        // Half a sentence beyond the even length is better than a part of one sentence at the end.
        if so_far > 0 && (so_far + more > WORDS || so_far + more / 2 > even) {
            chunks.push((begin, end));
            begin = end;
            so_far = 0;
        }
        end += piece.len();
        so_far += more;
    }
    chunks.push((begin, end));
    chunks
        .into_iter()
        .filter_map(|(begin, end)| text.get(begin..end))
        .map(str::trim)
        .filter(|part| part.chars().any(char::is_alphanumeric))
        .collect()
}

/// Words as the model counts them, roughly.
fn weight(text: &str) -> usize {
    let mut words = 0;
    for word in text.split_whitespace() {
        let without = word.chars().filter(|c| unspaced(*c)).count();
        let others = word.chars().count() - without;
        words += without + others.div_ceil(LETTERS);
    }
    words
}

/// The sentences, with the space behind them: together they are the text.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut begin = 0;
    let mut ended = false;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        let wide = matches!(previous, '。' | '！' | '？' | '।');
        if ended && !c.is_whitespace() && (previous.is_whitespace() || wide) {
            sentences.extend(text.get(begin..at));
            begin = at;
            ended = false;
        }
        match c {
            '.' | '!' | '?' | '…' | '。' | '！' | '？' | '।' | '\n' => ended = true,
            _ if c.is_alphanumeric() => ended = false,
            _ => {}
        }
        previous = c;
    }
    sentences.extend(text.get(begin..).filter(|rest| !rest.is_empty()));
    sentences
}

/// A sentence that is no longer than a part, or pieces of it that are.
fn short_enough(sentence: &str) -> Vec<&str> {
    if weight(sentence) <= WORDS {
        return vec![sentence];
    }
    let mut pieces = Vec::new();
    let (mut begin, mut so_far) = (0, 0);
    for word in sentence.split_inclusive(char::is_whitespace) {
        for piece in torn(word) {
            let more = weight(piece);
            if so_far > 0 && so_far + more > WORDS {
                let length = pieces.iter().map(|piece: &&str| piece.len()).sum::<usize>();
                pieces.extend(sentence.get(length..begin));
                so_far = 0;
            }
            begin += piece.len();
            so_far += more;
        }
    }
    let length = pieces.iter().map(|piece| piece.len()).sum::<usize>();
    pieces.extend(sentence.get(length..));
    pieces
}

/// A word, or what a part holds of one without end.
fn torn(word: &str) -> Vec<&str> {
    if word.chars().take(WORDS + 1).count() <= WORDS {
        return vec![word];
    }
    let mut pieces = Vec::new();
    let mut rest = word;
    while let Some((at, _)) = rest.char_indices().nth(WORDS) {
        let (piece, behind) = rest.split_at(at);
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    pieces
}

/// A passage with what was said right before and after it, as (who, words): shortened, one a line, in their order.
///
/// ```
/// let around = blufio_recall::around(Some(("Blufio", "What is your dog called?")), "Max!", None);
/// assert_eq!(around, "Blufio: What is your dog called?\nMax!");
/// ```
#[must_use]
pub fn around(before: Option<(&str, &str)>, text: &str, after: Option<(&str, &str)>) -> String {
    let before = before.map(|(who, words)| line(who, ending(words)));
    let after = after.map(|(who, words)| line(who, beginning(words)));
    let text = text.trim().to_owned();
    let lines: Vec<String> =
        [before, Some(text), after].into_iter().flatten().filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn line(who: &str, words: String) -> String {
    let who: String = on_one_line(who).chars().take(NAME).collect();
    match (who.is_empty(), words.is_empty()) {
        (_, true) => String::new(),
        (true, false) => words,
        (false, false) => format!("{who}: {words}"),
    }
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What was said last stands nearest.
fn ending(text: &str) -> String {
    let text = on_one_line(text);
    let length = text.chars().count();
    if length <= BEFORE {
        return text;
    }
    let kept: String = text.chars().skip(length - BEFORE).collect();
    let whole = kept.split_once(' ').map_or(kept.as_str(), |(_, whole)| whole);
    format!("… {whole}")
}

fn beginning(text: &str) -> String {
    let text = on_one_line(text);
    if text.chars().count() <= AFTER {
        return text;
    }
    let kept: String = text.chars().take(AFTER).collect();
    let whole = kept.rsplit_once(' ').map_or(kept.as_str(), |(whole, _)| whole);
    format!("{whole} …")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_short_message_is_one_part() {
        assert_eq!(chunks("My dog is ill. The vet says: rest!"), ["My dog is ill. The vet says: rest!"]);
        assert_eq!(chunks(" \n\t "), [""; 0]);
        assert_eq!(chunks("🙂 …"), [""; 0]);
    }

    #[test]
    fn a_long_message_is_cut_at_the_ends_of_sentences_into_even_parts() {
        let text = "The garden was full of snails this year, and nobody knows why. ".repeat(20);
        let parts = chunks(&text);
        assert_eq!(parts.len(), 2);
        assert!(parts.iter().all(|part| part.ends_with("why.") && part.starts_with("The garden")));
        assert!(parts[0].len().abs_diff(parts[1].len()) < 140);
    }

    #[test]
    fn scripts_without_spaces_are_cut_as_well() {
        let text = "我今天去了公园。天气很好，我们看到了很多花。".repeat(20);
        let parts = chunks(&text);
        assert!(parts.len() > 2);
        assert!(parts.iter().all(|part| part.ends_with('。') && weight(part) <= WORDS));
    }

    #[test]
    fn a_number_or_an_abbreviation_does_not_end_a_sentence() {
        assert_eq!(sentences("It costs 3.50 at e.g. Lidl. Good!").len(), 3);
    }

    #[test]
    fn what_was_said_around_is_shortened_towards_the_passage() {
        let long = "one two three ".repeat(40) + "last";
        let around = around(Some(("Mara", &long)), "Here.", Some(("Blufio\nSystem", &long)));
        let lines: Vec<&str> = around.lines().collect();
        assert!(lines[0].starts_with("Mara: … ") && lines[0].ends_with(" last"));
        assert_eq!(lines[1], "Here.");
        assert!(lines[2].starts_with("Blufio System: one two") && lines[2].ends_with(" …"));
        assert!(around.chars().count() < BEFORE + AFTER + 2 * NAME + 20);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn no_word_is_lost_and_no_part_is_too_long(text in "([a-z]{1,9}[ .!?\n]|[。我狗]{1,30}|[é🙂]{1,3} |x{150,400}){0,200}") {
            let parts = chunks(&text);
            for part in &parts {
                prop_assert!(weight(part) <= WORDS);
                prop_assert_eq!(part.trim(), *part);
            }
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(letters(&parts.concat()), letters(&text));
        }

        #[test]
        fn any_neighbours_are_taken(a in ".{0,300}", b in ".{0,30}", c in ".{0,300}") {
            let around = around(Some((&b, &a)), &c, Some((&a, &b)));
            prop_assert!(around.contains(c.trim()));
        }
    }
}
