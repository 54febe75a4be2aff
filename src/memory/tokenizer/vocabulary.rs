// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pieces of words that a model knows.

use std::borrow::Cow;

/// What stands before a piece that goes on with a word.
const CONTINUES: &str = "##";

/// Why a vocabulary cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VocabularyError {
    #[error("the vocabulary lacks the token {0}: it is not the vocabulary of a BERT model")]
    Missing(&'static str),
    #[error("the vocabulary has more than four billion bytes")]
    TooLarge,
}

/// One line of the vocabulary: where it lies in the text. Its number is its line.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: u32,
    end: u32,
    id: u32,
}

/// The pieces, in order, so that they are found without a table of hashes: the text itself is shared with the program.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    text: Cow<'static, str>,
    /// All pieces as they are written, by their text.
    beginnings: Vec<Piece>,
    /// The pieces that go on with a word, without the sign for it, by their text.
    continuations: Vec<Piece>,
    /// Bytes of the longest piece.
    longest: usize,
    begin: u32,
    end: u32,
    unknown: u32,
}

impl Vocabulary {
    /// Reads a vocabulary: one piece a line, its number is the line.
    pub(crate) fn read(text: Cow<'static, str>) -> Result<Self, VocabularyError> {
        let mut beginnings = Vec::new();
        let mut continuations = Vec::new();
        let mut start = 0_u32;
        for (line, id) in text.split_inclusive('\n').zip(0_u32..) {
            let length = |text: &str| u32::try_from(text.len()).map_err(|_| VocabularyError::TooLarge);
            let word = line.trim_end();
            let end = start.checked_add(length(word)?).ok_or(VocabularyError::TooLarge)?;
            beginnings.push(Piece { start, end, id });
            if word.starts_with(CONTINUES) {
                continuations.push(Piece { start: start + length(CONTINUES)?, end, id });
            }
            start = start.checked_add(length(line)?).ok_or(VocabularyError::TooLarge)?;
        }
        let longest = beginnings.iter().map(|piece| piece.end - piece.start).max().unwrap_or(0);
        let mut vocabulary = Self {
            text,
            beginnings,
            continuations,
            longest: usize::try_from(longest).map_err(|_| VocabularyError::TooLarge)?,
            begin: 0,
            end: 0,
            unknown: 0,
        };
        vocabulary.sort();
        let special = |name: &'static str| vocabulary.beginning(name).ok_or(VocabularyError::Missing(name));
        let (begin, end, unknown) = (special("[CLS]")?, special("[SEP]")?, special("[UNK]")?);
        Ok(Self { begin, end, unknown, ..vocabulary })
    }

    fn sort(&mut self) {
        let text = &self.text;
        for pieces in [&mut self.beginnings, &mut self.continuations] {
            pieces.sort_unstable_by(|a, b| written(text, *a).cmp(written(text, *b)).then(a.id.cmp(&b.id)));
            pieces.shrink_to_fit();
        }
    }

    /// The token that begins a text.
    pub(crate) fn begin(&self) -> u32 {
        self.begin
    }

    /// The token that ends a text.
    pub(crate) fn end(&self) -> u32 {
        self.end
    }

    /// The token of a word that cannot be put together.
    pub(crate) fn unknown(&self) -> u32 {
        self.unknown
    }

    fn beginning(&self, word: &str) -> Option<u32> {
        find(&self.text, &self.beginnings, word)
    }

    /// Puts a word together from the longest pieces that there are, from left to right.
    pub(crate) fn split(&self, word: &str, ids: &mut Vec<u32>) {
        let before = ids.len();
        let mut rest = word;
        while !rest.is_empty() {
            let pieces = if ids.len() == before { &self.beginnings } else { &self.continuations };
            let Some((id, after)) = self.longest_piece(pieces, rest) else {
                ids.truncate(before);
                ids.push(self.unknown);
                return;
            };
            ids.push(id);
            rest = after;
        }
    }

    fn longest_piece<'a>(&self, pieces: &[Piece], rest: &'a str) -> Option<(u32, &'a str)> {
        let ends = rest.char_indices().map(|(at, character)| at + character.len_utf8());
        let mut ends: Vec<usize> = ends.take_while(|end| *end <= self.longest).collect();
        while let Some(end) = ends.pop() {
            let (piece, after) = rest.split_at_checked(end)?;
            if let Some(id) = find(&self.text, pieces, piece) {
                return Some((id, after));
            }
        }
        None
    }
}

fn written(text: &str, piece: Piece) -> &str {
    let place = usize::try_from(piece.start).ok().zip(usize::try_from(piece.end).ok());
    place.and_then(|(start, end)| text.get(start..end)).unwrap_or_default()
}

fn find(text: &str, pieces: &[Piece], wanted: &str) -> Option<u32> {
    let at = pieces.binary_search_by(|piece| written(text, *piece).cmp(wanted)).ok()?;
    pieces.get(at).map(|piece| piece.id)
}
