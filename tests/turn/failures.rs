// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::house::{House, Model, Play, STANDARD, cost_of};
use blufio_agent::AgentOptions;
use blufio_core::channel::{FileKind, FileRef};
use blufio_core::provider::ProviderErrorKind;
use blufio_core::storage::Ledger as _;
use std::time::Duration;

#[tokio::test]
async fn a_model_that_is_away_is_announced_once_and_answered_later() {
    let folder = tempfile::tempdir().unwrap();
    let away = Play::Fail(ProviderErrorKind::Overloaded);
    let model = Model::new([away.clone(), away, Play::Say("Back again.")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "hello").await;
    let told = house.replies(1).await.remove(0);
    assert!(told.contains("kept") && told.contains("15 seconds"), "{told}");
    for _ in 0..2 {
        house.advance(Duration::from_secs(60));
        let calls = model.calls();
        // Anything that arrives makes the dispatcher look; a command needs no model.
        house.say("2", "/help").await;
        house.until("another try", || model.calls() > calls).await;
        house.until("the end of it", || house.agent.running().is_empty()).await;
    }
    house.until("the answer", || house.sent().iter().any(|text| text == "Back again.")).await;
    assert_eq!(house.sent().iter().filter(|text| text.contains("kept")).count(), 1);
    house.close().await;
}

#[tokio::test]
async fn a_spend_limit_is_told_and_not_retried() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Fail(ProviderErrorKind::SpendLimit)]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "hello").await;
    let told = house.replies(1).await.remove(0);
    assert!(told.contains("spend limit") && told.contains("first of the month"), "{told}");
    house.advance(Duration::from_secs(3_600));
    house.say("2", "/help").await;
    house.replies(2).await;
    assert_eq!(model.calls(), 1);
    house.close().await;
}

/// The model that shall summarise cannot be had.
fn without_summaries(options: &mut AgentOptions) {
    options.context.summary_model = "unknown".into();
}

#[tokio::test]
async fn an_overflow_is_tried_once_more_with_the_newer_half_of_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let overflow = Play::Fail(ProviderErrorKind::ContextOverflow);
    let mut plays: Vec<Play> = (0..4).map(|_| Play::Say("yes")).collect();
    plays.extend([overflow.clone(), Play::Say("It fits."), overflow.clone(), overflow]);
    let model = Model::new(plays);
    let house = House::with(folder.path(), &model, without_summaries).await;
    for count in 1..=4 {
        house.say("1", "word").await;
        house.replies(count).await;
    }
    house.say("1", "one more").await;
    assert_eq!(house.replies(5).await[4], "It fits.");
    let asked = model.last_request().messages.len();
    assert!(asked < 9, "less than all eight, and the message: {asked}");
    house.say("1", "again").await;
    let told = house.replies(6).await.remove(5);
    assert!(told.contains("/new"), "{told}");
    assert_eq!(model.calls(), 8);
    house.close().await;
}

#[tokio::test]
async fn an_answer_without_words_still_says_something_and_leaves_a_sound_transcript() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Nothing, Play::Say("Now yes.")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "hm").await;
    assert!(house.replies(1).await[0].contains("no answer in words"));
    house.say("1", "and now?").await;
    assert_eq!(house.replies(2).await[1], "Now yes.");
    assert_eq!(model.last_request().messages.len(), 3);
    house.close().await;
}

#[tokio::test]
async fn words_of_a_stream_that_broke_off_are_not_in_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::BreakOff("The answer is wro", "The answer is right.")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "well?").await;
    assert_eq!(house.replies(1).await, ["The answer is right."]);
    house.close().await;
}

#[tokio::test]
async fn a_file_that_is_gone_is_named_to_the_person_and_to_the_model_in_one_turn() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("I see no picture.")]);
    let house = House::open(folder.path(), &model).await;
    let mut message = house.message("1", "what is this?");
    message.files.push(FileRef {
        kind: FileKind::Photo,
        handle: "x".into(),
        name: String::new(),
        media_type: None,
        size: None,
    });
    house.accept(message).await;
    let reply = house.replies(1).await.remove(0);
    assert!(reply.contains("the photo") && reply.ends_with("I see no picture."), "{reply}");
    let asked = model.last_request().messages.remove(0).plain_text();
    assert!(asked.contains("[Not received: the photo"), "{asked}");
    house.close().await;
}

