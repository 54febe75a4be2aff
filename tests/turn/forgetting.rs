// SPDX-License-Identifier: MIT OR Apache-2.0
//! What summaries must not lose, and what becomes of a history that no model summarises.
use crate::compaction::{chat, long_answer, outcomes, small, summary, text, transcript};
use crate::house::{DEEP, FAST, House, Model, Play};
use blufio_agent::tokens;
use blufio_core::content::{Block, Message};
use blufio_core::ids::Conversation;
use blufio_core::provider::StopReason;
use blufio_core::storage::*;
use blufio_core::time::Clock as _;
use std::time::Duration;

#[tokio::test]
async fn a_clock_that_jumps_neither_brings_the_next_try_forward_nor_puts_it_off() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    let house = House::with(folder.path(), &model, small).await;
    house.advance(Duration::from_secs(86_400));
    chat(&house, &model, 16).await;
    outcomes(&house, "failed", 1).await;
    house.advance(Duration::from_secs(7_200));
    chat(&house, &model, 1).await;
    assert_eq!(model.summaries.lock().unwrap().len(), 1);
    house.set_back(Duration::from_secs(90_000));
    house.pass(Duration::from_secs(60)).await;
    chat(&house, &model, 1).await;
    outcomes(&house, "failed", 2).await;
    house.close().await;
}

#[tokio::test]
async fn a_model_that_never_summarises_is_not_paid_for_ever_and_what_the_person_insisted_on_stays() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    model.summarised_by(|_| Play::Write("I will not do that.".into(), StopReason::Refusal));
    let house = House::with(folder.path(), &model, small).await;
    model.plays([long_answer()]);
    house.say("1", "I am allergic to peanuts.").await;
    house.replies_to("1", 1).await;
    chat(&house, &model, 15).await;
    for failure in 1..=5 {
        outcomes(&house, "failed", failure).await;
        assert_eq!(model.summaries.lock().unwrap().len(), failure);
        if failure < 5 {
            assert_eq!(transcript(&house).await.summary, None);
            house.pass(Duration::from_secs(60 << (failure - 1))).await;
            chat(&house, &model, 1).await;
        }
    }
    outcomes(&house, "done", 1).await;
    let summary = transcript(&house).await.summary.unwrap().text;
    assert!(
        summary.contains("could not be summarised") && summary.contains("“I am allergic to peanuts.”"),
        "{summary}"
    );
    chat(&house, &model, 1).await;
    let shown = model.last_request();
    assert!(tokens::of_messages(&shown.messages).expected < 1_200);
    let session = house.store.session(&Conversation::new("test", "1"), house.clock.now()).await.unwrap();
    assert!(house.store.transcript_length(session).await.unwrap() >= 40, "nothing is deleted");
    // When it has grown again, the model gets one chance, not five.
    chat(&house, &model, 14).await;
    outcomes(&house, "done", 2).await;
    assert_eq!(model.summaries.lock().unwrap().len(), 6);
    house.close().await;
}

#[tokio::test]
async fn a_window_without_room_for_a_summary_is_refused_and_not_paid() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::with_window(9_000, []);
    model.summarised_by(|_| summary("The garden was discussed."));
    let house = House::with(folder.path(), &model, |options| {
        small(options);
        options.max_output_tokens = 1_000;
    })
    .await;
    chat(&house, &model, 16).await;
    outcomes(&house, "failed", 1).await;
    assert_eq!(transcript(&house).await.summary, None);
    assert!(model.summaries.lock().unwrap().is_empty(), "no call was made");
    house.close().await;
}

/// Puts messages into the transcript of chat 1, as if they had been said.
async fn said_before(house: &House, messages: Vec<Message>) {
    let how = How::Now { outbox: vec![], transcript: messages };
    let telling = Telling { conversation: Conversation::new("test", "1"), how, notes: vec![] };
    house.store.tell(telling, house.clock.now()).await.unwrap();
}

/// So many short messages, one of which matters.
fn short_messages(count: usize) -> Vec<Message> {
    let message = |number: usize| {
        let words = vec![Block::text(match number {
            3 => "I am allergic to peanuts.".into(),
            _ => format!("This is word {number}."),
        })];
        if number % 2 == 1 { Message::user(words) } else { Message::assistant(words) }
    };
    (1..=count).map(message).collect()
}

