// SPDX-License-Identifier: MIT OR Apache-2.0
use super::stand_in::{MemoryInbox, Reply, StandIn, TOKEN, delivery, until, written};
use blufio_core::channel::{Channel, ChannelError, Progress};
use blufio_core::ids::{Conversation, QueueId};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Receives in the background until dropped.
struct Receiving(JoinHandle<Result<(), ChannelError>>);

impl Drop for Receiving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn receive(stand_in: &StandIn, inbox: &Arc<MemoryInbox>) -> Receiving {
    let (telegram, inbox) = (Arc::clone(&stand_in.telegram), Arc::clone(inbox));
    Receiving(tokio::spawn(async move { telegram.run(inbox.as_ref()).await }))
}

fn offsets(stand_in: &StandIn) -> Vec<Value> {
    stand_in.calls("getUpdates").iter().map(|call| call["offset"].clone()).collect()
}

#[tokio::test]
async fn a_batch_is_stored_in_one_piece_before_it_is_acknowledged() {
    let stand_in = StandIn::start().await;
    stand_in.will("getUpdates", Reply::Ok(json!([written(10, "one"), written(11, "two")])));
    let inbox = Arc::new(MemoryInbox::default());
    let _receiving = receive(&stand_in, &inbox);
    until(|| offsets(&stand_in).len() >= 2).await;
    assert_eq!(offsets(&stand_in)[..2], [Value::Null, json!(12)]);
    let batches = inbox.batches.lock().unwrap();
    assert_eq!(batches.len(), 1);
    let (messages, cursor) = &batches[0];
    assert_eq!(*cursor, Some(11));
    assert_eq!(messages[0].external_id, "u10");
    assert_eq!(messages[0].sender.id, "7");
    assert_eq!(messages[0].sender.name, "Ada Lovelace");
    assert_eq!(messages[1].conversation.to_string(), "telegram:7");
    assert!(messages[1].private);
    assert_eq!(messages[1].sent_at.0, 1_800_000_000_000);
}

#[tokio::test]
async fn it_begins_by_polling_mode_and_commands_and_goes_on_where_it_left_off() {
    let stand_in = StandIn::start().await;
    let inbox = Arc::new(MemoryInbox::default());
    *inbox.cursor.lock().unwrap() = Some(41);
    let _receiving = receive(&stand_in, &inbox);
    until(|| !offsets(&stand_in).is_empty()).await;
    assert_eq!(offsets(&stand_in)[0], json!(42));
    assert_eq!(stand_in.calls("deleteWebhook"), [json!({"drop_pending_updates": false})]);
    let commands = stand_in.calls("setMyCommands")[0]["commands"].clone();
    let names: Vec<&str> =
        commands.as_array().unwrap().iter().map(|c| c["command"].as_str().unwrap()).collect();
    assert_eq!(names, ["start", "help", "new", "stop", "status"]);
    let kinds = &stand_in.calls("getUpdates")[0]["allowed_updates"];
    assert_eq!(*kinds, json!(["message", "stopped_message_generation"]));
}

#[tokio::test]
async fn nothing_is_acknowledged_that_could_not_be_stored() {
    let stand_in = StandIn::start().await;
    for _ in 0..3 {
        stand_in.will("getUpdates", Reply::Ok(json!([written(10, "keep me")])));
    }
    let inbox = Arc::new(MemoryInbox::default());
    *inbox.fails.lock().unwrap() = 2;
    let _receiving = receive(&stand_in, &inbox);
    until(|| inbox.texts() == ["keep me"]).await;
    until(|| offsets(&stand_in).len() >= 4).await;
    assert_eq!(offsets(&stand_in)[..4], [Value::Null, Value::Null, Value::Null, json!(11)]);
    assert_eq!(*stand_in.observed.0.lock().unwrap(), ["storage", "storage"]);
}

#[tokio::test]
async fn an_update_that_nobody_knows_does_not_hold_up_the_others() {
    let stand_in = StandIn::start().await;
    let batch =
        json!([{"update_id": 5, "teleported": {}}, written(6, "still here"), {"update_id": 7, "message": 1}]);
    stand_in.will("getUpdates", Reply::Ok(batch));
    stand_in.will("getUpdates", Reply::Ok(json!([{"update_id": 8, "poll": {"odd": true}}])));
    let inbox = Arc::new(MemoryInbox::default());
    let _receiving = receive(&stand_in, &inbox);
    until(|| offsets(&stand_in).len() >= 3).await;
    assert_eq!(inbox.texts(), ["still here"]);
    assert_eq!(offsets(&stand_in)[1..3], [json!(8), json!(9)]);
}

