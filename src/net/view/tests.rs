// SPDX-License-Identifier: MIT OR Apache-2.0
use super::View;
use proptest::prelude::*;

fn unescaped(text: &str) -> Option<String> {
    View::of(text.as_bytes()).unescaped().map(|view| String::from_utf8(view.bytes().to_vec()).unwrap())
}

fn percent_decoded(text: &str) -> Option<String> {
    View::of(text.as_bytes()).percent_decoded().map(|view| String::from_utf8(view.bytes().to_vec()).unwrap())
}

#[test]
fn a_text_without_escapes_has_no_other_view() {
    for text in
        ["", "plain", "50 % of it", "100%", "%zz", "\\", "\\q", "\\u12", "\\ud800", "\\u{110000}", "\\xg0"]
    {
        assert_eq!(unescaped(text), None, "{text}");
        assert_eq!(percent_decoded(text), None, "{text}");
    }
}

#[test]
fn escapes_of_json_and_of_rust_are_read() {
    assert_eq!(unescaped(r#"a\"b\\c\/d\n"#).unwrap(), "a\"b\\c/d\n");
    assert_eq!(unescaped(r"\u0041\u00e9\ud83d\ude00").unwrap(), "Aé😀");
    assert_eq!(unescaped(r"\u{41}\u{1F600}\x42\'").unwrap(), "A😀B'");
    // Half a pair stays as it stands.
    assert_eq!(unescaped(r"\ud83d\u0041").unwrap(), r"\ud83dA");
}

#[test]
fn a_part_of_a_view_knows_where_it_stood() {
    let text = "x=%C3%A9&y";
    let view = View::of(text.as_bytes()).percent_decoded().unwrap();
    assert_eq!(view.bytes(), "x=é&y".as_bytes());
    assert_eq!(view.origin(&(2..4)), Some(2..8));
    assert_eq!(view.origin(&(4..6)), Some(8..10));
    let below = view.unescaped();
    assert!(below.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn what_serde_json_escapes_is_read_back(text in any::<String>()) {
        let quoted = serde_json::to_string(&text).unwrap();
        let inner = quoted.get(1..quoted.len() - 1).unwrap();
        prop_assert_eq!(unescaped(inner).unwrap_or_else(|| inner.to_owned()), text);
    }

    #[test]
    fn any_bytes_are_taken_and_origins_stay_inside(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let view = View::of(&bytes);
        for below in [view.percent_decoded(), view.unescaped()].into_iter().flatten() {
            let whole = 0..below.bytes().len();
            prop_assert_eq!(below.origin(&whole), Some(0..bytes.len()));
        }
    }
}
