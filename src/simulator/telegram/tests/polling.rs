// SPDX-License-Identifier: MIT OR Apache-2.0
//! Receiving updates.

use super::{Bot, SOON};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

fn ids(updates: &Value) -> Vec<i64> {
    updates.as_array().unwrap().iter().map(|update| update["update_id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn an_update_is_repeated_until_the_offset_confirms_it() {
    let bot = Bot::start().await;
    let ada = bot.telegram().user(7, "Ada");
    let first = bot.telegram().send_text(ada, ada, "/start now");
    let second = bot.telegram().send_text(ada, ada, "two");
    assert_eq!(second, first + 1);
    let updates = bot.ok("getUpdates", json!({})).await;
    assert_eq!(ids(&updates), [first, second]);
    let message = &updates[0]["message"];
    assert_eq!(message["text"], "/start now");
    assert_eq!(message["from"]["first_name"], "Ada");
    assert_eq!(message["chat"], json!({ "id": 7, "type": "private", "first_name": "Ada" }));
    assert_eq!(message["entities"], json!([{ "type": "bot_command", "offset": 0, "length": 6 }]));
    assert_eq!(ids(&bot.ok("getUpdates", json!({ "limit": 1 })).await), [first]);
    assert_eq!(bot.telegram().pending_updates(), 2);
    assert_eq!(ids(&bot.ok("getUpdates", json!({ "offset": first + 1 })).await), [second]);
    assert_eq!(bot.telegram().pending_updates(), 1);
    assert_eq!(ids(&bot.ok("getUpdates", json!({ "offset": second + 1 })).await), Vec::<i64>::new());
    assert_eq!(bot.telegram().pending_updates(), 0);
}

#[tokio::test]
async fn a_negative_offset_forgets_all_but_the_last() {
    let bot = Bot::start().await;
    let sent: Vec<i64> = (0..5).map(|n| bot.telegram().send_text(1, 1, &format!("{n}"))).collect();
    assert_eq!(ids(&bot.ok("getUpdates", json!({ "offset": -2 })).await), sent[3..]);
    assert_eq!(bot.telegram().pending_updates(), 2);
}

#[tokio::test]
async fn ids_may_jump_and_an_old_offset_then_confirms_nothing() {
    let bot = Bot::start().await;
    let old = bot.telegram().send_text(1, 1, "before");
    bot.ok("getUpdates", json!({ "offset": old + 1 })).await;
    bot.telegram().next_update_id(4_000);
    assert_eq!(bot.telegram().send_text(1, 1, "after"), 4_000);
    assert_eq!(ids(&bot.ok("getUpdates", json!({ "offset": old + 1 })).await), [4_000]);
    assert_eq!(ids(&bot.ok("getUpdates", json!({ "offset": 4_001 })).await), Vec::<i64>::new());
}

#[tokio::test]
async fn a_long_poll_waits_for_the_first_update_and_no_longer() {
    let bot = Bot::start().await;
    let begin = Instant::now();
    assert_eq!(bot.ok("getUpdates", json!({ "timeout": 1 })).await, json!([]));
    assert!(begin.elapsed() >= Duration::from_millis(950), "{:?}", begin.elapsed());
    let telegram = bot.telegram().clone();
    let begin = Instant::now();
    let (updates, ()) = tokio::join!(bot.ok("getUpdates", json!({ "timeout": 30 })), async {
        assert!(telegram.wait_for(SOON, |telegram| telegram.count_calls("getUpdates") == 2).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
        telegram.send_text(1, 1, "at last");
    });
    assert_eq!(updates.as_array().unwrap().len(), 1);
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_older_of_two_polls_is_ended_with_a_conflict() {
    let bot = Bot::start().await;
    let telegram = bot.telegram().clone();
    let ((status, older), newer) = tokio::join!(bot.call("getUpdates", json!({ "timeout": 30 })), async {
        assert!(telegram.wait_for(SOON, |telegram| telegram.count_calls("getUpdates") == 1).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let (newer, ()) = tokio::join!(bot.ok("getUpdates", json!({ "timeout": 30 })), async {
            assert!(telegram.wait_for(SOON, |telegram| !telegram.rejections().is_empty()).await);
            telegram.send_text(1, 1, "for the newer one");
        });
        newer
    });
    assert_eq!(status, 409);
    assert_eq!(
        older["description"],
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    );
    assert_eq!(newer[0]["message"]["text"], "for the newer one");
    assert_eq!(bot.telegram().rejections().len(), 1);
}

#[tokio::test]
async fn only_the_kinds_that_were_asked_for_arrive_and_unknown_kinds_always_do() {
    let bot = Bot::start().await;
    let telegram = bot.telegram();
    let raw = |kind: &str| telegram.send_raw_update(Map::from_iter([(kind.to_owned(), json!({}))]));
    assert_eq!(raw("message_reaction"), 0);
    bot.ok("getUpdates", json!({ "allowed_updates": ["poll", "message_reaction"] })).await;
    assert!(raw("message_reaction") > 0);
    assert_eq!(telegram.send_text(1, 1, "not asked for"), 0);
    assert!(raw("from_the_future") > 0);
    // Left out, it stays; empty, it is the default again.
    bot.ok("getUpdates", json!({})).await;
    assert_eq!(raw("message"), 0);
    bot.ok("getUpdates", json!({ "allowed_updates": [] })).await;
    assert!(raw("message") > 0);
    assert!(telegram.warnings().is_empty());
    bot.ok("getUpdates", json!({ "allowed_updates": ["mesage"] })).await;
    assert_eq!(telegram.warnings().len(), 1);
}

#[tokio::test]
async fn polling_and_a_webhook_exclude_each_other() {
    let bot = Bot::start().await;
    bot.ok("setWebhook", json!({ "url": "https://example.org/hook" })).await;
    assert_eq!(
        bot.refused("getUpdates", json!({})).await,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    );
    bot.telegram().send_text(1, 1, "kept");
    let (_, answer) = bot.call("deleteWebhook", json!({ "drop_pending_updates": false })).await;
    assert_eq!(answer, json!({ "ok": true, "result": true, "description": "Webhook was deleted" }));
    assert_eq!(bot.ok("getWebhookInfo", json!({})).await["pending_update_count"], 1);
    assert_eq!(bot.ok("getUpdates", json!({})).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn updates_outlive_the_bot_that_did_not_confirm_them() {
    let bot = Bot::start().await;
    let id = bot.telegram().send_text(1, 1, "once");
    let polled = bot.ok("getUpdates", json!({ "timeout": 10 })).await;
    let again = reqwest::Client::new().get(bot.url("getUpdates?timeout=10")).send().await.unwrap();
    let again: Value = again.json().await.unwrap();
    assert_eq!((ids(&polled), ids(&again["result"])), (vec![id], vec![id]));
}

#[tokio::test(start_paused = true)]
async fn unconfirmed_updates_are_lost_after_a_day() {
    let telegram = crate::telegram::Telegram::new();
    let poll = || crate::telegram::updates::Poll::new(None, None, None);
    telegram.send_text(1, 1, "old");
    tokio::time::advance(Duration::from_secs(23 * 3600)).await;
    telegram.send_text(1, 1, "young");
    assert_eq!(telegram.poll(poll()).await.unwrap().as_array().unwrap().len(), 2);
    tokio::time::advance(Duration::from_secs(2 * 3600)).await;
    assert_eq!(telegram.poll(poll()).await.unwrap()[0]["message"]["text"], "young");
}

#[tokio::test]
async fn a_bot_that_was_killed_in_a_poll_leaves_no_conflict_behind() {
    let bot = Bot::start().await;
    let url = bot.url("getUpdates?timeout=30");
    let killed = tokio::spawn(async move { reqwest::Client::new().get(url).send().await });
    assert!(bot.telegram().wait_for(SOON, |telegram| telegram.count_calls("getUpdates") == 1).await);
    tokio::time::sleep(Duration::from_millis(50)).await;
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    let telegram = bot.telegram().clone();
    let (updates, ()) = tokio::join!(bot.ok("getUpdates", json!({ "timeout": 30 })), async {
        assert!(telegram.wait_for(SOON, |telegram| telegram.count_calls("getUpdates") == 2).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
        telegram.send_text(1, 1, "for the next one");
    });
    assert_eq!(updates[0]["message"]["text"], "for the next one");
    assert_eq!(bot.telegram().rejections(), []);
}
