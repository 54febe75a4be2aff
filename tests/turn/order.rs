// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::house::{House, Model, Play};
use blufio_core::content::{Block, Role};
use blufio_core::ids::Conversation;
use blufio_core::provider::ProviderErrorKind;
use std::time::Duration;

#[tokio::test]
async fn messages_during_a_turn_are_answered_afterwards_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Hang("one, and"), Play::Say("two"), Play::Say("three")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "first").await;
    house.until("the first words", || !house.line.shown.lock().unwrap().is_empty()).await;
    house.say("1", "second").await;
    house.say("1", "third").await;
    house.agent.inbox().stop(&Conversation::new("test", "1"));
    assert_eq!(house.replies(3).await, ["one, and\n\n(Stopped.)", "two", "three"]);
    let roles: Vec<Role> = house.transcript("1").await.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant].repeat(3));
    house.close().await;
}

#[tokio::test]
async fn stop_as_a_command_ends_the_running_turn_and_not_the_one_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Hang("la la la"), Play::Say("fresh")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "sing").await;
    house.until("the first words", || !house.line.shown.lock().unwrap().is_empty()).await;
    house.say("1", "/stop").await;
    house.say("1", "next").await;
    let replies = house.replies(3).await;
    assert_eq!(replies[0], "la la la\n\n(Stopped.)");
    assert!(replies[1].starts_with("Stopped."));
    assert_eq!(replies[2], "fresh");
    house.close().await;
}

#[tokio::test]
async fn a_turn_that_hangs_in_one_chat_keeps_no_other_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let mut plays = vec![Play::Hang("…")];
    plays.extend((0..10).map(|_| Play::Say("here")));
    let model = Model::new(plays);
    let house = House::open(folder.path(), &model).await;
    house.say("slow", "think").await;
    house.until("the slow call", || model.calls() == 1).await;
    for chat in 0..10 {
        house.say(&chat.to_string(), "hi").await;
    }
    assert_eq!(house.replies(10).await, ["here"; 10]);
    house.until("the others to be done", || house.agent.running().len() == 1).await;
    house.close().await;
}

#[tokio::test]
async fn what_a_drain_cuts_short_is_answered_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let model =
        Model::new([Play::Hang("half an ans"), Play::Say("a whole answer"), Play::Say("and another")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "first").await;
    house.until("the call", || model.calls() == 1).await;
    house.say("1", "second").await;
    house.close().await;

    let house = House::open(folder.path(), &model).await;
    assert_eq!(house.replies(2).await, ["a whole answer", "and another"]);
    house.close().await;
}

#[tokio::test]
async fn while_a_long_turn_is_waited_for_at_the_end_no_loop_counts_as_hanging() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Hang("half an ans")]);
    let house =
        House::with(folder.path(), &model, |options| options.drain_timeout = Duration::from_secs(90)).await;
    house.say("1", "first").await;
    house.until("the call", || model.calls() == 1).await;
    house.drain();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let skip = async |seconds| {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
    };
    skip(60).await;
    house.until("every loop that still runs to move", || house.agent.still() < Duration::from_secs(5)).await;
    assert_eq!(house.agent.running().len(), 1);
    skip(60).await;
    house.close().await;
}

#[tokio::test]
async fn whoever_is_told_to_end_while_it_looks_through_the_queue_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("Hello.")]);
    let house = House::with(folder.path(), &model, |_| {}).await;
    house.say("1", "first").await;
    house.replies(1).await;
    house.drain_during_a_look();
    // Nothing is due: it looks by itself, after a while.
    house.until("a look", || house.store.during_due.lock().unwrap().is_none()).await;
    tokio::time::timeout(Duration::from_secs(3), house.close())
        .await
        .expect("it has ended, and not a beat later");
}

