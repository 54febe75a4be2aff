// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{MARK, MOST, Redactor};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use blufio_core::secret::SecretString;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use std::borrow::Cow;

fn knowing(secrets: &[&str]) -> Redactor {
    let redactor = Redactor::new();
    for secret in secrets {
        redactor.add(&SecretString::new((*secret).to_owned()));
    }
    redactor
}

#[test]
fn a_text_without_secrets_is_borrowed() {
    let redactor = knowing(&["hunter2-hunter2"]);
    assert!(matches!(redactor.redact("nothing to see, 100 % \\ fine \\n"), Cow::Borrowed(_)));
    assert!(matches!(Redactor::new().redact(""), Cow::Borrowed("")));
}

#[test]
fn every_occurrence_is_replaced_and_the_rest_stays() {
    let redactor = knowing(&["hunter2-hunter2"]);
    assert_eq!(redactor.redact("ä hunter2-hunter2, hunter2-hunter2!"), "ä [redacted], [redacted]!");
}

#[test]
fn overlapping_secrets_leave_no_end_behind() {
    let redactor = knowing(&["alpha-beta", "beta-gamma-delta"]);
    assert_eq!(redactor.redact("<alpha-beta-gamma-delta>"), "<[redacted]>");
    // The longer of two with the same beginning.
    let redactor = knowing(&["token-1", "token-1-and-more"]);
    assert_eq!(redactor.redact("token-1-and-more"), MARK);
}

#[test]
fn percent_encoding_is_seen_through_however_it_was_made() {
    let redactor = knowing(&["12:pa ss/wörd_+"]);
    for text in ["12%3Apa%20ss%2Fw%C3%B6rd%5F%2B", "12:pa%20ss/w%c3%b6rd_+", "12%3apa+ss%2fw%c3%b6rd_%2B"] {
        assert_eq!(redactor.redact(&format!("?a={text}&b")), "?a=[redacted]&b");
    }
}

#[test]
fn escapes_within_escapes_are_seen_through() {
    let secret = "quo\"te\\back\nline%41";
    let redactor = knowing(&[secret]);
    let once = serde_json::to_string(secret).unwrap();
    let twice = serde_json::to_string(&format!("{{\"error\":{once}}}")).unwrap();
    let thrice = serde_json::to_string(&twice).unwrap();
    for text in [once.clone(), twice, thrice, format!("{once:?}"), format!("{secret:?}")] {
        let clean = redactor.redact(&text).into_owned();
        assert!(clean.contains(MARK) && !clean.contains("back"), "{text} became {clean}");
    }
}

#[test]
fn base64_in_a_url_is_found() {
    let secret = "kä>?~~ÿtree";
    let redactor = knowing(&[secret]);
    let encoded = STANDARD.encode(format!("user:{secret}"));
    let text = utf8_percent_encode(&encoded, NON_ALPHANUMERIC).to_string();
    assert!(text.contains("%2"), "the example needs something to escape: {text}");
    assert!(redactor.redact(&text).contains(MARK));
}

#[test]
fn keys_are_known_by_their_shape_also_when_nobody_registered_them() {
    let redactor = Redactor::new();
    let text = "POST https://api.telegram.org/bot123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc/sendMessage";
    assert_eq!(redactor.redact(text), "POST https://api.telegram.org/bot[redacted]/sendMessage");
    let text = "/bot123456789%3AAAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc/";
    assert_eq!(redactor.redact(text), "/bot[redacted]/");
}

#[test]
fn a_secret_added_later_is_known_to_everybody() {
    let redactor = std::sync::Arc::new(Redactor::new());
    let clone = std::sync::Arc::clone(&redactor);
    redactor.add(&SecretString::new("hunter2-hunter2".into()));
    assert_eq!(clone.redact("hunter2-hunter2"), MARK);
}

