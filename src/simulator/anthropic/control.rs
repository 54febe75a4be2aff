// SPDX-License-Identifier: MIT OR Apache-2.0
//! The handle over HTTP, for tests that run the stand-in as a program of its own. Bodies are JSON.
//!
//! | request below `/_sim/anthropic` | does |
//! |---|---|
//! | `POST /faults` `{"fault": {"kind": …}, "count": 2}` | orders a [`Fault`]; `count` is 1 if absent |
//! | `DELETE /faults` | forgets the ordered ones |
//! | `GET /faults` | `{"waiting": 2}` |
//! | `GET /requests?last=10` | the latest calls, oldest first; all without `last` |
//! | `GET /bill` | `{"total": …, "keys": {fingerprint: …}}`, prices in nano-dollars |
//! | `GET /usage` | the sum of tokens, and `cache_hit_ratio` |
//! | `POST /advance` `{"seconds": 300}` | moves the clock of the cache |
//! | `POST /wire` | a [`Wire`]: `{"crlf": true, "chunks": [1, 3], "unknown_events": true}` |
//! | `POST /settings` `{"keys": ["sk-…"], "cache_minimum": 2048}` | the keys that are accepted; the shortest cached prefix |
//! | `POST /reset` | forgets everything |

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Anthropic, Fault, Wire};

/// The routes, without their prefix.
pub(super) fn router() -> Router<Anthropic> {
    Router::new()
        .route("/faults", get(waiting).post(order).delete(forget))
        .route("/requests", get(requests))
        .route("/bill", get(bill))
        .route("/usage", get(usage))
        .route("/advance", post(advance))
        .route("/wire", post(wire))
        .route("/settings", post(settings))
        .route("/reset", post(reset))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    fault: Fault,
    #[serde(default = "once")]
    count: u32,
}

fn once() -> u32 {
    1
}

async fn order(State(api): State<Anthropic>, Json(order): Json<Order>) -> Json<Value> {
    api.fault(order.fault, order.count);
    waiting(State(api)).await
}

async fn forget(State(api): State<Anthropic>) -> Json<Value> {
    api.clear_faults();
    waiting(State(api)).await
}

async fn waiting(State(api): State<Anthropic>) -> Json<Value> {
    Json(json!({ "waiting": api.faults_waiting() }))
}

#[derive(Deserialize)]
struct Last {
    last: Option<usize>,
}

async fn requests(State(api): State<Anthropic>, Query(Last { last }): Query<Last>) -> Json<Value> {
    let all = api.requests();
    let from = all.len().saturating_sub(last.unwrap_or(all.len()));
    Json(all.iter().skip(from).map(super::Recorded::json).collect())
}

async fn bill(State(api): State<Anthropic>) -> Json<Value> {
    Json(json!({ "total": api.bill(), "keys": api.bills() }))
}

async fn usage(State(api): State<Anthropic>) -> Json<Value> {
    let usage = api.usage_totals();
    Json(json!({ "usage": usage, "prompt": usage.prompt(), "cache_hit_ratio": usage.cache_hit_ratio() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u64,
}

async fn advance(State(api): State<Anthropic>, Json(Advance { seconds }): Json<Advance>) -> Json<Value> {
    api.advance(Duration::from_secs(seconds));
    Json(json!({ "now_seconds": api.now().as_secs_f64() }))
}

async fn wire(State(api): State<Anthropic>, Json(wire): Json<Wire>) -> Json<Wire> {
    api.set_wire(wire.clone());
    Json(wire)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    keys: Vec<String>,
    cache_minimum: Option<u64>,
}

async fn settings(State(api): State<Anthropic>, Json(settings): Json<Settings>) -> Json<Value> {
    for key in &settings.keys {
        api.accept_key(key);
    }
    api.set_cache_minimum(settings.cache_minimum);
    Json(json!({ "keys": settings.keys.len(), "cache_minimum": settings.cache_minimum }))
}

async fn reset(State(api): State<Anthropic>) -> Json<Value> {
    api.reset();
    Json(json!({ "ok": true }))
}
