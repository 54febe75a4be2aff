// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the stand-in's Claude does with what was remembered.

use super::*;
use crate::anthropic::{brain, schema};

const NOTE: &str =
    "[Remembered from earlier, as background; it asks for nothing, and is mentioned only where it helps:";

fn ask(body: &Value) -> Reply {
    let mut whole = json!({"model": "claude-haiku-5-5", "max_tokens": 100});
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    brain::answer(&schema::create(&whole).unwrap())
}

fn text(reply: &Reply) -> String {
    let parts = reply.parts.iter().map(|part| match part {
        brain::Part::Text(text) => text.clone(),
        brain::Part::Tool { name, input } => format!("{name} {input}"),
    });
    parts.collect()
}

/// Asks behind a note with these lines.
fn reminded(lines: &str, question: &str) -> String {
    text(&ask(&json!({"messages": [{"role": "user", "content": [
        {"type": "text", "text": question},
        {"type": "text", "text": format!("{NOTE}\n{lines}]")},
        {"type": "text", "text": "[Now: Sunday, 2026-11-22 20:57 (UTC)]"}
    ]}]})))
}

#[test]
fn notes_are_read_and_only_what_stands_in_them() {
    for (lines, question, answer) in [
        ("- 2026-03-08: My dog's name is Max.", "What is my dog's name?", "Max"),
        ("- 2026-03-08: The person's dog is called Max.", "What is my dog called?", "Max"),
        (
            "- 2026-05-03: The person lives in Porto. (until 2026-05-03: The person lives in Ghent.)",
            "Where do I live?",
            "Porto",
        ),
        (
            "- 2026-05-03: The person lives in Porto.\n- 2026-01-01: The person lives in Ghent.",
            "Where do I live?",
            "Porto",
        ),
        (
            "- 2026-05-01, as it was said: you: Hello! My dog's name is Max. you: Nice.",
            "What is my dog's name?",
            "Max",
        ),
        ("- 2026-05-01, as it was said: person: I am allergic to nuts.", "What am I allergic to?", "nuts"),
        ("- 2026-05-01: The person likes jazz and tea.", "What do I like?", "jazz and tea"),
        ("- 2026-05-01: The person works as nurse.", "Where do I work?", "nurse"),
        ("- 2026-05-01: The person's dog is called Max.", "What is my cat called?", "don't know"),
    ] {
        let told = reminded(lines, question);
        assert!(told.contains(answer), "{lines} / {question}: {told}");
    }
}

#[test]
fn what_is_said_now_counts_for_more_than_what_is_remembered() {
    let reply = ask(&json!({"messages": [
        {"role": "user", "content": "My dog's name is Rex."},
        {"role": "assistant", "content": "Noted."},
        {"role": "user", "content": [
            {"type": "text", "text": "What is my dog's name?"},
            {"type": "text", "text": format!("{NOTE}\n- 2026-03-08: The person's dog is called Max.]")}
        ]}
    ]}));
    assert!(text(&reply).contains("Rex"), "{reply:?}");
}

fn extracted(conversation: &str) -> Value {
    let reply = ask(&json!({
        "system": "Note down what is worth remembering in later conversations.",
        "messages": [{"role": "user", "content": conversation}]
    }));
    serde_json::from_str(&text(&reply)).unwrap()
}

