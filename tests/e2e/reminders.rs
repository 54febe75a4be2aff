// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reminders: told once, whatever happens to the daemon in between.

use crate::house::{ADA, House};
use std::time::Duration;

/// A wall clock in UTC, `seconds` from now, as a tool takes it.
fn in_seconds(seconds: i64) -> String {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn told(house: &House, words: &str) -> usize {
    let said = house.sim.telegram.messages(ADA);
    said.iter().filter(|message| message.text.starts_with('⏰') && message.text.contains(words)).count()
}

#[tokio::test]
async fn tomorrow_at_nine_becomes_a_stored_job_in_the_persons_time_zone() {
    let house = House::plan().set("agent.time_zone", "\"Asia/Tokyo\"").build().await;
    let answer = house.ask(ADA, "Remind me tomorrow at nine to water the plants.").await.text;
    assert!(answer.contains("Asia/Tokyo") && answer.contains("09:00"), "{answer}");
    let list = house.ask(ADA, "/reminders").await.text;
    assert!(list.contains("water the plants") && list.contains("09:00"), "{list}");
    let status = house.blufio(&["status", "--json"], "").await.ok().json();
    assert_eq!(status["store"]["open_jobs"], 1);
    house.assert_clean();
}

#[tokio::test]
async fn a_reminder_is_told_once_across_kills_and_restarts() {
    let mut house = House::start().await;
    let order = format!("[sim:tool remind {{\"text\": \"feed the cat\", \"at\": \"{}\"}}]", in_seconds(4));
    house.ask(ADA, &order).await;
    // Not in the one window in which an answer is said again.
    tokio::time::sleep(Duration::from_millis(300)).await;
    house.kill().await;
    // It falls due while nobody runs.
    tokio::time::sleep(Duration::from_secs(4)).await;
    house.spawn();
    house.wait_ready().await;
    house.eventually("the reminder", async || told(&house, "feed the cat") == 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    house.kill().await;
    house.spawn();
    house.wait_ready().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(told(&house, "feed the cat"), 1);
    assert_eq!(house.calls(), 2, "and it costs no call");
    // The model knows what was told.
    house.ask(ADA, "What was that?").await;
    assert!(house.last_prompt().contains("⏰ feed the cat"), "{}", house.last_prompt());
    house.assert_clean();
}
