// SPDX-License-Identifier: MIT OR Apache-2.0
//! Money: asked for before a call is made, noted after it, and never more than the limits allow.
use crate::house::{DEEP, FAST, House, Model, Play, STANDARD, START, cost_of};
use blufio_agent::options::{AgentOptions, Slots, WhenSpent};
use blufio_core::ids::Conversation;
use blufio_core::money::NanoUsd;
use blufio_core::route::Route;
use blufio_core::storage::*;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const CENT: i64 = 10_000_000;
/// From the begin of a test to midnight in Berlin.
const TO_MIDNIGHT: Duration = Duration::from_secs(3 * 3_600);

/// A daily limit, and short answers: the worst case of a call of the standard model is less than a cent.
fn daily(options: &mut AgentOptions, nano: i64) {
    options.budget.daily = Some(NanoUsd(nano));
    options.max_output_tokens = 100;
}

async fn house(folder: &tempfile::TempDir, model: &Arc<Model>, nano: i64) -> House {
    House::with(folder.path(), model, |options| daily(options, nano)).await
}

#[tokio::test]
async fn a_call_without_room_is_not_made_and_the_message_waits_until_the_limit_resets() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("Good morning.")]);
    let house = house(&folder, &model, 100 * CENT).await;
    house.spend(NanoUsd(100 * CENT)).await;
    house.say("1", "hello").await;
    let told = house.replies_to("1", 1).await.remove(0);
    for words in
        ["Today's budget is spent: $1.00 (budget.daily_usd)", "Monday, 2026-11-23 00:00 (Europe/Berlin)"]
    {
        assert!(told.contains(words), "{told}");
    }
    assert!(house.heard.count("BudgetRefused") > 0);
    house.later(TO_MIDNIGHT - Duration::from_secs(1)).await;
    house.replies_to("elsewhere", 1).await;
    assert_eq!(model.calls(), 0);
    house.later(Duration::from_secs(1)).await;
    assert_eq!(house.replies_to("1", 2).await[1], "Good morning.");
    assert_eq!(model.called(), [STANDARD], "it was decided anew: there is enough to spend now");
    house.close().await;
}

#[tokio::test]
async fn a_raise_in_the_chat_answers_what_waits_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("Here I am.")]);
    let house = house(&folder, &model, 100 * CENT).await;
    house.spend(NanoUsd(100 * CENT)).await;
    house.say("1", "hello").await;
    house.replies_to("1", 1).await;
    house.say("1", "/budget raise daily 1").await;
    house.until("the answer", || house.sent_to("1").iter().any(|text| text == "Here I am.")).await;
    let told = house.sent_to("1").into_iter().find(|text| text.starts_with("Raised by $1.00")).unwrap();
    assert!(told.contains("(50 %; budget.daily_usd)"), "{told}");
    house.close().await;
}

#[tokio::test]
async fn what_waits_for_a_budget_is_told_once_and_never_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("At last.")]);
    let house = house(&folder, &model, 100 * CENT).await;
    house.spend(NanoUsd(100 * CENT)).await;
    house.say("1", "hello").await;
    house.replies_to("1", 1).await;
    for round in 1..=45 {
        // A raise that is too small, as it were.
        house.until("the message to wait", || house.agent.running().is_empty()).await;
        assert_eq!(house.store.release("budget:", START).await.unwrap(), 1, "round {round}");
        house.agent.wake_dispatcher();
        house.until("another try", || house.heard.count("Turn { outcome: \"deferred\"") > round).await;
    }
    assert_eq!(house.sent_to("1").len(), 1);
    house.say("2", "/budget raise daily 1").await;
    assert_eq!(house.replies_to("1", 2).await[1], "At last.");
    house.close().await;
}

#[tokio::test]
async fn a_message_is_declined_where_the_operator_wants_it_so_and_stays_known() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    let house = House::with(folder.path(), &model, |options| {
        daily(options, 100 * CENT);
        options.budget.when_spent = WhenSpent::Decline;
    })
    .await;
    house.spend(NanoUsd(100 * CENT)).await;
    house.say("1", "hello").await;
    let told = house.replies_to("1", 1).await.remove(0);
    assert!(told.contains("budget.daily_usd") && told.contains("please write again"), "{told}");
    house.quiet().await;
    assert_eq!(model.calls(), 0);
    assert_eq!(house.transcript("1").await[0].plain_text(), "hello");
    assert_eq!(house.store.answers(None, 9).await.unwrap(), [], "nobody has answered");
    house.close().await;
}