#[tokio::test]
async fn new_forgets_the_thread_and_the_bill_stays() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("yes"), Play::Say("who?")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "my dog is Max").await;
    house.replies(1).await;
    house.say("1", "/new").await;
    house.replies(2).await;
    house.say("1", "my dog?").await;
    house.replies(3).await;
    assert_eq!(model.last_request().messages.len(), 1);
    house.close().await;
}

#[tokio::test]
async fn an_album_is_one_message() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("two lines")]);
    let house = House::open(folder.path(), &model).await;
    let mut messages = vec![house.message("1", "one"), house.message("1", "two")];
    for message in &mut messages {
        message.group = Some("album".into());
    }
    house.agent.inbox().accept("test", messages, Some(7)).await.unwrap();
    assert_eq!(house.replies(1).await, ["two lines"]);
    let asked = model.last_request().messages.remove(0).content;
    assert_eq!(asked[..2], [Block::text("one"), Block::text("two")]);
    assert!(matches!(asked[2..], [Block::Note { .. }]));
    assert_eq!(house.agent.inbox().cursor("test").await.unwrap(), Some(7));
    house.close().await;
}

#[tokio::test]
async fn stop_reaches_a_message_whose_turn_has_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Hang("busy"), Play::Say("fresh")]);
    let house = House::with(folder.path(), &model, |options| options.max_concurrent_turns = 1).await;
    house.say("1", "think").await;
    house.until("the slow call", || model.calls() == 1).await;
    house.say("2", "never mind this").await;
    house.say("2", "/stop").await;
    house.say("2", "but this").await;
    house.agent.inbox().stop(&Conversation::new("test", "1"));
    let replies = house.replies_to("2", 3).await;
    assert_eq!((replies[0].as_str(), replies[2].as_str()), ("(Stopped.)", "fresh"));
    assert!(replies[1].starts_with("Stopped."), "{replies:?}");
    assert_eq!(model.calls(), 2, "the model has not been asked what was stopped");
    house.close().await;
}

#[tokio::test]
async fn commands_do_not_wait_for_the_model_to_come_back_and_stop_ends_what_does() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Fail(ProviderErrorKind::Overloaded), Play::Say("fresh")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "hello").await;
    assert!(house.replies(1).await[0].contains("kept"));
    for (count, command, expected) in [(2, "/help", "Just write"), (3, "/status", "is up")] {
        house.say("1", command).await;
        assert!(house.replies(count).await[count - 1].contains(expected));
    }
    house.say("1", "/stop").await;
    let replies = house.replies(5).await;
    assert_eq!(replies[3], "(Stopped.)");
    assert!(replies[4].starts_with("Stopped."), "{replies:?}");
    house.quiet().await;
    house.later(Duration::from_secs(3_600)).await;
    house.replies_to("elsewhere", 1).await;
    assert_eq!(model.calls(), 1, "the stopped message is not tried again");
    house.close().await;
}

#[tokio::test]
async fn new_ends_a_message_that_waits_for_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Fail(ProviderErrorKind::Overloaded), Play::Say("yes")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "hello").await;
    house.replies(1).await;
    house.say("1", "/new").await;
    let replies = house.replies(3).await;
    assert_eq!(replies[1], "(Stopped.)");
    assert!(replies[2].contains("fresh start"));
    house.say("1", "are you there?").await;
    assert_eq!(house.replies(4).await[3], "yes");
    assert_eq!(model.last_request().messages.len(), 1);
    house.close().await;
}

#[tokio::test]
async fn the_prompt_begins_alike_for_many_turns_so_that_it_can_be_cached() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new((0..40).map(|_| Play::Say("yes")));
    let house = House::open(folder.path(), &model).await;
    let mut beginnings = Vec::new();
    for turn in 0..40 {
        house.say("1", &format!("number {turn}")).await;
        house.replies(turn + 1).await;
        let asked = model.last_request().messages;
        beginnings.push(asked[0].content[0].clone());
    }
    beginnings.dedup();
    assert_eq!(beginnings, [Block::text("number 0")]);
    house.close().await;
}
