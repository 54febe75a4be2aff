// SPDX-License-Identifier: MIT OR Apache-2.0
use super::find;

fn found(text: &str) -> Vec<&str> {
    let mut spans = Vec::new();
    find(text.as_bytes(), &mut spans);
    spans.into_iter().map(|span| text.get(span).unwrap()).collect()
}

#[test]
fn a_telegram_token_is_found_in_a_url_and_alone() {
    let token = "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc";
    assert_eq!(found(&format!("GET https://api.telegram.org/bot{token}/getUpdates")), [token]);
    assert_eq!(found(token), [token]);
}

#[test]
fn an_anthropic_key_is_found() {
    assert_eq!(
        found("x-api-key: sk-ant-api03-Abc_def-0123456789, more"),
        ["sk-ant-api03-Abc_def-0123456789"]
    );
}

#[test]
fn ordinary_text_is_left_alone() {
    for text in [
        "keys begin with sk-ant-…",
        "sk-ant-short",
        "12:34:56",
        "error 1234567: the server was not reachable",
        "::::",
    ] {
        assert!(found(text).is_empty(), "{text}");
    }
}