#[tokio::test]
async fn a_conversation_that_has_spent_its_share_is_declined_and_a_fresh_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("one"), Play::Say("fresh")]);
    let house = House::with(folder.path(), &model, |options| {
        options.max_output_tokens = 100;
        options.budget.session = Some(NanoUsd(cost_of(STANDARD).0 + CENT));
    })
    .await;
    house.say("1", "first").await;
    assert_eq!(house.replies_to("1", 1).await, ["one"]);
    let session = house.store.session(&Conversation::new("test", "1"), START).await.unwrap();
    house.spend_in(Some(session), NanoUsd(CENT)).await;
    house.say("1", "second").await;
    let told = house.replies_to("1", 2).await.remove(1);
    assert!(told.contains("budget.session_usd") && told.contains("/new"), "{told}");
    house.say("1", "/new").await;
    house.say("1", "third").await;
    assert_eq!(house.replies_to("1", 4).await[3], "fresh");
    house.close().await;
}

#[tokio::test]
async fn sixty_four_turns_at_once_do_not_spend_more_than_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new((0..64).map(|_| Play::Say("here")));
    let limit = NanoUsd(CENT + CENT / 2);
    let house = House::with(folder.path(), &model, |options| {
        daily(options, limit.0);
        options.budget.when_spent = WhenSpent::Decline;
        let slots = &mut options.routing.slots;
        *slots = Slots { fast: STANDARD.into(), standard: STANDARD.into(), deep: STANDARD.into() };
    })
    .await;
    for chat in 0..64 {
        house.say(&chat.to_string(), "hi").await;
    }
    let replies = |words: &str| house.sent().iter().filter(|text| text.starts_with(words)).count();
    house.until("everybody to be told", || replies("here") + replies("Today's budget") == 64).await;
    let spent = house.spent().await;
    assert!(spent.cost <= limit, "{spent:?}");
    assert_eq!((spent.calls, model.calls()), (replies("here") as u64, replies("here")));
    assert!(replies("here") >= 20, "room that was not needed is given to others: {}", replies("here"));
    assert!(replies("Today's budget") > 0, "somebody was refused");
    house.close().await;
}

#[tokio::test]
async fn room_that_another_turn_holds_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Hang("la la"), Play::Say("my turn")]);
    // Room for one call, and for another one when that has cost less than it could have.
    let house = house(&folder, &model, CENT / 2).await;
    house.say("1", "sing").await;
    house.until("the first call", || model.calls() == 1).await;
    house.say("2", "and me?").await;
    house.until("the second turn", || house.agent.running().len() == 2).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((model.calls(), house.sent_to("2").len()), (1, 0), "it waits, and says nothing");
    house.agent.inbox().stop(&Conversation::new("test", "1"));
    assert_eq!(house.replies_to("2", 1).await, ["my turn"]);
    house.close().await;
}

#[tokio::test]
async fn the_warning_comes_once_a_period_also_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new((0..9).map(|_| Play::Say("yes")));
    let warnings = |house: &House| {
        let sent = house.sent_to("1");
        sent.iter().filter(|text| text.starts_with("⚠ Today's budget is 80 % spent: $0.80")).count()
    };
    let first = house(&folder, &model, 100 * CENT).await;
    first.spend(NanoUsd(80 * CENT - cost_of(STANDARD).0 - 1)).await;
    first.say("1", "just below").await;
    first.replies_to("1", 1).await;
    first.quiet().await;
    assert_eq!(warnings(&first), 0);
    for count in [3, 4] {
        first.say("1", "and now").await;
        assert_eq!(first.replies_to("1", count).await[1], "yes", "the answer comes before the warning");
    }
    assert_eq!(warnings(&first), 1);
    first.close().await;

    let second = house(&folder, &model, 100 * CENT).await;
    second.advance(Duration::from_secs(1));
    second.say("1", "again").await;
    second.replies_to("1", 1).await;
    second.quiet().await;
    assert_eq!(warnings(&second), 0, "it was told before the restart");
    second.advance(TO_MIDNIGHT);
    second.spend(NanoUsd(80 * CENT)).await;
    second.say("1", "the next day").await;
    second.replies_to("1", 3).await;
    assert_eq!(warnings(&second), 1);
    second.close().await;
}

