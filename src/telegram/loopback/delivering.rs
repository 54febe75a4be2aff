// SPDX-License-Identifier: MIT OR Apache-2.0
use super::stand_in::{CUT_OFF, Observed, Reply, StandIn, TOKEN, delivery, telegram, until};
use blufio_core::channel::{Channel, ChannelError, Progress};
use blufio_core::ids::{Conversation, QueueId};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncReadExt;

fn bold() -> Value {
    json!({"text": "hello you", "entities": [{"type": "bold", "offset": 0, "length": 5}]})
}

const GROUP: &str = "-1001";

/// Shows the beginning of turn 5 in a group.
async fn show_in_group(stand_in: &StandIn, markdown: &str) {
    let conversation = Conversation::new("telegram", GROUP);
    stand_in.telegram.progress(&conversation, QueueId(5), Progress::Partial(markdown)).await;
}

#[tokio::test]
async fn an_answer_arrives_with_its_entities_in_its_topic() {
    let stand_in = StandIn::start().await;
    let payload = stand_in.telegram.render(&Conversation::new("telegram", "-5"), "**hi** `x`").remove(0);
    let mut delivery = delivery(1, "-5", None, payload);
    delivery.conversation.thread = "8".into();
    assert_eq!(stand_in.telegram.deliver(&delivery).await.unwrap(), "101");
    let sent = stand_in.calls("sendMessage").remove(0);
    assert_eq!(sent["chat_id"], -5);
    assert_eq!(sent["message_thread_id"], 8);
    assert_eq!(sent["text"], "hi x");
    assert_eq!(sent["link_preview_options"], json!({"is_disabled": true}));
    let entities =
        json!([{"type": "bold", "offset": 0, "length": 2}, {"type": "code", "offset": 3, "length": 1}]);
    assert_eq!(sent["entities"], entities);
}

#[tokio::test]
async fn a_refused_format_is_sent_plain() {
    let stand_in = StandIn::start().await;
    stand_in.will("sendMessage", Reply::Error(400, "Bad Request: can't parse entities: odd", Value::Null));
    stand_in.telegram.deliver(&delivery(1, "7", None, bold())).await.unwrap();
    let calls = stand_in.calls("sendMessage");
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[1]["text"], "hello you");
    assert_eq!(calls[1].get("entities"), None);
}

#[tokio::test]
async fn a_row_that_was_accepted_is_not_sent_again() {
    let stand_in = StandIn::start().await;
    let row = delivery(1, "7", None, bold());
    let first = stand_in.telegram.deliver(&row).await.unwrap();
    assert_eq!(stand_in.telegram.deliver(&row).await.unwrap(), first);
    assert_eq!(stand_in.calls("sendMessage").len(), 1);
}

#[tokio::test]
async fn failures_say_whether_to_wait_to_retry_or_to_give_up() {
    let stand_in = StandIn::start().await;
    let flood = json!({"retry_after": 17});
    stand_in
        .will("sendMessage", Reply::Error(429, "Too Many Requests: retry after 17", flood))
        .will("sendMessage", Reply::Error(429, "Too Many Requests: retry after 18", json!({})))
        .will("sendMessage", Reply::Error(403, "Forbidden: bot was blocked by the user", Value::Null))
        .will("sendMessage", Reply::Error(400, "Bad Request: chat not found", Value::Null))
        .will("sendMessage", Reply::Error(401, "Unauthorized", Value::Null))
        .will("sendMessage", Reply::Raw("<html>Bad Gateway</html>"));
    let mut classes = Vec::new();
    for _ in 0..6 {
        let error = stand_in.telegram.deliver(&delivery(1, "7", None, bold())).await.unwrap_err();
        if let ChannelError::RetryAfter { wait, .. } = error {
            assert!(wait == Duration::from_secs(17) || wait == Duration::from_secs(18));
        }
        classes.push(error.class());
    }
    // A refused token is repaired by the operator; the answer waits for that.
    assert_eq!(classes, ["retry_after", "retry_after", "permanent", "permanent", "transient", "transient"]);
    assert_eq!(stand_in.calls("sendMessage").len(), 6);
}

