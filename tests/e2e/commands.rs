// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands of the chat.

use crate::house::{ADA, House};

#[tokio::test]
async fn the_commands_answer_without_the_model() {
    let house = House::plan().set("agent.name", "\"Babbage\"").build().await;
    let start = house.ask(ADA, "/start").await;
    assert!(start.text.contains("I am Babbage") && start.text.contains("/help"), "{start:?}");
    let help = house.ask(ADA, "/help").await;
    assert!(["/new", "/stop", "/status"].iter().all(|command| help.text.contains(command)), "{help:?}");
    let status = house.ask(ADA, "/status").await;
    assert!(status.text.contains("claude-") && status.text.contains("undeliverable: 0"), "{status:?}");
    let unknown = house.ask(ADA, "/dance").await;
    assert!(unknown.text.contains("I do not know /dance"), "{unknown:?}");
    assert_eq!(house.calls(), 0);
    let announced: Vec<_> =
        house.sim.telegram.commands().iter().map(|command| command["command"].clone()).collect();
    for command in ["new", "stop", "status", "help"] {
        assert!(announced.iter().any(|known| known == command), "{announced:?}");
    }
    house.assert_clean();
}

#[tokio::test]
async fn new_forgets_the_thread() {
    let house = House::start().await;
    house.ask(ADA, "My dog's name is Max.").await;
    assert!(house.ask(ADA, "What is my dog's name?").await.text.contains("Max"));
    house.ask(ADA, "/new").await;
    let answer = house.ask(ADA, "What is my dog's name?").await;
    assert!(!answer.text.contains("Max"), "{answer:?}");
    house.assert_clean();
}

#[tokio::test]
async fn a_path_is_no_command() {
    let house = House::start().await;
    house.ask(ADA, "/etc/passwd is what?").await;
    assert_eq!(house.calls(), 1);
    house.assert_clean();
}