#[tokio::test]
async fn a_call_without_room_goes_to_a_weaker_model_that_has_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("Because.")]);
    let house = House::with(folder.path(), &model, |options| {
        // Room for one call of the standard model and not for one of the deep one.
        daily(options, CENT);
        options.max_output_tokens = 300;
        options.routing.always = Some(Route::Deep);
    })
    .await;
    house.say("1", "why?").await;
    let reply = house.replies_to("1", 1).await.remove(0);
    assert_eq!(
        reply,
        "Because.\n\n(The standard model (test-model) answered: today's budget has no room for the deep one. /budget shows \
         more.)"
    );
    assert_eq!(model.called(), [STANDARD]);
    let answer = house.store.answers(None, 1).await.unwrap().remove(0);
    assert_eq!((answer.decision.route, answer.calls[0].intended.as_str()), (Route::Standard, DEEP));
    assert_eq!(house.transcript("1").await[1].plain_text(), "Because.", "the model's own words");
    house.close().await;
}

#[tokio::test]
async fn a_nearly_spent_budget_weakens_what_was_not_pinned_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("one"), Play::Say("two"), Play::Say("three")]);
    let house = House::with(folder.path(), &model, |options| {
        daily(options, 100 * CENT);
        options.routing.always = Some(Route::Deep);
    })
    .await;
    house.spend(NanoUsd(81 * CENT)).await;
    house.say("1", "a").await;
    let first = house.replies_to("1", 2).await.remove(0);
    assert!(first.contains("(The standard model (test-model) answered, not the deep one: 81 %"), "{first}");
    house.spend(NanoUsd(15 * CENT)).await;
    house.say("2", "b").await;
    assert!(house.replies_to("2", 1).await[0].contains("(The fast model (test-fast) answered"));
    house.say("3", "!deep c").await;
    assert_eq!(house.replies_to("3", 1).await[0], "three", "asked for, and there is room");
    assert_eq!(model.called(), [STANDARD, FAST, DEEP]);
    assert_eq!(house.heard.count("Routed { route: Standard, downgraded: true"), 1);
    house.close().await;
}

#[tokio::test]
async fn a_stream_that_broke_off_is_paid_for_and_so_is_the_one_that_follows() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::BreakOff("The answer is wro", "The answer is right.")]);
    let house = house(&folder, &model, 100 * CENT).await;
    house.say("1", "well?").await;
    house.replies_to("1", 1).await;
    let answer = house.store.answers(None, 1).await.unwrap().remove(0);
    let classes: Vec<_> = answer.calls.iter().map(|call| (call.class.as_str(), call.cost)).collect();
    assert_eq!(classes, [("connection", cost_of(STANDARD)), ("ok", cost_of(STANDARD))]);
    assert!(answer.calls.iter().all(|call| call.overhead > 0), "{answer:?}");
    assert_eq!(house.heard.count("Budget(Standing"), 2, "after each attempt it is told how the limit stands");
    assert_eq!(house.reserved().await, NanoUsd(0));
    house.close().await;
}