#[tokio::test]
async fn a_voice_note_without_transcription_is_told_without_asking_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    let house = House::open(folder.path(), &model).await;
    let mut message = house.message("1", "");
    message.files.push(FileRef {
        kind: FileKind::Voice,
        handle: "x".into(),
        name: String::new(),
        media_type: Some("audio/ogg".into()),
        size: Some(10),
    });
    house.accept(message).await;
    let reply = house.replies(1).await.remove(0);
    assert!(reply.contains("transcription.command"), "{reply}");
    assert_eq!(model.calls(), 0);
    house.close().await;
}

#[tokio::test]
async fn a_turn_that_panics_is_taken_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Panic, Play::Say("Here I am.")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "hello").await;
    house.until("the panic", || model.calls() == 1 && house.agent.running().is_empty()).await;
    house.later(Duration::from_secs(60)).await;
    assert_eq!(house.replies_to("1", 1).await, ["Here I am."]);
    house.close().await;
}

#[tokio::test]
async fn a_turn_that_panics_again_and_again_is_given_up_soon() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new(vec![Play::Panic; 9]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "hello").await;
    for tries in 1..=3 {
        house.until("a panic", || model.calls() == tries && house.agent.running().is_empty()).await;
        house.later(Duration::from_secs(600)).await;
    }
    assert!(house.replies_to("1", 1).await[0].contains("many times"));
    assert_eq!(model.calls(), 3);
    house.close().await;
}

#[tokio::test]
async fn a_question_that_the_account_could_not_pay_for_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Fail(ProviderErrorKind::Billing), Play::Say("So: yes.")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "is it far?").await;
    house.replies(1).await;
    house.say("1", "paid. and?").await;
    house.replies(2).await;
    let asked = model.last_request().messages;
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0].plain_text(), "is it far?");
    assert!(asked[1].plain_text().contains("billing"));
    house.close().await;
}

#[tokio::test]
async fn a_request_that_is_too_large_is_tried_once_more_with_less_history() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([
        Play::Say("a"),
        Play::Say("b"),
        Play::Fail(ProviderErrorKind::TooLarge),
        Play::Say("fits"),
    ]);
    let house = House::with(folder.path(), &model, without_summaries).await;
    for (count, words) in ["one", "two", "three"].into_iter().enumerate() {
        house.say("1", words).await;
        house.replies(count + 1).await;
    }
    assert_eq!(house.sent()[2], "fits");
    assert_eq!(model.last_request().messages.len(), 3);
    house.close().await;
}

#[tokio::test]
async fn no_service_makes_a_message_wait_for_more_than_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    let days = Some(Duration::from_secs(3 * 24 * 3_600));
    let model =
        Model::new([Play::Fail(ProviderErrorKind::RateLimited { retry_after: days }), Play::Say("At last.")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "hello").await;
    assert!(house.replies(1).await[0].contains("60 minutes"));
    house.later(Duration::from_secs(3_601)).await;
    assert_eq!(house.replies_to("1", 2).await[1], "At last.");
    house.close().await;
}

#[tokio::test]
async fn an_answer_under_a_dated_name_costs_what_the_model_that_was_asked_costs() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Dated("yes")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "hello").await;
    house.replies(1).await;
    let answer = house.store.answers(None, 1).await.unwrap().remove(0);
    assert_eq!((answer.calls[0].model.as_str(), answer.calls[0].cost), (STANDARD, cost_of(STANDARD)));
    house.close().await;
}

#[tokio::test]
async fn status_counts_the_whole_session() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new((0..6).map(|_| Play::Say("yes")));
    let house = House::open(folder.path(), &model).await;
    for count in 1..=6 {
        house.say("1", "word").await;
        house.replies(count).await;
    }
    house.say("1", "/status").await;
    let status = house.replies(7).await.remove(6);
    assert!(status.contains("12 messages since"), "{status}");
    house.close().await;
}
