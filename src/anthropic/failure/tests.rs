// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use ProviderErrorKind as Kind;
use blufio_core::secret::SecretString;
use proptest::prelude::*;
use serde_json::{Value, json};

fn redactor() -> Redactor {
    let redactor = Redactor::new();
    redactor.add(&SecretString::new("sk-ant-canary-0123456789".into()));
    redactor
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().expect("name"), value.parse().expect("value"))).collect()
}

fn answer(status: u16, pairs: &[(&'static str, &str)], error: Value) -> Failure {
    let body = json!({"type": "error", "error": error, "request_id": "req_body"}).to_string();
    let status = StatusCode::from_u16(status).expect("status");
    Failure::from_answer(status, &headers(pairs), Some(body.as_bytes()), &redactor())
}

fn plain(status: u16, name: &str, message: &str) -> Failure {
    answer(status, &[], json!({"type": name, "message": message}))
}

#[test]
fn every_documented_error_has_its_class_and_its_answer_to_trying_again() {
    let limited = Kind::RateLimited { retry_after: None };
    for (status, name, kind, repeat) in [
        (400, "invalid_request_error", Kind::InvalidRequest, Repeat::Never),
        (401, "authentication_error", Kind::Authentication, Repeat::Never),
        (402, "billing_error", Kind::Billing, Repeat::Never),
        (403, "permission_error", Kind::Permission, Repeat::Never),
        (404, "not_found_error", Kind::NotFound, Repeat::Never),
        (409, "conflict_error", Kind::Server, Repeat::Backoff),
        (413, "request_too_large", Kind::TooLarge, Repeat::Never),
        (429, "rate_limit_error", limited, Repeat::Backoff),
        (500, "api_error", Kind::Server, Repeat::Backoff),
        (504, "timeout_error", Kind::Timeout, Repeat::Backoff),
        (529, "overloaded_error", Kind::Overloaded, Repeat::Backoff),
    ] {
        for failure in [plain(status, name, "why"), plain(status, "newer_error", "why")] {
            assert_eq!((failure.kind, failure.repeat), (kind, repeat), "{status} {name}");
            assert_eq!(failure.message, "why");
        }
    }
    let repeated = |status| plain(status, "newer_error", "why").repeat;
    assert_eq!([408, 502, 503].map(repeated), [Repeat::Backoff; 3]);
    assert_eq!([405, 422, 451].map(repeated), [Repeat::Never; 3]);
}

#[test]
fn the_three_stop_signals_are_kept_apart() {
    let limited = answer(
        429,
        &[("retry-after", "12")],
        json!({"type": "rate_limit_error", "message": "This request would exceed your rate limit."}),
    );
    assert_eq!(limited.kind, Kind::RateLimited { retry_after: Some(Duration::from_secs(12)) });
    assert_eq!(limited.repeat, Repeat::After(Duration::from_secs(12)));

    let spent = answer(
        429,
        &[("x-should-retry", "true")],
        json!({
            "type": "rate_limit_error",
            "message": "Your organization has reached its monthly limit.",
            "details": {"error_code": "enforced_spend_limit_reached"},
        }),
    );
    assert_eq!((spent.kind, spent.repeat), (Kind::SpendLimit, Repeat::Never));

    for message in [
        "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
        "You have reached your specified workspace API usage limits. You will regain access on 2026-12-01.",
    ] {
        let own = plain(400, "invalid_request_error", message);
        assert_eq!((own.kind, own.repeat), (Kind::WorkspaceSpendLimit, Repeat::Never));
    }
}

#[test]
fn an_overfull_context_is_told_from_other_wrong_requests() {
    for message in [
        "prompt is too long: 208310 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length",
        "The request exceeds the model's context window.",
    ] {
        assert_eq!(plain(400, "invalid_request_error", message).kind, Kind::ContextOverflow, "{message}");
    }
    assert_eq!(plain(413, "request_too_large", "Prompt is too long").kind, Kind::ContextOverflow);
    for message in [
        "messages.1: `tool_use` ids were found without `tool_result` blocks",
        "context_management: Extra inputs are not permitted",
    ] {
        assert_eq!(plain(400, "invalid_request_error", message).kind, Kind::InvalidRequest, "{message}");
    }
    let poor = "Your credit balance is too low to access the Anthropic API.";
    assert_eq!(plain(400, "invalid_request_error", poor).kind, Kind::Billing);
}

#[test]
fn a_wish_for_a_long_wait_ends_the_call_and_is_passed_on() {
    let error = json!({"type": "rate_limit_error", "message": "slow down"});
    let failure = answer(429, &[("retry-after", "61")], error.clone());
    assert_eq!(failure.repeat, Repeat::Never);
    assert_eq!(failure.kind, Kind::RateLimited { retry_after: Some(Duration::from_secs(61)) });
    assert_eq!(
        answer(429, &[("retry-after", "60")], error.clone()).repeat,
        Repeat::After(Duration::from_secs(60))
    );
    assert_eq!(answer(429, &[("retry-after", "0")], error).repeat, Repeat::Backoff);
    let overloaded = json!({"type": "overloaded_error", "message": "Overloaded"});
    assert_eq!(answer(529, &[("retry-after", "600")], overloaded).repeat, Repeat::Never);
}

#[test]
fn the_provider_decides_whether_to_try_again_when_it_says_so() {
    let server = json!({"type": "api_error", "message": "oops"});
    assert_eq!(answer(500, &[("x-should-retry", "false")], server.clone()).repeat, Repeat::Never);
    assert_eq!(answer(500, &[("x-should-retry", "perhaps")], server).repeat, Repeat::Backoff);
    let wrong = json!({"type": "invalid_request_error", "message": "oops"});
    assert_eq!(answer(400, &[("x-should-retry", "true")], wrong).repeat, Repeat::Backoff);
}

#[test]
fn the_id_of_the_request_comes_from_the_header_or_else_from_the_body() {
    let error = json!({"type": "api_error", "message": "oops"});
    let with_header = answer(500, &[("request-id", "req_head")], error.clone());
    assert_eq!(with_header.request_id.as_deref(), Some("req_head"));
    assert_eq!(answer(500, &[], error).request_id.as_deref(), Some("req_body"));
}

#[test]
fn a_page_of_a_proxy_becomes_one_short_line() {
    let page = format!("<html>\r\n<h1>502\tBad Gateway</h1>\u{0} {}</html>", "x".repeat(5_000));
    let status = StatusCode::BAD_GATEWAY;
    let failure = Failure::from_answer(status, &HeaderMap::new(), Some(page.as_bytes()), &redactor());
    assert_eq!((failure.kind, failure.repeat), (Kind::Server, Repeat::Backoff));
    assert!(
        failure
            .message
            .starts_with("HTTP 502, and instead of the provider's error: <html> <h1>502 Bad Gateway")
    );
    assert!(failure.message.chars().count() < 250, "{}", failure.message);
    let silent = Failure::from_answer(status, &HeaderMap::new(), Some(b""), &redactor());
    assert!(silent.message.ends_with("nothing"));
    let endless = Failure::from_answer(status, &HeaderMap::new(), None, &redactor());
    assert!(endless.message.ends_with("too long to read"));
}

#[test]
fn a_secret_in_an_error_is_redacted_even_where_the_message_is_cut() {
    let echo = format!("{}sk-ant-canary-0123456789", "x".repeat(MAX_MESSAGE - 10));
    let failure = plain(400, "invalid_request_error", &echo);
    assert!(!failure.message.contains("sk-ant"), "{}", failure.message);
    let page = format!("{} sk-ant-canary-0123456789", "x".repeat(MAX_FOREIGN - 10));
    let failure =
        Failure::from_answer(StatusCode::BAD_GATEWAY, &HeaderMap::new(), Some(page.as_bytes()), &redactor());
    assert!(!failure.message.contains("sk-ant"), "{}", failure.message);
}

#[test]
fn an_error_within_a_stream_is_classed_by_its_name() {
    let event = |name: &str| {
        let error = serde_json::from_value(json!({"type": name, "message": "m"})).expect("error");
        Failure::from_event(&error, &redactor())
    };
    assert_eq!(
        (event("overloaded_error").kind, event("overloaded_error").repeat),
        (Kind::Overloaded, Repeat::Backoff)
    );
    assert_eq!(event("newer_error").kind, Kind::Server);
    assert_eq!(event("invalid_request_error").repeat, Repeat::Never);
    let spent =
        json!({"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}});
    let spent = Failure::from_event(&serde_json::from_value(spent).expect("error"), &redactor());
    assert_eq!((spent.kind, spent.repeat), (Kind::SpendLimit, Repeat::Never));
}

#[test]
fn what_the_way_out_refuses_is_not_tried_again() {
    let host = String::from("h");
    let reason = String::from("r");
    let never = [
        NetError::Refused { host: host.clone(), reason: reason.clone() },
        NetError::Tls { host: host.clone(), reason: reason.clone() },
    ];
    assert!(never.iter().all(|error| Failure::from_net(error).repeat == Repeat::Never));
    let broken = Failure::from_net(&NetError::Broken { host: host.clone(), reason });
    assert_eq!((broken.kind, broken.repeat), (Kind::Connection, Repeat::Backoff));
    assert_eq!(Failure::from_net(&NetError::Timeout { host }).kind, Kind::Timeout);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_back_the_message_is_one_bounded_line(
        status in 300_u16..600,
        body in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        let status = StatusCode::from_u16(status).expect("status");
        let failure = Failure::from_answer(status, &HeaderMap::new(), Some(&body), &redactor());
        prop_assert!(failure.message.chars().count() <= MAX_MESSAGE + 1);
        prop_assert!(!failure.message.contains(|c: char| c.is_control()));
    }
}
