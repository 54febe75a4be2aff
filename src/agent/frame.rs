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
        fn shortening_never_splits_a_tool_pair(history in any_history(), most in 0_usize..10) {
            let short = shorten(repair(history), most);
            prop_assert!(short.len() <= most);
            prop_assert!(is_sound(&short), "{short:?}");
        }
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
