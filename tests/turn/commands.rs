// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a person can ask for in the chat, and who may change what is spent.
use crate::house::{House, Model, Play, START};
use blufio_agent::options::AgentOptions;
use blufio_core::ids::Conversation;
use blufio_core::money::NanoUsd;
use blufio_core::storage::*;
use blufio_core::time::Timestamp;
use std::time::Duration;

/// Two people whom the channel does not vouch for.
fn two_people(options: &mut AgentOptions) {
    options.trusted_channels = vec![];
    options.allowed = vec![("test".into(), "user-1".into()), ("test".into(), "user-2".into())];
    options.budget.daily = Some(NanoUsd(5_000_000_000));
}

async fn ask(house: &House, chat: &str, text: &str) -> String {
    let before = house.sent_to(chat).len();
    house.say(chat, text).await;
    house.replies_to(chat, before + 1).await.remove(before)
}

#[tokio::test]
async fn every_command_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(folder.path(), &Model::new([])).await;
    let help = ask(&house, "1", "/help").await;
    for command in [
        "new",
        "stop",
        "model",
        "why",
        "cost",
        "budget",
        "memory",
        "forget",
        "reminders",
        "heartbeat",
        "status",
        "help",
    ] {
        assert!(help.contains(&format!("/{command} –")), "{command}: {help}");
    }
    house.close().await;
}

#[tokio::test]
async fn the_last_answer_can_be_explained() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::BreakOff("no", "Because."), Play::Say("Elsewhere.")]);
    let house = House::open(folder.path(), &model).await;
    assert!(ask(&house, "1", "/why").await.contains("not answered anything here"));
    ask(&house, "1", "!deep why?").await;
    ask(&house, "2", "and here?").await;
    let told = ask(&house, "1", "/why").await;
    for words in [
        "Route: deep. test-deep answered.",
        "Why: you asked for it with !deep.",
        "Memories: none.",
        "Tokens: 200 in (0 read from the cache, 0 written to it), 20 out, in 2 calls.",
        "One of them did not come to its end: test-deep (connection).",
        "Cost: $0.0012.",
        "Answered on Sunday, 2026-11-22 21:00 (Europe/Berlin).",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    house.close().await;
}

#[tokio::test]
async fn what_was_spent_is_told_by_day_month_session_and_model() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("a"), Play::Say("b")]);
    let house = House::open(folder.path(), &model).await;
    assert!(ask(&house, "1", "/cost").await.contains("No model was asked this month."));
    ask(&house, "1", "one").await;
    house.advance(Duration::from_secs(24 * 3_600));
    ask(&house, "2", "!deep two").await;
    let told = ask(&house, "1", "/cost").await;
    for words in [
        "Today: $0.000600 in 1 call",
        "This month: $0.000900 in 2 calls",
        "This session: $0.000300",
        "- test-deep: $0.000600 in 1 call",
        "- test-model: $0.000300 in 1 call",
        "Read from the cache: 0 %",
        "tokens a call",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    house.close().await;
}

#[tokio::test]
async fn who_is_no_operator_is_told_the_spending_of_this_conversation_alone() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("a"), Play::Say("b")]);
    let house = House::with(folder.path(), &model, |options| {
        two_people(options);
        options.operators = vec![("test".into(), "user-1".into())];
    })
    .await;
    ask(&house, "1", "!deep one").await;
    ask(&house, "2", "two").await;
    let told = ask(&house, "2", "/cost").await;
    assert!(told.starts_with("This session: $0.000300\n"), "{told}");
    for words in ["$0.000600", "$0.000900", "Today", "month", "test-"] {
        assert!(!told.contains(words), "{words}: {told}");
    }
    assert!(ask(&house, "1", "/cost").await.contains("Today: $0.000900 in 2 calls"));
    house.close().await;
}