#[tokio::test]
async fn a_repeated_attempt_that_has_no_room_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::BreakOff("The answer is wro", "The answer is right.")]);
    // Room for one attempt; what it costs leaves none for another.
    let house = House::with(folder.path(), &model, |options| {
        daily(options, 1);
        let slots = &mut options.routing.slots;
        *slots = Slots { fast: STANDARD.into(), standard: STANDARD.into(), deep: STANDARD.into() };
    })
    .await;
    house.say("1", "well?").await;
    let told = house.replies_to("1", 1).await.remove(0);
    let worst = told.split("up to $").nth(1).unwrap().trim_end_matches('.');
    let worst: f64 = worst.split_whitespace().next().unwrap().trim_end_matches(',').parse().unwrap();
    assert!(told.starts_with("I cannot answer this"), "no day has room for it: {told}");
    let text = format!("/budget raise daily {:.4}", worst + 0.0001);
    house.say("2", &text).await;
    house.replies_to("2", 1).await;
    // A fresh conversation: what was declined is part of the first one, and would cost more.
    house.say("3", "well?").await;
    house.until("the refusal of the second attempt", || house.heard.count("BudgetRefused") == 2).await;
    house.until("the turn to be put back", || house.agent.running().is_empty()).await;
    assert_eq!(house.spent().await.calls, 1);
    assert!(!house.sent_to("3").iter().any(|text| text.contains("right")));
    house.close().await;
}

#[tokio::test]
async fn what_was_written_of_a_stopped_answer_is_paid_for() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Hang("la la la, so I sing all day long and all night too. ")]);
    let house = house(&folder, &model, 100 * CENT).await;
    house.say("1", "sing").await;
    house.until("the words", || !house.line.shown.lock().unwrap().is_empty()).await;
    house.agent.inbox().stop(&Conversation::new("test", "1"));
    house.replies_to("1", 1).await;
    let spent = house.spent().await;
    assert_eq!((spent.calls, spent.usage.input), (1, 100));
    assert!((8..=30).contains(&spent.usage.output), "what the provider had not yet counted: {spent:?}");
    assert_eq!(house.reserved().await, NanoUsd(0));
    house.close().await;
}

#[tokio::test]
async fn a_call_that_the_program_itself_broke_off_is_entered_at_its_worst_case() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Panic, Play::Say("Here I am.")]);
    let house = house(&folder, &model, 100 * CENT).await;
    house.say("1", "hello").await;
    house.until("the panic", || model.calls() == 1 && house.agent.running().is_empty()).await;
    house.later(Duration::from_secs(60)).await;
    house.replies_to("1", 1).await;
    let spent = house.spent().await;
    assert!(spent.estimated > cost_of(STANDARD), "{spent:?}");
    assert_eq!((spent.calls, house.reserved().await), (2, NanoUsd(0)));
    house.close().await;
}

#[tokio::test]
async fn nothing_is_summarised_while_work_in_the_background_stands_still() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new((0..9).map(|_| Play::Say("noted")));
    let house = House::with(folder.path(), &model, |options| {
        options.context.soft_limit = 200;
        options.context.keep = 50;
    })
    .await;
    let standstill = Standstill { reason: "the account is empty".into(), at: START };
    house.store.set_standstill(Some(standstill)).await.unwrap();
    for count in 1..=3 {
        house.say("1", &"word ".repeat(300)).await;
        let answers = || house.sent_to("1").iter().filter(|text| *text == "noted").count();
        house.until("an answer", || answers() == count).await;
    }
    house
        .until("a summary to be refused", || house.heard.count("Compaction { outcome: \"failed\"") > 0)
        .await;
    assert_eq!((model.called(), model.summaries.lock().unwrap().len()), (vec![STANDARD.to_owned(); 3], 0));
    house.say("1", "/heartbeat resume").await;
    let state = |text: &String| text.starts_with("Heartbeat: ");
    house.until("it to go on", || house.sent_to("1").iter().any(state)).await;
    // What failed is not tried again at once.
    house.pass(Duration::from_secs(3_600)).await;
    house.say("1", "and now").await;
    house.until("a summary", || model.summaries.lock().unwrap().len() == 1).await;
    house.close().await;
}

#[tokio::test]
async fn a_limit_that_was_raised_in_the_configuration_answers_what_waits_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("Here I am.")]);
    let first = house(&folder, &model, 100 * CENT).await;
    first.spend(NanoUsd(100 * CENT)).await;
    first.say("1", "hello").await;
    first.replies_to("1", 1).await;
    first.close().await;

    let second = house(&folder, &model, 1_000 * CENT).await;
    assert_eq!(second.replies_to("1", 1).await, ["Here I am."]);
    second.close().await;
}

