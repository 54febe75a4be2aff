// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stand-in over real HTTP, as a client meets it.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::{
    Simulator,
    anthropic::{Fault, Wire, fingerprint},
};

struct Client {
    simulator: Simulator,
    http: reqwest::Client,
}

impl Client {
    async fn new() -> Client {
        Client { simulator: Simulator::start(None).await.unwrap(), http: reqwest::Client::new() }
    }

    fn request(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}{path}", self.simulator.anthropic_url()))
            .header("x-api-key", "sk-test")
            .header("anthropic-version", "2023-06-01")
            .json(body)
    }

    async fn send(&self, body: &Value) -> (u16, Value) {
        let response = self.request("/v1/messages", body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }
}

fn says(text: &str) -> Value {
    json!({"model": "claude-haiku-5-5", "max_tokens": 1_000, "thinking": {"type": "disabled"},
        "messages": [{"role": "user", "content": text}]})
}

fn streamed(text: &str) -> Value {
    let mut body = says(text);
    body["stream"] = json!(true);
    body
}

#[tokio::test]
async fn a_message_is_answered_billed_and_recorded_without_its_key() {
    let client = Client::new().await;
    let response = client.request("/v1/messages", &says("[sim:say Hello]")).send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let request_id = header("request-id").unwrap();
    assert!(request_id.starts_with("req_"));
    assert!(header("anthropic-organization-id").is_some());
    let remaining: u64 = header("anthropic-ratelimit-requests-remaining").unwrap().parse().unwrap();
    assert_eq!(remaining, 3_999);
    assert!(header("anthropic-ratelimit-input-tokens-reset").unwrap().ends_with('Z'));
    let message: Value = response.json().await.unwrap();
    assert_eq!(message["content"], json!([{"type": "text", "text": "Hello"}]));
    assert_eq!(
        (message["stop_reason"].clone(), message["usage"]["output_tokens"].clone()),
        (json!("end_turn"), json!(2))
    );
    let input = message["usage"]["input_tokens"].as_u64().unwrap();
    let bill = client.simulator.anthropic.bills()[&fingerprint("sk-test")];
    assert_eq!((bill.calls, bill.nano_usd), (1, input * 100 + 2 * 500));
    let recorded = client.simulator.anthropic.requests();
    assert_eq!((recorded[0].request_id.as_str(), recorded[0].status), (request_id.as_str(), 200));
    assert_eq!(recorded[0].body_json()["max_tokens"], 1_000);
    assert_eq!(recorded[0].header("anthropic-version"), Some("2023-06-01"));
    assert!(!format!("{recorded:?}").contains("sk-test"));
}

#[tokio::test]
async fn the_key_and_the_version_are_checked() {
    let client = Client::new().await;
    let url = format!("{}/v1/messages", client.simulator.anthropic_url());
    let post = || client.http.post(&url).json(&says("hi"));
    let status = |request: reqwest::RequestBuilder| async { request.send().await.unwrap().status().as_u16() };
    assert_eq!(status(post().header("anthropic-version", "2023-06-01")).await, 401);
    assert_eq!(status(post().header("x-api-key", "k")).await, 400);
    assert_eq!(status(post().header("x-api-key", "k").header("anthropic-version", "2020-01-01")).await, 400);
    client.simulator.anthropic.accept_key("right");
    let (code, error) = client.send(&says("hi")).await;
    assert_eq!((code, error["error"]["type"].clone()), (401, json!("authentication_error")));
    assert_eq!(
        status(post().header("x-api-key", "right").header("anthropic-version", "2023-06-01")).await,
        200
    );
    assert_eq!(status(post().bearer_auth("right").header("anthropic-version", "2023-06-01")).await, 200);
    assert_eq!(status(post().bearer_auth("wrong").header("anthropic-version", "2023-06-01")).await, 401);
}

