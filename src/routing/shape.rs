// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a text looks like: numbers, formulas, code, logs, choices, names of technical things.

/// The looks of a text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    /// Numbers in it.
    pub(crate) numbers: usize,
    /// Question marks of any script.
    pub(crate) questions: usize,
    /// Sentences that end.
    pub(crate) sentences: usize,
    /// Lines that look like code.
    pub(crate) code: usize,
    /// Lines of a log.
    pub(crate) log: usize,
    /// Signs of a formula: powers, sums, LaTeX, quantifiers.
    pub(crate) formula: usize,
    /// Names such as `compare_exchange`, `GC`, `ThreadSanitizer`, `net/http`.
    pub(crate) technical: usize,
    /// Choices of a multiple-choice question.
    pub(crate) choices: usize,
    /// A sum to work out: digits around an operator.
    pub(crate) sum: bool,
}

/// Looks at a text.
pub(crate) fn of(text: &str) -> Shape {
    let mut shape = Shape::default();
    signs(text, &mut shape);
    for line in text.lines() {
        let line = line.trim();
        shape.choices += usize::from(is_choice(line));
        shape.code += usize::from(is_code(line));
        shape.log += usize::from(is_log(line));
    }
    shape.choices = shape.choices.max(inline_choices(text));
    shape.technical = text.split_whitespace().filter(|word| is_technical(word)).take(8).count();
    shape
}

fn signs(text: &str, shape: &mut Shape) {
    let (mut earlier, mut before, mut solid) = (' ', ' ', ' ');
    let mut operator = None;
    for sign in text.chars() {
        let digit = sign.is_numeric() && !matches!(sign, '²' | '³');
        if digit && !(before.is_numeric() || matches!(before, '.' | ',') && earlier.is_numeric()) {
            shape.numbers += 1;
            shape.sum |= operator.take().is_some();
        }
        match sign {
            '?' | '？' | '؟' => shape.questions += 1,
            // Square metres are no formula.
            '²' | '³' if before == 'm' => {}
            '²' | '³' | 'ⁿ' | '∑' | '∫' | '∀' | '∃' | '√' | '≤' | '≥' | '∈' | '≡' | '→' | '∞' | '^'
            | '\\' | 'π' => {
                shape.formula += 1;
            }
            _ => {}
        }
        if matches!(sign, '?' | '？' | '؟' | '.' | '!' | '。' | '！' | '।') && before.is_alphanumeric()
        {
            shape.sentences += 1;
        }
        match sign {
            '+' | '*' | '×' | '/' | '÷' | '-' | '−' | '%' | 'x' if solid.is_numeric() => {
                operator = Some(sign)
            }
            _ if sign.is_whitespace() || digit => {}
            _ => operator = None,
        }
        if !sign.is_whitespace() {
            solid = sign;
        }
        earlier = before;
        before = sign;
    }
}

/// `A) …`, `(b) …`, `C. …`, `1) …` is not: lists are numbered too.
fn is_choice(line: &str) -> bool {
    let mut letters = line.trim_start_matches('(').chars();
    matches!(letters.next(), Some('A'..='J' | 'a'..='e'))
        && matches!(letters.next(), Some(')' | '.' | ':'))
        && matches!(letters.next(), Some(' ') | None)
}

/// `(A) … (B) … (C) …` in one line.
fn inline_choices(text: &str) -> usize {
    let mut found = 0;
    for letter in 'A'..='E' {
        let low = letter.to_ascii_lowercase();
        let marks = [
            format!("({letter})"),
            format!(" {letter}) "),
            format!(" {letter}. "),
            format!("({low})"),
            format!(" {low}) "),
        ];
        if !marks.iter().any(|mark| text.contains(mark.as_str())) {
            break;
        }
        found += 1;
    }
    if found >= 3 { found } else { 0 }
}

fn is_code(line: &str) -> bool {
    line.starts_with("```")
        || line.starts_with("#include")
        || line.ends_with(['{', '}', ';'])
        || [">>> ", "def ", "return ", "import ", "func ", "fn ", "class ", "SELECT ", "public "]
            .iter()
            .any(|word| line.starts_with(word))
        || (line.starts_with(['f', 'i', 'w']) && line.ends_with(':') && line.contains('('))
}

fn is_log(line: &str) -> bool {
    let head: Vec<u8> = line.bytes().take(40).collect();
    let digits = head.iter().filter(|byte| byte.is_ascii_digit()).count();
    let marks = head.iter().filter(|byte| matches!(byte, b':' | b'-' | b'[' | b'=')).count();
    digits >= 4 && marks >= 2
}

/// Whether a word is the name of a technical thing rather than a word of a language.
fn is_technical(word: &str) -> bool {
    let word = word.trim_matches(|sign: char| !sign.is_alphanumeric() && sign != '_');
    if word.len() < 2 || word.len() > 60 || !word.is_ascii() || word.starts_with("http") || word.contains('@')
    {
        return false;
    }
    let mut lower_then_upper = false;
    let mut before = ' ';
    for letter in word.chars() {
        lower_then_upper |= before.is_ascii_lowercase() && letter.is_ascii_uppercase();
        before = letter;
    }
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let shouted =
        letters >= 2 && word.bytes().filter(u8::is_ascii_uppercase).count() == letters && word.len() <= 12;
    let joined = letters >= 3
        && (word.contains('_') || word.contains("::") || word.contains("()") || word.contains("->"));
    lower_then_upper || joined || shouted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sums_are_seen() {
        assert_eq!(of("3,500.50 and 2").numbers, 2);
        assert!(of("what is 17 * 4").sum && of("12+5").sum);
        assert!(!of("17 and 4").sum);
    }

    #[test]
    fn choices_code_and_logs_are_seen() {
        assert_eq!(of("Which?\nA) one\nB) two\nC) three\nD) four").choices, 4);
        assert_eq!(of("Which? (A) one (B) two (C) three").choices, 3);
        assert!(of("```\nlet x = 1;\n```").code >= 3);
        assert_eq!(of("10:01:11 INFO start\n10:01:12 ERROR db: timeout").log, 2);
    }

    #[test]
    fn technical_names_are_told_from_words() {
        assert_eq!(of("ThreadSanitizer and compare_exchange under GC").technical, 3);
        assert_eq!(of("Where did Ana go on Monday").technical, 0);
    }
}