#[tokio::test]
async fn an_answer_that_telegram_finds_too_long_is_cut_and_resumed_where_it_stopped() {
    let stand_in = StandIn::start().await;
    let payload = json!({"text": "word ".repeat(700).trim_end()});
    stand_in.will("sendMessage", Reply::Error(400, "Bad Request: message is too long", Value::Null));
    stand_in.will("sendMessage", Reply::Late(Duration::ZERO));
    let flood = json!({"retry_after": 1});
    stand_in.will("sendMessage", Reply::Error(429, "Too Many Requests: retry after 1", flood));
    let row = delivery(1, "7", None, payload);
    let error = stand_in.telegram.deliver(&row).await.unwrap_err();
    assert_eq!(error.class(), "retry_after");
    let ids = stand_in.telegram.deliver(&row).await.unwrap();
    assert_eq!(ids, "101,102");
    let calls = stand_in.calls("sendMessage");
    let accepted = format!("{} {}", calls[1]["text"].as_str().unwrap(), calls[3]["text"].as_str().unwrap());
    assert_eq!(accepted, "word ".repeat(700).trim_end());
}

#[tokio::test]
async fn an_oversized_or_empty_row_still_arrives() {
    let stand_in = StandIn::start().await;
    stand_in.telegram.deliver(&delivery(1, "7", None, json!({"text": "ab ".repeat(3000)}))).await.unwrap();
    stand_in.telegram.deliver(&delivery(2, "7", None, json!({"text": "\u{200b} "}))).await.unwrap();
    let calls = stand_in.calls("sendMessage");
    assert_eq!(calls.len(), 4);
    assert!(calls.iter().all(|call| call["text"].as_str().unwrap().len() <= 4096));
    assert_eq!(calls[3]["text"], "(empty answer)");
}

#[tokio::test]
async fn a_message_whose_fate_is_unknown_is_repeated_once_and_then_given_up() {
    let stand_in = StandIn::start().await;
    stand_in.will("sendMessage", Reply::Raw(CUT_OFF)).will("sendMessage", Reply::Raw(CUT_OFF));
    let row = delivery(1, "7", None, bold());
    assert_eq!(stand_in.telegram.deliver(&row).await.unwrap_err().class(), "transient");
    let error = stand_in.telegram.deliver(&row).await.unwrap_err();
    assert!(!error.is_retryable());
    assert!(error.to_string().contains("may have arrived twice"), "{error}");
    assert_eq!(stand_in.calls("sendMessage").len(), 2);
    // The operator sends it again: it may be repeated once again, and other rows are not concerned.
    stand_in.will("sendMessage", Reply::Raw(CUT_OFF));
    assert_eq!(stand_in.telegram.deliver(&row).await.unwrap_err().class(), "transient");
    assert_eq!(stand_in.telegram.deliver(&delivery(2, "7", None, bold())).await.unwrap(), "101");
    assert_eq!(stand_in.telegram.deliver(&row).await.unwrap(), "102");
}

#[tokio::test]
async fn failures_that_did_nothing_are_repeated_freely_and_do_not_lift_the_doubt() {
    let stand_in = StandIn::start().await;
    let bad_gateway = r#"{"ok":false,"error_code":502,"description":"Bad Gateway"}"#;
    let row = delivery(1, "7", None, bold());
    for answer in [bad_gateway, "<html>504</html>", CUT_OFF, bad_gateway, "<html>502</html>", bad_gateway] {
        stand_in.will("sendMessage", Reply::Raw(answer));
        assert_eq!(stand_in.telegram.deliver(&row).await.unwrap_err().class(), "transient", "{answer}");
    }
    stand_in.will("sendMessage", Reply::Raw(CUT_OFF));
    assert_eq!(stand_in.telegram.deliver(&row).await.unwrap_err().class(), "permanent");
    assert_eq!(stand_in.calls("sendMessage").len(), 7);
}

