// SPDX-License-Identifier: MIT OR Apache-2.0
//! A text without its escapes, which still knows where each byte stood.
//!
//! There are many ways to percent-encode a text or to escape it in JSON, since encoders differ in what they leave as it
//! is. All of them decode to the same text: that is what is searched.

use std::ops::Range;

/// A text, or what it decodes to.
pub(crate) struct View {
    bytes: Vec<u8>,
    /// Where in the original each byte begins; one more entry for the end.
    starts: Vec<usize>,
}

impl View {
    pub(crate) fn of(text: &[u8]) -> Self {
        Self { bytes: text.to_vec(), starts: (0..=text.len()).collect() }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Which part of the original a part of this view stands for.
    pub(crate) fn origin(&self, part: &Range<usize>) -> Option<Range<usize>> {
        Some(*self.starts.get(part.start)?..*self.starts.get(part.end)?)
    }

    /// This view with `%41` read as `A`; `None` when there is nothing to read.
    pub(crate) fn percent_decoded(&self) -> Option<Self> {
        self.decoded(b'%', |rest| match rest {
            [b'%', high, low, ..] => Some((Meaning::Byte(hex_byte(*high, *low)?), 3)),
            _ => None,
        })
    }

    /// This view with the escapes of JSON and of Rust's `Debug` read; `None` when there are none.
    pub(crate) fn unescaped(&self) -> Option<Self> {
        self.decoded(b'\\', unescape)
    }

    /// Replaces each escape: `read` is given the text from `mark` on, and says what it means and how long it is.
    fn decoded(&self, mark: u8, read: impl Fn(&[u8]) -> Option<(Meaning, usize)>) -> Option<Self> {
        if !self.bytes.contains(&mark) {
            return None;
        }
        let mut view = Self {
            bytes: Vec::with_capacity(self.bytes.len()),
            starts: Vec::with_capacity(self.starts.len()),
        };
        let mut changed = false;
        let mut at = 0;
        while let Some((rest, first)) = self.bytes.get(at..).and_then(|rest| Some((rest, *rest.first()?))) {
            let escape = if first == mark { read(rest) } else { None };
            changed |= escape.is_some();
            let (meaning, length) = escape.unwrap_or((Meaning::Byte(first), 1));
            match meaning {
                Meaning::Byte(byte) => view.bytes.push(byte),
                Meaning::Char(char) => view.bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            let start = self.starts.get(at).copied().unwrap_or_default();
            view.starts.resize(view.bytes.len(), start);
            at = at.saturating_add(length);
        }
        view.starts.extend(self.starts.last());
        changed.then_some(view)
    }
}

/// What an escape stands for.
enum Meaning {
    Byte(u8),
    Char(char),
}

fn unescape(rest: &[u8]) -> Option<(Meaning, usize)> {
    let plain = |byte: u8| Some((Meaning::Byte(byte), 2));
    match rest {
        [_, b'n', ..] => plain(b'\n'),
        [_, b't', ..] => plain(b'\t'),
        [_, b'r', ..] => plain(b'\r'),
        [_, b'b', ..] => plain(8),
        [_, b'f', ..] => plain(12),
        [_, b'0', ..] => plain(0),
        [_, byte @ (b'"' | b'\'' | b'\\' | b'/'), ..] => plain(*byte),
        [_, b'x', high, low, ..] => Some((Meaning::Byte(hex_byte(*high, *low)?), 4)),
        [_, b'u', b'{', digits @ ..] => {
            let length = digits.iter().take(7).position(|byte| *byte == b'}')?;
            Some((char(number(digits.get(..length)?)?)?, length.saturating_add(4)))
        }
        [_, b'u', digits @ ..] => {
            let first = number(digits.get(..4)?)?;
            if let (0xd800..=0xdbff, Some([b'\\', b'u'])) = (first, digits.get(4..6)) {
                let second = number(digits.get(6..10)?)?;
                let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                let high = first.saturating_sub(0xd800);
                return Some((char(0x1_0000_u32.saturating_add(high << 10 | low))?, 12));
            }
            Some((char(first)?, 6))
        }
        _ => None,
    }
}

fn char(number: u32) -> Option<Meaning> {
    char::from_u32(number).map(Meaning::Char)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| Some(number << 4 | u32::from(nibble(*digit)?)))
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    Some(nibble(high)? << 4 | nibble(low)?)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests;
