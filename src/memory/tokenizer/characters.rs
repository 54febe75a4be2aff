// SPDX-License-Identifier: MIT OR Apache-2.0
//! What single characters are to the model.

use super::tables::{FOLDED, FOLDED_IN_MORE, MARKS, PUNCTUATION, REMOVED};
use std::cmp::Ordering;

/// The blocks of ideographs, each of which is a word of its own.
const IDEOGRAPHS: &[(u32, u32)] = &[
    (0x3400, 0x4dbf),
    (0x4e00, 0x9fff),
    (0xf900, 0xfaff),
    (0x20000, 0x2a6df),
    (0x2a700, 0x2b81f),
    (0x2b920, 0x2ceaf),
    (0x2f800, 0x2fa1f),
];

/// The first syllable of Hangul, the number of all, and the first letter of each of the three places.
const SYLLABLES: (u32, u32) = (0xac00, 11_172);
const LEADING: u32 = 0x1100;
const VOWEL: u32 = 0x1161;
const TRAILING: u32 = 0x11a7;
const VOWELS: u32 = 21;
const TRAILINGS: u32 = 28;

fn within(table: &[(u32, u32)], character: char) -> bool {
    let code = u32::from(character);
    table
        .binary_search_by(|&(first, last)| {
            if last < code {
                Ordering::Less
            } else if first > code {
                Ordering::Greater
            } else {
                Ordering::Equal
            }
        })
        .is_ok()
}

/// Control and format characters, which are dropped.
pub(super) fn is_removed(character: char) -> bool {
    // Nearly all that people write is above the controls and below the first format character.
    !matches!(character, ' '..='~') && within(REMOVED, character)
}

pub(super) fn is_punctuation(character: char) -> bool {
    if character.is_ascii() { character.is_ascii_punctuation() } else { within(PUNCTUATION, character) }
}

pub(super) fn is_ideograph(character: char) -> bool {
    character >= '\u{3400}' && within(IDEOGRAPHS, character)
}

/// Hands on what is left of a character when its marks are taken away: one, none, or a few.
pub(super) fn plain(character: char, mut keep: impl FnMut(char)) {
    if character.is_ascii() {
        keep(character);
        return;
    }
    let code = u32::from(character);
    if let Some(at) = code.checked_sub(SYLLABLES.0).filter(|at| *at < SYLLABLES.1) {
        let trailing = at % TRAILINGS;
        let letters = [
            Some(LEADING + at / (VOWELS * TRAILINGS)),
            Some(VOWEL + at / TRAILINGS % VOWELS),
            (trailing > 0).then_some(TRAILING + trailing),
        ];
        letters.into_iter().flatten().filter_map(char::from_u32).for_each(keep);
    } else if let Ok(at) = FOLDED.binary_search_by_key(&code, |folded| folded.0) {
        FOLDED.get(at).and_then(|folded| char::from_u32(folded.1)).into_iter().for_each(keep);
    } else if let Ok(at) = FOLDED_IN_MORE.binary_search_by_key(&code, |folded| folded.0) {
        FOLDED_IN_MORE.get(at).map(|folded| folded.1).unwrap_or_default().chars().for_each(keep);
    } else if !within(MARKS, character) {
        keep(character);
    }
}
