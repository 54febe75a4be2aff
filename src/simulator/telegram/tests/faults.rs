// SPDX-License-Identifier: MIT OR Apache-2.0
//! Answers that go wrong on purpose.

use super::Bot;
use crate::telegram::Fault;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn refusals_are_answered_once_and_nothing_is_done() {
    let bot = Bot::start().await;
    let telegram = bot.telegram();
    telegram.user(7, "Ada");
    let say = json!({ "chat_id": 7, "text": "x" });
    telegram.fail("sendMessage", Fault::TooManyRequests { retry_after: 18 });
    telegram.fail("sendMessage", Fault::Blocked);
    telegram.fail("*", Fault::Refuse { code: 400, description: "Bad Request: of course".into() });
    let (status, answer) = bot.call("sendMessage", say.clone()).await;
    assert_eq!((status, &answer["parameters"]["retry_after"]), (429, &json!(18)));
    assert_eq!(bot.refused("sendMessage", say.clone()).await, "Forbidden: bot was blocked by the user");
    assert_eq!(bot.refused("sendMessage", say.clone()).await, "Bad Request: of course");
    assert_eq!((telegram.messages(7).len(), telegram.faults_left()), (0, 0));
    bot.ok("sendMessage", say).await;
    // What was asked for is no mistake of the bot.
    assert!(telegram.rejections().is_empty());
    assert_eq!(telegram.calls()[1].fault, Some("blocked"));
}

#[tokio::test]
async fn proxies_answer_html() {
    let bot = Bot::start().await;
    bot.telegram().fail("getMe", Fault::Html { status: 502 });
    let response = bot.http.get(bot.url("getMe")).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 502);
    assert!(response.text().await.unwrap().starts_with("<html>"));
}

#[tokio::test]
async fn a_reset_comes_before_or_after_the_message_was_delivered() {
    let bot = Bot::start().await;
    let telegram = bot.telegram();
    telegram.user(7, "Ada");
    let say = json!({ "chat_id": 7, "text": "x" });
    telegram.fail("sendMessage", Fault::ResetBefore);
    telegram.fail("sendMessage", Fault::ResetAfter);
    for delivered in [0, 1] {
        let sent = bot.http.post(bot.url("sendMessage")).json(&say).send().await;
        assert!(sent.is_err());
        assert_eq!(telegram.messages(7).len(), delivered);
    }
}

#[tokio::test]
async fn a_truncated_answer_is_no_json_though_all_was_done() {
    let bot = Bot::start().await;
    bot.telegram().user(7, "Ada");
    bot.telegram().fail("sendMessage", Fault::Truncated);
    let say = json!({ "chat_id": 7, "text": "x" });
    let response = bot.http.post(bot.url("sendMessage")).json(&say).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert!(response.json::<serde_json::Value>().await.is_err());
    assert_eq!(bot.telegram().messages(7).len(), 1);
}

#[tokio::test]
async fn slow_answers_come_in_the_end() {
    let bot = Bot::start().await;
    bot.telegram().fail("getMe", Fault::Slow { millis: 200 });
    let begin = Instant::now();
    bot.ok("getMe", json!({})).await;
    assert!(begin.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn downloads_break_off_or_are_missing() {
    let bot = Bot::start().await;
    bot.telegram().send_document(7, 7, "a.bin", "", vec![7; 100_000], "");
    let updates = bot.ok("getUpdates", json!({})).await;
    let file = bot.ok("getFile", json!({ "file_id": updates[0]["message"]["document"]["file_id"] })).await;
    let path = file["file_path"].as_str().unwrap();
    let url = format!("{}/file/bot{}/{path}", bot.simulator.telegram_url(), bot.telegram().token());
    bot.telegram().fail("file", Fault::Truncated);
    bot.telegram().fail("file", Fault::Refuse { code: 404, description: "Not Found".into() });
    let broken = bot.http.get(&url).send().await.unwrap();
    assert!(broken.bytes().await.is_err());
    assert_eq!(bot.http.get(&url).send().await.unwrap().status().as_u16(), 404);
    assert_eq!(bot.http.get(&url).send().await.unwrap().bytes().await.unwrap().len(), 100_000);
}