#[tokio::test]
async fn each_version_of_the_api_has_its_own_rules() {
    let client = Client::new().await;
    let url = format!("{}/v1/messages", client.simulator.anthropic_url());
    let mut body = says("hi");
    body["temperature"] = json!(1);
    for (version, expected) in [("2023-06-01", 200), ("2026-10-21", 400)] {
        let request = client.http.post(&url).header("x-api-key", "k").header("anthropic-version", version);
        assert_eq!(request.json(&body).send().await.unwrap().status().as_u16(), expected);
    }
}

#[tokio::test]
async fn wrong_requests_get_the_envelope_of_the_api() {
    let client = Client::new().await;
    let mut body = says("hi");
    body["colour"] = json!("blue");
    let (code, error) = client.send(&body).await;
    assert_eq!((code, error["type"].clone()), (400, json!("error")));
    assert_eq!(
        error["error"],
        json!({"type": "invalid_request_error", "message": "colour: Extra inputs are not permitted"})
    );
    assert!(error["request_id"].as_str().unwrap().starts_with("req_"));
    let (code, error) = client.send(&says("")).await;
    assert_eq!(
        (code, error["error"]["message"].clone()),
        (400, json!("messages.0: user messages must have non-empty content"))
    );
    body = says("hi");
    body["model"] = json!("claude-9");
    let (code, error) = client.send(&body).await;
    assert_eq!((code, error["error"]["message"].clone()), (404, json!("model: claude-9")));
    let get =
        client.http.get(format!("{}/v1/messages", client.simulator.anthropic_url())).send().await.unwrap();
    assert_eq!(get.status().as_u16(), 405);
    let lost = client.http.get(format!("{}/v2", client.simulator.anthropic_url())).send().await.unwrap();
    assert_eq!(lost.json::<Value>().await.unwrap()["error"]["type"], "not_found_error");
    assert_eq!(client.simulator.anthropic.bill().calls, 0);
}

#[tokio::test]
async fn a_body_over_32_mb_is_too_large_and_a_prompt_over_the_window_too_long() {
    let client = Client::new().await;
    let (code, error) = client.send(&says(&"x".repeat(33 * 1024 * 1024))).await;
    assert_eq!((code, error["error"]["type"].clone()), (413, json!("request_too_large")));
    let (code, error) = client.send(&says(&"x".repeat(4_000_004))).await;
    assert_eq!(code, 400);
    assert_eq!(error["error"]["message"], "prompt is too long: 1000004 tokens > 1000000 maximum");
}

#[tokio::test]
async fn counting_says_what_creating_bills() {
    let client = Client::new().await;
    let mut body = says("How many?");
    body["system"] = json!("Count well.");
    let (_, message) = client.send(&body).await;
    body.as_object_mut().unwrap().remove("max_tokens");
    let counted: Value =
        client.request("/v1/messages/count_tokens", &body).send().await.unwrap().json().await.unwrap();
    assert_eq!(counted["input_tokens"], message["usage"]["input_tokens"]);
}

