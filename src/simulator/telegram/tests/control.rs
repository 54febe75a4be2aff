// SPDX-License-Identifier: MIT OR Apache-2.0
//! The handle from another process.

use super::Bot;
use serde_json::{Value, json};

async fn post(bot: &Bot, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/_sim/telegram/{path}", bot.simulator.telegram_url());
    let response = bot.http.post(url).json(&body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn get(bot: &Bot, path: &str) -> (u16, Value) {
    let url = format!("{}/_sim/telegram/{path}", bot.simulator.telegram_url());
    let response = bot.http.get(url).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_whole_conversation_can_be_played_over_http() {
    let bot = Bot::start().await;
    assert_eq!(post(&bot, "user", json!({ "id": 7, "name": "Ada" })).await, (200, json!({ "chat": 7 })));
    let sent = post(&bot, "text", json!({ "chat": 7, "text": "/start" })).await.1;
    assert_eq!(bot.ok("getUpdates", json!({})).await[0]["update_id"], sent["update_id"]);
    bot.ok("sendMessageDraft", json!({ "chat_id": 7, "draft_id": 1, "text": "He", "can_stop": true })).await;
    assert_eq!(post(&bot, "stop", json!({ "chat": 7, "draft_id": 1 })).await.0, 200);
    assert_eq!(post(&bot, "stop", json!({ "chat": 7, "draft_id": 2 })).await.0, 400);
    let (waited, _) = tokio::join!(
        get(&bot, "wait?chat=7&messages=1&timeout=5"),
        bot.ok("sendMessage", json!({ "chat_id": 7, "text": "<b>Hello</b>", "parse_mode": "HTML" })),
    );
    assert_eq!(waited.1[0]["entities"], json!([{ "type": "bold", "offset": 0, "length": 5 }]));
    assert_eq!(get(&bot, "messages?chat=7").await.1, waited.1);
    assert_eq!(get(&bot, "drafts?chat=7").await.1[0]["history"][0]["text"], "He");
    for empty in ["duplicates", "rejections", "warnings", "actions?chat=7"] {
        assert_eq!(get(&bot, empty).await, (200, json!([])), "{empty}");
    }
    assert_eq!(get(&bot, "pending").await.1, 2);
    assert_eq!(get(&bot, "wait?chat=7&messages=2&timeout=0.01").await.0, 400);
    post(&bot, "reset", json!({})).await;
    assert_eq!(get(&bot, "messages?chat=7").await.1, json!([]));
}

#[tokio::test]
async fn files_faults_and_limits_can_be_set_over_http() {
    let bot = Bot::start().await;
    let file = json!({ "chat": 7, "kind": "document", "name": "a.txt", "data": "aGk=", "caption": "c" });
    assert_eq!(post(&bot, "file", file).await.0, 200);
    let album = json!({ "chat": 7, "files": [{ "kind": "photo", "data": "aGk=" }, { "kind": "photo", "data": "aGk=" }] });
    assert_eq!(post(&bot, "album", album).await.1["update_ids"].as_array().unwrap().len(), 2);
    assert_eq!(bot.telegram().pending_updates(), 3);
    let fault =
        json!({ "method": "getMe", "fault": { "kind": "too_many_requests", "retry_after": 2 }, "times": 2 });
    assert_eq!(post(&bot, "fault", fault).await.1, json!({ "waiting": 2 }));
    assert_eq!(bot.call("getMe", json!({})).await.0, 429);
    assert_eq!(post(&bot, "limits", json!({ "telegram": true })).await.1["chat"]["burst"], 3);
    assert_eq!(post(&bot, "limits", json!({ "chat": { "burst": 1 } })).await.0, 400);
    assert_eq!(post(&bot, "fault", json!({ "method": "x", "fault": { "kind": "nonsense" } })).await.0, 400);
}
