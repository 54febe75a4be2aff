// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading markup byte by byte and writing plain text, with both places known: bytes of the source for the messages,
//! UTF-16 units of the result for the entities.

/// The source. Behind its end there are only zeros, as in the string of a C program: the service's rules are written so.
#[derive(Clone, Copy)]
pub(super) struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Source<'a> {
        Source(text.as_bytes())
    }

    pub(super) fn len(self) -> usize {
        self.0.len()
    }

    pub(super) fn at(self, place: usize) -> u8 {
        self.0.get(place).copied().unwrap_or(0)
    }

    pub(super) fn starts(self, place: usize, with: &[u8]) -> bool {
        self.0.get(place..).is_some_and(|rest| rest.starts_with(with))
    }

    pub(super) fn text(self, from: usize, to: usize) -> String {
        String::from_utf8_lossy(self.0.get(from..to).unwrap_or_default()).into_owned()
    }

    /// An ASCII character behind a backslash stands for itself.
    pub(super) fn escaped(self, place: usize) -> Option<u8> {
        let next = self.at(place.saturating_add(1));
        (self.at(place) == b'\\' && (1..=126).contains(&next)).then_some(next)
    }

    /// The first place from `from` on, where `stop` holds or the source ends.
    pub(super) fn until(self, from: usize, stop: impl Fn(u8) -> bool) -> usize {
        let mut place = from;
        while place < self.len() && !stop(self.at(place)) {
            place += 1;
        }
        place
    }
}

/// White space, and the zero behind the end.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b' ' | b'\t' | b'\n' | b'\r' | 0x0b)
}

/// The first byte of a character.
pub(super) fn begins_character(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

/// The text without markup.
#[derive(Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    utf16: usize,
}

impl Output {
    /// Appends one byte of a character; characters arrive whole in the end because markup is ASCII.
    pub(super) fn push(&mut self, byte: u8) {
        if begins_character(byte) {
            self.utf16 += if byte >= 0xf0 { 2 } else { 1 };
        }
        self.bytes.push(byte);
    }

    pub(super) fn push_char(&mut self, character: char) {
        let mut buffer = [0; 4];
        self.bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        self.utf16 += character.len_utf16();
    }

    /// Length so far, in UTF-16 units.
    pub(super) fn utf16(&self) -> usize {
        self.utf16
    }

    /// Length so far, in bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn last(&self) -> Option<u8> {
        self.bytes.last().copied()
    }

    pub(super) fn text_from(&self, from: usize) -> String {
        String::from_utf8_lossy(self.bytes.get(from..).unwrap_or_default()).into_owned()
    }

    pub(super) fn finish(self) -> String {
        match String::from_utf8(self.bytes) {
            Ok(text) => text,
            Err(wrong) => String::from_utf8_lossy(wrong.as_bytes()).into_owned(),
        }
    }
}

/// The head of a code block behind its three backticks: the language, and where its content begins. One line break
/// belongs to the head.
pub(super) fn code_block_head(source: Source<'_>, from: usize) -> (Option<String>, usize) {
    let word_end = source.until(from, |byte| is_space(byte) || byte == b'`');
    let mut content = from;
    let mut language = None;
    if word_end > from && word_end < source.len() && source.at(word_end) != b'`' {
        language = Some(source.text(from, word_end));
        content = word_end;
    }
    let is_break = |byte| matches!(byte, b'\n' | b'\r');
    if is_break(source.at(content)) {
        let second = source.at(content + 1);
        content += if is_break(second) && second != source.at(content) { 2 } else { 1 };
    }
    (language, content)
}
