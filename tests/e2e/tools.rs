// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tools, and models that use them badly.

use crate::house::{ADA, House};

#[tokio::test]
async fn a_tool_is_used_and_its_result_is_told() {
    let house = House::start().await;
    let answer = house.ask(ADA, "What time is it?").await;
    assert!(answer.text.contains("It is "), "{answer:?}");
    assert_eq!(house.calls(), 2);
    house.assert_clean();
}

#[tokio::test]
async fn a_tool_that_does_not_exist_is_said_to_the_model_once() {
    let house = House::start().await;
    let answer = house.ask(ADA, "[sim:tool teleport {\"to\": \"the moon\"}]").await;
    assert!(answer.text.contains("The tool teleport failed"), "{answer:?}");
    assert_eq!(house.calls(), 2);
    house.assert_clean();
}

#[tokio::test]
async fn a_model_that_uses_tools_without_end_is_stopped() {
    let house = House::plan().set("agent.max_tool_rounds", "3").build().await;
    let answer = house.ask(ADA, "[sim:tool 50 current_time {}]").await;
    assert!(answer.text.contains("I used tools over and over"), "{answer:?}");
    assert!(house.calls() <= 5, "{}", house.calls());
    assert_eq!(
        house.ask(ADA, "And now?").await.text,
        "You said: “And now?”",
        "the transcript is still sound"
    );
    house.assert_clean();
}

#[tokio::test]
async fn an_answer_without_a_word_is_never_sent_empty() {
    let house = House::start().await;
    let answer = house.ask(ADA, "[sim:say ]").await;
    assert!(!answer.text.trim().is_empty(), "{answer:?}");
    assert_eq!(house.calls(), 1, "and not asked for over and over");
    assert_eq!(house.ask(ADA, "And now?").await.text, "You said: “And now?”");
    house.assert_clean();
}
