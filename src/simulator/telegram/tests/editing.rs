// SPDX-License-Identifier: MIT OR Apache-2.0
//! Editing and deleting.

use super::Bot;
use serde_json::json;

#[tokio::test]
async fn edits_are_kept_in_order_and_must_change_something() {
    let bot = Bot::start().await;
    bot.telegram().user(7, "Ada");
    bot.ok("sendMessage", json!({ "chat_id": 7, "text": "a" })).await;
    let edit = |text: &str| json!({ "chat_id": 7, "message_id": 1, "text": text, "parse_mode": "HTML" });
    let edited = bot.ok("editMessageText", edit("a b")).await;
    assert_eq!((&edited["text"], edited["edit_date"].is_i64()), (&json!("a b"), true));
    assert_eq!(
        bot.refused("editMessageText", edit(" a b ")).await,
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as \
         a current content and reply markup of the message"
    );
    bot.ok("editMessageText", edit("a <b>b</b>")).await;
    let message = &bot.telegram().messages(7)[0];
    assert_eq!((message.original.as_str(), message.text.as_str()), ("a", "a b"));
    let edits: Vec<(&str, usize)> =
        message.edits.iter().map(|edit| (edit.text.as_str(), edit.entities.len())).collect();
    assert_eq!(edits, [("a b", 0), ("a b", 1)]);
}

#[tokio::test]
async fn only_ones_own_messages_that_exist_can_be_edited() {
    let bot = Bot::start().await;
    bot.telegram().send_text(7, 7, "mine");
    let edit = |id: i64| json!({ "chat_id": 7, "message_id": id, "text": "x" });
    assert_eq!(bot.refused("editMessageText", edit(9)).await, "Bad Request: message to edit not found");
    assert_eq!(bot.refused("editMessageText", edit(1)).await, "Bad Request: message can't be edited");
    assert_eq!(
        bot.refused("editMessageText", json!({ "text": "x" })).await,
        "Bad Request: message identifier is not specified"
    );
}

#[tokio::test]
async fn a_deleted_message_is_gone() {
    let bot = Bot::start().await;
    bot.telegram().user(7, "Ada");
    bot.ok("sendMessage", json!({ "chat_id": 7, "text": "a" })).await;
    let delete = json!({ "chat_id": 7, "message_id": 1 });
    bot.ok("deleteMessage", delete.clone()).await;
    assert_eq!(bot.telegram().messages(7), []);
    assert_eq!(bot.telegram().all_messages(7).len(), 1);
    assert_eq!(bot.refused("deleteMessage", delete).await, "Bad Request: message to delete not found");
    let edit = json!({ "chat_id": 7, "message_id": 1, "text": "b" });
    assert_eq!(bot.refused("editMessageText", edit).await, "Bad Request: message to edit not found");
}

#[tokio::test]
async fn people_edit_as_well() {
    let bot = Bot::start().await;
    bot.telegram().send_text(7, 7, "/frist");
    assert!(bot.telegram().edit_text(7, 1, "first") > 0);
    let updates = bot.ok("getUpdates", json!({})).await;
    let edited = &updates[1]["edited_message"];
    assert_eq!((&edited["text"], &edited["message_id"]), (&json!("first"), &json!(1)));
    assert!(edited["entities"].is_null());
}
