// SPDX-License-Identifier: MIT OR Apache-2.0
//! How secrets look: by the shape of the text, and by the name of the key that holds it.

use crate::secrets::{ANTHROPIC_API_KEY, TELEGRAM_BOT_TOKEN};
use std::ops::Range;

/// What a text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A key of the Anthropic API.
    Anthropic,
    /// The token of a Telegram bot.
    Telegram,
    /// A key of another provider.
    Other,
}

/// The stretches of a text that look like a secret, in order, none overlapping.
pub(crate) fn scan(text: &str) -> Vec<(Range<usize>, Shape)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = run(bytes, at);
        if length == 0 {
            at += 1;
            continue;
        }
        let end = at + length;
        if let Some((range, shape)) = look(text, at..end) {
            at = range.end.max(end);
            found.push((range, shape));
        } else {
            at = end;
        }
    }
    found
}

/// How many bytes from here on can belong to a token.
fn run(bytes: &[u8], from: usize) -> usize {
    bytes
        .iter()
        .skip(from)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        .count()
}

/// Looks at one run of token characters.
fn look(text: &str, word: Range<usize>) -> Option<(Range<usize>, Shape)> {
    let token = text.get(word.clone())?;
    for (prefix, least, shape) in
        [("sk-ant-", 8, Shape::Anthropic), ("sk-", 20, Shape::Other), ("gsk_", 20, Shape::Other)]
    {
        let start = token.match_indices(prefix).map(|(at, _)| at).find(|at| boundary(token, *at));
        if let Some(start) = start {
            let rest = token.get(start + prefix.len()..)?;
            if rest.len() >= least
                && (shape == Shape::Anthropic || rest.contains(|char: char| char.is_ascii_digit()))
            {
                return Some((word.start + start..word.end, shape));
            }
        }
    }
    // A bot's token is its numeric id, a colon and 35 characters. In a URL it follows the word `bot`.
    let digits = token.bytes().rev().take_while(u8::is_ascii_digit).count();
    if (6..=12).contains(&digits) && text.as_bytes().get(word.end) == Some(&b':') {
        let length = run(text.as_bytes(), word.end + 1);
        if (30..=64).contains(&length) {
            return Some((word.end - digits..word.end + 1 + length, Shape::Telegram));
        }
    }
    None
}

fn boundary(token: &str, at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| token.as_bytes().get(before));
    before.is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// Whether the last part of a key's path is a name that secrets are given.
pub(crate) fn is_secret_key(path: &[&str]) -> bool {
    let Some(leaf) = path.last() else { return false };
    let leaf = leaf.to_ascii_lowercase().replace('-', "_");
    let last = leaf.rsplit('_').next().unwrap_or_default();
    matches!(last, "token" | "secret" | "password" | "passphrase" | "apikey")
        || leaf.ends_with("api_key")
        || leaf.ends_with("private_key")
        || leaf.ends_with("secret_key")
        || (leaf == "key" && path.len() > 1)
}

/// The vault's name for a secret, from its shape and from the key that holds it.
pub(crate) fn name(shape: Option<Shape>, path: &[&str]) -> String {
    match shape {
        Some(Shape::Anthropic) => return ANTHROPIC_API_KEY.to_owned(),
        Some(Shape::Telegram) => return TELEGRAM_BOT_TOKEN.to_owned(),
        _ => {}
    }
    let words = path.join("-").to_ascii_lowercase().replace(['_', '.'], "-");
    if words.contains("anthropic") {
        return ANTHROPIC_API_KEY.to_owned();
    }
    if words.contains("telegram") {
        return TELEGRAM_BOT_TOKEN.to_owned();
    }
    let name: String = words
        .chars()
        .filter(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || *char == '-')
        .take(64)
        .collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "secret".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOT: &str = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw9";

    #[test]
    fn secrets_are_found_wherever_they_stand() {
        for (text, secret) in [
            ("sk-ant-api03-abcdefgh", "sk-ant-api03-abcdefgh"),
            ("key: sk-ant-api03-abcdefgh.", "sk-ant-api03-abcdefgh"),
            ("x-sk-ant-api03-abcdefgh", "sk-ant-api03-abcdefgh"),
            (BOT, BOT),
            ("https://api.telegram.org/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw9/getMe", BOT),
            ("Bearer sk-proj-abc123abc123abc123abc123", "sk-proj-abc123abc123abc123abc123"),
            ("ä gsk_abc123abc123abc123abc123 ä", "gsk_abc123abc123abc123abc123"),
        ] {
            let found: Vec<&str> =
                scan(text).into_iter().map(|(range, _)| text.get(range).unwrap()).collect();
            assert_eq!(found, [secret], "{text}");
        }
    }

    #[test]
    fn ordinary_text_is_no_secret() {
        for text in [
            "sk-ant-api03-...",
            "127.0.0.1:8787",
            "task-and-another-long-word-with-9-hyphens",
            "sk-a-very-long-name-without-digits-in-it",
            "1700000000:00",
            "https://api.anthropic.com/v1",
        ] {
            assert_eq!(scan(text), [], "{text}");
        }
    }

    #[test]
    fn the_name_of_a_secret_follows_its_shape_and_then_its_key() {
        assert_eq!(name(Some(Shape::Anthropic), &["log", "level"]), ANTHROPIC_API_KEY);
        assert_eq!(name(None, &["anthropic", "api_key"]), ANTHROPIC_API_KEY);
        assert_eq!(name(None, &["telegram", "token"]), TELEGRAM_BOT_TOKEN);
        assert_eq!(name(None, &["transcription", "api_key"]), "transcription-api-key");
        assert_eq!(name(Some(Shape::Other), &["ü"]), "secret");
    }

    #[test]
    fn keys_of_secrets_are_told_from_keys_that_only_mention_them() {
        for path in [
            &["anthropic", "api_key"][..],
            &["telegram", "bot-token"],
            &["smtp", "Password"],
            &["anthropic", "key"],
        ] {
            assert!(is_secret_key(path), "{path:?}");
        }
        for path in [&["agent", "max_output_tokens"][..], &["agent", "name"], &["key"], &[]] {
            assert!(!is_secret_key(path), "{path:?}");
        }
    }
}