#[tokio::test]
async fn an_update_that_is_no_proper_text_does_not_hold_up_the_others() {
    let stand_in = StandIn::start().await;
    let broken = r#"{"ok":true,"result":[{"update_id":5,"message":{"text":"\ud83d"}},{"update_id":6}]}"#;
    stand_in.will("getUpdates", Reply::Raw(broken));
    stand_in.will("getUpdates", Reply::Ok(json!([written(7, "still here")])));
    let inbox = Arc::new(MemoryInbox::default());
    let _receiving = receive(&stand_in, &inbox);
    until(|| inbox.texts() == ["still here"]).await;
    assert_eq!(offsets(&stand_in)[1], json!(7));
}

#[tokio::test]
async fn numbers_may_start_anew_after_a_quiet_week() {
    let stand_in = StandIn::start().await;
    stand_in.will("getUpdates", Reply::Ok(json!([written(300, "after the pause")])));
    let inbox = Arc::new(MemoryInbox::default());
    *inbox.cursor.lock().unwrap() = Some(900_000);
    let _receiving = receive(&stand_in, &inbox);
    until(|| offsets(&stand_in).len() >= 2).await;
    assert_eq!(inbox.texts(), ["after the pause"]);
    assert_eq!(offsets(&stand_in)[..2], [json!(900_001), json!(301)]);
}

#[tokio::test]
async fn a_second_receiver_and_garbled_answers_are_waited_out() {
    let stand_in = StandIn::start().await;
    let conflict =
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    stand_in.will("getUpdates", Reply::Error(409, conflict, Value::Null));
    stand_in.will("getUpdates", Reply::Raw("<html>a proxy speaks</html>"));
    stand_in.will("getUpdates", Reply::Ok(json!([written(10, "hello")])));
    let inbox = Arc::new(MemoryInbox::default());
    let _receiving = receive(&stand_in, &inbox);
    until(|| inbox.texts() == ["hello"]).await;
    assert_eq!(*stand_in.observed.0.lock().unwrap(), ["conflict", "transient"]);
}

#[tokio::test]
async fn a_webhook_in_the_way_is_removed() {
    let stand_in = StandIn::start().await;
    let webhook = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
    stand_in.will("getUpdates", Reply::Error(409, webhook, Value::Null));
    let inbox = Arc::new(MemoryInbox::default());
    let _receiving = receive(&stand_in, &inbox);
    until(|| stand_in.calls("deleteWebhook").len() == 2).await;
}

#[tokio::test]
async fn a_refused_token_ends_it_with_a_remedy_and_without_the_token() {
    let stand_in = StandIn::start().await;
    for _ in 0..3 {
        stand_in.will("getMe", Reply::Error(401, "Unauthorized", Value::Null));
    }
    let error = stand_in.telegram.run(&MemoryInbox::default()).await.unwrap_err();
    assert!(matches!(error, ChannelError::Permanent { .. }));
    assert!(error.to_string().contains("set-secret"), "{error}");
    assert!(!error.to_string().contains(TOKEN));
    assert_eq!(stand_in.calls("getMe").len(), 3);
    assert_eq!(*stand_in.observed.0.lock().unwrap(), ["token", "token", "token"]);
}

#[tokio::test]
async fn a_token_that_is_refused_for_a_moment_is_tried_again() {
    let stand_in = StandIn::start().await;
    stand_in
        .will("getMe", Reply::Error(401, "Unauthorized", Value::Null))
        .will("getMe", Reply::Error(404, "Not Found", Value::Null))
        .will("getUpdates", Reply::Error(401, "Unauthorized", Value::Null))
        .will("getUpdates", Reply::Error(404, "Not Found", Value::Null))
        .will("getUpdates", Reply::Ok(json!([written(10, "one")])))
        .will("getUpdates", Reply::Error(401, "Unauthorized", Value::Null))
        .will("getUpdates", Reply::Error(401, "Unauthorized", Value::Null))
        .will("getUpdates", Reply::Ok(json!([written(11, "two")])));
    let inbox = Arc::new(MemoryInbox::default());
    let _receiving = receive(&stand_in, &inbox);
    until(|| inbox.texts() == ["one", "two"]).await;
}

