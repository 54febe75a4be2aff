// SPDX-License-Identifier: MIT OR Apache-2.0
//! The request: system prompt, repaired history, the message, the steps of the turn so far.

use blufio_core::content::{Block, Message, Role};
use std::collections::BTreeSet;

/// Makes a transcript that every provider accepts out of whatever was stored: it starts with the person and
/// alternates, every tool call has exactly one result right after it and no result stands alone, no text is empty, and
/// no thinking of an earlier turn is left.
///
/// Property: for any input, [`is_sound`] holds for the output.
#[must_use]
pub fn repair(history: Vec<Message>) -> Vec<Message> {
    let mut sound: Vec<Message> = Vec::with_capacity(history.len());
    let mut messages = history.into_iter().map(without_void).peekable();
    while let Some(mut message) = messages.next() {
        match message.role {
            Role::User => message
                .content
                .retain(|block| !matches!(block, Block::ToolResult { .. } | Block::ToolUse { .. })),
            Role::Assistant => {
                message.content.retain(|block| !matches!(block, Block::ToolResult { .. }));
                let answered = messages.peek().map(results).unwrap_or_default();
                let mut seen = BTreeSet::new();
                message.content.retain(|block| match block {
                    Block::ToolUse { id, .. } => answered.contains(id) && seen.insert(id.clone()),
                    _ => true,
                });
                if !seen.is_empty() && !sound.is_empty() {
                    // The results belong to this message: they are taken along, in the order of the calls' results.
                    push(&mut sound, message);
                    if let Some(mut reply) = messages.next() {
                        let mut left = seen;
                        reply.content.retain(|block| match block {
                            Block::ToolResult { tool_use_id, .. } => left.remove(tool_use_id),
                            Block::ToolUse { .. } => false,
                            _ => true,
                        });
                        reply.content.sort_by_key(|block| !matches!(block, Block::ToolResult { .. }));
                        push(&mut sound, reply);
                    }
                    continue;
                }
                message.content.retain(|block| !matches!(block, Block::ToolUse { .. }));
            }
        }
        if sound.is_empty() && message.role == Role::Assistant {
            continue;
        }
        push(&mut sound, message);
    }
    sound
}

/// The transcript with a new message of the person at its end.
#[must_use]
pub fn with_message(history: Vec<Message>, content: Vec<Block>) -> Vec<Message> {
    let mut messages = repair(history);
    push(&mut messages, without_void(Message::user(content)));
    messages
}

/// The last `most` messages, cut where a turn begins: never between a tool call and its result.
#[must_use]
pub fn shorten(mut history: Vec<Message>, most: usize) -> Vec<Message> {
    let surplus = history.len().saturating_sub(most);
    history.drain(..surplus);
    let begins_turn = |message: &Message| message.role == Role::User && results(message).is_empty();
    let start = history.iter().position(begins_turn).unwrap_or(history.len());
    history.drain(..start);
    history
}

/// How many of the `total` messages of a transcript go into the prompt: at most `most`. The first of them moves only
/// every half of `most`, so that the prompts of successive turns begin alike and the provider's cache serves them.
#[must_use]
pub fn window(total: usize, most: usize) -> usize {
    let step = (most / 2).max(1);
    let surplus = total.saturating_sub(most);
    total.saturating_sub(surplus.div_ceil(step).saturating_mul(step))
}

/// The transcript with words in place of its older pictures and documents: the newest are kept, up to `limit` bytes.
#[must_use]
pub fn lighten(mut history: Vec<Message>, limit: usize) -> Vec<Message> {
    let mut room = Some(limit);
    for block in history.iter_mut().rev().flat_map(|message| message.content.iter_mut().rev()) {
        let (size, instead) = match block {
            Block::Image { data, .. } => (data.len(), "[picture]".to_owned()),
            Block::Document { data, name, .. } if name.trim().is_empty() => {
                (data.len(), "[document]".to_owned())
            }
            Block::Document { data, name, .. } => (data.len(), format!("[document {name}]")),
            _ => continue,
        };
        // Nothing older than the first that has no room: what was left out once stays left out.
        room = room.and_then(|room| room.checked_sub(size));
        if room.is_none() {
            *block = Block::text(instead);
        }
    }
    history
}

/// What a finished turn leaves in the transcript: everything but the thinking, which belongs to one model.
#[must_use]
pub fn for_transcript(message: Message) -> Message {
    without_void(message)
}

fn without_void(mut message: Message) -> Message {
    message.content.retain(|block| match block {
        Block::Text { text } => !text.trim().is_empty(),
        Block::Thinking { .. } | Block::RedactedThinking { .. } => false,
        _ => true,
    });
    message
}

/// Appends a message, joining it with the one before when the same side speaks again.
fn push(messages: &mut Vec<Message>, message: Message) {
    if message.content.is_empty() {
        return;
    }
    match messages.last_mut() {
        Some(last) if last.role == message.role => last.content.extend(message.content),
        _ => messages.push(message),
    }
}

fn results(message: &Message) -> BTreeSet<String> {
    let ids = message.content.iter().filter_map(|block| match block {
        Block::ToolResult { tool_use_id, .. } if message.role == Role::User => Some(tool_use_id.clone()),
        _ => None,
    });
    ids.collect()
}

