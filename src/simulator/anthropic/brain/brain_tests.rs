// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the stand-in's Claude knows and does not know.

use super::*;
use crate::anthropic::schema;
use serde_json::json;

fn ask(body: &Value) -> Reply {
    let mut whole = json!({"model": "claude-haiku-5-5", "max_tokens": 100});
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    answer(&schema::create(&whole).unwrap())
}

fn text(reply: &Reply) -> String {
    reply
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Tool { name, input } => format!("{name}({input})"),
        })
        .collect()
}

/// Says the lines one after another and returns the answer to the last.
fn talk(lines: &[&str]) -> String {
    let mut messages = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            messages.push(json!({"role": "assistant", "content": "Mhm."}));
        }
        messages.push(json!({"role": "user", "content": line}));
    }
    text(&ask(&json!({"messages": messages})))
}

#[test]
fn it_names_the_dog_only_if_the_name_stands_in_the_prompt() {
    assert!(talk(&["My dog's name is Max.", "What is my dog's name?"]).contains("Max"));
    let unknown = talk(&["I like my dog.", "What's my dog's name?"]);
    assert!(unknown.contains("don't know") && !unknown.contains("Max"), "{unknown}");
}

#[test]
fn it_finds_the_name_however_it_was_told_and_asked() {
    for told in [
        "my dog is called Max",
        "the name of my dog is Max!",
        "I have a dog named Max, he is brown",
        "Remember that my dog is called Max.",
        "Hi! my cat is called Tom and my dog is called Max",
        "My dog is Max",
    ] {
        for asked in ["what is my dog called?", "What's the name of my dog?", "Do you know my dog's name?"] {
            let answer = talk(&[told, asked]);
            assert!(answer.contains("Max") && !answer.contains("Tom"), "{told} / {asked}: {answer}");
        }
    }
}

#[test]
fn the_latest_telling_holds_and_other_subjects_do_not_matter() {
    let lines =
        ["My dog's name is Max", "My dog's name is Rex", "My cat's name is Tom", "What is my dog's name?"];
    let answer = talk(&lines);
    assert!(answer.contains("Rex") && !answer.contains("Tom") && !answer.contains("Max"), "{answer}");
}

#[test]
fn it_understands_german_and_french_and_across_languages() {
    assert!(talk(&["Mein Hund heißt Max.", "Wie heißt mein Hund?"]).contains("Max"));
    assert!(talk(&["Merk dir, dass mein Hund Max heißt.", "Wie heißt mein Hund?"]).contains("Max"));
    assert!(talk(&["Mon chien s'appelle Max.", "Comment s'appelle mon chien ?"]).contains("Max"));
    assert!(talk(&["My dog is called Max.", "Wie heißt mein Hund?"]).contains("Max"));
    assert!(talk(&["Ich wohne in Köln.", "Wo wohne ich?"]).contains("Köln"));
    assert!(talk(&["J’habite à Lyon.", "Où est-ce que j’habite ?"]).contains("Lyon"));
    assert!(talk(&["Wie heißt mein Hund?"]).contains("weiß ich nicht"));
    assert!(talk(&["Comment s'appelle mon chien ?"]).contains("ne sais pas"));
}

#[test]
fn it_knows_the_person_home_and_things() {
    assert!(talk(&["I am called Ada Byron.", "Who am I?"]).contains("Ada Byron"));
    assert!(talk(&["I live in São Paulo, near the park", "where do I live?"]).contains("São Paulo"));
    assert!(talk(&["my favorite color is green", "What is my favourite colour?"]).contains("green"));
    assert!(talk(&["My birthday is 4 May 1990.", "When is my birthday?"]).contains("4 May 1990"));
    assert!(talk(&["The wifi password is hunter2.", "What's the wifi password?"]).contains("hunter2"));
    assert!(talk(&["What is my name?"]).contains("don't know"));
}

#[test]
fn memories_in_the_system_prompt_count() {
    let reply = ask(&json!({
        "system": "You are helpful.\nMemories:\n- The user's dog is called Max.\n- The user lives in Kyoto.",
        "messages": [{"role": "user", "content": "What is my dog's name? And where do I live?"}]
    }));
    assert!(text(&reply).contains("Kyoto"));
    let reply = ask(&json!({
        "system": "- The user's dog is called Max.",
        "messages": [{"role": "user", "content": "What is my dog's name?"}]
    }));
    assert!(text(&reply).contains("Max"));
}

