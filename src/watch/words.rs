// SPDX-License-Identifier: MIT OR Apache-2.0
//! From bytes to what is told of them: text or binary, digest and excerpt.

use blufio_core::watch::Sight;
use sha2::{Digest as _, Sha256};

/// Most characters of an excerpt.
const LONGEST: usize = 1_200;
/// Between the two ends of a text.
const GAP: &str = "\n[…]\n";

/// What is seen of some bytes, of which there are `length` in all. `end`: the last of them, where not all are there.
pub(crate) fn sight(bytes: &[u8], end: &[u8], length: u64) -> Sight {
    let excerpt = match text(bytes) {
        Some(begin) => ends(&begin, text(whole_characters(end)).as_deref().unwrap_or_default()),
        None => format!("(binary, {length} bytes)"),
    };
    let digest = Sha256::new().chain_update(bytes).chain_update(end).chain_update(length.to_le_bytes());
    Sight { digest: hex::encode(digest.finalize()), excerpt }
}

/// Bytes from the first whole character of UTF-8 on.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    let cut = bytes.iter().take(3).take_while(|byte| **byte & 0b1100_0000 == 0b1000_0000).count();
    bytes.get(cut..).unwrap_or_default()
}

/// SHA-256, in lower-case hex.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The begin of a text. Control characters would act on a terminal, and are left out.
pub(crate) fn excerpt(text: &str) -> String {
    shown(text).take(LONGEST).collect()
}

fn shown(text: &str) -> impl DoubleEndedIterator<Item = char> {
    text.trim().chars().filter(|char| !char.is_control() || matches!(char, '\n' | '\t'))
}

/// The begin and the end of a text that goes on in `rest`: what grows does so at its end.
fn ends(begin: &str, rest: &str) -> String {
    if rest.is_empty() && shown(begin).nth(LONGEST).is_none() {
        return shown(begin).collect();
    }
    let half = LONGEST.saturating_sub(GAP.chars().count()) / 2;
    let last = if rest.is_empty() { begin } else { rest };
    let mut tail: Vec<char> = shown(last).rev().take(half).collect();
    tail.reverse();
    shown(begin).take(half).chain(GAP.chars()).chain(tail).collect()
}

/// The bytes as text; `None` where they are none. UTF-8, or else an older encoding of one byte a character, which is
/// read as Latin-1. A character that was cut at the end is left out.
pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => (!text.contains('\0')).then(|| text.to_owned()),
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            text(bytes.get(..error.valid_up_to())?)
        }
        Err(_) => {
            let texts_have = |byte: &u8| *byte >= b' ' || b"\t\n\r\x0c\x1b".contains(byte);
            bytes.iter().all(texts_have).then(|| bytes.iter().map(|byte| char::from(*byte)).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_told_from_what_is_none() {
        assert_eq!(text("größer".as_bytes()).as_deref(), Some("größer"));
        assert_eq!(text(b"gr\xf6\xdfer").as_deref(), Some("größer"));
        assert_eq!(text("ab€".as_bytes().get(..4).unwrap()).as_deref(), Some("ab"));
        assert_eq!(text(b"a\0b"), None);
        assert_eq!(text(b"\x89PNG\r\n\x1a\n"), None);
        assert_eq!(sight(b"\x89PNG\r\n\x1a\n", b"", 4_096).excerpt, "(binary, 4096 bytes)");
    }

    #[test]
    fn an_excerpt_is_cut_by_characters_and_controls_no_terminal() {
        assert_eq!(excerpt(" a\u{1b}[2Jb\n\tc\u{9b}d\r\n"), "a[2Jb\n\tcd");
        assert_eq!(excerpt(&"ä".repeat(3_000)).chars().count(), 1_200);
    }

    #[test]
    fn of_a_long_text_both_ends_are_shown_also_where_the_middle_is_not_there() {
        let long = format!("first {} last", "ä".repeat(3_000));
        for sight in [
            sight(long.as_bytes(), b"", 6_012),
            sight(long.as_bytes(), "€ and this is the very last".as_bytes().get(1..).unwrap(), 9_000),
        ] {
            assert!(sight.excerpt.starts_with("first ä") && sight.excerpt.ends_with("last"), "{sight:?}");
            assert!(sight.excerpt.chars().count() <= LONGEST);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn whatever_the_bytes_are_there_is_a_bounded_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let sight = sight(&bytes, &bytes, 200);
            prop_assert!(sight.excerpt.chars().count() <= LONGEST);
            prop_assert!(!sight.excerpt.contains(|char: char| char.is_control() && char != '\n' && char != '\t'));
        }
    }
}
