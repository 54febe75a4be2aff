// SPDX-License-Identifier: MIT OR Apache-2.0
use super::stand_in::{Reply, StandIn, delivery};
use blufio_core::channel::Channel;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[tokio::test]
async fn an_answer_that_is_far_too_large_is_not_read() {
    let stand_in = StandIn::start().await;
    let endless: &'static str = Box::leak("x".repeat(17 * 1024 * 1024).into_boxed_str());
    stand_in.will("sendMessage", Reply::Raw(endless));
    let error = stand_in.telegram.deliver(&delivery(1, "7", None, json!({"text": "hi"}))).await.unwrap_err();
    assert_eq!(error.class(), "transient");
    assert!(error.to_string().contains("more than the 16777216 that are read"), "{error}");
}

#[tokio::test]
async fn a_service_in_trouble_is_heard_at_once() {
    let stand_in = StandIn::start().await;
    stand_in.will("sendMessage", Reply::Error(502, "Bad Gateway", Value::Null));
    let begin = Instant::now();
    let error = stand_in.telegram.deliver(&delivery(1, "7", None, json!({"text": "hi"}))).await.unwrap_err();
    assert_eq!(error.class(), "transient");
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}
