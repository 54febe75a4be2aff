// SPDX-License-Identifier: MIT OR Apache-2.0
//! What others wrote, on the operator's terminal.

/// The text without control characters, which a terminal would obey: models and strangers write what they like.
pub(crate) fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{FFFD}' } else { c }).collect()
}

/// The beginning of a text, in one line.
pub(crate) fn beginning(text: &str, most: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect();
    if text.chars().nth(most).is_some() { format!("{line}…") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(visible("a\u{1b}]52;c;x\u{7}b\n\tc"), "a\u{FFFD}]52;c;x\u{FFFD}b\n\tc");
    }

    #[test]
    fn a_beginning_is_one_line() {
        assert_eq!(beginning("one\ntwo", 99), "one two");
        assert_eq!(beginning("äöü", 2), "äö…");
    }
}
