// SPDX-License-Identifier: MIT OR Apache-2.0
//! The operator's terminal: what others wrote, shown; and what does not come back, asked for.

use crate::exit::Coded;
use anyhow::Context as _;
use std::io::{IsTerminal as _, Write as _};

/// The text without control characters, which a terminal would obey: models and strangers write what they like.
pub(crate) fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{FFFD}' } else { c }).collect()
}

/// The beginning of a text, in one line.
pub(crate) fn beginning(text: &str, most: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect();
    if text.chars().nth(most).is_some() { format!("{line}…") } else { line }
}

/// Asks before what does not come back, unless it was said in advance.
pub(crate) fn confirm(question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Coded::usage("this deletes for good, and nobody can be asked here; say --yes"));
    }
    eprint!("{question} [y/N] ");
    std::io::stderr().flush().ok();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("the answer cannot be read")?;
    if answer.trim().eq_ignore_ascii_case("y") { Ok(()) } else { Err(Coded::silent(1)) }
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
