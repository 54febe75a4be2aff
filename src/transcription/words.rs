// SPDX-License-Identifier: MIT OR Apache-2.0
//! What counts as an answer.

use blufio_core::transcribe::TranscribeError;

/// Most bytes that a transcription is taken to have: hours of speech.
pub(crate) const MAX_TEXT: u64 = 256 * 1024;
/// How much of a hook's own words goes into an error.
const MAX_QUOTE: usize = 300;

/// The words, if there are any.
pub(crate) fn words(text: &str) -> Result<String, TranscribeError> {
    match text.trim() {
        "" => Err(TranscribeError::Empty),
        text => Ok(text.to_owned()),
    }
}

/// The last line that says something, in printable characters and not too long: that is where programs put the
/// reason.
pub(crate) fn last_line(output: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(output);
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    Some(quote(line))
}

/// Somebody else's words, fit to stand in an error.
pub(crate) fn quote(text: &str) -> String {
    let printable = text.trim().chars().map(|char| if char.is_control() { ' ' } else { char });
    let mut quoted: String = printable.clone().take(MAX_QUOTE).collect();
    if printable.count() > MAX_QUOTE {
        quoted.push('…');
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::{MAX_QUOTE, last_line, quote, words};
    use blufio_core::transcribe::TranscribeError;

    #[test]
    fn silence_is_told_apart_from_words() {
        assert!(matches!(words(" \n\t"), Err(TranscribeError::Empty)));
        assert_eq!(words("  Guten Morgen.\n").unwrap(), "Guten Morgen.");
    }

    #[test]
    fn the_last_line_that_says_something_is_the_reason() {
        assert_eq!(last_line(b"loading\nno such model\n\n  \n").unwrap(), "no such model");
        assert_eq!(last_line(b"\x1b[31mred\x07\xff\n").unwrap(), " [31mred \u{fffd}");
        assert_eq!(last_line(b"\n\n"), None);
    }

    #[test]
    fn long_quotes_are_cut() {
        assert_eq!(quote(&"ä".repeat(MAX_QUOTE)).chars().count(), MAX_QUOTE);
        assert_eq!(quote(&"ä".repeat(5000)).chars().count(), MAX_QUOTE + 1);
    }
}