/// Every one of the short messages was given to the summariser, or is still shown.
async fn nothing_is_swallowed(house: &House, model: &Model, count: usize) {
    let asked: String = model.summaries.lock().unwrap().iter().map(text).collect();
    let kept = text(&model.last_request());
    assert!(asked.contains("Person: I am allergic to peanuts."));
    for number in (1..=count).filter(|number| *number != 3) {
        let words = format!("This is word {number}.");
        assert!(asked.contains(&words) || kept.contains(&words), "{number} is lost");
    }
    assert!(kept.contains("allergic to peanuts"), "{kept}");
    assert!(transcript(house).await.summary.is_some());
}

#[tokio::test]
async fn what_stands_before_huge_documents_is_summarised_and_not_swallowed() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    model.summarised_by(|_| summary("Words were counted."));
    let house = House::open(folder.path(), &model).await;
    said_before(&house, short_messages(300)).await;
    for name in ["a.pdf", "b.pdf"] {
        let data = "A".repeat(17 << 20);
        let document = Block::Document { media_type: "application/pdf".into(), name: name.into(), data };
        let message = Message::user(vec![document, Block::text("Look at this.")]);
        said_before(&house, vec![message, Message::assistant(vec![Block::text("I see.")])]).await;
    }
    chat(&house, &model, 1).await;
    outcomes(&house, "done", 1).await;
    chat(&house, &model, 1).await;
    nothing_is_swallowed(&house, &model, 300).await;
    house.close().await;
}

#[tokio::test]
async fn of_thousands_of_short_messages_none_is_swallowed() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    model.summarised_by(|_| summary("Words were counted."));
    let house = House::with(folder.path(), &model, |options| {
        options.context.soft_limit = 500_000;
        options.context.keep = 250_000;
    })
    .await;
    said_before(&house, short_messages(3_000)).await;
    chat(&house, &model, 1).await;
    outcomes(&house, "done", 1).await;
    chat(&house, &model, 1).await;
    nothing_is_swallowed(&house, &model, 3_000).await;
    let left = transcript(&house).await.messages.len();
    assert!(left <= 1_000, "{left}");
    house.close().await;
}

#[tokio::test]
async fn what_the_agent_says_first_is_shown_to_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    let house = House::open(folder.path(), &model).await;
    chat(&house, &model, 1).await;
    house.say("1", "/new").await;
    house.replies_to("1", 2).await;
    said_before(&house, vec![Message::assistant(vec![Block::text("⏰ call the dentist")])]).await;
    model.plays([Play::Say("At nine.")]);
    house.say("1", "When do they open?").await;
    house.replies_to("1", 3).await;
    let shown = model.last_request().messages;
    assert_eq!(shown[0], Message::user(vec![Block::text("[You wrote first.]")]));
    assert_eq!(shown[1].plain_text(), "⏰ call the dentist");
    assert_eq!(shown[2].content[0], Block::text("When do they open?"));

    // Right behind a summary, that stands before it.
    let upto = transcript(&house).await.messages.last().unwrap().id;
    let session = house.store.session(&Conversation::new("test", "1"), house.clock.now()).await.unwrap();
    let summary = Summary { upto, text: "The dentist was discussed.".into() };
    let swap = Compaction { session, after: None, summary };
    assert!(house.store.compact(swap, house.clock.now()).await.unwrap());
    said_before(&house, vec![Message::assistant(vec![Block::text("⏰ buy bread")])]).await;
    model.plays([Play::Say("Rye.")]);
    house.say("1", "Which?").await;
    house.replies_to("1", 4).await;
    let shown = model.last_request().messages;
    assert_eq!(
        shown[0],
        Message::user(vec![Block::text("[What was said before, in short: The dentist was discussed.]")])
    );
    assert_eq!(shown[1].plain_text(), "⏰ buy bread");
    house.close().await;
}

#[tokio::test]
async fn behind_a_new_summary_no_cache_is_taken_for_warm() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    model.summarised_by(|_| summary("The garden was discussed."));
    let house = House::with(folder.path(), &model, |options| {
        options.routing.always = None;
        small(options);
    })
    .await;
    let say = async |words: &str| {
        let sent = house.sent_to("1").len();
        model.plays([long_answer()]);
        house.say("1", words).await;
        house.replies_to("1", sent + 1).await;
        model.last_request().model
    };
    for _ in 0..12 {
        assert_eq!(say("!deep And how are the tomatoes?").await, DEEP);
    }
    assert_eq!(say("Thanks!").await, DEEP, "the deep model has it in its cache");
    while model.summaries.lock().unwrap().is_empty() {
        say("!deep And how are the tomatoes?").await;
    }
    outcomes(&house, "done", 1).await;
    assert_eq!(say("Thanks!").await, FAST, "nobody has it in a cache");
    house.close().await;
}