#[tokio::test]
async fn a_restart_does_not_tell_again_what_waits_and_declines_it_where_the_operator_wants_it_so_now() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    let first = house(&folder, &model, 100 * CENT).await;
    first.spend(NanoUsd(100 * CENT)).await;
    first.say("1", "hello").await;
    first.replies_to("1", 1).await;
    first.close().await;

    let second = house(&folder, &model, 100 * CENT).await;
    second.until("it to be tried", || second.heard.count("Turn { outcome: \"deferred\"") == 1).await;
    second.until("it to wait", || second.agent.running().is_empty()).await;
    assert_eq!(second.sent_to("1").len(), 0, "it was told before");
    second.close().await;

    let third = House::with(folder.path(), &model, |options| {
        daily(options, 100 * CENT);
        options.budget.when_spent = WhenSpent::Decline;
    })
    .await;
    let told = third.replies_to("1", 1).await.remove(0);
    assert!(told.contains("please write again"), "{told}");
    third.quiet().await;
    third.close().await;
}

#[tokio::test]
async fn a_call_that_no_day_has_room_for_is_declined_and_does_not_stand_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    let house = house(&folder, &model, 1_000).await;
    house.say("1", "hello").await;
    let told = house.replies_to("1", 1).await.remove(0);
    for words in ["may cost up to", "budget.daily_usd", "/budget raise daily", "/new"] {
        assert!(told.contains(words), "{told}");
    }
    house.quiet().await;
    assert_eq!(model.calls(), 0);
    house.close().await;
}

#[tokio::test]
async fn who_writes_behind_a_message_that_waits_is_told_once_a_period() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("one"), Play::Say("two"), Play::Say("three")]);
    let house = house(&folder, &model, 100 * CENT).await;
    house.spend(NanoUsd(100 * CENT)).await;
    house.say("1", "a").await;
    house.replies_to("1", 1).await;
    house.until("it to wait", || house.agent.running().is_empty()).await;
    house.say("1", "b").await;
    let told = house.replies_to("1", 2).await.remove(1);
    assert!(told.contains("behind your earlier message") && told.contains("budget.daily_usd"), "{told}");
    house.say("1", "c").await;
    house.later(TO_MIDNIGHT).await;
    assert_eq!(house.replies_to("1", 5).await[2..], ["one", "two", "three"], "in their order");
    house.close().await;
}

#[tokio::test]
async fn a_raise_that_comes_while_the_message_is_being_put_back_reaches_it() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("Here I am.")]);
    let house = house(&folder, &model, 100 * CENT).await;
    house.spend(NanoUsd(100 * CENT)).await;
    *house.store.before_postpone.lock().unwrap() = Some(NanoUsd(100 * CENT));
    house.say("1", "hello").await;
    house.until("the answer", || house.sent_to("1").iter().any(|text| text == "Here I am.")).await;
    house.close().await;
}

#[tokio::test]
async fn an_attempt_that_cannot_be_entered_is_entered_later_and_its_room_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("Here I am.")]);
    let house = house(&folder, &model, 100 * CENT).await;
    house.store.full.store(5, Ordering::SeqCst);
    house.say("1", "hello").await;
    house.replies_to("1", 1).await;
    assert!(house.reserved().await > NanoUsd(0), "it is not entered yet");
    let entered = async {
        while house.reserved().await > NanoUsd(0) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), entered).await.unwrap();
    assert_eq!(house.spent().await.cost, cost_of(STANDARD));
    house.close().await;
}

#[tokio::test]
async fn a_pinned_model_without_room_is_not_replaced_and_the_way_out_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("Because.")]);
    let house = House::with(folder.path(), &model, |options| {
        daily(options, 2 * CENT);
        options.max_output_tokens = 300;
    })
    .await;
    house.spend(NanoUsd(CENT)).await;
    house.say("1", "!deep why?").await;
    let told = house.replies_to("1", 1).await.remove(0);
    assert!(told.contains("is kept") && told.contains("The standard model would have room"), "{told}");
    assert_eq!(model.calls(), 0);
    house.close().await;
}
