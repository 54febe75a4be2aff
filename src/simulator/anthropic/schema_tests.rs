// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every shape that is refused, with the place that the error names.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn whole() -> Value {
    json!({"model": "claude-haiku-5-5", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]})
}

/// The error of a good request with one key set to something else.
fn refused(key: &str, value: Value) -> String {
    let mut body = whole();
    body[key] = value;
    create(&body).unwrap_err().message
}

fn refused_block(block: Value) -> String {
    refused("messages", json!([{"role": "user", "content": [block]}]))
}

#[test]
fn a_plain_request_and_one_with_everything_are_understood() {
    assert_eq!(create(&whole()).unwrap().messages.len(), 1);
    let body = json!({
        "model": "claude-haiku-5-5", "max_tokens": 5, "stream": true, "system": [{"type": "text", "text": "S"}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "", "signature": "s"},
                {"type": "tool_use", "id": "t", "name": "n", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}
        ],
        "tools": [{"name": "n", "description": "d", "input_schema": {"type": "object"}, "strict": true}],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": true}, "thinking": {"type": "adaptive", "display": "omitted"},
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {}}}, "metadata": {"user_id": "u"},
        "service_tier": "auto", "stop_sequences": ["x"], "temperature": 1, "top_p": 1.0, "top_k": null,
        "cache_control": {"type": "ephemeral"}, "diagnostics": {"previous_message_id": null}, "container": null
    });
    let request = create(&body).unwrap();
    assert!(request.stream && request.sampling.is_empty() && request.diagnostics);
    assert_eq!(request.auto_cache, Some(Ttl::FiveMinutes));
    assert_eq!(request.messages[0].content[0].cache, Some(Ttl::OneHour));
}

#[test]
fn unknown_keys_are_refused_at_every_level() {
    assert_eq!(refused("prompt", json!("hi")), "prompt: Extra inputs are not permitted");
    assert_eq!(
        refused("messages", json!([{"role": "user", "content": "hi", "name": "x"}])),
        "messages.0.name: Extra inputs are not permitted"
    );
    assert_eq!(
        refused_block(json!({"type": "text", "text": "x", "id": 1})),
        "messages.0.content.0.text.id: Extra inputs are not permitted"
    );
    assert_eq!(
        refused("tools", json!([{"name": "n", "input_schema": {"type": "object"}, "parameters": {}}])),
        "tools.0.custom.parameters: Extra inputs are not permitted"
    );
    assert_eq!(
        refused("thinking", json!({"type": "adaptive", "effort": "low"})),
        "thinking.effort: Extra inputs are not permitted"
    );
}

#[test]
fn missing_fields_are_named() {
    for key in ["model", "messages", "max_tokens"] {
        let mut body = whole();
        body.as_object_mut().unwrap().remove(key);
        assert_eq!(create(&body).unwrap_err().message, format!("{key}: Field required"));
    }
    assert_eq!(refused_block(json!({"type": "text"})), "messages.0.content.0.text.text: Field required");
    assert_eq!(refused_block(json!({"text": "x"})), "messages.0.content.0.type: Field required");
}

#[test]
fn wrong_types_are_named() {
    assert_eq!(refused("max_tokens", json!("5")), "max_tokens: Input should be a valid integer");
    assert_eq!(refused("max_tokens", json!(-1)), "max_tokens: Input should be greater than or equal to 0");
    assert_eq!(refused("stream", json!("yes")), "stream: Input should be a valid boolean");
    assert_eq!(refused("messages", json!({})), "messages: Input should be a valid list");
    assert_eq!(
        refused("messages", json!([{"role": "system", "content": "x"}])),
        "messages.0.role: Input should be 'user' or 'assistant'"
    );
    assert_eq!(refused("temperature", json!(2)), "temperature: range: 0..1");
    assert_eq!(create(&json!([])).unwrap_err().message, "body: Input should be an object");
}

#[test]
fn blocks_belong_to_their_role() {
    let image = json!({"type": "image", "source": {}});
    let message = refused("messages", json!([{"role": "assistant", "content": [image]}]));
    assert!(message.starts_with("messages.0.content.0: Input tag 'image'"), "{message}");
    assert!(
        refused_block(json!({"type": "tool_use", "id": "a", "name": "b", "input": {}}))
            .contains("Input tag 'tool_use'")
    );
    assert!(refused("system", json!([{"type": "image"}])).starts_with("system.0: Input tag 'image'"));
}

#[test]
fn thinking_settings_have_their_own_fields() {
    assert!(refused("thinking", json!({"type": "enabled"})).contains("budget_tokens: Field required"));
    assert!(refused("thinking", json!({"type": "enabled", "budget_tokens": 1_000})).contains("1024"));
    assert!(
        refused("thinking", json!({"type": "adaptive", "budget_tokens": 2_000})).contains("Extra inputs")
    );
    assert!(refused("thinking", json!({"type": "disabled", "display": "omitted"})).contains("Extra inputs"));
    assert!(refused("thinking", json!({"type": "on"})).starts_with("thinking.type: Input should be"));
}

