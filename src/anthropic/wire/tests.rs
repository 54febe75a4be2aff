// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::models::ModelTable;
use blufio_core::content::Message;
use blufio_core::skill::{Effects, ToolSpec};
use proptest::prelude::*;
use serde_json::json;

fn table(overrides: &str) -> ModelTable {
    let overrides = toml::from_str(overrides).expect("test table");
    ModelTable::builtin().and_then(|table| table.with_overrides(&overrides)).expect("table")
}

fn request(messages: Vec<Message>) -> Request {
    Request {
        model: "claude-haiku-5-5".into(),
        system: "Be kind.".into(),
        tools: vec![],
        messages,
        max_tokens: 100,
    }
}

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: "Says the time.".into(),
        input_schema: json!({"type": "object"}),
        effects: Effects::None,
    }
}

fn written_with(request: &Request, overrides: &str) -> Value {
    let table = table(overrides);
    let bytes = body(request, table.get(&request.model).expect("model")).expect("body");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn written(request: &Request) -> Value {
    written_with(request, "")
}

fn call(id: &str, input: Value) -> Block {
    Block::ToolUse { id: id.into(), name: "clock".into(), input }
}

fn result(id: &str) -> Block {
    Block::ToolResult { tool_use_id: id.into(), content: "noon".into(), is_error: false }
}

#[test]
fn a_plain_question_is_nothing_but_itself() {
    let body = written(&request(vec![Message::user(vec![Block::text("Hi")])]));
    assert_eq!(
        body,
        json!({
            "model": "claude-haiku-5-5",
            "max_tokens": 100,
            "stream": true,
            "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        })
    );
}

#[test]
fn every_kind_of_block_is_written_as_the_provider_names_it() {
    let image = Block::Image { media_type: "image/png".into(), data: "AAAA".into() };
    let paper =
        Block::Document { media_type: "application/pdf".into(), name: "a.pdf".into(), data: "BBBB".into() };
    let nameless =
        Block::Document { media_type: "application/pdf".into(), name: " ".into(), data: "BBBB".into() };
    let failed = Block::ToolResult { tool_use_id: "t2".into(), content: String::new(), is_error: true };
    let body = written(&request(vec![
        Message::user(vec![image, paper, nameless]),
        Message::assistant(vec![
            Block::Thinking { thinking: String::new(), signature: "sig".into() },
            Block::RedactedThinking { data: "xyz".into() },
            call("t1", json!({"zone": "UTC"})),
            call("t2", json!({})),
        ]),
        Message::user(vec![result("t1"), failed]),
    ]));
    let base64 = |kind: &str, data: &str| json!({"type": "base64", "media_type": kind, "data": data});
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [
                {"type": "image", "source": base64("image/png", "AAAA")},
                {"type": "document", "source": base64("application/pdf", "BBBB"), "title": "a.pdf"},
                {"type": "document", "source": base64("application/pdf", "BBBB")},
            ]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "", "signature": "sig"},
                {"type": "redacted_thinking", "data": "xyz"},
                {"type": "tool_use", "id": "t1", "name": "clock", "input": {"zone": "UTC"}},
                {"type": "tool_use", "id": "t2", "name": "clock", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": "noon"},
                {"type": "tool_result", "tool_use_id": "t2", "is_error": true},
            ]},
        ])
    );
}

#[test]
fn results_of_tools_go_before_everything_else_in_their_own_order() {
    let body = written(&request(vec![
        Message::user(vec![Block::text("Time?")]),
        Message::assistant(vec![call("t1", json!({})), call("t2", json!({}))]),
        Message::user(vec![Block::text("hurry"), result("t1"), result("t2"), Block::text("please")]),
    ]));
    let order: Vec<_> = body["messages"][2]["content"]
        .as_array()
        .expect("blocks")
        .iter()
        .map(|block| block["tool_use_id"].as_str().or(block["text"].as_str()).expect("name").to_owned())
        .collect();
    assert_eq!(order, ["t1", "t2", "hurry", "please"]);
}

#[test]
fn empty_texts_are_never_sent_and_turns_keep_alternating() {
    let body = written(&request(vec![
        Message::user(vec![Block::text(" \n"), Block::text("one")]),
        Message::assistant(vec![Block::text("")]),
        Message::user(vec![Block::text("two")]),
        Message::assistant(vec![Block::text("three")]),
        Message::user(vec![Block::text("")]),
    ]));
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "three"}]},
            {"role": "user", "content": [{"type": "text", "text": "(empty message)"}]},
        ])
    );
}

#[test]
fn a_note_is_sent_as_a_text_at_its_place_and_an_empty_one_is_not() {
    let note = |text: &str| Block::Note { text: text.into() };
    let body = written(&request(vec![
        Message::user(vec![Block::text("one"), note("It is noon."), note(" \n")]),
        Message::assistant(vec![call("t1", json!({}))]),
        Message::user(vec![note("It is late."), result("t1")]),
    ]));
    assert_eq!(
        body["messages"][0]["content"],
        json!([{"type": "text", "text": "one"}, {"type": "text", "text": "It is noon."}])
    );
    let late = &body["messages"][2]["content"];
    assert_eq!((&late[0]["type"], &late[1]["text"]), (&json!("tool_result"), &json!("It is late.")));
}

#[test]
fn a_note_is_not_taken_for_what_the_person_said() {
    let note = Block::Note { text: "It is noon.".into() };
    let body = written(&request(vec![Message::user(vec![Block::text(" "), note])]));
    assert_eq!(
        body["messages"][0]["content"],
        json!([{"type": "text", "text": "(empty message)"}, {"type": "text", "text": "It is noon."}])
    );
}

