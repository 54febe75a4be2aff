// SPDX-License-Identifier: MIT OR Apache-2.0
//! An answer that is written and cannot be sent: it waits, or it is given up where everybody can see it.

use crate::house::{ADA, House};
use blufio_simulator::telegram::Fault;

#[tokio::test]
async fn an_answer_waits_while_telegram_is_away() {
    let house = House::start().await;
    for fault in [Fault::Html { status: 502 }, Fault::ResetBefore, Fault::Html { status: 502 }] {
        house.sim.telegram.fail("sendMessage", fault);
    }
    house.say(ADA, "Hello");
    house
        .eventually("a failed delivery", || async {
            let metrics = house.metrics().await;
            metrics
                .get("blufio_delivery_failures_total", &[("class", "transient")])
                .is_some_and(|count| count >= 1.0)
        })
        .await;
    assert_eq!(house.metrics().await.get("blufio_outbox_depth", &[]), Some(1.0));
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert_eq!(answer.text, "You said: “Hello”");
    assert_eq!(house.calls(), 1, "the model is asked once");
    house.assert_clean();
}

#[tokio::test]
async fn an_answer_outlives_the_process_that_wrote_it() {
    let mut house = House::start().await;
    house.sim.telegram.fail_times("sendMessage", Fault::Html { status: 502 }, 10_000);
    house.say(ADA, "Hello");
    house
        .eventually("the answer waits", || async {
            house.metrics().await.get("blufio_outbox_depth", &[]) == Some(1.0)
                && house.sim.telegram.count_calls("sendMessage") > 0
        })
        .await;
    house.kill().await;
    house.sim.telegram.clear_faults();
    house.spawn();
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert_eq!(answer.text, "You said: “Hello”");
    assert_eq!(house.calls(), 1, "the model is asked once");
    house.assert_clean();
}

#[tokio::test]
async fn an_answer_to_somebody_who_blocked_the_bot_is_given_up_in_sight_and_can_be_sent_again() {
    let house = House::start().await;
    house.sim.telegram.fail("sendMessage", Fault::Blocked);
    house.say(ADA, "Hello");
    house
        .eventually("a dead letter", || async {
            house.metrics().await.get("blufio_dead_letters", &[]) == Some(1.0)
        })
        .await;
    let status = house.blufio(&["status"], "").await.ok();
    assert!(status.stdout.contains("1 undeliverable"), "{status:?}");
    let status = house.blufio(&["status", "--json"], "").await.ok().json();
    assert_eq!(status["store"]["dead_letters"], 1, "{status}");
    let list = house.blufio(&["outbox", "list"], "").await.ok();
    assert!(list.stdout.contains("blocked by the user") && list.stdout.contains("Hello"), "{list:?}");
    let letters = house.blufio(&["outbox", "list", "--json"], "").await.ok().json();
    let id = letters["letters"][0]["id"].to_string();
    let unknown = house.blufio(&["outbox", "retry", "424242"], "").await;
    assert_eq!(unknown.code, 2, "{unknown:?}");
    house.blufio(&["outbox", "retry", &id], "").await.ok();
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert_eq!(answer.text, "You said: “Hello”");
    let list = house.blufio(&["outbox", "list"], "").await.ok();
    assert!(list.stdout.contains("Everything was delivered."), "{list:?}");
    assert_eq!(house.calls(), 1);
    house.assert_clean();
}

#[tokio::test]
async fn a_refused_answer_does_not_hold_up_the_next_one() {
    let house = House::start().await;
    house.sim.telegram.fail("sendMessage", Fault::Blocked);
    house.say(ADA, "One");
    house.say(ADA, "Two");
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert_eq!(answer.text, "You said: “Two”");
    house.assert_clean();
}

#[tokio::test]
async fn somebody_who_comes_back_is_answered() {
    let house = House::start().await;
    house.say(ADA, "[sim:say Too late.] [sim:sleep 1]");
    house.until("the turn has begun", |telegram| !telegram.actions(ADA).is_empty()).await;
    house.sim.telegram.block(ADA, true);
    house
        .eventually("a dead letter", || async {
            house.metrics().await.get("blufio_dead_letters", &[]) == Some(1.0)
        })
        .await;
    // Writing to the bot unblocks it.
    assert_eq!(house.ask(ADA, "I am back.").await.text, "You said: “I am back.”");
    house.assert_clean_but(&["bot was blocked by the user"]);
}

/// The one window in which something can arrive twice: accepted by Telegram, and nobody heard of it.
#[tokio::test]
async fn an_answer_whose_receipt_is_lost_arrives_and_at_most_twice() {
    let house = House::start().await;
    house.sim.telegram.fail("sendMessage", Fault::ResetAfter);
    house.say(ADA, "Hello");
    house
        .eventually("it is noted", || async {
            house.metrics().await.get("blufio_messages_sent_total", &[("channel", "telegram")]) == Some(1.0)
        })
        .await;
    assert_eq!(house.ask(ADA, "And now?").await.text, "You said: “And now?”");
    let hellos =
        house.sim.telegram.messages(ADA).iter().filter(|message| message.text.contains("Hello")).count();
    assert!((1..=2).contains(&hellos), "{hellos}");
    assert_eq!(house.calls(), 2);
    assert!(house.sim.telegram.rejections().is_empty() && house.sim.telegram.warnings().is_empty());
}
