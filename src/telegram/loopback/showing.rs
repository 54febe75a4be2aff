// SPDX-License-Identifier: MIT OR Apache-2.0
use super::stand_in::{CUT_OFF, EDIT_INTERVAL, Reply, StandIn, delivery, until};
use crate::{BASE_URL, TelegramOptions};
use blufio_core::channel::{Channel, Progress};
use blufio_core::ids::{Conversation, QueueId};
use blufio_core::secret::SecretString;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn show(stand_in: &StandIn, chat: &str, turn: i64, progress: Progress<'_>) {
    stand_in.telegram.progress(&Conversation::new("telegram", chat), QueueId(turn), progress).await;
}

#[tokio::test]
async fn private_chats_see_a_growing_draft_that_can_be_stopped() {
    let stand_in = StandIn::start().await;
    show(&stand_in, "7", 12, Progress::Partial("**hel")).await;
    show(&stand_in, "7", 12, Progress::Partial("**hello** you")).await;
    let drafts = stand_in.calls("sendMessageDraft");
    assert_eq!(drafts.len(), 2);
    assert_eq!(drafts[0]["text"], "**hel");
    assert_eq!(drafts[1]["text"], "hello you");
    assert_eq!(drafts[1]["entities"], json!([{"type": "bold", "offset": 0, "length": 5}]));
    for draft in &drafts {
        assert_eq!((&draft["draft_id"], &draft["can_stop"]), (&json!(12), &json!(true)));
        assert_eq!((&draft["chat_id"], &draft["keep_on_stop"]), (&json!(7), &json!(true)));
    }
    assert!(stand_in.calls("sendMessage").is_empty());
}

#[tokio::test]
async fn drafts_are_paced_and_the_same_draft_is_not_sent_twice() {
    let stand_in = StandIn::start().await;
    let before = Instant::now();
    show(&stand_in, "7", 12, Progress::Partial("a")).await;
    show(&stand_in, "7", 12, Progress::Partial("a")).await;
    show(&stand_in, "7", 12, Progress::Partial("ab")).await;
    assert!(before.elapsed() >= Duration::from_millis(900));
    let texts: Vec<Value> =
        stand_in.calls("sendMessageDraft").iter().map(|draft| draft["text"].clone()).collect();
    assert_eq!(texts, ["a", "ab"]);
}

#[tokio::test]
async fn typing_is_shown_once_in_four_seconds() {
    let stand_in = StandIn::start().await;
    for _ in 0..5 {
        show(&stand_in, "7", 12, Progress::Working).await;
        show(&stand_in, "7", 12, Progress::Partial("```\n")).await;
    }
    assert_eq!(stand_in.calls("sendChatAction"), [json!({"chat_id": 7, "action": "typing"})]);
    assert!(stand_in.calls("sendMessageDraft").is_empty(), "there is nothing to see yet");
}

#[tokio::test]
async fn a_server_without_drafts_gets_typing_and_is_not_asked_again() {
    let stand_in = StandIn::start().await;
    stand_in.will("sendMessageDraft", Reply::Error(404, "Not Found: method not found", Value::Null));
    show(&stand_in, "7", 12, Progress::Partial("a")).await;
    show(&stand_in, "7", 12, Progress::Partial("ab")).await;
    show(&stand_in, "8", 13, Progress::Partial("abc")).await;
    assert_eq!(stand_in.calls("sendMessageDraft").len(), 1);
    assert_eq!(stand_in.calls("sendChatAction").len(), 2);
}

#[tokio::test]
async fn a_chat_that_takes_no_drafts_gets_typing_and_others_still_get_drafts() {
    let stand_in = StandIn::start().await;
    stand_in.will("sendMessageDraft", Reply::Error(400, "Bad Request: TEXTDRAFT_PEER_INVALID", Value::Null));
    show(&stand_in, "7", 12, Progress::Partial("a")).await;
    show(&stand_in, "7", 12, Progress::Partial("ab")).await;
    show(&stand_in, "8", 13, Progress::Partial("abc")).await;
    let chats: Vec<Value> =
        stand_in.calls("sendMessageDraft").iter().map(|draft| draft["chat_id"].clone()).collect();
    assert_eq!(chats, [7, 8]);
}

