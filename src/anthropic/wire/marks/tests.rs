// SPDX-License-Identifier: MIT OR Apache-2.0
use super::super::body;
use crate::models::ModelTable;
use blufio_core::content::{Block, Message};
use blufio_core::provider::Request;
use blufio_core::skill::{Effects, ToolSpec};
use proptest::prelude::*;
use serde_json::{Value, json};

const MARK: &str = r#","cache_control":{"type":"ephemeral"}"#;

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: "Says the time.".into(),
        input_schema: json!({"properties": {"zone": {"type": "string"}}, "type": "object"}),
        effects: Effects::None,
    }
}

fn request(messages: Vec<Message>) -> Request {
    Request {
        model: "claude-haiku-5-5".into(),
        system: "Be kind. ".repeat(200),
        tools: vec![tool("clock"), tool("calendar")],
        messages,
        max_tokens: 100,
    }
}

fn written(request: &Request) -> String {
    let table = ModelTable::builtin().expect("table");
    let model = table.get(&request.model).expect("model");
    String::from_utf8(body(request, model).expect("body")).expect("text")
}

fn note(text: impl Into<String>) -> Block {
    Block::Note { text: text.into() }
}

fn question(text: &str, note_text: &str) -> Message {
    Message::user(vec![Block::text(text), note(note_text), note("and more")])
}

fn call(id: &str) -> Block {
    Block::ToolUse { id: id.into(), name: "clock".into(), input: json!({"zone": "UTC"}) }
}

fn result(id: &str) -> Block {
    Block::ToolResult { tool_use_id: id.into(), content: "noon".into(), is_error: false }
}