#[tokio::test]
async fn each_piece_of_a_cut_message_has_its_own_repeat() {
    let stand_in = StandIn::start().await;
    let row = delivery(1, "7", None, json!({"text": "ab ".repeat(2000)}));
    stand_in.will("sendMessage", Reply::Raw(CUT_OFF));
    assert_eq!(stand_in.telegram.deliver(&row).await.unwrap_err().class(), "transient");
    stand_in.will("sendMessage", Reply::Late(Duration::ZERO)).will("sendMessage", Reply::Raw(CUT_OFF));
    assert_eq!(stand_in.telegram.deliver(&row).await.unwrap_err().class(), "transient");
    assert_eq!(stand_in.telegram.deliver(&row).await.unwrap(), "101,102");
}

#[tokio::test]
async fn the_one_repeat_waits_until_telegram_answers_again() {
    // Takes what is sent and hangs up.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    let server = tokio::spawn(async move {
        while let Ok((mut caller, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let length = caller.read(&mut request).await.unwrap_or(0);
            let line = String::from_utf8_lossy(&request[..length]).lines().next().map(str::to_lowercase);
            heard.lock().unwrap().push(line.unwrap_or_default().contains("sendmessage"));
        }
    });
    let telegram = telegram(address, Arc::new(Observed::default()));
    let row = delivery(1, "7", None, bold());
    for _ in 0..4 {
        assert_eq!(telegram.deliver(&row).await.unwrap_err().class(), "transient");
    }
    server.abort();
    assert_eq!(asked.lock().unwrap().iter().filter(|is_message| **is_message).count(), 1);
}

#[tokio::test]
async fn a_service_that_takes_no_connection_can_be_tried_for_ever() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let away = telegram(nobody, Arc::new(Observed::default()));
    for _ in 0..5 {
        let error = away.deliver(&delivery(1, "7", None, bold())).await.unwrap_err();
        assert_eq!(error.class(), "transient");
    }
}

#[tokio::test]
async fn a_message_is_sent_once_even_if_what_came_back_cannot_be_read() {
    let stand_in = StandIn::start().await;
    stand_in.will("sendMessage", Reply::Ok(json!({"message_id": 55, "date": "tomorrow", "chat": null})));
    assert_eq!(stand_in.telegram.deliver(&delivery(1, "7", None, bold())).await.unwrap(), "55");
}

#[tokio::test]
async fn groups_that_moved_and_topics_that_are_gone_are_followed() {
    let stand_in = StandIn::start().await;
    let moved = json!({"migrate_to_chat_id": -1007});
    let description = "Bad Request: group chat was upgraded to a supergroup chat";
    stand_in.will("sendMessage", Reply::Error(400, description, moved));
    stand_in.telegram.deliver(&delivery(1, "-7", None, bold())).await.unwrap();
    assert_eq!(stand_in.calls("sendMessage")[1]["chat_id"], -1007);

    stand_in.will("sendMessage", Reply::Error(400, "Bad Request: message thread not found", Value::Null));
    let mut row = delivery(2, "-8", None, bold());
    row.conversation.thread = "9".into();
    stand_in.telegram.deliver(&row).await.unwrap();
    let calls = stand_in.calls("sendMessage");
    assert_eq!((&calls[2]["message_thread_id"], calls[3].get("message_thread_id")), (&json!(9), None));
}

#[tokio::test]
async fn in_a_group_the_growing_message_becomes_the_answer() {
    let stand_in = StandIn::start().await;
    show_in_group(&stand_in, "hel").await;
    show_in_group(&stand_in, "hello").await;
    stand_in.telegram.deliver(&delivery(1, GROUP, Some(5), bold())).await.unwrap();
    stand_in.telegram.deliver(&delivery(2, GROUP, Some(5), json!({"text": "and more"}))).await.unwrap();
    let sent = stand_in.calls("sendMessage");
    let edited = stand_in.calls("editMessageText");
    assert_eq!(sent.iter().map(|call| &call["text"]).collect::<Vec<_>>(), ["hel", "and more"]);
    assert_eq!(edited.iter().map(|call| &call["text"]).collect::<Vec<_>>(), ["hello", "hello you"]);
    assert!(edited.iter().all(|call| call["message_id"] == 101));
}

#[tokio::test]
async fn a_growing_message_that_already_says_it_all_counts_as_delivered() {
    let stand_in = StandIn::start().await;
    show_in_group(&stand_in, "hello you").await;
    let row = delivery(1, GROUP, Some(5), json!({"text": "hello you"}));
    assert_eq!(stand_in.telegram.deliver(&row).await.unwrap(), "101");
    assert_eq!((stand_in.calls("sendMessage").len(), stand_in.calls("editMessageText").len()), (1, 0));
}

