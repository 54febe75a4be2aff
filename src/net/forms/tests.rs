// SPDX-License-Identifier: MIT OR Apache-2.0
use super::Forms;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

fn count(forms: &Forms, text: &str) -> usize {
    let mut found = Vec::new();
    forms.find(text.as_bytes(), &mut found);
    found.len()
}

#[test]
fn base64_is_found_at_every_alignment_and_in_both_alphabets() {
    let secret = "kä>?~~ÿtree";
    let mut forms = Forms::default();
    assert!(forms.add(secret));
    for before in ["", "a", "ab", "abc", "user:"] {
        for after in ["", "z", "zz", "zzz"] {
            let text = format!("{before}{secret}{after}");
            assert_eq!(count(&forms, &STANDARD.encode(&text)), 1, "{text}");
            assert_eq!(count(&forms, &URL_SAFE.encode(&text)), 1, "{text}");
        }
    }
}

#[test]
fn a_very_short_secret_is_not_searched_for_and_a_short_one_only_as_it_is() {
    let mut forms = Forms::default();
    assert!(!forms.add("abc"));
    assert!(!forms.add(" a\n"));
    assert_eq!(count(&forms, "abc"), 0);
    assert!(forms.add("abcde"));
    assert_eq!(count(&forms, "abcde"), 1);
    assert_eq!(count(&forms, &hex::encode("abcde")), 0);
}

#[test]
fn a_line_break_at_the_end_of_a_secret_does_not_hide_it() {
    let mut forms = Forms::default();
    forms.add("hunter2-hunter2\n");
    assert_eq!(count(&forms, "the key hunter2-hunter2 was wrong"), 1);
}

#[test]
fn each_line_of_a_key_file_is_found() {
    let mut forms = Forms::default();
    forms.add("-----BEGIN KEY-----\nMC4CAQAwBQYDK2VwBCIE\nIF1Yq8vT0000000000000\n-----END KEY-----\n");
    assert_eq!(count(&forms, "line: MC4CAQAwBQYDK2VwBCIE"), 1);
    assert_eq!(count(&forms, "line: IF1Yq8vT0000000000000"), 1);
}

#[test]
fn adding_a_secret_twice_changes_nothing() {
    let mut forms = Forms::default();
    forms.add("hunter2-hunter2");
    let once: usize = forms.by_start.values().map(Vec::len).sum();
    forms.add("hunter2-hunter2");
    assert_eq!(forms.by_start.values().map(Vec::len).sum::<usize>(), once);
}