#[tokio::test]
async fn a_token_that_stays_refused_while_receiving_ends_it() {
    let stand_in = StandIn::start().await;
    let refused = Reply::Error(401, "Unauthorized", Value::Null);
    // Other trouble in between is no sign that the token is good again.
    let replies = [refused.clone(), refused.clone(), Reply::Raw("<html>a proxy speaks</html>"), refused];
    for reply in replies {
        stand_in.will("getUpdates", reply);
    }
    let error = stand_in.telegram.run(&MemoryInbox::default()).await.unwrap_err();
    assert!(matches!(error, ChannelError::Permanent { .. }));
    assert_eq!(stand_in.calls("getUpdates").len(), 4);
}

#[tokio::test]
async fn the_stop_button_stops_the_turn_that_is_shown() {
    let stand_in = StandIn::start().await;
    let stop = json!([{"update_id": 3, "stopped_message_generation": {
        "chat": {"id": 7, "type": "private", "first_name": "Ada"}, "draft_id": 12,
    }}]);
    stand_in.will("getUpdates", Reply::Ok(stop));
    let inbox = Arc::new(MemoryInbox::default());
    let _receiving = receive(&stand_in, &inbox);
    until(|| offsets(&stand_in).len() >= 2).await;
    assert_eq!(*inbox.stops.lock().unwrap(), ["telegram:7"]);
    assert_eq!(offsets(&stand_in)[1], json!(4));
}

#[tokio::test]
async fn a_late_press_of_stop_does_not_end_the_next_turn() {
    let stand_in = StandIn::start().await;
    let chat = Conversation::new("telegram", "7");
    stand_in.telegram.progress(&chat, QueueId(12), Progress::Partial("the first answer")).await;
    // The first answer is whole and waits to be sent, for Telegram asked for patience; the next turn has begun.
    let flood = json!({"retry_after": 60});
    stand_in.will("sendMessage", Reply::Error(429, "Too Many Requests: retry after 60", flood));
    stand_in.telegram.deliver(&delivery(1, "7", Some(12), json!({"text": "the first"}))).await.unwrap_err();
    let shown = stand_in.telegram.progress(&chat, QueueId(13), Progress::Working);
    tokio::time::timeout(Duration::from_millis(100), shown).await.unwrap_err();
    let stop = |update: i64, draft: i64| {
        json!([{"update_id": update, "stopped_message_generation": {
            "chat": {"id": 7, "type": "private", "first_name": "Ada"}, "draft_id": draft,
        }}])
    };
    stand_in.will("getUpdates", Reply::Ok(stop(3, 12)));
    let inbox = Arc::new(MemoryInbox::default());
    let _receiving = receive(&stand_in, &inbox);
    until(|| offsets(&stand_in).contains(&json!(4))).await;
    assert!(inbox.stops.lock().unwrap().is_empty());
    stand_in.will("getUpdates", Reply::Ok(stop(4, 13)));
    until(|| offsets(&stand_in).contains(&json!(5))).await;
    assert_eq!(*inbox.stops.lock().unwrap(), ["telegram:7"]);
}

#[tokio::test]
async fn a_press_of_stop_before_the_first_answer_was_even_tried_does_not_end_the_next_turn() {
    let stand_in = StandIn::start().await;
    let chat = Conversation::new("telegram", "7");
    stand_in.telegram.progress(&chat, QueueId(12), Progress::Partial("the first answer")).await;
    stand_in.telegram.progress(&chat, QueueId(13), Progress::Working).await;
    let stop = json!([{"update_id": 3, "stopped_message_generation": {
        "chat": {"id": 7, "type": "private", "first_name": "Ada"}, "draft_id": 12,
    }}]);
    stand_in.will("getUpdates", Reply::Ok(stop));
    let inbox = Arc::new(MemoryInbox::default());
    let _receiving = receive(&stand_in, &inbox);
    until(|| offsets(&stand_in).contains(&json!(4))).await;
    assert!(inbox.stops.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_service_that_is_away_at_the_start_is_waited_for() {
    let stand_in = StandIn::start().await;
    stand_in.will("deleteWebhook", Reply::Raw("not yet"));
    stand_in.will("getMe", Reply::Error(429, "Too Many Requests: retry after 1", json!({"retry_after": 1})));
    stand_in.will("setMyCommands", Reply::Error(400, "Bad Request: BOT_COMMAND_INVALID", Value::Null));
    stand_in.will("getUpdates", Reply::Ok(json!([written(10, "hello")])));
    let inbox = Arc::new(MemoryInbox::default());
    let _receiving = receive(&stand_in, &inbox);
    until(|| inbox.texts() == ["hello"]).await;
}
