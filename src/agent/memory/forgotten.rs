// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is kept of a turn in which the person had something forgotten: not the words of it. The list out of which it was
//! deleted, the person's own request and the answer repeat them; the store erases the turn in which they were said, and cannot
//! know of this one.

use crate::compaction::{own_words, sentences};
use crate::frame::begins_turn;
use blufio_core::content::{Block, Message, Role};
use blufio_core::memory::ItemId;
use blufio_core::skill::FORGET;
use blufio_recall::supports;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What stands in the place of words that were forgotten; in brackets, so that it is nobody's own words.
const IN_THEIR_PLACE: &str = "[forgotten at the person's wish]";

/// What was deleted in a turn.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Forgotten {
    /// Its words, as far as they were listed in the turn.
    words: String,
    /// Whether anything was.
    any: bool,
    /// Whether it was listed what would go, at least.
    asked: bool,
}

/// Takes the lists of [`FORGET`] out of a transcript, and what was deleted out of what was said of it.
pub(crate) fn redact(transcript: &mut [Message]) -> Forgotten {
    let calls: HashMap<String, Value> = blocks(transcript)
        .filter_map(|block| match block {
            Block::ToolUse { id, name, input } if name == FORGET => Some((id.clone(), input.clone())),
            _ => None,
        })
        .collect();
    if calls.is_empty() {
        return Forgotten::default();
    }
    let forgotten = deleted(transcript, &calls);
    for message in transcript {
        let own = begins_turn(message);
        for block in &mut message.content {
            match block {
                Block::ToolResult { tool_use_id, content, .. } if calls.contains_key(tool_use_id) => {
                    *content = content.lines().map(without_words).collect::<Vec<_>>().join("\n");
                }
                Block::ToolUse { name, input, .. }
                    if forgotten.any && name == FORGET && input.get("about").is_some() =>
                {
                    *input = json!({});
                }
                Block::Text { text } if forgotten.any && (own || message.role == Role::Assistant) => {
                    forgotten.take_out_of(text);
                }
                _ => {}
            }
        }
    }
    forgotten
}

impl Forgotten {
    /// Whether the person has asked for anything to be forgotten, whatever came of it.
    pub(crate) fn was_asked_for(&self) -> bool {
        self.asked
    }

    /// Takes out of the notes of what was recalled what is forgotten now.
    pub(crate) fn take_out_of_notes(&self, notes: &mut Vec<String>) {
        if self.any {
            // Where it is not known what was deleted, it may be any of them.
            notes.retain(|note| !self.words.is_empty() && !self.tells(note));
        }
    }

    fn tells(&self, text: &str) -> bool {
        supports(&self.words, text)
    }

    /// Sentence by sentence; others' words that a text brings along stay.
    fn take_out_of(&self, text: &mut String) {
        let own = own_words(text);
        if own.is_empty() || !self.tells_any(own) {
            return;
        }
        let before = text.trim_end().strip_suffix(own).unwrap_or_default();
        let left: String = sentences(own).filter(|sentence| !self.tells(sentence)).collect();
        let left = if left.trim().is_empty() { IN_THEIR_PLACE } else { left.trim() };
        *text = format!("{before}{left}");
    }

    fn tells_any(&self, text: &str) -> bool {
        sentences(text).any(|sentence| self.tells(sentence))
    }
}

fn blocks(transcript: &[Message]) -> impl Iterator<Item = &Block> {
    transcript.iter().flat_map(|message| &message.content)
}

/// What the calls have deleted: the lines of the lists that have these ids.
fn deleted(transcript: &[Message], calls: &HashMap<String, Value>) -> Forgotten {
    let mut listed: HashMap<&str, &str> = HashMap::new();
    let mut ids: Vec<String> = Vec::new();
    for block in blocks(transcript) {
        let Block::ToolResult { tool_use_id, content, is_error: false } = block else { continue };
        match calls.get(tool_use_id).map(|input| input.get("ids").and_then(Value::as_array)) {
            Some(Some(named)) => ids.extend(named.iter().map(name)),
            Some(None) => listed.extend(content.lines().filter_map(named)),
            None => {}
        }
    }
    let words = ids.iter().filter_map(|id| listed.get(id.as_str())).copied();
    Forgotten { words: words.collect::<Vec<_>>().join("\n"), any: !ids.is_empty(), asked: true }
}

/// The id that a call names, as lists write it.
fn name(id: &Value) -> String {
    let name = id.as_str().map_or_else(|| id.to_string(), |id| id.trim().to_owned());
    name.parse::<ItemId>().map_or(name, |item| item.to_string())
}

