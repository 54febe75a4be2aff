// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much of a tool's answer the model is shown. What enters a transcript stays in it, so that one huge answer would
//! fill the window for good.

use crate::context::Shared;
use crate::tokens;
use blufio_core::content::{Block, Message};
use blufio_core::route::Route;

/// Even where a turn has filled its share of the window, so much of each answer is shown, tokens.
const LEAST: u64 = 256;
/// The answers of one turn together take at most about this part of the smallest window.
const SHARE: u64 = 3;
/// The line that says what is left out, tokens.
const LINE: u64 = 24;

/// Most tokens of the next answer, behind the steps and answers that the turn has already.
pub(super) fn limit(shared: &Shared, steps: &[Message], results: &[Block]) -> u64 {
    let windows = Route::ALL.into_iter().filter_map(|route| {
        let model = shared.options.routing.slots.model(route);
        shared.provider.model(model).map(|spec| spec.context_window)
    });
    let share = windows.min().map_or(u64::MAX, |window| window / SHARE);
    let taken = tokens::of_messages(steps) + tokens::of_blocks(results);
    // Half of what is left each time: many answers together do not burst the window either.
    let left = share.saturating_sub(taken.expected) / 2;
    left.min(shared.options.context.tool_result).max(LEAST)
}

/// An answer of at most `limit` tokens: its beginning and its end, and between them a line that says how much is
/// missing.
pub(super) fn capped(content: String, limit: u64) -> String {
    if content.trim().is_empty() {
        return "(nothing)".into();
    }
    let whole = tokens::of_text(&content).expected;
    if whole <= limit {
        return content;
    }
    let room = limit.saturating_sub(LINE);
    let tail = tokens::tail(&content, room / 4);
    let head = tokens::head(&content, room.saturating_sub(room / 4));
    let shown = head.chars().count().saturating_add(tail.chars().count());
    let left_out = content.chars().count().saturating_sub(shown);
    format!("{head}\n[{left_out} of {} characters are left out here]\n{tail}", shown.saturating_add(left_out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_huge_answer_keeps_its_beginning_and_its_end() {
        let text = format!("first {} last", "ü".repeat(1_000_000));
        let shown = capped(text, 8_000);
        assert!(shown.starts_with("first ü") && shown.ends_with("ü last"));
        assert!(shown.contains("of 1000011 characters are left out here"), "{}", tokens::tail(&shown, 2_500));
        let tokens = tokens::of_text(&shown).expected;
        assert!((7_900..=8_000).contains(&tokens), "{tokens}");
    }

    #[test]
    fn an_empty_answer_still_says_something() {
        assert_eq!(capped(String::new(), 10), "(nothing)");
    }

    proptest! {
        #[test]
        fn no_answer_is_longer_than_its_limit_and_short_ones_are_whole(text in "(.{0,30}|[a-z 0-9]{0,900}|[一-龥]{0,300})", limit in 40_u64..400) {
            let shown = capped(text.clone(), limit);
            let fits = tokens::of_text(&text).expected <= limit;
            prop_assert!(tokens::of_text(&shown).expected <= limit);
            prop_assert!(text.trim().is_empty() || fits == (shown == text));
        }
    }
}
