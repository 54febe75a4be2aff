// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio shell`: the same agent in the terminal, with a daemon and without one.

use crate::house::{ADA, House};

#[tokio::test]
async fn a_message_is_answered_by_the_running_daemon() {
    let house = House::start().await;
    let said = house.blufio(&["shell", "-m", "My dog's name is Max."], "").await.ok();
    assert!(!said.stdout.trim().is_empty(), "{said:?}");
    let asked = house.blufio(&["shell", "--json"], "What is my dog's name?\n").await.ok();
    assert!(asked.json()["text"].as_str().unwrap().contains("Max"), "{asked:?}");
    let other =
        house.blufio(&["shell", "--conversation", "work", "-m", "What is my dog's name?"], "").await.ok();
    assert!(!other.stdout.contains("Max"), "another conversation knows nothing of it: {other:?}");
    assert!(!house.ask(ADA, "What is my dog's name?").await.text.contains("Max"));
    house.assert_clean();
}

#[tokio::test]
async fn without_a_daemon_the_shell_runs_one_itself_and_leaves_telegram_alone() {
    let mut house = House::plan().idle().build().await;
    house.say(ADA, "This waits for the daemon.");
    let said = house.blufio(&["shell", "-m", "My dog's name is Max."], "").await.ok();
    assert!(said.stderr.is_empty(), "{said:?}");
    let asked = house.blufio(&["shell", "-m", "What is my dog's name?"], "").await.ok();
    assert!(asked.stdout.contains("Max"), "{asked:?}");
    assert!(house.sim.telegram.calls().is_empty());
    house.spawn();
    house.replies(ADA, 1).await;
    let asked = house.blufio(&["shell", "-m", "What is my dog's name?"], "").await.ok();
    assert!(asked.stdout.contains("Max"), "{asked:?}");
    house.assert_clean();
}

#[tokio::test]
async fn a_long_answer_is_printed_whole() {
    let house = House::start().await;
    let said = house.blufio(&["shell", "-m", "[sim:words 5000]"], "").await.ok();
    assert_eq!(said.stdout.split_whitespace().count(), 5000);
    house.assert_clean();
}

#[tokio::test]
async fn what_the_model_refuses_is_said_in_the_shell_too() {
    let house = House::start().await;
    house.sim.anthropic.fault(blufio_simulator::anthropic::Fault::Status { status: 401 }, 1);
    let said = house.blufio(&["shell", "-m", "Hello"], "").await.ok();
    assert!(said.stdout.contains("API key was refused"), "{said:?}");
    house.assert_clean();
}

#[tokio::test]
async fn a_shell_without_secrets_says_what_is_missing() {
    let house = House::plan().without_secrets().idle().build().await;
    let refused = house.blufio(&["shell", "-m", "Hello"], "").await;
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("ANTHROPIC_API_KEY"), "{refused:?}");
}