#[tokio::test]
async fn models_are_listed_and_found() {
    let client = Client::new().await;
    let get = |path: &str| {
        let request = client.http.get(format!("{}{path}", client.simulator.anthropic_url()));
        let request = request.header("x-api-key", "k").header("anthropic-version", "2023-06-01");
        async { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let page = get("/v1/models?limit=2").await;
    assert_eq!((page["data"].as_array().unwrap().len(), page["has_more"].clone()), (2, json!(true)));
    let next = get(&format!("/v1/models?limit=1000&after_id={}", page["last_id"].as_str().unwrap())).await;
    assert_eq!(
        (next["data"][0]["id"].clone(), next["has_more"].clone()),
        (json!("claude-opus-5-5"), json!(false))
    );
    let one = get("/v1/models/claude-haiku-5-5").await;
    assert_eq!(
        (one["max_input_tokens"].clone(), one["max_tokens"].clone()),
        (json!(1_000_000), json!(128_000))
    );
    assert_eq!(get("/v1/models/none").await["error"]["type"], "not_found_error");
}

#[tokio::test]
async fn the_cache_is_filled_read_and_expires_by_its_own_clock() {
    let client = Client::new().await;
    let mut body = says("hi");
    body["system"] =
        json!([{"type": "text", "text": "word".repeat(600), "cache_control": {"type": "ephemeral"}}]);
    let usage = || async {
        let usage = client.send(&body).await.1["usage"].clone();
        let read = |key: &str| usage[key].as_u64().unwrap();
        (read("cache_creation_input_tokens"), read("cache_read_input_tokens"))
    };
    assert_eq!(usage().await, (600, 0));
    assert_eq!(usage().await, (0, 600));
    client.simulator.anthropic.advance(Duration::from_secs(301));
    assert_eq!(usage().await, (600, 0));
    assert!(client.simulator.anthropic.cache_hit_ratio() > 0.3);
    client.simulator.anthropic.set_cache_minimum(Some(2_048));
    client.simulator.anthropic.advance(Duration::from_secs(301));
    assert_eq!(usage().await, (0, 0));
}

#[tokio::test]
async fn the_three_stop_signals_are_kept_apart() {
    let client = Client::new().await;
    let api = &client.simulator.anthropic;
    api.fault(Fault::RateLimited { retry_after: "7".to_owned() }, 1);
    api.fault(Fault::SpendLimit, 1);
    api.fault(Fault::WorkspaceSpendLimit, 1);
    let response = client.request("/v1/messages", &says("hi")).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    let response = client.request("/v1/messages", &says("hi")).send().await.unwrap();
    assert!(response.headers().get("retry-after").is_none());
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["error"]["details"]["error_code"], "enforced_spend_limit_reached");
    let (code, error) = client.send(&says("hi")).await;
    assert_eq!((code, error["error"]["type"].clone()), (400, json!("invalid_request_error")));
    assert_eq!((client.send(&says("hi")).await.0, api.faults_waiting()), (200, 0));
}

#[tokio::test]
async fn plain_errors_and_a_page_of_html_can_be_ordered() {
    let client = Client::new().await;
    for status in [401, 402, 403, 404, 409, 413, 500, 504, 529] {
        client.simulator.anthropic.fault(Fault::Status { status }, 1);
        assert_eq!(client.send(&says("hi")).await.0, status);
    }
    client.simulator.anthropic.fault(Fault::HtmlBadGateway, 1);
    let response = client.request("/v1/messages", &says("hi")).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
        (502, "text/html")
    );
}

#[tokio::test]
async fn a_reset_bills_nothing_and_a_reset_after_work_bills() {
    let client = Client::new().await;
    let api = &client.simulator.anthropic;
    api.fault(Fault::Reset, 1);
    assert!(client.request("/v1/messages", &says("hi")).send().await.is_err());
    assert_eq!(api.bill().calls, 0);
    api.fault(Fault::ResetAfterWork, 1);
    assert!(client.request("/v1/messages", &says("hi")).send().await.is_err());
    assert_eq!((api.bill().calls, api.requests()[1].status), (1, 0));
    api.fault(Fault::Hang { seconds: 0.05 }, 1);
    assert!(client.request("/v1/messages", &says("hi")).send().await.is_err());
    assert_eq!(client.send(&says("hi")).await.0, 200);
}

/// All bytes that arrive, and whether the body ended in good order.
async fn drain(response: reqwest::Response) -> (Vec<u8>, bool) {
    let (mut bytes, mut whole) = (Vec::new(), true);
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) => bytes.extend(chunk),
            Err(_) => whole = false,
        }
    }
    (bytes, whole)
}

#[tokio::test]
async fn a_stream_is_cut_inside_a_character_and_what_arrived_is_billed() {
    let client = Client::new().await;
    client.simulator.anthropic.fault(Fault::CutInCharacter, 1);
    let response = client.request("/v1/messages", &streamed("[sim:say こんにちは]")).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let (bytes, whole) = drain(response).await;
    assert!(!whole);
    assert!(std::str::from_utf8(&bytes).unwrap_err().error_len().is_none());
    let bill = client.simulator.anthropic.bill();
    assert_eq!((bill.calls, bill.usage.output), (1, 1));
}