/// The id and the words of a line `m12 (2026-03-08): My dog is called Max.`
fn named(line: &str) -> Option<(&str, &str)> {
    let (name, words) = line.split_once("): ")?;
    Some((name.split_once(" (")?.0, words))
}

/// Such a line without its words: what the model was asked to choose from stays known by its ids.
fn without_words(line: &str) -> &str {
    match (named(line), line.find("): ")) {
        (Some(_), Some(end)) => line.get(..=end).unwrap_or_default(),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(id: &str, input: Value) -> Message {
        Message::assistant(vec![Block::ToolUse { id: id.into(), name: FORGET.into(), input }])
    }

    fn result(id: &str, content: &str, is_error: bool) -> Message {
        Message::user(vec![Block::ToolResult { tool_use_id: id.into(), content: content.into(), is_error }])
    }

    const LIST: &str = "Nothing is deleted yet:\nm12 (2026-03-08): The person's dog is called Max.\n\
                        m13 (2026-03-08): The person's cat is called Tom.";

    fn turn(said: &str, ids: Value, failed: bool, answer: &str) -> Vec<Message> {
        vec![
            Message::user(vec![Block::text(said)]),
            call("a", json!({ "about": "my dog Max" })),
            result("a", LIST, false),
            call("b", json!({ "ids": ids })),
            result("b", "Deleted for good: memories: 1, messages: 1.", failed),
            Message::assistant(vec![Block::text(answer)]),
        ]
    }

    fn told(transcript: &[Message]) -> String {
        serde_json::to_string(transcript).unwrap()
    }

    #[test]
    fn nothing_of_what_was_deleted_is_kept_and_everything_else_is() {
        let mut turn = turn(
            "Forget what I told you about my dog Max. And book a table at Luigi's.",
            json!(["m12"]),
            false,
            "Your dog is forgotten. The table at Luigi's is booked.",
        );
        let forgotten = redact(&mut turn);
        let told = told(&turn);
        assert!(!told.contains("Max") && !told.contains("Tom"), "{told}");
        assert!(told.contains("m12 (2026-03-08)") && told.contains("Deleted for good"), "{told}");
        assert_eq!(turn[0].plain_text(), "And book a table at Luigi's.");
        assert_eq!(turn[5].plain_text(), "The table at Luigi's is booked.");
        let mut notes = vec![
            "The person's dog is called Max. (words: dog)".to_owned(),
            "Likes Luigi's. (words: table)".into(),
        ];
        forgotten.take_out_of_notes(&mut notes);
        assert_eq!(notes, ["Likes Luigi's. (words: table)"]);
    }

    #[test]
    fn ids_are_known_however_the_model_writes_them() {
        for ids in [json!([12]), json!(["12"]), json!(["M12 "])] {
            let mut turn = turn("Forget my dog Max", ids, false, "Max is forgotten.");
            redact(&mut turn);
            assert!(!told(&turn).contains("Max"), "{turn:?}");
        }
    }

    #[test]
    fn a_request_that_says_nothing_else_leaves_no_words_of_the_person() {
        let mut turn = turn("Forget my dog Max", json!(["m12"]), false, "Done.");
        redact(&mut turn);
        assert_eq!(turn[0].plain_text(), IN_THEIR_PLACE);
        assert_eq!(own_words(&turn[0].plain_text()), "");
    }

    #[test]
    fn where_nothing_was_deleted_only_the_list_is_left_out() {
        for ids in [json!(["m12"]), json!([])] {
            let mut turn = turn("Forget my dog Max", ids, true, "Which one, Max?");
            assert_eq!(redact(&mut turn), Forgotten { asked: true, ..Forgotten::default() });
            assert_eq!(
                (turn[0].plain_text(), turn[5].plain_text()),
                ("Forget my dog Max".into(), "Which one, Max?".into())
            );
            let Block::ToolResult { content, .. } = &turn[2].content[0] else { panic!("{turn:?}") };
            assert_eq!(content, "Nothing is deleted yet:\nm12 (2026-03-08)\nm13 (2026-03-08)");
        }
        let mut other = vec![Message::user(vec![Block::text("Forget it: m1 (2026-03-08): x")])];
        let before = other.clone();
        redact(&mut other);
        assert_eq!(other, before);
    }

    #[test]
    fn where_it_is_not_known_what_was_deleted_no_note_is_kept() {
        let mut turn = vec![call("b", json!({ "ids": ["m12"] })), result("b", "Deleted for good: …", false)];
        let mut notes = vec!["The person's dog is called Max.".to_owned()];
        redact(&mut turn).take_out_of_notes(&mut notes);
        assert!(notes.is_empty());
    }
}
