// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which model answers.
use crate::house::{DEEP, FAST, House, Model, Play, STANDARD, cost_of};
use blufio_agent::options::AgentOptions;
use blufio_core::content::Block;
use blufio_core::ids::Conversation;
use blufio_core::provider::ProviderErrorKind;
use blufio_core::route::Route;
use blufio_core::storage::*;
use serde_json::json;
use std::time::Duration;

fn deep_with_fallback(options: &mut AgentOptions) {
    options.routing.always = Some(Route::Deep);
    options.routing.fallback = vec![Route::Deep, Route::Standard, Route::Fast];
}

fn asks_for(id: &str, name: &str) -> Block {
    Block::ToolUse { id: id.into(), name: name.into(), input: json!({}) }
}

#[tokio::test]
async fn a_word_before_the_message_asks_for_a_route_once_and_is_not_part_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("42"), Play::Say("yes")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "!deep why?").await;
    house.replies(1).await;
    assert_eq!(model.last_request().messages[0].plain_text(), "why?");
    assert_eq!(house.transcript("1").await[0].plain_text(), "why?");
    house.say("1", "sure?").await;
    house.replies(2).await;
    assert_eq!(model.called(), [DEEP, STANDARD]);
    house.say("1", "!deep").await;
    assert!(house.replies(3).await[2].contains("!deep Why is the sky blue?"));
    assert_eq!(model.calls(), 2);
    house.close().await;
}

#[tokio::test]
async fn behind_an_order_of_a_route_there_are_words_and_no_command() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("one"), Play::Say("two")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "first").await;
    house.replies(1).await;
    house.say("1", "!deep /new").await;
    assert_eq!(house.replies(2).await[1], "two");
    assert_eq!(model.called(), [STANDARD, DEEP]);
    // The conversation goes on, with the words in it.
    assert_eq!(house.transcript("1").await.len(), 4);
    assert_eq!(house.transcript("1").await[2].plain_text(), "/new");
    house.close().await;
}

#[tokio::test]
async fn what_is_quoted_is_not_judged_as_what_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("one"), Play::Say("two")]);
    let house = House::with(folder.path(), &model, |options| options.routing.always = None).await;
    let quoted = "Prove that there are infinitely many primes of the form 4k+3.";
    house.say("1", &format!("[In reply to Bob: “{quoted}”]\nthanks!")).await;
    house.replies(1).await;
    assert_eq!(model.called(), [FAST]);
    assert!(model.last_request().messages[0].plain_text().contains(quoted));
    house.say("2", quoted).await;
    house.replies(2).await;
    assert_eq!(model.called(), [FAST, DEEP]);
    house.close().await;
}

#[tokio::test]
async fn a_pin_holds_for_its_conversation_until_it_is_taken_off() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new((0..4).map(|_| Play::Say("yes")));
    let house = House::open(folder.path(), &model).await;
    house.say("1", "/model deep").await;
    assert_eq!(house.replies_to("1", 1).await, ["Model: test-deep (deep, as you pinned it)"]);
    house.say("1", "a").await;
    house.replies_to("1", 2).await;
    house.say("2", "b").await;
    house.replies_to("2", 1).await;
    house.say("1", "!fast c").await;
    house.replies_to("1", 3).await;
    house.say("1", "/model auto").await;
    house.say("1", "d").await;
    house.replies_to("1", 5).await;
    assert_eq!(model.called(), [DEEP, STANDARD, FAST, STANDARD]);
    house.say("1", "/model huge").await;
    assert!(house.replies_to("1", 6).await[5].contains("“huge” is no route"));
    house.close().await;
}

#[tokio::test]
async fn a_model_that_fails_is_replaced_by_the_next_of_the_configuration_and_each_is_asked_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([
        Play::Fail(ProviderErrorKind::Overloaded),
        Play::Fail(ProviderErrorKind::NotFound),
        Play::Say("Here."),
    ]);
    let house = House::with(folder.path(), &model, deep_with_fallback).await;
    house.say("1", "hello").await;
    let reply = house.replies_to("1", 1).await.remove(0);
    assert_eq!(
        reply,
        "Here.\n\n(The fast model (test-fast) answered, because the deep one could not: it is overloaded.)"
    );
    assert_eq!(model.called(), [DEEP, STANDARD, FAST]);
    assert_eq!(house.heard.count("FellBack"), 2);
    let answer = house.store.answers(None, 1).await.unwrap().remove(0);
    assert_eq!((answer.decision.model.as_str(), answer.decision.answered_by.as_deref()), (DEEP, Some(FAST)));
    let [call] = &answer.calls[..] else { panic!("{answer:?}") };
    assert_eq!((call.intended.as_str(), call.model.as_str(), call.cost), (DEEP, FAST, cost_of(FAST)));
    house.close().await;
}

