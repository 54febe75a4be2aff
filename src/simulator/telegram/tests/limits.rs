// SPDX-License-Identifier: MIT OR Apache-2.0
//! Flood control.

use super::Bot;
use crate::telegram::{ChatKind, Limits, Rate, chats::Chat, limits::Flood};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn too_many_messages_are_told_how_long_to_wait() {
    let bot = Bot::start().await;
    let telegram = bot.telegram();
    telegram.user(7, "Ada");
    telegram.user(8, "Ben");
    telegram.limits(Limits { chat: Some(Rate { burst: 1, each_ms: 700 }), least_wait: 1, ..Limits::off() });
    let say = |chat: i64, n: u32| json!({ "chat_id": chat, "text": format!("message {n}") });
    bot.ok("sendMessage", say(7, 1)).await;
    let response = bot.http.post(bot.url("sendMessage")).json(&say(7, 2)).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (429, "1"));
    let answer: serde_json::Value = response.json().await.unwrap();
    assert_eq!(answer["description"], "Too Many Requests: retry after 1");
    assert_eq!(answer["parameters"], json!({ "retry_after": 1 }));
    bot.ok("sendMessage", say(8, 1)).await;
    // An edit counts as well, and what was refused was not done.
    let edit = json!({ "chat_id": 7, "message_id": 1, "text": "edited" });
    assert_eq!(bot.call("editMessageText", edit.clone()).await.0, 429);
    assert_eq!(telegram.messages(7).len(), 1);
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    bot.ok("editMessageText", edit).await;
}

#[test]
fn a_bucket_refills_with_time_and_no_further_than_its_burst() {
    let mut flood = Flood::default();
    let chat = Chat::new(1, ChatKind::Private, "Ada");
    flood.set(Limits { chat: Some(Rate { burst: 2, each_ms: 1_000 }), ..Limits::off() });
    let at = Duration::from_millis;
    for (now, wait) in [
        (0, None),
        (0, None),
        (100, Some(1)),
        (1_100, None),
        (1_200, Some(1)),
        (60_000, None),
        (60_000, None),
        (60_000, Some(1)),
    ] {
        let told = flood.take(&chat, at(now)).err().and_then(|error| error.retry_after);
        assert_eq!(told, wait, "at {now} ms");
    }
}

#[test]
fn groups_and_everything_together_have_limits_of_their_own() {
    let mut flood = Flood::default();
    flood.set(Limits {
        group: Some(Rate { burst: 1, each_ms: 3_000 }),
        global: Some(Rate { burst: 2, each_ms: 10_000 }),
        ..Limits::off()
    });
    let group = Chat::new(-1, ChatKind::Group, "Group");
    let ada = Chat::new(1, ChatKind::Private, "Ada");
    let mut told = |chat: &Chat| flood.take(chat, Duration::ZERO).err().and_then(|error| error.retry_after);
    assert_eq!(told(&group), None);
    assert_eq!(told(&group), Some(3));
    assert_eq!(told(&ada), None);
    assert_eq!(told(&ada), Some(10));
}
