// SPDX-License-Identifier: MIT OR Apache-2.0
use blufio_core::content::{Block, Message, Role};
use std::collections::BTreeSet;

/// Stands before what the agent says of its own accord where nothing was said before: transcripts begin with the person.
const FIRST: &str = "[You wrote first.]";

/// Makes a transcript that every provider accepts out of whatever was stored: it starts with the person and
/// alternates, every tool call has exactly one result right after it and no result stands alone, no text is empty, and
/// neither thinking nor notes of an earlier turn are left. Where the agent speaks first, a word of the person's side stands
/// before it.
///
/// Property: for any input, [`is_sound`] holds for the output.
#[must_use]
pub fn repair(history: Vec<Message>) -> Vec<Message> {
    let mut sound: Vec<Message> = Vec::with_capacity(history.len());
    let mut messages = history.into_iter().map(for_transcript).peekable();
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
        if sound.is_empty() && message.role == Role::Assistant && !message.content.is_empty() {
            push(&mut sound, Message::user(vec![Block::text(FIRST)]));
        }
        push(&mut sound, message);
    }
    sound
}

/// Whether this is nothing but what [`repair`] puts before what the agent says first.
pub(super) fn is_stand_in(message: &Message) -> bool {
    message.role == Role::User
        && matches!(message.content.as_slice(), [Block::Text { text }] if text == FIRST)
}

/// What a finished turn leaves in the transcript: everything but the thinking, which belongs to one model, and the
/// notes, which belong to one turn.
#[must_use]
pub fn for_transcript(mut message: Message) -> Message {
    message.content.retain(|block| match block {
        Block::Text { text } => !text.trim().is_empty(),
        Block::Thinking { .. } | Block::RedactedThinking { .. } | Block::Note { .. } => false,
        _ => true,
    });
    message
}

/// Appends a message, joining it with the one before when the same side speaks again.
pub(super) fn push(messages: &mut Vec<Message>, message: Message) {
    if message.content.is_empty() {
        return;
    }
    match messages.last_mut() {
        Some(last) if last.role == message.role => last.content.extend(message.content),
        _ => messages.push(message),
    }
}

/// The calls that a message of the person's side answers.
pub(super) fn results(message: &Message) -> BTreeSet<String> {
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
                Block::Text { text } | Block::Note { text } if text.trim().is_empty() => return false,
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
