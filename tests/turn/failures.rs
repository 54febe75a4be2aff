// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::house::{House, Model, Play};
use blufio_core::channel::{FileKind, FileRef};
use blufio_core::provider::ProviderErrorKind;
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

#[tokio::test]
async fn an_overflow_is_tried_once_more_with_the_newer_half_of_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let overflow = Play::Fail(ProviderErrorKind::ContextOverflow);
    let mut plays: Vec<Play> = (0..4).map(|_| Play::Say("yes")).collect();
    plays.extend([overflow.clone(), Play::Say("It fits."), overflow.clone(), overflow]);
    let model = Model::new(plays);
    let house = House::open(folder.path(), &model).await;
    for count in 1..=4 {
        house.say("1", "word").await;
        house.replies(count).await;
    }
    house.say("1", "one more").await;
    assert_eq!(house.replies(5).await[4], "It fits.");
    assert_eq!(model.last_request().messages.len(), 5, "half of eight, and the message");
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
