// SPDX-License-Identifier: MIT OR Apache-2.0
use super::Tokens;

/// Weights are hundredths of a token.
const TOKEN: u64 = 100;

/// A kind of character, as far as tokenizers treat it alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `a` to `z`.
    Small,
    /// `A` to `Z`.
    Capital,
    Digit,
    Space,
    /// Tabs and ends of lines.
    Break,
    Punctuation,
    /// Letters with marks, in Latin script.
    Latin,
    /// Cyrillic: two bytes, well known to tokenizers.
    Cyrillic,
    /// Greek, Hebrew, Arabic and their neighbours: two bytes, less known.
    Two,
    /// Chinese, Japanese, Korean.
    Eastern,
    /// Scripts of India and South-East Asia, Armenian, and whatever else has three bytes.
    Other,
    /// Emoji and rare characters: four bytes.
    Far,
}

fn kind(c: char) -> Kind {
    match c {
        'a'..='z' => Kind::Small,
        'A'..='Z' => Kind::Capital,
        '0'..='9' => Kind::Digit,
        ' ' => Kind::Space,
        '\t' | '\n' | '\r' => Kind::Break,
        '\0'..='\u{7f}' => Kind::Punctuation,
        '\u{80}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}' | '\u{2010}'..='\u{2027}' => Kind::Latin,
        '\u{530}'..='\u{58f}' => Kind::Other,
        '\u{400}'..='\u{52f}' => Kind::Cyrillic,
        '\u{370}'..='\u{7ff}' => Kind::Two,
        '\u{3000}'..='\u{30ff}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}'
        | '\u{ff00}'..='\u{ffef}' => Kind::Eastern,
        '\u{800}'..='\u{ffff}' => Kind::Other,
        '\u{10000}'.. => Kind::Far,
    }
}

/// What a character adds behind one of kind `before`: expected, at most.
fn weight(kind: Kind, before: Kind) -> (u64, u64) {
    let within = matches!(before, Kind::Small | Kind::Capital | Kind::Latin);
    match kind {
        // A word has at least one token, however short it is.
        Kind::Small if within => (28, 55),
        Kind::Small => (40, TOKEN),
        Kind::Capital => (50, TOKEN),
        Kind::Digit if before == Kind::Digit => (45, TOKEN),
        // Between numbers, a space is a token of its own.
        Kind::Digit => (75, 2 * TOKEN),
        Kind::Space => (5, 25),
        Kind::Break => (50, TOKEN),
        Kind::Punctuation => (75, TOKEN),
        Kind::Latin => (75, 2 * TOKEN),
        Kind::Cyrillic => (50, TOKEN),
        Kind::Two => (60, 150),
        Kind::Eastern => (100, 2 * TOKEN),
        // A space before it does not join it.
        Kind::Other if before == Kind::Space => (100, 4 * TOKEN),
        Kind::Other => (100, 3 * TOKEN),
        Kind::Far => (200, 4 * TOKEN),
    }
}

/// Tokens of a text. One pass, no memory of its own.
pub(super) fn of(text: &str) -> Tokens {
    let mut before = Kind::Break;
    let (mut expected, mut most) = (0_u64, 0_u64);
    for c in text.chars() {
        let kind = kind(c);
        let (likely, bound) = weight(kind, before);
        expected = expected.saturating_add(likely);
        most = most.saturating_add(bound);
        before = kind;
    }
    Tokens { expected: expected.div_ceil(TOKEN), most: most.div_ceil(TOKEN) }
}

pub(super) fn head(text: &str, limit: u64) -> &str {
    let mut left = limit.saturating_mul(TOKEN);
    let mut before = Kind::Break;
    for (at, c) in text.char_indices() {
        let kind = kind(c);
        match left.checked_sub(weight(kind, before).0) {
            Some(rest) => left = rest,
            None => return text.get(..at).unwrap_or_default(),
        }
        before = kind;
    }
    text
}

pub(super) fn tail(text: &str, limit: u64) -> &str {
    let mut left = limit.saturating_mul(TOKEN);
    let mut begin = text.len();
    for (at, c) in text.char_indices().rev() {
        // As if it came first, which is when it weighs most.
        match left.checked_sub(weight(kind(c), Kind::Break).0) {
            Some(rest) => left = rest,
            None => break,
        }
        begin = at;
    }
    text.get(begin..).unwrap_or_default()
}
