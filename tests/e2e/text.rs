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
    house.restart().await;
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
async fn every_script_is_answered_as_it_was_written() {
    let house = House::start().await;
    let texts = [
        "日本語のテキスト。二つの文。",
        "👩‍👩‍👧‍👦 family, 🏳️‍🌈 flag, 👍🏽 skin",
        "مرحبا بالعالم, שלום עולם, and back",
        // Marks that Telegram keeps; it takes a few of the others out of every text.
        "e\u{301}a\u{308}o\u{323}\u{302} and n\u{334}\u{317}",
        "नमस्ते दुनिया, สวัสดีชาวโลก",
    ];
    for text in texts {
        let answer = house.ask(ADA, &format!("[sim:say {text}]")).await;
        assert_eq!(answer.text, text);
    }
    house.assert_clean();
}

#[tokio::test]
async fn a_restart_storm_answers_everything_once() {
    const RESTARTS: usize = 20;
    let mut house = House::start().await;
    for number in 0..RESTARTS {
        house.say(ADA, &format!("[sim:say Answer {number}.]"));
        if number % 2 == 0 {
            house.terminate().await;
        } else {
            // In the middle of whatever it is doing.
            house.until("it was received", |telegram| telegram.pending_updates() == 0).await;
            house.terminate().await;
        }
        house.spawn();
    }
    let answers = house.replies(ADA, RESTARTS).await;
    let texts: Vec<_> = answers.iter().map(|answer| answer.text.clone()).collect();
    let expected: Vec<_> = (0..RESTARTS).map(|number| format!("Answer {number}.")).collect();
    assert_eq!(texts, expected);
    assert_eq!(house.calls(), RESTARTS);
    house.assert_clean();
}
