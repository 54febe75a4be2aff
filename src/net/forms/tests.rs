// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{Added, Forms};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

const MOST: usize = 8;

fn count(forms: &Forms, text: &str) -> usize {
    let mut found = Vec::new();
    forms.find(text.as_bytes(), &mut found);
    found.len()
}

#[test]
fn base64_is_found_at_every_alignment_and_in_both_alphabets() {
    let secret = "kä>?~~ÿtree";
    let mut forms = Forms::default();
    assert_eq!(forms.add(secret, MOST), Added::Known);
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
    assert_eq!(forms.add("abc", MOST), Added::TooShort);
    assert_eq!(forms.add(" a\n", MOST), Added::TooShort);
    assert_eq!(count(&forms, "abc"), 0);
    assert_eq!(forms.add("abcde", MOST), Added::Known);
    assert_eq!(count(&forms, "abcde"), 1);
    assert_eq!(count(&forms, &hex::encode("abcde")), 0);
}

#[test]
fn a_line_break_at_the_end_of_a_secret_does_not_hide_it() {
    let mut forms = Forms::default();
    forms.add("hunter2-hunter2\n", MOST);
    assert_eq!(count(&forms, "the key hunter2-hunter2 was wrong"), 1);
}

#[test]
fn each_line_of_a_key_file_is_found() {
    let mut forms = Forms::default();
    forms.add("-----BEGIN KEY-----\nMC4CAQAwBQYDK2VwBCIE\nIF1Yq8vT0000000000000\n-----END KEY-----\n", MOST);
    assert_eq!(count(&forms, "line: MC4CAQAwBQYDK2VwBCIE"), 1);
    assert_eq!(count(&forms, "line: IF1Yq8vT0000000000000"), 1);
}

/// Forms that are kept, each as often as it was inserted.
fn kept(forms: &Forms) -> usize {
    forms.by_start.values().flatten().map(|(_, times)| times).sum()
}

#[test]
fn adding_a_secret_twice_changes_nothing() {
    let mut forms = Forms::default();
    forms.add("hunter2-hunter2", 1);
    let once = kept(&forms);
    assert_eq!(forms.add(" hunter2-hunter2\n", 1), Added::Known);
    assert_eq!((kept(&forms), forms.secrets.len()), (once, 1));
}

#[test]
fn beyond_the_bound_the_one_that_was_added_longest_ago_is_forgotten() {
    let mut forms = Forms::default();
    for secret in ["first-secret", "second-secret", "first-secret"] {
        assert_eq!(forms.add(secret, 2), Added::Known);
    }
    let two = kept(&forms);
    assert_eq!(forms.add("third-secret", 2), Added::InPlaceOfOldest);
    assert_eq!(count(&forms, "first-secret, second-secret, third-secret"), 2);
    assert_eq!(count(&forms, &STANDARD.encode("second-secret")), 0);
    assert_eq!(forms.secrets.len(), 2);
    assert!(kept(&forms) <= two, "no form of it is left");
    // The last one leaves nothing behind.
    forms.add("fourth-secret", 2);
    forms.add("fifth-secret", 2);
    assert_eq!(count(&forms, "first-secret, second-secret, third-secret"), 0);
}

#[test]
fn a_form_that_two_secrets_have_in_common_stays_as_long_as_one_of_them() {
    let line = "the-line-that-both-have";
    let mut forms = Forms::default();
    forms.add(&format!("{line}\none"), 2);
    forms.add(&format!("{line}\ntwo"), 2);
    forms.add("something-else", 2);
    assert_eq!(count(&forms, line), 1);
    forms.add("something-else-again", 2);
    assert_eq!(count(&forms, line), 0);
}
