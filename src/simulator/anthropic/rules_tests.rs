// SPDX-License-Identifier: MIT OR Apache-2.0
//! Turns, tool pairs, and what each model refuses.

use super::*;
use crate::anthropic::{models, prompt::Prompt, schema, thinking};
use serde_json::{Value, json};

/// Checks a request with these keys on this model.
fn checked(model: &str, extra: &Value) -> Result<(), String> {
    let mut body =
        json!({"model": model, "max_tokens": 4_000, "messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let request = schema::create(&body).map_err(|error| error.message)?;
    let model = models::find(model).unwrap();
    check(&request, model).map_err(|error| error.message)?;
    let prompt = Prompt::new(&request, body.to_string().as_bytes()).map_err(|error| error.message)?;
    thinking::check(&request, model, &prompt).map_err(|error| error.message)
}

fn talk(messages: &Value) -> Result<(), String> {
    checked("claude-haiku-5-5", &json!({"messages": messages}))
}

fn refused(messages: &Value) -> String {
    talk(messages).unwrap_err()
}

fn call(ids: &[&str]) -> Value {
    let blocks: Vec<Value> =
        ids.iter().map(|id| json!({"type": "tool_use", "id": id, "name": "look", "input": {}})).collect();
    json!({"role": "assistant", "content": blocks})
}

fn results(ids: &[&str]) -> Value {
    let blocks: Vec<Value> =
        ids.iter().map(|id| json!({"type": "tool_result", "tool_use_id": id, "content": "x"})).collect();
    json!({"role": "user", "content": blocks})
}

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

#[test]
fn a_transcript_starts_and_ends_with_the_person() {
    assert!(refused(&json!([])).contains("at least one message"));
    assert!(
        refused(&json!([{"role": "assistant", "content": "hi"}, user("x")]))
            .contains("first message must use")
    );
    assert!(
        refused(&json!([user("x"), {"role": "assistant", "content": "So"}]))
            .contains("does not support assistant message prefill")
    );
    let prefill = json!({"messages": [user("x"), {"role": "assistant", "content": "So"}]});
    assert_eq!(checked("claude-haiku-4-5", &prefill), Ok(()));
    let space = json!({"messages": [user("x"), {"role": "assistant", "content": "So "}]});
    assert!(checked("claude-haiku-4-5", &space).unwrap_err().contains("trailing whitespace"));
}

#[test]
fn several_messages_of_the_same_role_are_one_turn() {
    assert_eq!(talk(&json!([user("a"), user("b")])), Ok(()));
}

#[test]
fn nothing_may_be_empty() {
    assert!(refused(&json!([user("")])).contains("user messages must have non-empty content"));
    assert!(refused(&json!([{"role": "user", "content": []}])).contains("non-empty content"));
    assert!(
        refused(&json!([user("a"), {"role": "assistant", "content": ""}, user("b")]))
            .contains("all messages must have")
    );
    assert!(refused(&json!([user(" \n")])).contains("non-whitespace"));
    assert!(
        refused(&json!([{"role": "user", "content": [{"type": "text", "text": ""}]}]))
            .contains("must be non-empty")
    );
    let cached = json!([{"role": "user", "content": [{"type": "text", "text": "", "cache_control": {"type": "ephemeral"}}]}]);
    assert!(refused(&cached).contains("cache_control cannot be set for empty text blocks"));
    assert!(checked("claude-haiku-5-5", &json!({"system": ""})).unwrap_err().contains("must be non-empty"));
    let result = json!([user("a"), call(&["t"]), {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": ""}]}]}]);
    assert!(refused(&result).contains("must be non-empty"));
}

#[test]
fn every_call_has_one_result_in_the_next_message_and_first_in_it() {
    assert_eq!(talk(&json!([user("a"), call(&["t", "u"]), results(&["u", "t"])])), Ok(()));
    assert_eq!(
        talk(&json!([user("a"), call(&["t"]), results(&["t"]), call(&["v"]), results(&["v"])])),
        Ok(())
    );
    let unanswered = "`tool_use` ids were found without `tool_result` blocks immediately after";
    assert!(refused(&json!([user("a"), call(&["t"]), user("b")])).contains(unanswered));
    assert!(
        refused(&json!([user("a"), call(&["t", "u"]), results(&["t"])])).contains("immediately after: u.")
    );
    assert!(refused(&json!([user("a"), call(&["t"]), user("b"), results(&["t"])])).contains(unanswered));
    assert!(refused(&json!([results(&["t"])])).contains("unexpected `tool_use_id`"));
    assert!(
        refused(&json!([user("a"), call(&["t"]), results(&["t"]), results(&["t"])]))
            .contains("unexpected `tool_use_id`")
    );
    assert!(refused(&json!([user("a"), call(&["t"]), results(&["t", "t"])])).contains("single result"));
    assert!(refused(&json!([user("a"), call(&["t", "t"]), results(&["t"])])).contains("must be unique"));
    let late = json!([user("a"), call(&["t"]), {"role": "user", "content": [
        {"type": "text", "text": "wait"}, {"type": "tool_result", "tool_use_id": "t", "content": "x"}]}]);
    assert!(refused(&late).contains(unanswered));
    let after = json!([user("a"), call(&["t"]), {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t", "content": "x"}, {"type": "text", "text": "wait"}]}]);
    assert_eq!(talk(&after), Ok(()));
}

#[test]
fn the_answer_has_the_models_limit() {
    assert_eq!(checked("claude-haiku-5-5", &json!({"max_tokens": 128_000})), Ok(()));
    let error = checked("claude-haiku-5-5", &json!({"max_tokens": 128_001})).unwrap_err();
    assert_eq!(
        error,
        "max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens for claude-haiku-5-5"
    );
    assert!(checked("claude-haiku-4-5", &json!({"max_tokens": 64_001})).is_err());
}

#[test]
fn sampling_is_fixed_on_the_newest_models() {
    for (key, value) in [("temperature", json!(0.5)), ("top_p", json!(0.9)), ("top_k", json!(5))] {
        for model in ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-opus-5"] {
            let error = checked(model, &json!({key: value})).unwrap_err();
            assert!(error.contains(&format!("`{key}` is not supported")), "{error}");
        }
        assert_eq!(checked("claude-haiku-4-5", &json!({key: value})), Ok(()));
    }
    assert_eq!(checked("claude-haiku-5-5", &json!({"temperature": 1})), Ok(()));
}

#[test]
fn thinking_is_set_as_each_model_allows() {
    let set = |model: &str, kind: &str| {
        let budget = (kind == "enabled").then_some(2_000);
        let mut thinking = json!({"type": kind});
        if let Some(budget) = budget {
            thinking["budget_tokens"] = json!(budget);
        }
        checked(model, &json!({"thinking": thinking})).is_ok()
    };
    let table = [
        ("claude-haiku-5-5", [true, false, true, false]),
        ("claude-sonnet-5-5", [true, true, false, false]),
        ("claude-opus-5-5", [true, false, false, false]),
        ("claude-opus-5", [true, false, true, false]),
        ("claude-haiku-4-5", [false, false, true, true]),
    ];
    for (model, expected) in table {
        let found = ["adaptive", "between_tools", "disabled", "enabled"].map(|kind| set(model, kind));
        assert_eq!(found, expected, "{model}");
    }
    let error = checked("claude-sonnet-5-5", &json!({"thinking": {"type": "disabled"}})).unwrap_err();
    assert!(error.contains("between_tools"), "{error}");
    let error = checked("claude-opus-5-5", &json!({"thinking": {"type": "disabled"}})).unwrap_err();
    assert!(error.contains("\"thinking.type.disabled\" is not supported for this model"), "{error}");
    let budget = json!({"thinking": {"type": "enabled", "budget_tokens": 4_000}});
    assert!(
        checked("claude-haiku-4-5", &budget).unwrap_err().contains("greater than `thinking.budget_tokens`")
    );
}

#[test]
fn tools_can_be_forced_only_on_models_that_allow_it() {
    let forced = |choice: Value| json!({"tools": [{"name": "look", "input_schema": {"type": "object"}}], "tool_choice": choice});
    for choice in [json!({"type": "any"}), json!({"type": "tool", "name": "look"})] {
        assert_eq!(checked("claude-haiku-5-5", &forced(choice.clone())), Ok(()));
        for model in ["claude-sonnet-5-5", "claude-opus-5-5", "claude-fable-5-1"] {
            assert!(checked(model, &forced(choice.clone())).unwrap_err().contains("forced tool use"));
        }
    }
    assert_eq!(checked("claude-opus-5-5", &forced(json!({"type": "auto"}))), Ok(()));
    assert!(
        checked("claude-haiku-5-5", &forced(json!({"type": "tool", "name": "x"})))
            .unwrap_err()
            .contains("not found")
    );
    assert!(
        checked("claude-haiku-5-5", &json!({"tool_choice": {"type": "any"}}))
            .unwrap_err()
            .contains("while providing tools")
    );
    let twice = json!([{"name": "a", "input_schema": {"type": "object"}}, {"name": "a", "input_schema": {"type": "object"}}]);
    assert!(checked("claude-haiku-5-5", &json!({"tools": twice})).unwrap_err().contains("must be unique"));
}

#[test]
fn effort_is_unknown_to_old_models() {
    let effort = json!({"output_config": {"effort": "high"}});
    assert_eq!(checked("claude-haiku-5-5", &effort), Ok(()));
    assert!(checked("claude-haiku-4-5", &effort).unwrap_err().contains("effort"));
}

// ---- thinking blocks ----------------------------------------------------------------------------------------

/// A transcript whose second message begins with thinking that this model signed for the first.
fn thought(model: &str, system: &str) -> (String, Value) {
    let body = json!({"model": model, "max_tokens": 5, "system": system, "messages": [user("hi")]});
    let request = schema::create(&body).unwrap();
    let prompt = Prompt::new(&request, body.to_string().as_bytes()).unwrap();
    let signature = thinking::sign(models::find(model).unwrap(), "", &prompt);
    (signature.clone(), json!({"type": "thinking", "thinking": "", "signature": signature}))
}

fn replay(block: &Value) -> Value {
    json!([user("hi"), {"role": "assistant", "content": [block, {"type": "text", "text": "Hello."}]}, user("and?")])
}

#[test]
fn thinking_may_be_given_back_behind_the_same_prompt_and_dropped_at_will() {
    let (_, block) = thought("claude-opus-5-5", "S");
    let extra = json!({"system": "S", "messages": replay(&block)});
    assert_eq!(checked("claude-opus-5-5", &extra), Ok(()));
    let dropped = json!([user("hi"), {"role": "assistant", "content": "Hello."}, user("and?")]);
    assert_eq!(checked("claude-opus-5-5", &json!({"system": "other", "messages": dropped})), Ok(()));
}

#[test]
fn thinking_is_refused_by_another_model_or_behind_another_prompt() {
    let (_, block) = thought("claude-opus-5-5", "S");
    let messages = replay(&block);
    let error = checked("claude-sonnet-5-5", &json!({"system": "S", "messages": messages})).unwrap_err();
    assert!(error.contains("bound to the model"), "{error}");
    let error = checked("claude-opus-5-5", &json!({"system": "T", "messages": messages})).unwrap_err();
    assert!(error.contains("bound to the conversation"), "{error}");
    let mut edited = messages;
    edited[0]["content"] = json!("hi!");
    assert!(
        checked("claude-opus-5-5", &json!({"system": "S", "messages": edited}))
            .unwrap_err()
            .contains("conversation")
    );
}

#[test]
fn older_models_bind_thinking_to_the_model_alone() {
    let (_, block) = thought("claude-opus-5", "S");
    assert_eq!(checked("claude-opus-5", &json!({"system": "T", "messages": replay(&block)})), Ok(()));
    assert!(checked("claude-sonnet-5", &json!({"system": "S", "messages": replay(&block)})).is_err());
}

#[test]
fn altered_thinking_is_refused() {
    let (signature, _) = thought("claude-opus-5-5", "S");
    for block in [
        json!({"type": "thinking", "thinking": "changed", "signature": signature}),
        json!({"type": "thinking", "thinking": "", "signature": "bm90IG1pbmU="}),
        json!({"type": "thinking", "thinking": "", "signature": "%"}),
    ] {
        let error =
            checked("claude-opus-5-5", &json!({"system": "S", "messages": replay(&block)})).unwrap_err();
        assert!(error.contains("Invalid `signature`"), "{error}");
    }
}