#[tokio::test]
async fn a_chat_that_asks_to_wait_is_left_alone_but_gets_its_answer() {
    let stand_in = StandIn::start().await;
    show(&stand_in, "-9", 12, Progress::Partial("a")).await;
    let flood = json!({"retry_after": 60});
    stand_in.will("editMessageText", Reply::Error(429, "Too Many Requests: retry after 60", flood));
    show(&stand_in, "-9", 12, Progress::Partial("ab")).await;
    // It waits a moment and says nothing.
    let quiet = show(&stand_in, "-9", 12, Progress::Partial("abc"));
    tokio::time::timeout(Duration::from_millis(200), quiet).await.unwrap_err();
    assert_eq!(stand_in.calls("editMessageText").len(), 1);
    assert!(stand_in.calls("sendChatAction").is_empty());
    stand_in.telegram.deliver(&delivery(1, "-9", Some(12), json!({"text": "abcd"}))).await.unwrap();
    assert_eq!(stand_in.calls("editMessageText").len(), 2);
}

#[tokio::test]
async fn in_a_group_a_first_state_that_may_have_arrived_is_not_followed_by_another() {
    let stand_in = StandIn::start().await;
    stand_in.will("sendMessage", Reply::Raw(CUT_OFF));
    show(&stand_in, "-9", 12, Progress::Partial("a")).await;
    show(&stand_in, "-9", 12, Progress::Partial("ab")).await;
    assert_eq!(stand_in.calls("sendMessage").len(), 1);
    assert_eq!(stand_in.calls("sendChatAction").len(), 1);
}

#[tokio::test]
async fn in_a_group_a_first_state_that_a_gateway_turned_away_is_sent_anew() {
    let stand_in = StandIn::start().await;
    stand_in.will("sendMessage", Reply::Raw("<html>Bad Gateway</html>"));
    show(&stand_in, "-9", 12, Progress::Partial("a")).await;
    show(&stand_in, "-9", 12, Progress::Partial("ab")).await;
    let texts: Vec<Value> = stand_in.calls("sendMessage").iter().map(|call| call["text"].clone()).collect();
    assert_eq!(texts, ["a", "ab"]);
}

#[tokio::test]
async fn an_answer_that_grows_for_a_minute_in_a_group_stays_below_what_telegram_allows() {
    let usual =
        TelegramOptions::new(SecretString::new("1:a".into()), BASE_URL.parse().unwrap()).edit_interval;
    // A minute in small.
    let minute = EDIT_INTERVAL.mul_f64(60.0 / usual.as_secs_f64());
    let stand_in = StandIn::start().await;
    show(&stand_in, "-9", 12, Progress::Partial("0")).await;
    let begun = Instant::now() - EDIT_INTERVAL;
    for state in 1.. {
        if begun.elapsed() > minute {
            break;
        }
        show(&stand_in, "-9", 12, Progress::Partial(&format!("{state}"))).await;
    }
    stand_in.telegram.deliver(&delivery(1, "-9", Some(12), json!({"text": "whole"}))).await.unwrap();
    let calls = stand_in.calls("sendMessage").len() + stand_in.calls("editMessageText").len();
    assert!(calls < 20, "{calls} calls");
}

#[tokio::test]
async fn a_long_answer_shows_its_beginning_in_a_group_and_its_end_in_a_draft() {
    let stand_in = StandIn::start().await;
    let long = format!("first {}\n\nlast", "word ".repeat(1500));
    show(&stand_in, "-9", 12, Progress::Partial(&long)).await;
    show(&stand_in, "7", 13, Progress::Partial(&long)).await;
    let message = stand_in.calls("sendMessage").remove(0);
    let draft = stand_in.calls("sendMessageDraft").remove(0);
    assert!(message["text"].as_str().unwrap().starts_with("first"));
    assert!(draft["text"].as_str().unwrap().ends_with("last"));
    assert!([message, draft].iter().all(|call| call["text"].as_str().unwrap().len() <= 4096));
}

#[tokio::test]
async fn nothing_is_shown_after_the_answer() {
    let stand_in = StandIn::start().await;
    show(&stand_in, "7", 12, Progress::Partial("a")).await;
    stand_in.telegram.deliver(&delivery(1, "7", Some(12), json!({"text": "abc"}))).await.unwrap();
    show(&stand_in, "7", 12, Progress::Partial("ab")).await;
    show(&stand_in, "7", 12, Progress::Working).await;
    until(|| stand_in.calls("sendMessage").len() == 1).await;
    assert_eq!(stand_in.calls("sendMessageDraft").len(), 1);
    assert!(stand_in.calls("sendChatAction").is_empty());
}
