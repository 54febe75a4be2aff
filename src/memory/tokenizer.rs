// SPDX-License-Identifier: MIT OR Apache-2.0
//! Texts become the numbers that the model was trained on: WordPiece, as BERT has it.
//!
//! The reference is the crate `tokenizers`; the tests compare with it over all of Unicode. One thing differs on purpose:
//! a text cannot name the special tokens, `[SEP]` is two brackets and a word.

mod characters;
mod tables;
mod vocabulary;

#[cfg(test)]
mod tests;

pub(crate) use vocabulary::{Vocabulary, VocabularyError};

/// The longest word that is looked up, in characters; a longer one is unknown as a whole.
const LONGEST_WORD: usize = 100;

/// Turns texts into token numbers.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    vocabulary: Vocabulary,
    cased: bool,
    longest: usize,
}

impl Tokenizer {
    /// `longest` is the number of tokens that a text may have, the two special ones included; `cased` is whether the
    /// model tells capital letters and accents apart.
    pub(crate) fn new(vocabulary: Vocabulary, cased: bool, longest: usize) -> Self {
        Self { vocabulary, cased, longest }
    }

    /// The tokens of a text, between the two special ones. What is beyond the longest text is left out.
    pub(crate) fn ids(&self, text: &str) -> Vec<u32> {
        let mut pieces = Pieces {
            vocabulary: &self.vocabulary,
            room: self.longest.saturating_sub(2),
            word: String::new(),
            length: 0,
            ids: vec![self.vocabulary.begin()],
        };
        for character in text.chars() {
            if pieces.full() {
                break;
            }
            pieces.read(character, self.cased);
        }
        pieces.end_of_word();
        let mut ids = pieces.ids;
        ids.truncate(self.longest.saturating_sub(1));
        ids.push(self.vocabulary.end());
        ids
    }
}

/// The word that is being read, and the tokens before it.
struct Pieces<'a> {
    vocabulary: &'a Vocabulary,
    room: usize,
    word: String,
    length: usize,
    ids: Vec<u32>,
}

impl Pieces<'_> {
    fn full(&self) -> bool {
        self.ids.len() > self.room
    }

    fn read(&mut self, character: char, cased: bool) {
        if characters::is_removed(character) {
            return;
        }
        if character.is_whitespace() {
            self.end_of_word();
            return;
        }
        let alone = characters::is_ideograph(character);
        if alone {
            self.end_of_word();
        }
        if cased {
            self.take(character);
        } else {
            characters::plain(character, |plain| plain.to_lowercase().for_each(|lower| self.take(lower)));
        }
        if alone {
            self.end_of_word();
        }
    }

    fn take(&mut self, character: char) {
        if character.is_whitespace() {
            self.end_of_word();
        } else if characters::is_punctuation(character) {
            self.end_of_word();
            self.add(character);
            self.end_of_word();
        } else {
            self.add(character);
        }
    }

    fn add(&mut self, character: char) {
        self.length += 1;
        // Past the longest word nothing is looked up any more, so nothing needs to be kept.
        if self.length <= LONGEST_WORD {
            self.word.push(character);
        }
    }

    fn end_of_word(&mut self) {
        if self.length > LONGEST_WORD {
            self.ids.push(self.vocabulary.unknown());
        } else if self.length > 0 {
            self.vocabulary.split(&self.word, &mut self.ids);
        }
        self.word.clear();
        self.length = 0;
    }
}