#[test]
fn thinking_without_a_signature_is_not_sent_back() {
    let body = written(&request(vec![
        Message::user(vec![Block::text("a")]),
        Message::assistant(vec![
            Block::Thinking { thinking: "hm".into(), signature: String::new() },
            Block::text("b"),
        ]),
        Message::user(vec![Block::text("c")]),
    ]));
    assert_eq!(body["messages"][1]["content"], json!([{"type": "text", "text": "b"}]));
}

#[test]
fn arguments_that_were_no_json_go_back_inside_an_object() {
    let body = written(&request(vec![
        Message::user(vec![Block::text("a")]),
        Message::assistant(vec![call("t1", json!("{\"zone\": "))]),
        Message::user(vec![result("t1")]),
    ]));
    assert_eq!(body["messages"][1]["content"][0]["input"], json!({"invalid_json": "{\"zone\": "}));
}

#[test]
fn the_answer_is_bounded_by_what_the_model_can_write() {
    let mut request = request(vec![Message::user(vec![Block::text("a")])]);
    for (asked, sent) in [(0, 1), (7, 7), (u64::MAX, 128_000)] {
        request.max_tokens = asked;
        assert_eq!(written(&request)["max_tokens"], sent);
    }
}

#[test]
fn an_operators_parameters_are_sent() {
    let mut request = request(vec![Message::user(vec![Block::text("a")])]);
    request.tools.push(tool("clock"));
    let body = written_with(
        &request,
        "[claude-haiku-5-5]\neffort = \"low\"\nthinking = \"disabled\"\ntool_choice = \"auto\"",
    );
    assert_eq!(body["output_config"], json!({"effort": "low"}));
    assert_eq!(body["thinking"], json!({"type": "disabled"}));
    assert_eq!(body["tool_choice"], json!({"type": "auto"}));

    request.model = "claude-haiku-4-5".into();
    request.tools.clear();
    let body = written_with(
        &request,
        "[claude-haiku-4-5]\ntemperature = 0.5\ntop_p = 1\ntop_k = 9\ntool_choice = \"auto\"",
    );
    assert_eq!((&body["temperature"], &body["top_p"], &body["top_k"]), (&json!(0.5), &json!(1.0), &json!(9)));
    assert_eq!(body.get("tool_choice"), None, "there are no tools to choose from");
}

#[test]
fn pictures_are_refused_for_a_model_that_reads_none() {
    let picture = Block::Image { media_type: "image/png".into(), data: "AAAA".into() };
    let request = request(vec![Message::user(vec![picture])]);
    let table = table("[claude-haiku-5-5]\nimages = false");
    assert_eq!(body(&request, table.get("claude-haiku-5-5").expect("model")), Err(WireError::NoImages));
}

#[test]
fn an_empty_transcript_is_refused() {
    let table = table("");
    let model = table.get("claude-haiku-5-5").expect("model");
    assert_eq!(body(&request(vec![]), model), Err(WireError::NoMessages));
}

fn any_block() -> impl Strategy<Value = Block> {
    prop_oneof![
        "[ a\n]{0,3}".prop_map(Block::text),
        ("[ab]", any::<bool>())
            .prop_map(|(id, object)| call(&id, if object { json!({}) } else { json!("x") })),
        "[ab]".prop_map(|id| result(&id)),
        "s?".prop_map(|signature| Block::Thinking { thinking: String::new(), signature }),
        "[n ]{0,2}".prop_map(|text| Block::Note { text }),
    ]
}

fn any_message() -> impl Strategy<Value = Message> {
    (any::<bool>(), prop::collection::vec(any_block(), 0..4)).prop_map(|(user, content)| {
        // What a person cannot say, no turn of a person holds.
        if user {
            let said = content
                .into_iter()
                .filter(|block| !matches!(block, Block::Thinking { .. } | Block::ToolUse { .. }));
            Message::user(said.collect())
        } else {
            let said = content.into_iter().filter(|block| !matches!(block, Block::ToolResult { .. }));
            Message::assistant(said.collect())
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_transcript_its_form_is_one_that_the_provider_takes(
        messages in prop::collection::vec(any_message(), 1..8),
        long in any::<bool>(),
        with_tool in any::<bool>(),
    ) {
        let ends_with_person = messages.last().is_some_and(|message| message.role == Role::User);
        let mut request = request(messages);
        if long { request.system = "word ".repeat(2_000); }
        if with_tool { request.tools.push(tool("clock")); }
        let body = written(&request);
        prop_assert_eq!(&written(&request), &body);
        prop_assert!(body.to_string().matches("cache_control").count() <= 4);
        let turns = body["messages"].as_array().expect("turns");
        for (at, turn) in turns.iter().enumerate() {
            prop_assert_eq!(&turn["role"], if at % 2 == 0 { "user" } else { "assistant" });
            let content = turn["content"].as_array().expect("blocks");
            prop_assert!(!content.is_empty());
            let mut past_results = false;
            for block in content {
                match block["type"].as_str().expect("type") {
                    "text" => {
                        let text = block["text"].as_str().expect("text");
                        prop_assert!(!text.trim().is_empty());
                        let note = text.contains('n');
                        prop_assert!(!note || block.get("cache_control").is_none());
                    }
                    "tool_use" => prop_assert!(block["input"].is_object()),
                    "tool_result" => prop_assert!(!past_results),
                    "thinking" => prop_assert_eq!(block.get("cache_control"), None),
                    _ => {}
                }
                past_results |= block["type"] != "tool_result";
            }
        }
        if ends_with_person {
            prop_assert_eq!(&turns.last().expect("turn")["role"], "user");
        }
    }
}
