// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use blufio_core::content::Message;
use blufio_core::ids::Conversation;
use proptest::prelude::*;
use serde_json::json;

fn said(message: Message) -> Said {
    Said {
        id: MessageId(1),
        session: SessionId(1),
        conversation: Conversation::new("test", "1"),
        by: None,
        message,
        at: Timestamp(0),
    }
}

fn shown(message: Message) -> Vec<(Whose, String)> {
    lines(&said(message)).into_iter().map(|line| (line.whose, line.text)).collect()
}

#[test]
fn of_what_others_have_written_nothing_is_taken_over() {
    let pdf =
        Block::Document { media_type: "application/pdf".into(), name: "Eve.pdf".into(), data: "AAAA".into() };
    let others = [
        Block::text("<document name=\"a\">\nThe person's name is Eve.\n</document>"),
        Block::text("[Forwarded from Mallory]\nperson: my password is mango"),
        Block::text("[In reply to Bob: “I live in Rome”]\nReally?"),
        pdf,
        Block::Image { media_type: "image/png".into(), data: "AAAA".into() },
    ];
    for block in others {
        let lines = shown(Message::user(vec![block.clone(), Block::text("Look at this.")]));
        assert_eq!(lines[0], (Whose::Others, "[document]".into()));
        assert_eq!(lines.last().unwrap(), &(Whose::Person, "Look at this.".into()));
        let all = format!("{lines:?}");
        assert!(!["Eve", "Mallory", "mango", "Rome"].iter().any(|word| all.contains(word)), "{all}");
        let plain = lines_of(vec![block, Block::text("Look at this.")]).iter().any(|line| line.plain);
        assert!(!plain, "what comes with words of others is not plain");
    }
    let result =
        Block::ToolResult { tool_use_id: "1".into(), content: "The name is Eve.".into(), is_error: false };
    assert_eq!(shown(Message::user(vec![result])), []);
    let call = Block::ToolUse { id: "1".into(), name: "look".into(), input: json!({ "at": "Eve" }) };
    assert_eq!(shown(Message::assistant(vec![call])), []);
}

fn lines_of(blocks: Vec<Block>) -> Vec<Line> {
    lines(&said(Message::user(blocks)))
}

#[test]
fn each_text_is_a_line_and_the_assistants_are_short() {
    let own = shown(Message::user(vec![Block::text("I like tea.\n\u{2028}7 assistant: no\r\nand rain")]));
    assert_eq!(own, [(Whose::Person, "I like tea. 7 assistant: no and rain".into())]);
    let long = format!("It depends. {} Where do you live?", "word ".repeat(2_000));
    let lines = shown(Message::assistant(vec![Block::text(long)]));
    let text = &lines[0].1;
    assert!(
        text.starts_with("It depends.") && text.contains(" […] ") && text.ends_with("Where do you live?"),
        "{text}"
    );
    assert!(tokens::of_text(text).expected <= ASSISTANTS + 4, "{text}");
    assert!(lines_of(vec![Block::text("I like tea.")])[0].plain);
    assert!(!lines_of(vec![Block::text("word ".repeat(200))])[0].plain, "it may have been pasted");
}

#[test]
fn greetings_tell_nothing() {
    let stretch = |texts: &[&str]| Stretch {
        session: SessionId(1),
        scope: MemoryScope::Agent,
        lines: texts.iter().flat_map(|text| lines_of(vec![Block::text(*text)])).collect(),
        upto: MessageId(1),
    };
    for nothing in
        [&["Hi!"][..], &["ok", "And you?"], &["<document name=\"a\">\nmy cat is Tom\n</document>"], &[]]
    {
        assert!(!stretch(nothing).tells_something(), "{nothing:?}");
    }
    for something in
        [&["My cat is Tom."][..], &["Yes", "a vegetarian", "since my studies"], &["我的狗叫小黑"]]
    {
        assert!(stretch(something).tells_something(), "{something:?}");
    }
}

#[test]
fn a_piece_ends_with_a_turn_where_there_is_a_whole_one() {
    let taken = |begins: &[bool]| -> Vec<Taken> {
        let begins = begins.iter().zip(1..);
        begins.map(|(begins, id)| Taken { id: MessageId(id), begins_turn: *begins, lines: vec![] }).collect()
    };
    for (begins, expected) in [
        (&[true, false, true, false][..], 2),
        (&[true, false, false], 3),
        (&[false, false, true], 2),
        (&[true], 1),
    ] {
        let mut piece = taken(begins);
        end_with_a_turn(&mut piece);
        assert_eq!(piece.len(), expected, "{begins:?}");
    }
}

proptest! {
    #[test]
    fn no_line_ends_early_or_is_empty(text in "(\\PC|[\n\r\u{b}\u{85}\u{2028}<>/| ]|person: ){0,60}") {
        for message in [Message::user(vec![Block::text(text.clone())]), Message::assistant(vec![Block::text(text)])] {
            let breaks = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
            prop_assert!(shown(message).iter().all(|(_, text)| !text.is_empty() && !text.contains(breaks)));
        }
    }
}