#[tokio::test]
async fn a_growing_message_whose_last_state_got_lost_on_the_way_back_counts_too() {
    let stand_in = StandIn::start().await;
    show_in_group(&stand_in, "hello").await;
    stand_in.will("editMessageText", Reply::Raw(CUT_OFF));
    show_in_group(&stand_in, "hello you").await;
    let description = "Bad Request: message is not modified: specified new message content and reply markup are \
                       exactly the same as a current content and reply markup of the message";
    stand_in.will("editMessageText", Reply::Error(400, description, Value::Null));
    let row = delivery(1, GROUP, Some(5), json!({"text": "hello you"}));
    assert_eq!(stand_in.telegram.deliver(&row).await.unwrap(), "101");
    assert_eq!(stand_in.calls("sendMessage").len(), 1);
}

#[tokio::test]
async fn a_growing_message_that_was_deleted_is_replaced_by_a_new_one() {
    let stand_in = StandIn::start().await;
    show_in_group(&stand_in, "hel").await;
    for _ in 0..2 {
        stand_in.will(
            "editMessageText",
            Reply::Error(400, "Bad Request: message to edit not found", Value::Null),
        );
    }
    assert_eq!(stand_in.telegram.deliver(&delivery(1, GROUP, Some(5), bold())).await.unwrap(), "102");
}

#[tokio::test]
async fn the_answer_comes_after_what_is_still_being_shown() {
    let stand_in = StandIn::start().await;
    stand_in.will("sendMessage", Reply::Late(Duration::from_millis(1_000)));
    // The caller loses interest while the first state is on its way.
    tokio::time::timeout(Duration::from_millis(700), show_in_group(&stand_in, "hel")).await.unwrap_err();
    until(|| stand_in.calls("sendMessage").len() == 1).await;
    assert_eq!(stand_in.telegram.deliver(&delivery(1, GROUP, Some(5), bold())).await.unwrap(), "101");
    assert_eq!(stand_in.calls("editMessageText").remove(0)["text"], "hello you");
    show_in_group(&stand_in, "too late").await;
    assert_eq!((stand_in.calls("sendMessage").len(), stand_in.calls("editMessageText").len()), (1, 1));
}

#[tokio::test]
async fn an_answer_that_is_whole_at_once_is_not_shown_growing() {
    let stand_in = StandIn::start().await;
    tokio::time::timeout(Duration::from_millis(50), show_in_group(&stand_in, "hel")).await.unwrap_err();
    assert_eq!(stand_in.telegram.deliver(&delivery(1, GROUP, Some(5), bold())).await.unwrap(), "101");
    assert_eq!((stand_in.calls("sendMessage").len(), stand_in.calls("editMessageText").len()), (1, 0));
}

#[tokio::test]
async fn no_error_shows_the_token() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let away = telegram(nobody, Arc::new(Observed::default()));
    let error = away.deliver(&delivery(1, "7", None, bold())).await.unwrap_err();
    assert_eq!(error.class(), "transient");
    assert!(!format!("{error} {error:?}").contains("canary"), "{error}");

    let stand_in = StandIn::start().await;
    let echo: &'static str = Box::leak(format!("Bad Request: odd request to /bot{TOKEN}/x").into_boxed_str());
    for _ in 0..2 {
        stand_in.will("sendMessage", Reply::Error(400, echo, Value::Null));
    }
    let error = stand_in.telegram.deliver(&delivery(1, "7", None, bold())).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
}

#[tokio::test]
async fn a_row_of_another_making_is_refused_with_a_reason() {
    let stand_in = StandIn::start().await;
    let error = stand_in.telegram.deliver(&delivery(1, "7", None, json!({"html": "x"}))).await.unwrap_err();
    assert!(error.to_string().contains("no text"), "{error}");
    let error = stand_in.telegram.deliver(&delivery(1, "ada", None, bold())).await.unwrap_err();
    assert_eq!(error.class(), "permanent");
}