/// Whether a provider would accept this transcript as the beginning of a request.
#[must_use]
pub fn is_sound(messages: &[Message]) -> bool {
    let mut open: BTreeSet<String> = BTreeSet::new();
    for (index, message) in messages.iter().enumerate() {
        let expected = if index % 2 == 0 { Role::User } else { Role::Assistant };
        if message.role != expected || message.content.is_empty() {
            return false;
        }
        let mut answered = BTreeSet::new();
        let mut results_may_come = true;
        let mut asked = BTreeSet::new();
        for block in &message.content {
            match block {
                Block::ToolResult { tool_use_id, .. } => {
                    let fits = message.role == Role::User && results_may_come;
                    if !fits || !answered.insert(tool_use_id.clone()) {
                        return false;
                    }
                }
                Block::ToolUse { id, .. } => {
                    if message.role == Role::User || !asked.insert(id.clone()) {
                        return false;
                    }
                }
                Block::Text { text } if text.trim().is_empty() => return false,
                _ => results_may_come = false,
            }
        }
        if answered != open {
            return false;
        }
        open = asked;
    }
    open.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn tool_use(id: &str) -> Block {
        Block::ToolUse { id: id.into(), name: "t".into(), input: json!({}) }
    }

    fn tool_result(id: &str) -> Block {
        Block::ToolResult { tool_use_id: id.into(), content: "ok".into(), is_error: false }
    }

    fn any_block() -> impl Strategy<Value = Block> {
        prop_oneof![
            "[a-z ]{0,3}".prop_map(Block::text),
            "[abc]".prop_map(|id| tool_use(&id)),
            "[abc]".prop_map(|id| tool_result(&id)),
            (0_usize..6)
                .prop_map(|size| Block::Image { media_type: "image/png".into(), data: "x".repeat(size) }),
            ("[a ]{0,2}", 0_usize..6).prop_map(|(name, size)| Block::Document {
                media_type: "application/pdf".into(),
                name,
                data: "x".repeat(size)
            }),
            Just(Block::Thinking { thinking: "hm".into(), signature: "s".into() }),
        ]
    }

    fn any_history() -> impl Strategy<Value = Vec<Message>> {
        let message =
            (any::<bool>(), prop::collection::vec(any_block(), 0..4)).prop_map(|(user, content)| {
                if user { Message::user(content) } else { Message::assistant(content) }
            });
        prop::collection::vec(message, 0..10)
    }

    proptest! {
        #[test]
        fn whatever_was_stored_becomes_a_transcript_that_is_accepted(history in any_history()) {
            let repaired = repair(history);
            prop_assert!(is_sound(&repaired), "{repaired:?}");
        }

        #[test]
        fn a_sound_transcript_is_left_as_it_is(history in any_history()) {
            let once = repair(history);
            prop_assert_eq!(repair(once.clone()), once);
        }

        #[test]
        fn a_lighter_transcript_is_as_sound_as_before(history in any_history(), limit in 0_usize..20) {
            let light = lighten(repair(history), limit);
            prop_assert!(is_sound(&light), "{light:?}");
            prop_assert!(media(&light) <= limit);
        }

        #[test]
        fn the_window_moves_in_steps_and_never_exceeds_its_bound(most in 0_usize..50) {
            let mut starts = Vec::new();
            for total in 0..300 {
                let kept = window(total, most);
                prop_assert!(kept <= most && kept <= total);
                prop_assert!(kept + (most / 2).max(1) > most.min(total), "{kept} of {total} is less than need be");
                starts.push(total - kept);
            }
            for (total, pair) in starts.windows(2).enumerate() {
                let [before, after] = pair else { continue };
                let moved = after - before;
                prop_assert!(moved == 0 || moved == (most / 2).max(1), "{moved} at {total}");
            }
        }

        #[test]
        fn shortening_never_splits_a_tool_pair(history in any_history(), most in 0_usize..10) {
            let short = shorten(repair(history), most);
            prop_assert!(short.len() <= most);
            prop_assert!(is_sound(&short), "{short:?}");
        }
    }

    fn media(history: &[Message]) -> usize {
        let blocks = history.iter().flat_map(|message| &message.content);
        let sizes = blocks.map(|block| match block {
            Block::Image { data, .. } | Block::Document { data, .. } => data.len(),
            _ => 0,
        });
        sizes.sum()
    }

    #[test]
    fn older_pictures_give_way_to_words_and_the_newest_stay() {
        let picture = |size| Block::Image { media_type: "image/png".into(), data: "x".repeat(size) };
        let document =
            Block::Document { media_type: "application/pdf".into(), name: "a.pdf".into(), data: "x".into() };
        let history = vec![
            Message::user(vec![document, picture(6)]),
            Message::assistant(vec![Block::text("seen")]),
            Message::user(vec![picture(4), Block::text("and this?")]),
        ];
        let light = lighten(history.clone(), 9);
        assert_eq!(light[0].content, [Block::text("[document a.pdf]"), Block::text("[picture]")]);
        assert_eq!(light[2], history[2]);
        assert_eq!(lighten(history.clone(), 11), history);
    }

    #[test]
    fn a_tool_call_that_was_cut_off_from_its_result_is_dropped_and_the_words_stay() {
        let history = vec![
            Message::user(vec![Block::text("hi")]),
            Message::assistant(vec![Block::text("let me look"), tool_use("a")]),
            Message::user(vec![Block::text("and?")]),
        ];
        let expected = vec![
            Message::user(vec![Block::text("hi")]),
            Message::assistant(vec![Block::text("let me look")]),
            Message::user(vec![Block::text("and?")]),
        ];
        assert_eq!(repair(history), expected);
    }

    #[test]
    fn a_whole_tool_pair_survives() {
        let history = vec![
            Message::user(vec![Block::text("hi")]),
            Message::assistant(vec![tool_use("a"), tool_use("b")]),
            Message::user(vec![tool_result("b"), tool_result("a")]),
            Message::assistant(vec![Block::text("done")]),
        ];
        assert_eq!(repair(history.clone()), history);
    }
}