#[test]
fn what_was_forgotten_is_not_looked_for_and_can_be_added_anew() {
    let redactor = std::sync::Arc::new(knowing(&["hunter2-hunter2", "correct horse"]));
    let clone = std::sync::Arc::clone(&redactor);
    redactor.clear();
    let text = "hunter2-hunter2 correct+horse";
    assert!(matches!(clone.redact(text), Cow::Borrowed(_)));
    let token = "bot123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc";
    assert!(clone.redact(token).contains(MARK), "its shape tells");
    redactor.add(&SecretString::new("correct horse".into()));
    assert_eq!(clone.redact(text), "hunter2-hunter2 [redacted]");
}

#[test]
fn the_number_of_secrets_is_bounded() {
    let redactor = Redactor::new();
    for number in 0..=MOST {
        redactor.add(&SecretString::new(format!("s{number:04}")));
    }
    assert_eq!(redactor.redact("s0000 s0001 s1024"), "s0000 [redacted] [redacted]");
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", knowing(&["hunter2-hunter2"])), "Redactor(…)");
}

const URL_PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');

/// Everything that a secret is likely to be turned into. The base64 forms stand for the secret in any company: what
/// depends on the neighbours is cut off.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let mut forms = vec![
        secret.to_owned(),
        hex::encode(secret),
        hex::encode_upper(secret),
        secret.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        utf8_percent_encode(secret, URL_PATH).to_string(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        json.get(1..json.len() - 1).unwrap().to_owned(),
    ];
    for shift in 0..3 {
        let text = [vec![0; shift], secret.as_bytes().to_vec()].concat();
        let (first, last) = ([0, 2, 3][shift], text.len() * 8 / 6);
        forms.push(STANDARD_NO_PAD.encode(&text).get(first..last).unwrap().to_owned());
        forms.push(URL_SAFE_NO_PAD.encode(&text).get(first..last).unwrap().to_owned());
    }
    forms
}

/// Secrets as people and services make them. Without brackets, which the mark brings back in.
fn some_secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9_:+/=-]{8,60}",
        "[ -Z^-~]{8,40}".prop_map(|text| format!("a{text}z")),
        "[a-zäöü€😀\\\\\"%\n]{6,30}".prop_map(|text| format!("a{text}z")),
    ]
    .prop_filter("the mark itself", |secret| !MARK.contains(secret.as_str()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_form_of_a_secret_survives_in_any_text(
        secret in some_secret(), other in some_secret(), before in any::<String>(), between in "[ -Z^-~]{0,20}", after in any::<String>(),
    ) {
        // A stray escape character right before an encoded form changes how it reads: the documented gap.
        let stray = before.chars().rev().take(9).any(|char| matches!(char, '%' | '\\'));
        let before = if stray { before + "; it says:" } else { before };
        let redactor = knowing(&[&secret, &other]);
        for form in forms(&secret) {
            let text = format!("{before}{form}{between}{other}{after}");
            let clean = redactor.redact(&text);
            prop_assert!(!clean.contains(&form), "{form:?} survived in {clean:?}");
            prop_assert!(!clean.contains(&other), "{other:?} survived in {clean:?}");
        }
    }

    #[test]
    fn base64_of_a_text_around_a_secret_does_not_hold_it(secret in some_secret(), before in "[ -~]{0,20}", after in "[ -~]{0,20}") {
        let redactor = knowing(&[&secret]);
        let text = format!("{before}{secret}{after}");
        for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
            let clean = redactor.redact(&encoded);
            prop_assert!(forms(&secret).iter().all(|form| !clean.contains(form.as_str())), "{encoded} became {clean}");
        }
    }

    #[test]
    fn redacting_twice_changes_nothing_more(secret in some_secret(), text in any::<String>()) {
        let redactor = knowing(&[&secret]);
        let once = redactor.redact(&format!("{text}{secret}{text}")).into_owned();
        prop_assert_eq!(redactor.redact(&once), once.as_str());
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let redactor = knowing(&["hunter2-hunter2"]);
        let joined = [bytes.as_slice(), b"hunter2-hunter2"].concat();
        prop_assert!(redactor.redact_bytes(&joined).ends_with(MARK.as_bytes()));
    }
}