#[test]
fn cache_control_knows_one_type_and_two_lifetimes() {
    let cache = |value: Value| refused_block(json!({"type": "text", "text": "x", "cache_control": value}));
    assert!(cache(json!({"type": "forever"})).contains("cache_control.type: Input should be 'ephemeral'"));
    assert!(
        cache(json!({"type": "ephemeral", "ttl": "2h"}))
            .contains("cache_control.ttl: Input should be '5m' or '1h'")
    );
    assert!(cache(json!({})).contains("cache_control.type: Field required"));
    assert!(
        refused(
            "messages",
            json!([{"role": "assistant", "content": [
            {"type": "thinking", "thinking": "", "signature": "", "cache_control": {"type": "ephemeral"}}]}])
        )
        .contains("thinking.cache_control: Extra inputs")
    );
}

#[test]
fn tools_need_a_name_and_an_object_schema() {
    let tool = |name: &str, schema: Value| refused("tools", json!([{"name": name, "input_schema": schema}]));
    assert!(tool("has space", json!({"type": "object"})).contains("should match pattern"));
    assert!(tool(&"x".repeat(129), json!({"type": "object"})).contains("should match pattern"));
    assert!(tool("ok", json!({"type": "string"})).contains("input_schema.type: Input should be 'object'"));
    assert!(refused("tools", json!([{"name": "x"}])).contains("input_schema: Field required"));
    assert!(
        refused("tools", json!([{"type": "web_search_20250305", "name": "web_search"}])).contains("tools.0")
    );
}

fn image(media_type: &str, bytes: &[u8]) -> Value {
    let data = base64::engine::general_purpose::STANDARD.encode(bytes);
    json!({"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}})
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes
}

#[test]
fn images_are_looked_into() {
    assert!(create(&json!({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [image("image/png", &png(3, 2))]}]})).is_ok());
    assert!(refused_block(image("image/jpeg", &png(3, 2))).contains("appears to be a image/png image"));
    assert!(refused_block(image("image/tiff", b"II*")).contains("media_type: Input should be"));
    assert!(refused_block(image("image/png", b"not an image")).contains("Could not process image"));
    assert!(refused_block(image("image/png", &png(8_001, 2))).contains("8000 pixels"));
    let mut large = png(3, 2);
    large.resize(IMAGE_BYTES + 1, 0);
    assert!(refused_block(image("image/png", &large)).contains("image exceeds 5 MB maximum: 5242881 bytes"));
    let source = json!({"type": "base64", "media_type": "image/png", "data": "%%%"});
    assert!(refused_block(json!({"type": "image", "source": source})).contains("not valid base64"));
    let url = json!({"type": "url", "url": "https://example.org/i.png"});
    assert!(refused_block(json!({"type": "image", "source": url})).contains("Unable to download"));
}

#[test]
fn documents_are_looked_into() {
    let text = |data: &str| json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": data}});
    assert!(refused_block(text(" ")).contains("non-whitespace"));
    let pdf = |bytes: &[u8]| {
        let data = base64::engine::general_purpose::STANDARD.encode(bytes);
        json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}})
    };
    assert!(refused_block(pdf(b"hello")).contains("PDF specified was not valid"));
    assert!(
        refused_block(pdf(&[b"%PDF-1.4".as_slice(), &b"/Type /Page ".repeat(601)].concat()))
            .contains("600 PDF pages")
    );
    let wrong =
        json!({"type": "document", "source": {"type": "base64", "media_type": "text/plain", "data": ""}});
    assert!(refused_block(wrong).contains("media_type: Input should be 'application/pdf'"));
}

#[test]
fn tool_results_need_a_reason_for_their_error() {
    assert!(
        refused_block(json!({"type": "tool_result", "tool_use_id": "t", "is_error": true}))
            .contains("content cannot be empty")
    );
    assert!(
        refused_block(json!({"type": "tool_result", "tool_use_id": "a b"})).contains("should match pattern")
    );
}

#[test]
fn counting_takes_no_limit_on_the_answer() {
    let mut body = whole();
    assert_eq!(count(&body).unwrap_err().message, "max_tokens: Extra inputs are not permitted");
    body.as_object_mut().unwrap().remove("max_tokens");
    assert!(count(&body).is_ok());
}

#[test]
fn the_newest_version_has_no_sampling_and_no_citations_of_the_user() {
    assert!(removed(&whole()).is_ok());
    for key in ["temperature", "top_p", "top_k"] {
        let mut body = whole();
        body[key] = json!(1);
        assert!(removed(&body).unwrap_err().message.starts_with(key));
    }
    let mut body = whole();
    body["messages"][0]["content"] = json!([{"type": "text", "text": "x", "citations": [{}]}]);
    assert!(removed(&body).unwrap_err().message.contains("messages.0.content.0.text.citations"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop_oneof![Just("text"), Just("user"), Just("image"), Just("base64"), Just("ephemeral"), Just("é")]
            .prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("type"),
        Just("role"),
        Just("content"),
        Just("text"),
        Just("source"),
        Just("data"),
        Just("cache_control"),
        Just("messages"),
        Just("tools"),
        Just("input_schema"),
        Just("tool_use_id"),
        Just("thinking")
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn any_json_is_understood_or_refused_as_a_400(value in any_json(), place in 0_usize..4) {
        let mut body = whole();
        match place {
            0 => body = value,
            1 => body["messages"] = value,
            2 => body["messages"][0]["content"] = Value::Array(vec![value]),
            _ => body["tools"] = Value::Array(vec![value]),
        }
        if let Err(error) = create(&body) {
            prop_assert_eq!(error.status, 400);
            prop_assert!(!error.message.is_empty());
        }
    }
}
