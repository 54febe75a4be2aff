// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tokens that are known by their shape, for the case that nobody has registered them.

use std::ops::Range;

const ANTHROPIC: &[u8] = b"sk-ant-";
/// After `sk-ant-`: shorter ones are examples in a text.
const ANTHROPIC_REST: usize = 12;
/// A Telegram token is the bot's number, a colon and 35 characters.
const TELEGRAM_DIGITS: usize = 6;
const TELEGRAM_REST: usize = 30;

/// Where in `text` something stands that looks like the key of a service we speak to.
pub(crate) fn find(text: &[u8], found: &mut Vec<Range<usize>>) {
    for (at, byte) in text.iter().enumerate() {
        let rest = text.get(at..).unwrap_or_default();
        if *byte == b's' && rest.starts_with(ANTHROPIC) {
            let end = at.saturating_add(ANTHROPIC.len());
            let length = text.get(end..).map_or(0, token_length);
            if length >= ANTHROPIC_REST {
                found.push(at..end.saturating_add(length));
            }
        }
        if *byte == b':' {
            let before = text.get(..at).unwrap_or_default();
            let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
            let length = rest.get(1..).map_or(0, token_length);
            if digits >= TELEGRAM_DIGITS && length >= TELEGRAM_REST {
                found.push(at.saturating_sub(digits)..at.saturating_add(1).saturating_add(length));
            }
        }
    }
}

fn token_length(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count()
}

#[cfg(test)]
mod tests;