#[tokio::test]
async fn a_stream_arrives_whole_through_any_chunks() {
    let client = Client::new().await;
    let read = || async {
        let response =
            client.request("/v1/messages", &streamed("[sim:say naïve 日本 👋]")).send().await.unwrap();
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
        let (bytes, whole) = drain(response).await;
        assert!(whole);
        let text = String::from_utf8(bytes).unwrap();
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter_map(|data| {
            serde_json::from_str::<Value>(data).unwrap()["delta"]["text"].as_str().map(str::to_owned)
        })
        .collect::<String>()
    };
    assert_eq!(read().await, "naïve 日本 👋");
    client.simulator.anthropic.set_wire(Wire { crlf: true, chunks: vec![1, 2, 5], unknown_events: true });
    assert_eq!(read().await, "naïve 日本 👋");
    let bill = client.simulator.anthropic.bill();
    assert_eq!(bill.calls, 2);
}

#[tokio::test]
async fn thinking_is_given_back_to_its_model_only() {
    let client = Client::new().await;
    let ask = json!({"role": "user", "content": "[sim:say Hm.]"});
    let mut body = json!({"model": "claude-opus-5-5", "max_tokens": 500, "messages": [ask]});
    let (_, first) = client.send(&body).await;
    assert_eq!(first["content"][0]["type"], "thinking");
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": first["content"]}));
    messages.push(json!({"role": "user", "content": "go on"}));
    assert_eq!(client.send(&body).await.0, 200);
    body["model"] = json!("claude-sonnet-5-5");
    assert_eq!(client.send(&body).await.0, 400);
}

#[tokio::test]
async fn everything_can_be_ordered_and_seen_over_http() {
    let client = Client::new().await;
    let control = |path: &str| format!("{}/_sim/anthropic/{path}", client.simulator.anthropic_url());
    let post = |path: &str, body: Value| {
        let request = client.http.post(control(path)).json(&body);
        async { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let get = |path: &str| {
        let request = client.http.get(control(path));
        async { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let order = json!({"fault": {"kind": "status", "status": 529}, "count": 2});
    assert_eq!(post("faults", order).await["waiting"], 2);
    assert_eq!(client.send(&says("hi")).await.0, 529);
    client.http.delete(control("faults")).send().await.unwrap();
    assert_eq!(client.send(&says("hi")).await.0, 200);
    assert_eq!(get("requests?last=1").await[0]["status"], 200);
    assert_eq!(get("requests").await[0]["fault"]["status"], 529);
    assert_eq!(get("bill").await["total"]["calls"], 1);
    assert!(get("usage").await["prompt"].as_u64().unwrap() > 0);
    assert!(post("advance", json!({"seconds": 300})).await["now_seconds"].as_f64().unwrap() >= 300.0);
    assert_eq!(post("wire", json!({"crlf": true})).await["crlf"], true);
    post("settings", json!({"keys": ["only"], "cache_minimum": 100})).await;
    assert_eq!(client.send(&says("hi")).await.0, 401);
    post("reset", json!({})).await;
    assert_eq!((client.send(&says("hi")).await.0, get("requests").await.as_array().unwrap().len()), (200, 1));
}

#[tokio::test]
async fn what_the_events_say_is_what_is_billed() {
    let client = Client::new().await;
    let mut total = 0;
    for text in ["[sim:words 40]", "[sim:refuse]", "[sim:tool look {\"a\":1}]"] {
        let (bytes, _) = drain(client.request("/v1/messages", &streamed(text)).send().await.unwrap()).await;
        let text = String::from_utf8(bytes).unwrap();
        let last =
            text.lines().filter_map(|line| line.strip_prefix("data: ")).rev().nth(1).unwrap().to_owned();
        let usage = serde_json::from_str::<Value>(&last).unwrap()["usage"].clone();
        total +=
            usage["input_tokens"].as_u64().unwrap() * 100 + usage["output_tokens"].as_u64().unwrap() * 500;
    }
    assert_eq!(client.simulator.anthropic.bill().nano_usd, total);
}
