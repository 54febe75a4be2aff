// SPDX-License-Identifier: MIT OR Apache-2.0
//! Orders of a test inside the last message of the person.
//!
//! | directive | effect |
//! |---|---|
//! | `[sim:sleep 30]` | the answer takes 30 seconds, spread over the stream, with pings |
//! | `[sim:words 2000]` | 2,000 words, at most 200,000 |
//! | `[sim:markdown 7]` | Markdown as models write it, from seed 7 |
//! | `[sim:say TEXT]` | exactly TEXT |
//! | `[sim:tool NAME JSON]`, `[sim:tool 3 NAME JSON]` | a call; with a number, that many calls one after another |
//! | `[sim:refuse]` | stop reason `refusal` |
//! | `[sim:max_tokens]` | the answer is cut half-way with stop reason `max_tokens` |
//! | `[sim:pause]` | stop reason `pause_turn` |
//!
//! Anything else in brackets is text.

use std::time::Duration;

use serde_json::Value;

use super::nothing;

/// Most words of one answer.
const WORDS: u64 = 200_000;
/// Longest time of one answer.
const SLEEP: f64 = 3_600.0;

/// An order.
#[derive(Clone, Debug, PartialEq)]
pub enum Directive {
    /// Take this long.
    Sleep(Duration),
    /// Write that many words.
    Words(u64),
    /// Write Markdown from a seed.
    Markdown(u64),
    /// Say this.
    Say(String),
    /// Call a tool.
    Tool {
        /// Its name.
        name: String,
        /// Its arguments.
        input: Value,
        /// How often, one call after another.
        times: usize,
    },
    /// Decline.
    Refuse,
    /// Stop as if the limit were reached.
    MaxTokens,
    /// Stop as if the turn were paused.
    Pause,
}

/// The directives of a text, in order.
pub fn find(text: &str) -> Vec<Directive> {
    split(text).1
}

/// The text without its directives.
pub fn strip(text: &str) -> String {
    split(text).0
}

fn split(text: &str) -> (String, Vec<Directive>) {
    let (mut plain, mut found) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[sim:") {
        plain.push_str(before);
        match directive(after) {
            Some((directive, tail)) => {
                found.push(directive);
                rest = tail;
            }
            None => {
                plain.push_str("[sim:");
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    (plain.trim().to_owned(), found)
}

/// Reads what follows `[sim:`; returns the directive and the text behind its bracket.
fn directive(text: &str) -> Option<(Directive, &str)> {
    if let Some(arguments) = text.strip_prefix("tool ") {
        return tool(arguments);
    }
    let (body, rest) = closed(text)?;
    let (verb, argument) = body.split_once(' ').unwrap_or((body, ""));
    let directive = match verb {
        "sleep" => {
            let seconds: f64 = argument.trim().parse().ok()?;
            Directive::Sleep(Duration::try_from_secs_f64(seconds.min(SLEEP)).ok()?)
        }
        "words" => Directive::Words(argument.trim().parse::<u64>().ok()?.min(WORDS)),
        "markdown" => Directive::Markdown(argument.trim().parse().ok()?),
        "say" => Directive::Say(argument.to_owned()),
        "refuse" => Directive::Refuse,
        "max_tokens" => Directive::MaxTokens,
        "pause" => Directive::Pause,
        _ => return None,
    };
    Some((directive, rest))
}

/// Splits at the bracket that closes the directive; brackets inside it pair up.
fn closed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth = depth.saturating_add(1),
            ']' if depth == 0 => return Some((text.get(..at)?, text.get(at.saturating_add(1)..)?)),
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// `[3 ]NAME[ JSON]]`: the JSON value may hold brackets in its strings, so it is read as JSON.
fn tool(text: &str) -> Option<(Directive, &str)> {
    let end = text.find([' ', ']'])?;
    let (first, rest) = text.split_at_checked(end)?;
    if let Ok(times) = first.parse::<usize>()
        && let Some(rest) = rest.strip_prefix(' ')
        && let Some((Directive::Tool { name, input, .. }, rest)) = tool(rest)
    {
        return Some((Directive::Tool { name, input, times: times.min(1_000) }, rest));
    }
    let name = first.to_owned();
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    let (input, rest) = match values.next() {
        Some(Ok(value @ Value::Object(_))) => (value, rest.get(values.byte_offset()..)?),
        _ => (nothing(), rest),
    };
    let rest = rest.trim_start().strip_prefix(']')?;
    (!name.is_empty()).then_some((Directive::Tool { name, input, times: 1 }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn directives_are_found_among_words_and_taken_out() {
        let text = "Please [sim:sleep 1.5] write [sim:words 20] now";
        assert_eq!(find(text), [Directive::Sleep(Duration::from_millis(1_500)), Directive::Words(20)]);
        assert_eq!(strip(text), "Please  write  now");
    }

    #[test]
    fn a_tool_takes_json_with_brackets_in_it_and_a_count() {
        let text =
            r#"[sim:tool read {"path":"a]b","list":[1,[2]]}] and [sim:tool 3 time] [sim:tool time {}]"#;
        let tool = |name: &str, input, times| Directive::Tool { name: name.to_owned(), input, times };
        assert_eq!(
            find(text),
            [
                tool("read", json!({"path": "a]b", "list": [1, [2]]}), 1),
                tool("time", json!({}), 3),
                tool("time", json!({}), 1)
            ]
        );
        assert_eq!(strip(text), "and");
    }

    #[test]
    fn what_is_said_may_hold_links() {
        assert_eq!(
            find("[sim:say see [docs](https://x.y)]"),
            [Directive::Say("see [docs](https://x.y)".to_owned())]
        );
    }

    #[test]
    fn unknown_and_broken_directives_stay_text() {
        for text in ["[sim:fly]", "[sim:words many]", "[sim:say never closed", "[sim:tool ", "[sim:sleep -1]"]
        {
            assert_eq!((find(text), strip(text)), (Vec::new(), text.trim().to_owned()));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn no_text_makes_it_fail(text in r#"(\[sim:(tool|say|words|sleep)? ?[0-9a-zé\[\]{}":, ]{0,12}){0,4}"#) {
            let _ = find(&text);
        }
    }
}