#[tokio::test]
async fn only_an_operator_raises_a_limit_or_lets_the_background_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), &Model::new([]), |options| {
        two_people(options);
        options.heartbeat.enabled = true;
        options.operators = vec![("test".into(), "user-1".into())];
    })
    .await;
    let standstill = Standstill { reason: "it was too dear".into(), at: START };
    house.store.set_standstill(Some(standstill)).await.unwrap();
    for order in ["/budget raise daily 5", "/heartbeat resume"] {
        let told = ask(&house, "2", order).await;
        assert!(told.contains("telegram.operators"), "{told}");
    }
    assert!(
        ask(&house, "2", "/budget").await.contains("Today's budget: $0.00 of $5.00 (0 %; budget.daily_usd).")
    );
    let state = ask(&house, "2", "/heartbeat").await;
    assert!(state.contains("stands still since") && state.contains("it was too dear"), "{state}");
    let raised = ask(&house, "1", "/budget raise daily 5").await;
    assert!(raised.contains("$0.00 of $10.00, $5.00 of it by a raise"), "{raised}");
    assert!(ask(&house, "1", "/heartbeat resume").await.starts_with("Heartbeat: on."));
    assert_eq!(house.store.standstill().await.unwrap(), None);
    house.close().await;
}

#[tokio::test]
async fn where_nobody_is_named_the_only_person_who_is_known_is_the_operator() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), &Model::new([]), |options| {
        two_people(options);
        options.allowed.pop();
    })
    .await;
    assert!(ask(&house, "1", "/budget raise daily 1").await.starts_with("Raised by $1.00"));
    house.close().await;
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), &Model::new([]), two_people).await;
    assert!(ask(&house, "1", "/budget raise daily 1").await.contains("Only the operator"));
    house.close().await;
}

#[tokio::test]
async fn a_raise_that_makes_no_sense_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), &Model::new([]), |_| {}).await;
    for (order, words) in [
        ("/budget raise daily many", "“many” is no amount"),
        ("/budget raise weekly 5", "there is no limit \"weekly\""),
        ("/budget raise daily 5", "there is no daily limit"),
        ("/budget raise heartbeat 0", "more than nothing"),
        ("/budget lower", "Write `/budget raise daily 5`"),
    ] {
        let told = ask(&house, "1", order).await;
        assert!(told.contains(words), "{order}: {told}");
    }
    assert!(ask(&house, "1", "/budget").await.contains("Nothing is limited"));
    house.close().await;
}

#[tokio::test]
async fn reminders_are_listed_and_closed_in_their_own_conversation() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(folder.path(), &Model::new([])).await;
    let zone = blufio_calendar::Zone::named("Europe/Berlin").unwrap();
    let job = NewJob {
        key: "a".into(),
        conversation: Conversation::new("test", "1"),
        text: "water the plants".into(),
        due: Some(zone.when("2026-11-23T09:00", None).unwrap()),
    };
    let id = house.store.add_job(job, START).await.unwrap().id;
    let list = ask(&house, "1", "/reminders").await;
    assert!(
        list.contains(&format!("{id}. water the plants – Monday, 2026-11-23 09:00 (Europe/Berlin)")),
        "{list}"
    );
    assert!(ask(&house, "2", "/reminders").await.starts_with("Nothing is open"));
    let close = format!("/reminders close {id}");
    assert!(ask(&house, "2", &close).await.contains("There is no open reminder"));
    assert_eq!(ask(&house, "1", &close).await, format!("{id} is closed."));
    assert!(ask(&house, "1", "/reminders").await.starts_with("Nothing is open"));
    house.close().await;
}

#[tokio::test]
async fn status_names_the_models() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), &Model::new([]), |options| options.routing.always = None).await;
    let status = ask(&house, "1", "/status").await;
    assert!(
        status.contains(
            "chosen for each message (auto; fast: test-fast, standard: test-model, deep: test-deep)"
        )
    );
    house.close().await;
}

#[tokio::test]
async fn what_was_found_in_the_background_goes_with_the_next_answer_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("Hello."), Play::Say("Nothing else.")]);
    let house = House::open(folder.path(), &model).await;
    for text in ["The bakery opens on Sunday.", "And the mill too."] {
        let how = How::WithNext { text: text.into() };
        let telling = Telling { conversation: Conversation::new("test", "1"), how, notes: vec![] };
        house.store.tell(telling, Timestamp(START.0)).await.unwrap();
    }
    assert!(!ask(&house, "1", "/help").await.contains("bakery"), "a command is no answer");
    assert_eq!(ask(&house, "1", "hi").await, "Hello.\n\nThe bakery opens on Sunday.\n\nAnd the mill too.");
    assert!(house.transcript("1").await[1].plain_text().contains("And the mill too."));
    assert_eq!(ask(&house, "1", "what else?").await, "Nothing else.");
    house.close().await;
}
