// SPDX-License-Identifier: MIT OR Apache-2.0
//! Drafts, the stop button, and chat actions.

use super::Bot;
use crate::telegram::{ChatKind, Formatted, Telegram, drafts::NewDraft};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_draft_grows_until_a_message_takes_its_place() {
    let bot = Bot::start().await;
    let ada = bot.telegram().user(7, "Ada");
    for text in ["", "One", "One two"] {
        let draft = json!({ "chat_id": ada, "draft_id": 3, "text": text, "can_stop": true });
        assert_eq!(bot.ok("sendMessageDraft", draft).await, json!(true));
    }
    let drafts = bot.telegram().drafts(ada);
    assert_eq!((drafts.len(), drafts[0].visible, drafts[0].can_stop), (1, true, true));
    let texts: Vec<&str> = drafts[0].history.iter().map(|state| state.text.as_str()).collect();
    assert_eq!(texts, ["", "One", "One two"]);
    bot.ok("sendMessage", json!({ "chat_id": ada, "text": "One two three" })).await;
    let drafts = bot.telegram().drafts(ada);
    assert!(!drafts[0].visible && drafts[0].replaced.is_some());
}

#[tokio::test]
async fn drafts_are_for_private_chats_and_need_an_id() {
    let bot = Bot::start().await;
    bot.telegram().user(7, "Ada");
    bot.telegram().chat(-5, ChatKind::Group, "Group");
    let draft = |chat: i64, id: i64, text: &str| json!({ "chat_id": chat, "draft_id": id, "text": text });
    assert_eq!(
        bot.refused("sendMessageDraft", draft(-5, 1, "x")).await,
        "Bad Request: TEXTDRAFT_PEER_INVALID"
    );
    assert_eq!(bot.refused("sendMessageDraft", draft(7, 0, "x")).await, "Bad Request: RANDOM_ID_INVALID");
    let long = "x".repeat(4097);
    assert_eq!(bot.refused("sendMessageDraft", draft(7, 1, &long)).await, "Bad Request: MESSAGE_TOO_LONG");
    assert_eq!(bot.telegram().drafts(7), []);
}

#[tokio::test]
async fn pressing_stop_sends_an_update_and_later_refreshes_are_counted() {
    let bot = Bot::start().await;
    let ada = bot.telegram().user(7, "Ada");
    let draft =
        json!({ "chat_id": ada, "draft_id": 3, "text": "On and on", "can_stop": true, "keep_on_stop": true });
    assert_eq!(bot.telegram().press_stop(ada, 3), None);
    bot.ok("sendMessageDraft", draft.clone()).await;
    let id = bot.telegram().press_stop(ada, 3).unwrap();
    let updates = bot.ok("getUpdates", json!({})).await;
    assert_eq!(
        updates,
        json!([{ "update_id": id, "stopped_message_generation": { "draft_id": 3,
            "chat": { "id": 7, "type": "private", "first_name": "Ada" } } }])
    );
    bot.ok("sendMessageDraft", draft).await;
    assert_eq!(bot.telegram().drafts(ada)[0].after_stop, 1);
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_is_not_refreshed_goes_after_30_seconds() {
    let telegram = Telegram::new();
    telegram.user(7, "Ada");
    let show = |text: &str| {
        let formatted = Formatted { text: text.into(), entities: Vec::new() };
        let new =
            NewDraft { chat: 7, draft_id: 1, thread: None, can_stop: false, keep_on_stop: false, formatted };
        telegram.change(|world| {
            let now = world.now();
            world.drafts.show(new, now);
        });
    };
    show("a");
    tokio::time::advance(Duration::from_secs(29)).await;
    assert!(telegram.drafts(7)[0].visible);
    show("b");
    tokio::time::advance(Duration::from_secs(31)).await;
    assert!(!telegram.drafts(7)[0].visible);
    show("c");
    let lapsed: Vec<bool> = telegram.drafts(7)[0].history.iter().map(|state| state.lapsed).collect();
    assert_eq!(lapsed, [false, false, true]);
}

#[tokio::test]
async fn actions_are_known_ones_and_written_down() {
    let bot = Bot::start().await;
    bot.telegram().user(7, "Ada");
    bot.ok("sendChatAction", json!({ "chat_id": 7, "action": "typing" })).await;
    assert_eq!(bot.telegram().actions(7)[0].action, "typing");
    assert_eq!(
        bot.refused("sendChatAction", json!({ "chat_id": 7, "action": "thinking" })).await,
        "Bad Request: wrong parameter action in request"
    );
}
