// SPDX-License-Identifier: MIT OR Apache-2.0
//! SIGTERM in the middle of a turn: short ones end, long ones go on after the next start.

use crate::house::{ADA, House};
use rustix::process::Signal;
use std::time::Duration;

#[tokio::test]
async fn a_short_turn_is_finished_and_the_status_is_zero() {
    let mut house = House::start().await;
    house.say(ADA, "[sim:say Just in time.] [sim:sleep 2]");
    house.until("the turn has begun", |telegram| !telegram.actions(ADA).is_empty()).await;
    let status = house.terminate().await;
    assert_eq!(status.code(), Some(0));
    let answers = house.sim.telegram.messages(ADA);
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].text, "Just in time.");
    house.assert_clean();
}

#[tokio::test]
async fn a_long_turn_is_answered_after_the_next_start() {
    let mut house = House::plan().set("agent.drain_timeout", "\"500ms\"").build().await;
    house.say(ADA, "[sim:words 100] [sim:sleep 8]");
    house.until("the turn has begun", |telegram| !telegram.actions(ADA).is_empty()).await;
    house.say(ADA, "[sim:say And this.]");
    house.until("it is stored", |telegram| telegram.pending_updates() == 0).await;
    let status = house.terminate().await;
    assert_eq!(status.code(), Some(0));
    assert!(house.sim.telegram.messages(ADA).is_empty());
    house.spawn();
    let answers = house.replies(ADA, 2).await;
    assert_eq!(answers[0].text.split_whitespace().count(), 100);
    assert_eq!(answers[1].text, "And this.");
    house.assert_clean();
}

#[tokio::test]
async fn what_comes_while_draining_waits_for_the_next_start() {
    let mut house = House::start().await;
    house.say(ADA, "[sim:say Done.] [sim:sleep 3]");
    house.until("the turn has begun", |telegram| !telegram.actions(ADA).is_empty()).await;
    house.signal(Signal::TERM);
    let health = house.wait_health("draining", |answer| answer.json()["draining"] == true).await;
    assert_eq!(health.status, 503);
    house.say(ADA, "[sim:say Later.]");
    assert!(house.wait_end().await.success());
    assert_eq!(house.sim.telegram.messages(ADA).len(), 1);
    house.spawn();
    assert_eq!(house.replies(ADA, 2).await[1].text, "Later.");
    house.assert_clean();
}

#[tokio::test]
async fn ctrl_c_is_understood_too_and_an_idle_daemon_ends_at_once() {
    let mut house = House::start().await;
    let before = std::time::Instant::now();
    house.signal(Signal::INT);
    assert_eq!(house.wait_end().await.code(), Some(0));
    assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());
    house.assert_clean();
}

#[tokio::test]
async fn a_second_signal_ends_at_once_and_loses_nothing() {
    let mut house = House::start().await;
    house.say(ADA, "[sim:say At last.] [sim:sleep 4]");
    house.until("the turn has begun", |telegram| !telegram.actions(ADA).is_empty()).await;
    house.signal(Signal::TERM);
    house.wait_health("draining", |answer| answer.json()["draining"] == true).await;
    house.signal(Signal::TERM);
    assert_eq!(house.wait_end().await.code(), Some(130));
    house.spawn();
    assert_eq!(house.replies(ADA, 1).await[0].text, "At last.");
    house.assert_clean();
}

#[tokio::test]
async fn a_telegram_that_does_not_answer_holds_nobody_up() {
    use blufio_simulator::telegram::Fault;
    let mut house = House::plan().set("agent.drain_timeout", "\"500ms\"").build().await;
    house.sim.telegram.fail("sendMessage", Fault::Slow { millis: 120_000 });
    house.say(ADA, "Hello");
    house.until("the answer is on its way", |telegram| telegram.count_calls("sendMessage") == 1).await;
    let before = std::time::Instant::now();
    assert_eq!(house.terminate().await.code(), Some(0));
    assert!(before.elapsed() < Duration::from_secs(20), "{:?}", before.elapsed());
    house.spawn();
    assert_eq!(house.replies(ADA, 1).await[0].text, "You said: “Hello”");
    assert_eq!(house.calls(), 1);
    house.assert_clean();
}
