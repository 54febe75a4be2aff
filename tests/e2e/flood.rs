// SPDX-License-Identifier: MIT OR Apache-2.0
//! When Telegram asks to wait, showing stops and the answer still comes whole.

use crate::house::{ADA, House};
use blufio_simulator::telegram::{ChatKind, Fault};
use std::time::Duration;

const GROUP: i64 = -1_000_000_001_815;

#[tokio::test]
async fn after_a_refused_draft_nothing_is_shown_and_the_answer_comes_whole() {
    let house = House::start().await;
    house.sim.telegram.fail("sendMessageDraft", Fault::TooManyRequests { retry_after: 149 });
    house.say(ADA, "[sim:words 600] [sim:sleep 3]");
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert_eq!(answer.text.split_whitespace().count(), 600);
    let drafts = house.sim.telegram.count_calls("sendMessageDraft");
    assert_eq!(drafts, 1, "after the refusal no draft is tried");
    house.assert_clean();
}

#[tokio::test]
async fn after_a_refused_edit_there_are_no_more_and_the_answer_comes_whole() {
    let house = House::plan().set("telegram.edit_interval", "\"1s\"").build().await;
    house.sim.telegram.chat(GROUP, ChatKind::Supergroup, "The engine room");
    let name = house.sim.telegram.bot().username;
    house.sim.telegram.send_text(GROUP, ADA, &format!("@{name} [sim:words 300] [sim:sleep 5]"));
    house.until("the message begins", |telegram| !telegram.messages(GROUP).is_empty()).await;
    house.sim.telegram.fail("editMessageText", Fault::TooManyRequests { retry_after: 120 });
    house
        .until("the whole answer", |telegram| {
            let messages = telegram.messages(GROUP);
            messages.iter().any(|message| message.text.split_whitespace().count() == 300)
        })
        .await;
    let calls = house.sim.telegram.calls();
    let refused = calls.iter().position(|call| call.fault.is_some()).unwrap();
    let after =
        calls[refused + 1..].iter().filter(|call| call.method.eq_ignore_ascii_case("editMessageText"));
    assert!(after.count() <= 1, "only the answer itself");
    house.assert_clean();
}

#[tokio::test]
async fn a_refused_answer_waits_as_long_as_it_was_told_and_then_arrives() {
    let house = House::start().await;
    house.sim.telegram.fail("sendMessage", Fault::TooManyRequests { retry_after: 3 });
    house.say(ADA, "Hello");
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    let calls = house.sim.telegram.calls();
    let refused = calls.iter().find(|call| call.status == Some(429)).unwrap().at;
    assert!(answer.at.saturating_sub(refused) >= Duration::from_secs(3), "{:?} {:?}", refused, answer.at);
    assert_eq!(house.sim.telegram.count_calls("sendMessage"), 2, "nothing was tried in between");
    let metrics = house.metrics().await;
    assert_eq!(metrics.get("blufio_delivery_failures_total", &[("class", "retry_after")]), Some(1.0));
    assert_eq!(house.calls(), 1, "the model is not asked again");
    house.assert_clean();
}

#[tokio::test]
async fn under_the_real_limits_everything_arrives() {
    let house = House::start().await;
    house.sim.telegram.limits(blufio_simulator::telegram::Limits::telegram());
    for number in 0..5 {
        house.say(ADA, &format!("[sim:say Answer {number}]"));
    }
    let answers = house.replies(ADA, 5).await;
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(answer.text, format!("Answer {number}"));
    }
    house.assert_clean_but(&["Too Many Requests"]);
}