#[tokio::test]
async fn when_every_model_fails_the_message_waits_and_the_first_is_asked_first_again() {
    let folder = tempfile::tempdir().unwrap();
    let away = Play::Fail(ProviderErrorKind::Server);
    let model = Model::new([away.clone(), away.clone(), away, Play::Say("Back.")]);
    let house = House::with(folder.path(), &model, deep_with_fallback).await;
    house.say("1", "hello").await;
    assert!(house.replies_to("1", 1).await[0].contains("Your message is kept"));
    house.later(Duration::from_secs(60)).await;
    assert_eq!(house.replies_to("1", 2).await[1], "Back.", "and nothing is remarked");
    assert_eq!(model.called(), [DEEP, STANDARD, FAST, DEEP]);
    house.close().await;
}

#[tokio::test]
async fn what_the_account_is_to_blame_for_is_asked_of_no_other_model() {
    for kind in [
        ProviderErrorKind::SpendLimit,
        ProviderErrorKind::WorkspaceSpendLimit,
        ProviderErrorKind::Authentication,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let model = Model::new([Play::Fail(kind)]);
        let house = House::with(folder.path(), &model, deep_with_fallback).await;
        house.say("1", "hello").await;
        house.replies_to("1", 1).await;
        assert_eq!(model.calls(), 1, "{kind}");
        let stands_still = house.store.standstill().await.unwrap().is_some();
        assert_eq!(stands_still, kind != ProviderErrorKind::Authentication, "{kind}");
        house.close().await;
    }
}

#[tokio::test]
async fn thinking_does_not_go_along_to_another_model() {
    let folder = tempfile::tempdir().unwrap();
    let thinking = Block::Thinking { thinking: "hm".into(), signature: "s".into() };
    let is_thinking = |block: &Block| matches!(block, Block::Thinking { .. });
    let model = Model::new([
        Play::Blocks(vec![thinking, asks_for("t1", "look")]),
        Play::Fail(ProviderErrorKind::Timeout),
        Play::Say("Seen."),
    ]);
    let house = House::with(folder.path(), &model, deep_with_fallback).await;
    house.say("1", "look").await;
    assert!(house.replies_to("1", 1).await[0].starts_with("Seen."));
    assert_eq!(model.called(), [DEEP, DEEP, STANDARD]);
    let asked = model.last_request().messages;
    assert_eq!(asked.len(), 3, "the tool is not run again");
    assert!(!asked.iter().flat_map(|message| &message.content).any(is_thinking), "{asked:?}");
    house.close().await;
}

#[tokio::test]
async fn a_turn_that_is_taken_up_again_keeps_its_route_and_drops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([
        Play::Tool("t1", "look", json!({})),
        Play::Hang("thinking aloud"),
        Play::Say("Found it."),
    ]);
    let house =
        House::with(folder.path(), &model, |options| options.routing.always = Some(Route::Deep)).await;
    house.say("1", "look").await;
    house.until("the second call", || model.calls() == 2).await;
    let before = model.last_request().messages;
    house.close().await;

    let house =
        House::with(folder.path(), &model, |options| options.routing.always = Some(Route::Fast)).await;
    assert_eq!(house.replies_to("1", 1).await, ["Found it."]);
    assert_eq!(model.called(), [DEEP, DEEP, DEEP]);
    assert_eq!(model.last_request().messages[1..], before[1..]);
    assert_eq!(house.heard.count("Routed"), 0, "it was decided before");
    let answer = house.store.answers(None, 1).await.unwrap().remove(0);
    assert_eq!((answer.decision.route, answer.calls.len()), (Route::Deep, 3));
    let features: Vec<_> = answer.calls.iter().map(|call| call.feature).collect();
    assert_eq!(features, [Feature::Turn, Feature::ToolLoop, Feature::ToolLoop]);
    house.close().await;
}

#[tokio::test]
async fn the_words_decide_where_nobody_has() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("yes")]);
    let house = House::with(folder.path(), &model, |options| options.routing.always = None).await;
    house.say("1", "Write a letter to my landlord, please.").await;
    house.replies_to("1", 1).await;
    let decisions = {
        let session =
            house.store.session(&Conversation::new("test", "1"), crate::house::START).await.unwrap();
        house.store.decisions(session, 9).await.unwrap()
    };
    let [(decision, _)] = &decisions[..] else { panic!("{decisions:?}") };
    assert!(!decision.reasons.is_empty(), "{decision:?}");
    assert_eq!(model.last_request().model, decision.model);
    assert_eq!(model.calls(), 1);
    assert_eq!(house.heard.count("Routed"), 1);
    house.close().await;
}

#[tokio::test]
async fn a_model_that_is_not_known_is_never_called() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("Here.")]);
    let house = House::with(folder.path(), &model, |options| {
        deep_with_fallback(options);
        options.routing.slots.deep = "of-the-future".into();
    })
    .await;
    house.say("1", "hello").await;
    assert!(house.replies_to("1", 1).await[0].starts_with("Here."));
    assert_eq!(model.called(), [STANDARD]);
    house.close().await;
}
