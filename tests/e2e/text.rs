// SPDX-License-Identifier: MIT OR Apache-2.0
//! The plain case: somebody writes, the agent answers, and remembers what was said.

use crate::house::{ADA, House};

#[tokio::test]
async fn a_text_is_answered() {
    let house = House::start().await;
    let answer = house.ask(ADA, "Good morning, are you there?").await;
    assert_eq!(answer.text, "You said: “Good morning, are you there?”");
    house
        .eventually("the answer's row is done", || async {
            house.metrics().await.get("blufio_outbox_depth", &[]) == Some(0.0)
        })
        .await;
    house.assert_clean();
}

#[tokio::test]
async fn a_conversation_goes_on_after_a_restart() {
    let mut house = House::start().await;
    house.ask(ADA, "My dog's name is Max.").await;
    assert!(house.terminate().await.success());
    house.spawn();
    house.wait_ready().await;
    let answer = house.ask(ADA, "What is my dog's name?").await;
    assert!(answer.text.contains("Max"), "{answer:?}");
    house.assert_clean();
}

#[tokio::test]
async fn what_was_written_while_nobody_was_there_is_answered_after_the_start() {
    let mut house = House::plan().idle().build().await;
    for text in ["One.", "Two.", "Three."] {
        house.say(ADA, text);
    }
    house.spawn();
    let answers = house.replies(ADA, 3).await;
    let texts: Vec<_> = answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(texts, ["You said: “One.”", "You said: “Two.”", "You said: “Three.”"]);
    house.assert_clean();
}

#[tokio::test]
async fn an_answer_of_many_pages_comes_whole_and_in_order() {
    let house = House::start().await;
    let words: Vec<String> = (0..2_000).map(|number| format!("word{number}")).collect();
    house.say(ADA, &format!("[sim:say {}]", words.join(" ")));
    house
        .until("the last word", |telegram| {
            telegram.messages(ADA).last().is_some_and(|message| message.text.ends_with("word1999"))
        })
        .await;
    let pages = house.sim.telegram.messages(ADA);
    assert!(pages.len() >= 4 && pages.iter().all(|page| page.text.encode_utf16().count() <= 4096));
    let read: Vec<&str> = pages.iter().flat_map(|page| page.text.split_whitespace()).collect();
    assert_eq!(read, words);
    house.assert_clean();
}

#[tokio::test]
async fn a_tool_is_used_and_its_result_is_told() {
    let house = House::start().await;
    let answer = house.ask(ADA, "What time is it?").await;
    assert!(answer.text.contains("It is "), "{answer:?}");
    assert_eq!(house.calls(), 2);
    house.assert_clean();
}
