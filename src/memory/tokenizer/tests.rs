// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same tokens as the reference has, whatever the text.

use super::{Tokenizer, Vocabulary};
use proptest::prelude::*;
use std::sync::LazyLock;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;

const WORDS: &str = include_str!("../model/vocabulary.txt");
const LONGEST: usize = 256;

static OURS: LazyLock<Tokenizer> = LazyLock::new(|| tokenizer(false));
static OURS_CASED: LazyLock<Tokenizer> = LazyLock::new(|| tokenizer(true));
static REFERENCE: LazyLock<tokenizers::Tokenizer> = LazyLock::new(|| reference(false));
static REFERENCE_CASED: LazyLock<tokenizers::Tokenizer> = LazyLock::new(|| reference(true));

fn tokenizer(cased: bool) -> Tokenizer {
    Tokenizer::new(Vocabulary::read(WORDS.into()).unwrap(), cased, LONGEST)
}

fn reference(cased: bool) -> tokenizers::Tokenizer {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/model/vocabulary.txt");
    let model = WordPiece::from_file(file).unk_token("[UNK]".into()).build().unwrap();
    let mut tokenizer = tokenizers::Tokenizer::new(model);
    tokenizer.with_normalizer(Some(BertNormalizer::new(true, true, None, !cased))).unwrap();
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    tokenizer
}

/// The tokens of the reference; the special ones, and the longest text, are added here.
fn expected(reference: &tokenizers::Tokenizer, text: &str) -> Vec<u32> {
    let encoded = reference.encode(text, false).unwrap();
    let middle = encoded.get_ids().iter().copied().take(LONGEST - 2);
    std::iter::once(101).chain(middle).chain([102]).collect()
}

#[track_caller]
fn same(text: &str) {
    assert_eq!(OURS.ids(text), expected(&REFERENCE, text), "{text:?}");
}

/// Words, accents, scripts, signs, and characters that are not to be seen.
fn written() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z]{1,12}",
        "[A-Za-zÀ-ÿĀ-žḀ-ỿ'-]{1,12}",
        "[а-яА-ЯёЁ]{1,9}",
        "[α-ωΑ-Ωά-ώ]{1,9}",
        "[\u{0300}-\u{036f}a-z]{1,6}",
        "[\u{4e00}-\u{4eff}\u{3040}-\u{30ff}]{1,6}",
        "[\u{ac00}-\u{d7a3}]{1,4}",
        "[\u{0600}-\u{06ff}\u{0590}-\u{05ff}]{1,8}",
        "[\u{0900}-\u{097f}\u{0980}-\u{09ff}\u{0e00}-\u{0e7f}]{1,8}",
        "[0-9.,:;!?()\\[\\]#@&%$€£„“”–—…-]{1,6}",
        "[\u{1f300}-\u{1faff}\u{200d}\u{fe0f}]{1,4}",
        "[\u{0}-\u{1f}\u{7f}-\u{a0}\u{2000}-\u{206f}\u{feff}\u{fffd}]{1,3}",
        Just(" ".to_owned()),
        Just("##ing".to_owned()),
        Just("[SEP]".to_owned()),
    ];
    proptest::collection::vec((piece, prop_oneof![Just(""), Just(" "), Just("\n")]), 0..40)
        .prop_map(|pieces| pieces.into_iter().map(|(word, space)| word + space).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_has_the_tokens_of_the_reference(text in any::<String>()) {
        prop_assert_eq!(OURS.ids(&text), expected(&REFERENCE, &text));
    }

    #[test]
    fn what_people_write_has_the_tokens_of_the_reference(text in written()) {
        prop_assert_eq!(OURS.ids(&text), expected(&REFERENCE, &text));
        prop_assert_eq!(OURS_CASED.ids(&text), expected(&REFERENCE_CASED, &text));
    }
}

#[test]
fn every_character_is_what_it_is_to_the_reference() {
    // Between letters it shows whether it parts words, vanishes, or becomes something else.
    // Past the last ideographs there is little that means anything; of that a part will do.
    let rest =
        ('\u{2fa20}'..=char::MAX).enumerate().filter(|(at, _)| at % 61 == 0).map(|(_, character)| character);
    let characters: Vec<char> = ('\0'..'\u{2fa20}').chain('\u{e0000}'..'\u{e0200}').chain(rest).collect();
    for few in characters.chunks(40) {
        let text: String = few.iter().flat_map(|character| ['a', *character, 'b', ' ']).collect();
        same(&text);
    }
}

#[test]
fn every_piece_of_the_vocabulary_is_found() {
    for words in WORDS.lines().collect::<Vec<_>>().chunks(50) {
        same(&words.join(" "));
    }
}

#[test]
fn sentences_of_many_languages_have_the_tokens_of_the_reference() {
    for text in crate::fixture::sentences() {
        same(&text);
        assert_eq!(OURS_CASED.ids(&text), expected(&REFERENCE_CASED, &text));
    }
}

#[test]
fn a_text_cannot_name_the_special_tokens() {
    let ids = OURS.ids("[CLS] [SEP] [PAD]");
    assert_eq!(ids.iter().filter(|id| **id <= 103).count(), 2, "{ids:?}");
}

#[test]
fn a_long_word_is_unknown_and_a_long_text_is_cut() {
    same(&"a".repeat(100));
    same(&"a".repeat(101));
    same(&"é".repeat(101));
    same(&"unbelievableness ".repeat(500));
    assert_eq!(OURS.ids(&"word ".repeat(1000)).len(), LONGEST);
    assert_eq!(OURS.ids("").len(), 2);
}

#[test]
fn a_vocabulary_without_the_special_tokens_is_refused() {
    let error = Vocabulary::read("[CLS]\n[SEP]\nhello\n".into()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the vocabulary lacks the token [UNK]: it is not the vocabulary of a BERT model"
    );
}