/// Where the marks stand, as paths.
fn marks(request: &Request) -> Vec<String> {
    fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                if let Some(mark) = fields.get("cache_control") {
                    assert_eq!(mark, &json!({"type": "ephemeral"}));
                    found.push(path.to_owned());
                }
                fields.iter().for_each(|(name, value)| walk(value, &format!("{path}/{name}"), found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, value)| walk(value, &format!("{path}/{at}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&serde_json::from_str(&written(request)).expect("JSON"), "", &mut found);
    found
}

/// What the model reads, as written.
fn read(request: &Request) -> String {
    let written = written(request);
    written.split_once("\"system\":").expect("system").1.to_owned()
}

/// What the model reads, from its first byte to each mark; marks are no part of it.
fn prefixes(request: &Request) -> Vec<String> {
    let read = read(request);
    let pieces: Vec<&str> = read.split(MARK).collect();
    (1..pieces.len()).map(|count| pieces[..count].concat()).collect()
}

/// Which of the marked prefixes of `request` stand at the beginning of `next`, byte for byte.
fn repeated(request: &Request, next: &Request) -> Vec<bool> {
    let next = read(next).replace(MARK, "");
    prefixes(request).iter().map(|prefix| next.starts_with(prefix.as_str())).collect()
}

/// System and tools, as written.
fn fixed(request: &Request) -> String {
    read(request).split_once(",\"messages\":").expect("messages").0.to_owned()
}

/// A conversation with two rounds of tools in every third turn, as its requests.
fn conversation(turns: usize) -> Vec<Request> {
    let mut history: Vec<Message> = Vec::new();
    let mut requests = Vec::new();
    for turn in 0..turns {
        let asked = format!("Question {turn}?");
        let mut messages = history.clone();
        messages.push(question(&asked, &format!("It is {turn} o'clock.")));
        requests.push(request(messages.clone()));
        history.push(Message::user(vec![Block::text(asked)]));
        if turn % 3 == 2 {
            for round in 0..2 {
                let id = format!("t{turn}-{round}");
                for list in [&mut messages, &mut history] {
                    list.push(Message::assistant(vec![call(&id)]));
                    list.push(Message::user(vec![result(&id)]));
                }
                requests.push(request(messages.clone()));
            }
        }
        history.push(Message::assistant(vec![Block::text(format!("Answer {turn}."))]));
    }
    requests
}

#[test]
fn the_static_part_the_question_and_the_one_before_are_marked_and_no_note() {
    let mut request = request(vec![
        question("first", "noon"),
        Message::assistant(vec![Block::text("x")]),
        question("second", "one"),
        Message::assistant(vec![Block::text("y")]),
        question("third", "two"),
    ]);
    assert_eq!(marks(&request), ["/messages/2/content/0", "/messages/4/content/0", "/system/0"]);

    request.system.clear();
    request.tools.push(tool(&"calendar".repeat(500)));
    request.messages.truncate(1);
    assert_eq!(marks(&request), ["/messages/0/content/0", "/tools/2"]);
}

#[test]
fn within_a_tool_loop_the_results_are_marked_as_well_and_the_ones_before_them() {
    let mut request = request(vec![
        question("first", "noon"),
        Message::assistant(vec![Block::text("x")]),
        question("second", "one"),
        Message::assistant(vec![call("t1"), call("t2")]),
        Message::user(vec![result("t1"), result("t2")]),
    ]);
    let static_part = "/system/0";
    assert_eq!(
        marks(&request),
        ["/messages/0/content/0", "/messages/2/content/0", "/messages/4/content/1", static_part]
    );
    request
        .messages
        .extend([Message::assistant(vec![call("t3")]), Message::user(vec![result("t3"), note("hurry")])]);
    assert_eq!(
        marks(&request),
        ["/messages/2/content/0", "/messages/4/content/1", "/messages/6/content/0", static_part]
    );
}

#[test]
fn a_question_that_follows_results_is_a_question() {
    let request = request(vec![
        question("first", "noon"),
        Message::assistant(vec![call("t1")]),
        Message::user(vec![result("t1"), Block::text("and?"), note("one"), Block::text("late")]),
    ]);
    assert_eq!(marks(&request), ["/messages/0/content/0", "/messages/2/content/1", "/system/0"]);
}

#[test]
fn the_next_request_repeats_what_is_before_a_mark_byte_for_byte() {
    let requests = conversation(12);
    let is_loop = |request: &Request| {
        let last = request.messages.last().expect("message");
        matches!(last.content[0], Block::ToolResult { .. })
    };
    for pair in requests.windows(2) {
        let [before, next] = pair else { panic!("two requests") };
        let repeated = repeated(before, next);
        if is_loop(before) && !is_loop(next) {
            // The results of a turn stand behind its notes, and nobody knew that these were the last. The static part
            // and the question are repeated all the same.
            assert_eq!(repeated, [true, true, false, false]);
        } else {
            assert!(repeated.len() >= 2 && repeated.iter().all(|repeated| *repeated), "{repeated:?}");
        }
    }
}

#[test]
fn the_longest_prefix_that_lasts_is_marked_again_by_the_next_request() {
    // So that it is found without counting on how far the provider looks back.
    for pair in conversation(12).windows(2) {
        let [before, next] = pair else { panic!("two requests") };
        let (written, read) = (prefixes(before), prefixes(next));
        let longest = written.iter().filter(|prefix| read.contains(prefix)).map(String::len).max();
        let lasting = written.iter().zip(repeated(before, next)).filter(|(_, repeated)| *repeated);
        assert_eq!(longest, lasting.map(|(prefix, _)| prefix.len()).max());
    }
}

#[test]
fn tools_and_system_are_the_same_bytes_for_fifty_turns_of_any_model() {
    let table = ModelTable::builtin().expect("table");
    let ids: Vec<_> = table.iter().map(|model| model.spec.id.clone()).collect();
    let requests = conversation(50);
    assert!(requests.len() > 50);
    for system in ["Be kind.".to_owned(), "Be kind. ".repeat(120), "Be kind. ".repeat(4_000)] {
        let golden = format!(
            concat!(
                r#"[{{"type":"text","text":"{}","cache_control":{{"type":"ephemeral"}}}}],"tools":["#,
                r#"{{"name":"clock","description":"Says the time.","input_schema":"#,
                r#"{{"properties":{{"zone":{{"type":"string"}}}},"type":"object"}}}},"#,
                r#"{{"name":"calendar","description":"Says the time.","input_schema":"#,
                r#"{{"properties":{{"zone":{{"type":"string"}}}},"type":"object"}}}}]"#,
            ),
            system
        );
        for (at, request) in requests.iter().enumerate() {
            let model = ids[at % ids.len()].clone();
            let request = Request { model, system: system.clone(), ..request.clone() };
            assert_eq!(fixed(&request), golden, "request {at} to {}", request.model);
        }
    }
}

#[test]
fn a_single_question_without_tools_is_not_written_to_the_cache() {
    let mut request = request(vec![question(&"word ".repeat(2_000), "noon")]);
    request.tools.clear();
    assert_eq!(marks(&request), ["/system/0"]);
    request.system.clear();
    assert_eq!(marks(&request), [""; 0]);
}

#[test]
fn a_transcript_that_cannot_reach_the_minimum_is_not_marked() {
    let mut request = request(vec![question("a", "b"), Message::assistant(vec![Block::text("c")])]);
    request.messages.push(question("d", "e"));
    request.system = "Be kind.".into();
    assert_eq!(marks(&request), ["/system/0"]);
    request.messages[0] = question(&"word ".repeat(300), "noon");
    assert_eq!(marks(&request), ["/messages/0/content/0", "/messages/2/content/0", "/system/0"]);
    request.model = "claude-haiku-4-5".into();
    assert_eq!(marks(&request), ["/system/0"], "its minimum is higher");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mark_of_a_first_call_has_a_note_before_it_and_there_are_at_most_four(
        turns in prop::collection::vec((0_usize..3, 0_usize..4), 1..12),
    ) {
        // Each turn: so many texts, then so many rounds of tools.
        let mut messages = Vec::new();
        for (turn, (texts, rounds)) in turns.iter().enumerate() {
            messages.push(Message::user((0..*texts).map(|at| Block::text(format!("text {at}"))).collect()));
            for round in 0..*rounds {
                let id = format!("t{turn}-{round}");
                messages.push(Message::assistant(vec![call(&id)]));
                messages.push(Message::user(vec![result(&id)]));
            }
            messages.push(Message::assistant(vec![Block::text("answer")]));
        }
        messages.push(question("last", "note"));
        let request = request(messages);
        let prefixes = prefixes(&request);
        prop_assert!((2..=4).contains(&prefixes.len()));
        prop_assert!(prefixes.iter().all(|prefix| !prefix.contains("note")));
    }
}
