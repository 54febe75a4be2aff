// SPDX-License-Identifier: MIT OR Apache-2.0
use super::grams::{Wanted, of_text, of_word};
use super::*;
use blufio_core::ids::{MemoryId, PassageId};
use proptest::prelude::*;

/// What is in the indices of databases out there: these may not change without a migration that makes them anew.
#[test]
fn keywords_of_a_text_stay_what_they_are() {
    for (text, grams) in [
        ("My dog's name is Max, 3 years old.", ""),
        ("Собака Макс", "соб оба бак ака мак акс"),
        ("Größe", "grö röß öße"),
        ("ÜBER é", "übe ber é"),
        ("my naïve café", "naï aïv ïve caf afé"),
        ("我的狗叫小黑", "我的 的狗 狗叫 叫小 小黑 黑"),
        ("犬", "犬"),
        ("私の犬Maxは3歳", "私の の犬 犬 は 歳"),
        ("강아지가 아파요", "강아 아지 지가 가 아파 파요 요"),
        ("แมวกิน", "แม มว วก กิ ิน น"),
        ("नमस्ते दुनिया।", "नमस मसत सते दुन ुनि निय िया"),
        ("İstanbul", ""),
        ("a\u{308}rger", ""),
    ] {
        assert_eq!(of_text(text), grams, "{text}");
    }
    let lengths: Vec<_> = [1, 24, 25, 80, 128, 129, 288, 448, 449, 9000]
        .map(|length| length_class(&"ü".repeat(length)))
        .to_vec();
    assert_eq!(lengths, [0, 0, 1, 2, 3, 4, 5, 6, 7, 7]);
}

#[test]
fn a_word_is_looked_for_by_what_serves_it() {
    let wanted =
        |terms: &[&str], stems| Wanted { terms: terms.iter().map(ToString::to_string).collect(), stems };
    assert_eq!(of_word("dog"), wanted(&[], true));
    assert_eq!(of_word("größe"), wanted(&["\"grö\"", "\"röß\"", "\"öße\""], true));
    assert_eq!(of_word("我的狗"), wanted(&["\"我的\"", "\"的狗\""], false));
    assert_eq!(of_word("犬"), wanted(&["\"犬\"*"], false));
    assert_eq!(of_word("犬max"), wanted(&["\"犬\"*"], true));
    assert_eq!(of_word("\"*(--"), wanted(&[], false));
}

#[test]
fn what_has_no_room_in_a_key_is_refused() {
    let memory = ItemId::Memory(MemoryId(1));
    for (scope, id) in
        [(1 << SCOPE_BITS, memory), (-1, memory), (1, ItemId::Passage(PassageId(1 << ID_BITS)))]
    {
        assert!(matches!(Key::of(scope, id, ""), Err(RowError::Refused(_))), "{scope} {id:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn a_key_tells_what_it_was_made_of(
        scope in 0_i64..1 << SCOPE_BITS, id in 0_i64..1 << ID_BITS, passage: bool, text in "\\PC{0,500}",
    ) {
        let id = if passage { ItemId::Passage(PassageId(id)) } else { ItemId::Memory(MemoryId(id)) };
        let key = Key::of(scope, id, &text).unwrap();
        prop_assert_eq!((key.scope(), key.item()), (scope, id));
        prop_assert!(Key::range(scope, true).contains(&key.0));
        prop_assert_eq!(Key::range(scope, false).contains(&key.0), !passage);
        prop_assert!(!Key::range(scope + 1, true).contains(&key.0));
        prop_assert!(key.length() > 0.0);
    }

    #[test]
    fn every_word_is_found_in_its_text(words in proptest::collection::vec("[a-zäßжд我狗강ก]{1,6}", 1..5)) {
        let grams = of_text(&words.join(" "));
        let grams: Vec<_> = grams.split(' ').collect();
        for term in words.iter().flat_map(|word| of_word(word).terms) {
            let run = term.trim_end_matches('*').trim_matches('"');
            let begins = term.ends_with('*');
            prop_assert!(grams.iter().any(|gram| *gram == run || begins && gram.starts_with(run)), "{term} {grams:?}");
        }
    }
}