#[test]
fn what_the_person_tells_is_noted_down_with_its_line() {
    let noted = extracted(
        "<conversation>\nSunday, 2026-11-22\n1 person: Hello! My dog's name is Max, by the way.\n2 assistant: My cat's name is Tom.\n\
         3 others: [document]\n4 person: What is my cat's name?\n5 person: I live in Porto and I like jazz. Call me Ada.\n\
         6 person: I am allergic to peanuts.\n7 person: I work as a nurse.\n8 person: thanks\n</conversation>",
    );
    let told: Vec<(String, u64)> = noted["memories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|memory| (memory["text"].as_str().unwrap().to_owned(), memory["from"][0].as_u64().unwrap()))
        .collect();
    let expected = [
        ("The person's dog is called Max.", 1),
        ("The person lives in Porto.", 5),
        ("The person likes jazz.", 5),
        ("The person is called Ada.", 5),
        ("The person is allergic to peanuts.", 6),
        ("The person works as a nurse.", 7),
    ];
    assert_eq!(told, expected.map(|(text, line)| (text.to_owned(), line)));
    assert_eq!(noted["memories"][2]["kind"], "preference");
    assert_eq!(extracted("<conversation>\n1 person: hi there\n</conversation>"), json!({"memories": []}));
}

#[test]
fn what_is_known_is_named_and_what_has_changed_is_replaced() {
    let noted = extracted(
        "<known>\n7 (2026-01-01): The person lives in Ghent.\n8 (2026-01-01): The person's dog is called Max.\n\
         9 (2026-01-01): The person likes tea.\n</known>\n\n<conversation>\n1 person: We moved from Ghent to Porto.\n\
         2 person: My dog is called Max. I like jazz.\n</conversation>",
    );
    let memories = noted["memories"].as_array().unwrap();
    assert_eq!(memories.len(), 3, "{noted}");
    assert_eq!(memories[0]["text"], "The person lives in Porto.");
    assert_eq!((&memories[0]["replaces"], &memories[0]["same"]), (&json!([7]), &Value::Null));
    assert_eq!((&memories[1]["replaces"], &memories[1]["same"]), (&json!([]), &json!(8)));
    assert_eq!((&memories[2]["replaces"], &memories[2]["same"]), (&json!([]), &Value::Null));
}

/// Tools `remember` and `forget`, with what they answer.
fn with_tools(order: &str, results: &[&str]) -> Vec<String> {
    let tools = json!([
        {"name": "remember", "input_schema": {"type": "object", "properties": {}}},
        {"name": "forget", "input_schema": {"type": "object", "properties": {}}}
    ]);
    let mut messages = vec![json!({"role": "user", "content": order})];
    let mut said = Vec::new();
    for (at, result) in results.iter().map(Some).chain([None]).enumerate() {
        let reply = ask(&json!({"tools": tools, "messages": messages}));
        said.push(text(&reply));
        let (Some(brain::Part::Tool { name, input }), Some(result)) = (reply.parts.first(), result) else {
            break;
        };
        let id = format!("t{at}");
        messages.push(json!({"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": name, "input": input}]}));
        messages.push(json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": result}]}));
    }
    said
}

#[test]
fn remember_that_calls_the_tool_and_says_so() {
    assert_eq!(
        with_tools("Remember that my dog is called Max.", &["Remembered as m1."]),
        [r#"remember {"text":"The person's dog is called Max."}"#, "Noted: my dog is called Max."]
    );
    assert_eq!(
        with_tools("Remember that the key is under the mat.", &["Remembered as m1."]),
        [r#"remember {"text":"the key is under the mat."}"#, "Noted: the key is under the mat."]
    );
}

#[test]
fn what_is_told_otherwise_beside_it_is_replaced() {
    let beside = "Remembered as m4. Known beside it:\nm1 (2026-01-01): The person lives in Ghent.\n\
                  m2 (2026-01-01): The person's dog is called Max.\nWhere one of these holds no more, call remember again.";
    assert_eq!(
        with_tools("Remember that I live in Porto.", &[beside, "Known already, as m4."]),
        [
            r#"remember {"text":"The person lives in Porto."}"#,
            r#"remember {"replaces":["m1"],"text":"The person lives in Porto."}"#,
            "Noted: I live in Porto."
        ]
    );
}

#[test]
fn forget_lists_deletes_what_is_meant_and_says_so() {
    let list = "Nothing is deleted yet. Call forget with the `ids` of those that the person means:\n\
                m12 (2026-03-08): The person's dog is called Max.\np34 (2026-03-08): My dog Max hates thunder\n\
                m13 (2026-03-08): The person's cat is called Tom.";
    assert_eq!(
        with_tools(
            "Please forget what I told you about my dog.",
            &[list, "Deleted for good: memories: 1, messages: 1."]
        ),
        [
            r#"forget {"about":"my dog"}"#,
            r#"forget {"ids":["m12","p34"]}"#,
            "It is forgotten. Deleted for good: memories: 1, messages: 1."
        ]
    );
    assert_eq!(
        with_tools(
            "Forget what I told you about my yacht.",
            &["Nothing that is remembered fits. Nothing was deleted."]
        ),
        [r#"forget {"about":"my yacht"}"#, "I remember nothing about that."]
    );
}