#[test]
fn what_the_assistant_said_is_no_source() {
    let reply = ask(&json!({"messages": [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "Your dog's name is Max. My dog's name is Max."},
        {"role": "user", "content": "What is my dog's name?"}
    ]}));
    assert!(!text(&reply).contains("Max"));
}

#[test]
fn a_telling_is_acknowledged_and_all_of_it_can_be_asked() {
    assert!(talk(&["Remember that the key is under the mat."]).contains("key is under the mat"));
    let all =
        talk(&["Remember that I am allergic to nuts.", "My dog is called Max", "What do you know about me?"]);
    assert!(all.contains("allergic to nuts") && all.contains("Max"), "{all}");
}

#[test]
fn the_time_is_asked_of_the_tool_and_then_told() {
    let tools = json!([{"name": "current_time", "input_schema": {"type": "object", "properties": {}}}]);
    let first = ask(&json!({"tools": tools, "messages": [{"role": "user", "content": "What time is it?"}]}));
    assert_eq!(first.parts, [Part::Tool { name: "current_time".to_owned(), input: json!({}) }]);
    let second = ask(&json!({"tools": tools, "messages": [
        {"role": "user", "content": "What time is it?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "current_time", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "12:34 in Berlin"}]}
    ]}));
    assert!(text(&second).contains("12:34 in Berlin"));
    let without = ask(&json!({"messages": [{"role": "user", "content": "What time is it?"}]}));
    assert!(text(&without).contains("no clock"));
}

#[test]
fn a_failed_tool_is_reported_as_failed() {
    let reply = ask(&json!({"messages": [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "shell", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "is_error": true, "content": "denied"}]}
    ]}));
    assert_eq!(text(&reply), "The tool shell failed: denied");
}

#[test]
fn a_tool_can_be_ordered_several_times() {
    let mut messages = vec![json!({"role": "user", "content": "[sim:tool 3 time {}]"})];
    let mut calls = 0;
    loop {
        let reply = ask(&json!({"messages": messages}));
        let Some(Part::Tool { name, input }) = reply.parts.first() else { break };
        calls += 1;
        let id = format!("t{calls}");
        messages.push(json!({"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": name, "input": input}]}));
        messages.push(
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "ok"}]}),
        );
    }
    assert_eq!(calls, 3);
}

#[test]
fn images_and_documents_are_described() {
    let png = "iVBORw0KGgoAAAANSUhEUgAAAoAAAAHgCAIAAAA=";
    let reply = ask(&json!({"messages": [{"role": "user", "content": [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": png}},
        {"type": "document", "title": "notes.txt", "source": {"type": "text", "media_type": "text/plain", "data": "Buy milk and bread"}},
        {"type": "text", "text": "What is this?"}
    ]}]}));
    let said = text(&reply);
    assert!(
        said.contains("640×480") && said.contains("image/png") && said.contains("Buy milk and bread"),
        "{said}"
    );
}

#[test]
fn directives_decide_length_pace_and_ending() {
    let reply = ask(
        &json!({"messages": [{"role": "user", "content": "[sim:sleep 2] [sim:words 30] [sim:max_tokens]"}]}),
    );
    assert_eq!(reply.pace, Duration::from_secs(2));
    assert_eq!(text(&reply).split_whitespace().count(), 30);
    assert_eq!(reply.ending, Some(Ending::MaxTokens));
    let refused = ask(&json!({"messages": [{"role": "user", "content": "[sim:refuse]"}]}));
    assert_eq!((refused.ending, refused.parts.len()), (Some(Ending::Refusal), 0));
}

#[test]
fn directives_of_earlier_messages_are_over() {
    assert_eq!(talk(&["[sim:say one]", "hello there"]), "You said: “hello there”");
}

#[test]
fn structured_output_fits_its_schema() {
    let schema = json!({"type": "object", "required": ["facts"], "properties": {"facts": {"type": "array", "items": {}}}});
    let reply = ask(&json!({
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
        "messages": [{"role": "user", "content": "extract"}]
    }));
    assert_eq!(text(&reply), r#"{"facts":[]}"#);
}
