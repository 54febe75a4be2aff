// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is looked at unasked costs nothing while nothing changes, and little when something does.

use crate::house::{House, Model, Play};
use crate::vigil::*;
use blufio_agent::AgentOptions;
use blufio_agent::options::Deliver;
use blufio_calendar::{Hours, Zone};
use blufio_core::ids::Conversation;
use blufio_core::money::NanoUsd;
use blufio_core::provider::{ProviderErrorKind, Request};
use blufio_core::storage::*;
use blufio_core::time::Timestamp;
use proptest::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const LIST: &str = "/srv/list.txt";
const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);

fn on(options: &mut AgentOptions) {
    options.heartbeat.enabled = true;
    options.heartbeat.watch = vec![LIST.into()];
}

/// The day in Berlin, at ten in the morning and later; the day before until then.
fn day_at_ten(now: Timestamp) -> String {
    wall_clock(Timestamp(now.0 - 10 * 3_600_000)).0
}

/// The list changes each day at ten.
fn changes_daily(vigil: &Vigil) {
    vigil.world.shows(|_, now| Ok(format!("as of {}", day_at_ten(now))));
}

/// The model repeats what is there now.
fn repeats(vigil: &Vigil) {
    vigil.model.answers(|request| {
        let now = shown(request)["changed"][0]["now"].clone();
        Ok(format!("The list is {}.", now.as_str().unwrap_or("gone")))
    });
}

/// The list changes at an instant.
fn changes_at(vigil: &Vigil, at: Timestamp) {
    vigil.world.shows(move |_, now| Ok(if now < at { "old" } else { "new" }.into()));
}

async fn from(local: &str, change: impl FnOnce(&mut AgentOptions)) -> Vigil {
    let both = |options: &mut AgentOptions| {
        on(options);
        change(options);
    };
    Vigil::begin(berlin(local), both).await
}

async fn spent(vigil: &Vigil) -> NanoUsd {
    let (lines, total) = vigil.store.costs(Timestamp(0), CostBy::Feature).await.unwrap();
    assert!(lines.iter().all(|line| line.name == "heartbeat"), "{lines:?}");
    total.cost
}

#[tokio::test]
async fn switched_off_nothing_is_looked_at_and_nothing_asked_for_48_hours() {
    let mut vigil = from("2026-11-01T00:00", |options| options.heartbeat.enabled = false).await;
    changes_daily(&vigil);
    vigil.remind("water", Some(("2026-11-02T09:00", Some(Every::Day)))).await;
    vigil.remind("taxes", None).await;
    vigil.walk(2 * DAY, 5 * MINUTE).await;
    assert_eq!((vigil.model.calls(), vigil.world.looks()), (0, 0));
    assert_eq!(vigil.told(), ["⏰ water"]);
    assert!(vigil.ear.beats.lock().unwrap().is_empty());
}

#[tokio::test]
async fn thirty_days_in_which_nothing_changes_make_no_call() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    vigil.walk(30 * DAY, HALF_AN_HOUR).await;
    assert_eq!((vigil.model.calls(), vigil.told().len()), (0, 0));
    assert_eq!(vigil.world.looks(), 30 * 48);
    assert!(vigil.ear.beats.lock().unwrap().iter().all(|outcome| *outcome == "unchanged"));
}

#[tokio::test]
async fn thirty_daily_changes_make_thirty_calls_are_told_once_each_and_cost_little() {
    let limits = |options: &mut AgentOptions| {
        options.budget.daily = Some(NanoUsd(40_000_000));
        options.budget.monthly = Some(NanoUsd(200_000_000));
        options.heartbeat.monthly = NanoUsd(100_000_000);
    };
    let mut vigil = from("2026-11-01T00:00", limits).await;
    changes_daily(&vigil);
    repeats(&vigil);
    vigil.walk(30 * DAY, HALF_AN_HOUR).await;
    assert_eq!(vigil.model.calls(), 30);
    let days: Vec<_> = (1..=30).map(|day| format!("The list is as of 11-{day:02}.")).collect();
    assert_eq!(vigil.told(), days);
    let cost = spent(&vigil).await;
    assert!(NanoUsd(0) < cost && cost <= NanoUsd(100_000_000), "{cost}");
    let said = vigil.transcript().await;
    let framed = format!("[Told unasked, about what is watched: {}]", days[29]);
    assert_eq!(said.last().unwrap().plain_text(), framed, "nobody takes it later for the agent's own words");
}

#[tokio::test]
async fn its_own_limit_holds_is_told_once_a_month_and_what_waits_is_told_after_it_resets() {
    // Room for two or three calls a month.
    let mut vigil = from("2026-11-20T00:00", |options| options.heartbeat.monthly = NanoUsd(23_000_000)).await;
    changes_daily(&vigil);
    repeats(&vigil);
    vigil.until(berlin("2026-11-30T23:00"), HALF_AN_HOUR).await;
    let november = vigil.model.calls();
    assert!((1..10).contains(&november), "{november}");
    assert!(spent(&vigil).await <= NanoUsd(23_000_000));
    let told = vigil.told();
    assert_eq!(told.len(), november + 1, "{told:?}");
    let refusal = &told[november];
    assert!(refusal.contains("heartbeat.monthly_usd") && refusal.contains("2026-12-01 00:00"), "{refusal}");
    vigil.until(berlin("2026-12-01T01:00"), HALF_AN_HOUR).await;
    assert_eq!(vigil.told()[november + 1..], ["The list is as of 11-30."]);
}

#[tokio::test]
async fn the_budgets_of_the_day_and_the_month_hold_for_it_too() {
    let mut vigil = from("2026-11-20T00:00", |options| options.budget.daily = Some(NanoUsd(1))).await;
    changes_daily(&vigil);
    vigil.until(berlin("2026-11-21T23:00"), HALF_AN_HOUR).await;
    assert_eq!((vigil.model.calls(), spent(&vigil).await), (0, NanoUsd(0)));
    let told = vigil.told();
    assert_eq!(told.len(), 2, "once a day: {told:?}");
    assert!(told.iter().all(|text| text.contains("budget.daily_usd")), "{told:?}");
}

#[tokio::test]
async fn the_providers_spend_limit_stops_it_until_it_is_resumed() {
    for kind in
        [ProviderErrorKind::SpendLimit, ProviderErrorKind::WorkspaceSpendLimit, ProviderErrorKind::Billing]
    {
        let mut vigil = from("2026-11-01T00:00", |_| {}).await;
        changes_daily(&vigil);
        repeats(&vigil);
        vigil.until(berlin("2026-11-03T00:00"), HALF_AN_HOUR).await;
        vigil.model.answers(move |_| Err(kind));
        vigil.until(berlin("2026-11-05T00:00"), HALF_AN_HOUR).await;
        assert_eq!(vigil.model.calls(), 3, "one on the third day, and none after it");
        let looks = vigil.world.looks();
        vigil.restart().await;
        vigil.until(berlin("2026-11-08T00:00"), HALF_AN_HOUR).await;
        assert_eq!((vigil.model.calls(), vigil.world.looks()), (3, looks), "not even a look");
        assert!(vigil.store.standstill().await.unwrap().is_some());
        let told = vigil.told();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[2].contains("/heartbeat resume"), "{told:?}");

        repeats(&vigil);
        vigil.store.set_standstill(None).await.unwrap();
        vigil.walk(DAY, HALF_AN_HOUR).await;
        assert_eq!(vigil.told()[3..], ["The list is as of 11-07.", "The list is as of 11-08."]);
    }
}

#[tokio::test]
async fn a_standstill_that_others_have_caused_is_told_once() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    let why = Standstill { reason: "the provider said so".into(), at: vigil.now() };
    vigil.store.set_standstill(Some(why)).await.unwrap();
    vigil.walk(2 * DAY, HALF_AN_HOUR).await;
    let told = vigil.told();
    assert!(told.len() == 1 && told[0].contains("the provider said so"), "{told:?}");
    assert_eq!(vigil.world.looks(), 0);
}

#[tokio::test]
async fn the_model_of_the_chat_changes_nothing_of_what_the_heartbeat_asks() {
    let mut asked = Vec::new();
    for chat in ["chat", "other-chat"] {
        let mut vigil = from("2026-11-01T00:00", |options| {
            let slots = &mut options.routing.slots;
            for slot in [&mut slots.fast, &mut slots.standard, &mut slots.deep] {
                chat.clone_into(slot);
            }
            options.context.summary_model = chat.into();
            options.routing.always = (chat == "chat").then_some(blufio_core::route::Route::Deep);
        })
        .await;
        changes_daily(&vigil);
        vigil.walk(3 * DAY, HALF_AN_HOUR).await;
        asked.push(vigil.model.requests());
    }
    assert_eq!(asked[0].len(), 3);
    assert_eq!(asked[0], asked[1]);
    assert!(asked[0].iter().all(|request| request.model == "small" && request.tools.is_empty()));
    assert!(asked[0].iter().all(|request| request.system == asked[0][0].system));
}

#[tokio::test]
async fn its_hours_are_those_of_the_wall_clock_also_when_it_is_changed() {
    for (from_day, until_day) in [("2026-03-27", "2026-03-31"), ("2026-10-23", "2026-10-27")] {
        let mut vigil = from(&format!("{from_day}T00:00"), |options| {
            options.heartbeat.hours = Hours::parse("08:00-22:00").unwrap();
        })
        .await;
        vigil.until(berlin(&format!("{until_day}T00:00")), 10 * MINUTE).await;
        let looks = vigil.world.looks.lock().unwrap().clone();
        let clock: Vec<_> = looks.iter().map(|at| wall_clock(*at).1).collect();
        assert_eq!(clock.len(), 4 * 28, "{clock:?}");
        for day in clock.chunks(28) {
            assert_eq!((day[0].as_str(), day[27].as_str()), ("08:00", "21:30"), "{day:?}");
        }
    }
}

#[tokio::test]
async fn starting_often_does_not_make_more_beats() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    vigil.tick().await;
    for _ in 0..20 {
        vigil.restart().await;
        vigil.walk(MINUTE, MINUTE).await;
    }
    assert_eq!(vigil.world.looks(), 1);
    vigil.walk(10 * MINUTE, MINUTE).await;
    assert_eq!(vigil.world.looks(), 2);
}

#[tokio::test]
async fn a_restart_between_beats_forgets_nothing() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    changes_at(&vigil, berlin("2026-11-01T01:00"));
    repeats(&vigil);
    vigil.walk(50 * MINUTE, 10 * MINUTE).await;
    vigil.restart().await;
    vigil.walk(50 * MINUTE, 10 * MINUTE).await;
    vigil.restart().await;
    vigil.walk(DAY, 10 * MINUTE).await;
    assert_eq!((vigil.told(), vigil.model.calls()), (vec!["The list is new.".to_owned()], 1));
}

#[tokio::test]
async fn a_clock_that_is_set_back_by_a_year_does_not_end_it() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    vigil.walk(HOUR, HALF_AN_HOUR).await;
    let looks = vigil.world.looks();
    vigil.set(berlin("2025-11-01T00:00"));
    vigil.walk(HOUR, MINUTE).await;
    assert_eq!(vigil.world.looks(), looks + 2);
}

#[tokio::test]
async fn a_process_that_dies_anywhere_in_a_beat_tells_once_and_loses_nothing() {
    let change = berlin("2026-11-01T01:00");
    for writes in 0.. {
        let mut vigil = from("2026-11-01T00:30", |_| {}).await;
        changes_at(&vigil, change);
        repeats(&vigil);
        vigil.tick().await;
        vigil.set(change);
        let died = vigil.die_after(writes).await;
        let calls = vigil.model.calls();
        vigil.walk(DAY, HALF_AN_HOUR).await;
        assert_eq!(vigil.told(), ["The list is new."], "died after {writes} writes, {calls} calls by then");
        assert!(vigil.model.calls() <= calls + 1, "died after {writes} writes");
        let standing = vigil.store.costs(Timestamp(0), CostBy::Feature).await.unwrap().1;
        // One more where the process died behind the reservation and before the call.
        assert!(standing.calls as usize >= vigil.model.calls(), "every call is in the ledger");
        if !died {
            assert!(writes > 4, "it was caught at many places");
            break;
        }
    }
}

#[tokio::test]
async fn a_beat_that_kills_the_process_each_time_is_not_paid_for_without_end() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    vigil.tick().await;
    changes_at(&vigil, berlin("2026-11-01T00:10"));
    for _ in 0..50 {
        vigil.set(vigil.now().after(HALF_AN_HOUR));
        // Dies as soon as the model is asked.
        let before = vigil.model.calls();
        let agent = Arc::clone(&vigil.agent);
        let now = vigil.now();
        tokio::select! {
            biased;
            () = async { while vigil.model.calls() == before { tokio::task::yield_now().await; } } => {}
            () = agent.tick(now) => {}
        }
        drop(agent);
        vigil.restart().await;
    }
    vigil.tick().await;
    assert_eq!(vigil.model.calls(), 5);
    let told = vigil.told();
    assert!(told.len() == 1 && told[0].contains(LIST), "{told:?}");
}

#[tokio::test]
async fn two_that_look_at_the_same_time_ask_once() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    changes_at(&vigil, berlin("2026-11-01T00:10"));
    repeats(&vigil);
    vigil.tick().await;
    vigil.set(vigil.now().after(HALF_AN_HOUR));
    let now = vigil.now();
    futures_util::future::join_all((0..8).map(|_| vigil.agent.tick(now))).await;
    vigil.tick().await;
    assert_eq!((vigil.told(), vigil.model.calls()), (vec!["The list is new.".to_owned()], 1));
}

#[tokio::test]
async fn where_nobody_could_be_told_nothing_is_asked() {
    let mut vigil = Vigil::alone(berlin("2026-11-01T00:00"), on);
    changes_daily(&vigil);
    vigil.walk(5 * DAY, HALF_AN_HOUR).await;
    assert_eq!((vigil.model.calls(), vigil.world.looks(), vigil.told().len()), (0, 0, 0));
    vigil.answered(&here(), "Hallo").await;
    repeats(&vigil);
    vigil.walk(2 * DAY, HALF_AN_HOUR).await;
    assert_eq!(vigil.told(), ["The list is as of 11-06.", "The list is as of 11-07."]);
}

#[tokio::test]
async fn who_is_no_operator_is_told_nothing() {
    let named = |options: &mut AgentOptions| {
        options.trusted_channels.clear();
        options.operators = vec![("test".into(), "ada".into())];
    };
    let mut vigil = from("2026-11-01T00:00", named).await;
    changes_daily(&vigil);
    repeats(&vigil);
    vigil.set(vigil.now().after(MINUTE));
    vigil.answered(&Conversation::new("test", "mallory"), "Hello").await;
    vigil.walk(DAY, HALF_AN_HOUR).await;
    assert_eq!(vigil.sent.len(), 1);
    assert_eq!(vigil.sent[0].1, here());
}

#[tokio::test]
async fn the_only_person_who_is_known_is_the_operator_and_of_two_none_is() {
    for (allowed, calls) in [(vec!["ada"], 1), (vec!["ada", "bob"], 0)] {
        let mut vigil = from("2026-11-01T00:00", |options| {
            options.trusted_channels.clear();
            options.allowed = allowed.iter().map(|id| ("test".to_owned(), (*id).to_owned())).collect();
        })
        .await;
        changes_daily(&vigil);
        vigil.walk(DAY, HALF_AN_HOUR).await;
        assert_eq!(vigil.model.calls(), calls, "{allowed:?}");
    }
}

#[tokio::test]
async fn what_the_model_finds_not_worth_telling_is_not_told_and_not_asked_again() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    changes_at(&vigil, berlin("2026-11-01T10:00"));
    vigil.walk(5 * DAY, HALF_AN_HOUR).await;
    assert_eq!((vigil.model.calls(), vigil.told().len()), (1, 0));
    assert_eq!(vigil.ear.beats.lock().unwrap().iter().filter(|outcome| **outcome == "quiet").count(), 1);
}

#[tokio::test]
async fn with_the_next_answer_means_that_nothing_is_sent_now() {
    let mut vigil = from("2026-11-01T00:00", |options| options.heartbeat.deliver = Deliver::WithNext).await;
    changes_at(&vigil, berlin("2026-11-01T10:00"));
    repeats(&vigil);
    vigil.walk(2 * DAY, HALF_AN_HOUR).await;
    assert_eq!(vigil.told(), [""; 0]);
    let waiting = vigil.store.notices(&here()).await.unwrap();
    assert_eq!(waiting.iter().map(|notice| notice.text.as_str()).collect::<Vec<_>>(), ["The list is new."]);
}

#[tokio::test]
async fn a_model_that_cannot_be_reached_is_tried_five_times_with_growing_pauses_and_then_done_without() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    changes_at(&vigil, berlin("2026-11-01T10:00"));
    vigil.model.answers(|_| Err(ProviderErrorKind::Overloaded));
    vigil.walk(10 * DAY, HALF_AN_HOUR).await;
    let asked = vigil.model.asked.lock().unwrap().clone();
    let pauses: Vec<_> = asked.windows(2).map(|pair| pair[1].0.since(pair[0].0).as_secs() / 60).collect();
    assert_eq!(pauses, [30, 60, 120, 240]);
    let told = vigil.told();
    assert!(told.len() == 1 && told[0].contains(LIST) && told[0].contains("overloaded"), "{told:?}");
}

#[tokio::test]
async fn a_model_that_comes_back_tells_what_was_kept_and_the_pauses_are_forgotten() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    changes_daily(&vigil);
    let calls = Arc::new(AtomicUsize::new(0));
    // Two of three calls fail.
    vigil.model.answers(move |request| match calls.fetch_add(1, Ordering::SeqCst) % 3 {
        2 => Ok(shown(request)["changed"][0]["now"].as_str().unwrap().to_owned()),
        _ => Err(ProviderErrorKind::Connection),
    });
    vigil.walk(4 * DAY, HALF_AN_HOUR).await;
    let days: Vec<_> = (1..=4).map(|day| format!("as of 11-{day:02}")).collect();
    assert_eq!((vigil.told(), vigil.model.calls()), (days, 12));
}

#[tokio::test]
async fn a_model_without_a_price_is_never_called() {
    let mut vigil = from("2026-11-01T00:00", |options| options.heartbeat.model = "free".into()).await;
    changes_at(&vigil, berlin("2026-11-01T10:00"));
    vigil.walk(5 * DAY, HALF_AN_HOUR).await;
    assert_eq!(vigil.model.calls(), 0);
    assert_eq!(vigil.told().len(), 1, "and the change is told all the same");
}

#[tokio::test]
async fn reminders_and_tasks_are_changes_once_and_only_those_of_the_conversation_that_is_told() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    vigil.tick().await;
    vigil.remind("dentist", Some(("2026-11-03T09:00", None))).await;
    let stranger = Conversation::new("test", "bob");
    let nine = Zone::utc().when("2026-11-02T09:00", None).unwrap();
    vigil.job(stranger.clone(), "bob's secret", Some(nine)).await;
    vigil.job(stranger, "bob's other secret", None).await;
    vigil.walk(DAY, HALF_AN_HOUR).await;
    assert_eq!(vigil.model.calls(), 0, "more than a day ahead");
    vigil.remind("taxes", None).await;
    vigil.walk(4 * DAY, HALF_AN_HOUR).await;
    let kinds: Vec<String> = vigil
        .model
        .requests()
        .iter()
        .flat_map(|request| shown(request)["changed"].as_array().unwrap().clone())
        .map(|change| format!("{}: {}", change["what"].as_str().unwrap(), change["text"].as_str().unwrap()))
        .collect();
    assert_eq!(kinds, ["new task: taxes", "reminder within a day: dentist"]);
    assert!(!format!("{:?}", vigil.model.requests()).contains("secret"));
}

#[tokio::test]
async fn the_model_sees_what_was_there_what_is_and_how_the_person_writes() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    vigil.remind("Steuern", None).await;
    changes_at(&vigil, berlin("2026-11-01T10:00"));
    vigil.walk(DAY, HALF_AN_HOUR).await;
    let shown = shown(&vigil.model.requests()[0]);
    assert_eq!(shown["changed"][0]["target"], LIST);
    assert_eq!((&shown["changed"][0]["before"], &shown["changed"][0]["now"]), (&"old".into(), &"new".into()));
    assert_eq!(shown["language_sample_of_the_person"], "Was gibt es Neues?");
    assert_eq!(shown["open_tasks"][0], "Steuern");
    assert_eq!(shown["hour"], "Sunday, 2026-11-01 10:00 (Europe/Berlin)");
}

#[tokio::test]
async fn a_running_agent_looks_by_itself_and_a_shutdown_ends_a_question_in_order() {
    let vigil = from("2026-11-01T00:00", |_| {}).await;
    let seen = Arc::new(Mutex::new("old".to_owned()));
    let content = Arc::clone(&seen);
    vigil.world.shows(move |_, _| Ok(content.lock().unwrap().clone()));
    vigil.model.hangs();
    let (agent, end) = (Arc::clone(&vigil.agent), CancellationToken::new());
    let stop = end.clone();
    let running = tokio::spawn(async move { agent.run(stop).await });
    let within = async |what: &str, holds: &dyn Fn() -> bool| {
        let waiting = async {
            while !holds() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(15), waiting).await.expect(what);
    };
    within("the first look", &|| vigil.world.looks() == 1).await;
    "new".clone_into(&mut seen.lock().unwrap());
    vigil.set(vigil.now().after(HALF_AN_HOUR));
    within("the question", &|| vigil.model.calls() == 1).await;
    end.cancel();
    tokio::time::timeout(Duration::from_secs(5), running).await.expect("it ends").unwrap().unwrap();
    let standing = vigil.store.costs(Timestamp(0), CostBy::Feature).await.unwrap().1;
    assert_eq!((standing.calls, standing.estimated), (1, NanoUsd(0)), "entered with what was reported");

    let mut vigil = vigil;
    vigil.model.answers(|_| Ok("News.".into()));
    vigil.restart().await;
    vigil.walk(HOUR, HALF_AN_HOUR).await;
    assert_eq!(vigil.told(), ["News."]);
}

#[tokio::test]
async fn what_changes_at_every_look_without_news_is_not_asked_about_for_ever() {
    let mut vigil =
        from("2026-11-01T00:00", |options| options.heartbeat.watch.push("/srv/other".into())).await;
    vigil.world.shows(|target, now| match target {
        LIST => Ok(format!("it is now {}", now.0)),
        _ => Ok(if now < berlin("2026-11-20T12:00") { "old" } else { "new" }.into()),
    });
    vigil.walk(30 * DAY, HALF_AN_HOUR).await;
    let calls = vigil.model.calls();
    assert!((20..60).contains(&calls), "{calls}");
    let asked = vigil.model.asked.lock().unwrap().clone();
    let other = asked.iter().find(|(_, request)| shown(request).to_string().contains("/srv/other")).unwrap();
    assert_eq!(wall_clock(other.0), ("11-20".into(), "12:00".into()), "the others are looked at as ever");

    // Something worth telling: from then on it is looked at as at the begin.
    repeats(&vigil);
    vigil.walk(DAY, HALF_AN_HOUR).await;
    let told = vigil.told().len();
    assert!(told > 10, "{told}");
}

#[tokio::test]
async fn a_question_in_the_shell_does_not_move_what_is_told_there() {
    let local = Conversation::new("local", "default");
    let both = |options: &mut AgentOptions| {
        on(options);
        options.trusted_channels = vec!["local".into()];
        options.allowed = vec![("test".into(), "ada".into())];
    };
    let mut vigil = Vigil::alone(berlin("2026-11-01T00:00"), both);
    changes_daily(&vigil);
    repeats(&vigil);
    vigil.answered(&local, "Is it on?").await;
    vigil.walk(DAY, HALF_AN_HOUR).await;
    vigil.answered(&here(), "Hallo").await;
    vigil.walk(DAY, HALF_AN_HOUR).await;
    vigil.answered(&local, "And now?").await;
    vigil.walk(DAY, HALF_AN_HOUR).await;
    let places: Vec<_> = vigil.sent.iter().map(|(_, place, _)| place.clone()).collect();
    assert_eq!(places, [local, here(), here()]);
}

#[tokio::test]
async fn what_waits_for_an_answer_moves_along_with_the_operator() {
    let mut vigil = from("2026-11-01T00:00", |options| options.heartbeat.deliver = Deliver::WithNext).await;
    changes_at(&vigil, berlin("2026-11-01T10:00"));
    repeats(&vigil);
    vigil.walk(DAY, HALF_AN_HOUR).await;
    let elsewhere = Conversation::new("test", "ada-elsewhere");
    vigil.answered(&elsewhere, "Hier bin ich.").await;
    vigil.walk(HOUR, HALF_AN_HOUR).await;
    assert!(vigil.store.notices(&here()).await.unwrap().is_empty());
    assert_eq!(vigil.store.notices(&elsewhere).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_can_never_be_seen_is_a_change_once() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    vigil.world.shows(|_, _| Err("the server answered 403".into()));
    vigil.model.answers(|request| Ok(shown(request)["changed"][0]["what"].as_str().unwrap().into()));
    vigil.walk(3 * DAY, HALF_AN_HOUR).await;
    assert_eq!((vigil.told(), vigil.model.calls()), (vec!["could not be seen even once".to_owned()], 1));
}

#[tokio::test]
async fn a_standstill_is_told_once_also_while_heartbeats_are_off() {
    let mut vigil = from("2026-11-01T00:00", |options| options.heartbeat.enabled = false).await;
    let why = Standstill { reason: "the provider said so".into(), at: vigil.now() };
    vigil.store.set_standstill(Some(why)).await.unwrap();
    vigil.walk(DAY, HALF_AN_HOUR).await;
    vigil.restart().await;
    vigil.walk(DAY, HALF_AN_HOUR).await;
    let told = vigil.told();
    assert!(
        told.len() == 1 && told[0].contains("/heartbeat resume") && told[0].contains("summarised"),
        "{told:?}"
    );
}

#[tokio::test]
async fn an_empty_account_is_seen_in_the_chat_also_while_heartbeats_are_off_and_an_answer_says_how_to_go_on()
{
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([
        Play::Fail(ProviderErrorKind::Billing),
        Play::Say("Here I am."),
        Play::Say("And again."),
    ]);
    let house = House::open(folder.path(), &model).await;
    let told = async |begin: &str| {
        house.until(begin, || house.sent_to("1").iter().any(|text| text.starts_with(begin))).await;
        house.sent_to("1").into_iter().find(|text| text.starts_with(begin)).unwrap()
    };
    house.say("1", "hello").await;
    assert!(told("I could not answer (billing)").await.contains("/heartbeat resume"));
    house.say("1", "/heartbeat").await;
    let state = told("Heartbeat: off").await;
    assert!(state.contains("stands still since") && state.contains("/heartbeat resume"), "{state}");
    house.say("1", "/budget").await;
    house
        .until("the budget", || {
            house.sent_to("1").iter().any(|text| text.contains("budget") && text.contains("stands still"))
        })
        .await;
    house.say("1", "and now?").await;
    assert!(told("My model answers again").await.contains("/heartbeat resume"));
    house.say("1", "and once more?").await;
    told("And again.").await;
    house.until("the end of it", || house.agent.running().is_empty()).await;
    let remarks = house.sent_to("1").iter().filter(|text| text.starts_with("My model answers")).count();
    assert_eq!(remarks, 1);
    assert!(house.store.standstill().await.unwrap().is_some(), "only the operator lets it go on");
    house.close().await;
}

#[tokio::test]
async fn it_is_said_why_nobody_can_be_told_and_what_cannot_be_seen() {
    let folder = tempfile::tempdir().unwrap();
    let two_people = |options: &mut AgentOptions| {
        on(options);
        options.trusted_channels = vec![];
        options.allowed = vec![("test".into(), "user-1".into()), ("test".into(), "user-2".into())];
    };
    let house = House::with(folder.path(), &Model::new([]), two_people).await;
    house.say("2", "/heartbeat").await;
    let told = house.replies_to("2", 1).await.remove(0);
    assert!(told.contains("could tell nobody") && told.contains("test.operators"), "{told}");
    assert!(told.contains("the operator's reminders") && !told.contains("your"), "{told}");
    house.close().await;

    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), &Model::new([]), |options| {
        on(options);
        options.heartbeat.interval = 365 * DAY;
    })
    .await;
    let seen = format!(r#"{{"{LIST}":{{"failing":true,"error":"the server answered 403"}}}}"#);
    house.store.note(vec![("heartbeat:watched".into(), seen)]).await.unwrap();
    house.say("1", "/heartbeat").await;
    let told = house.replies_to("1", 1).await.remove(0);
    assert!(told.contains(&format!("`{LIST}` cannot be seen: the server answered 403.")), "{told}");
    house.close().await;
}

#[derive(Clone, Debug)]
enum Step {
    Wait { minutes: i64 },
    SetBack { minutes: i64 },
    Change,
    Failing(bool),
    Restart,
    Die { writes: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_i64..200).prop_map(|minutes| Step::Wait { minutes }),
        1 => (1_i64..120).prop_map(|minutes| Step::SetBack { minutes }),
        3 => Just(Step::Change),
        1 => any::<bool>().prop_map(Step::Failing),
        1 => Just(Step::Restart),
        3 => (0_usize..7).prop_map(|writes| Step::Die { writes }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_change_is_told_twice_and_the_last_is_told_whatever_happens_in_between(
        steps in prop::collection::vec(step(), 1..25),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut vigil = from("2026-10-24T12:00", |_| {}).await;
            let version = Arc::new(AtomicUsize::new(0));
            let content = Arc::clone(&version);
            vigil.world.shows(move |_, _| Ok(content.load(Ordering::SeqCst).to_string()));
            let answer = |request: &Request| shown(request)["changed"][0]["now"].as_str().unwrap().to_owned();
            vigil.model.answers(move |request| Ok(answer(request)));
            vigil.tick().await;
            for step in steps {
                let shift = |minutes: i64| Timestamp(vigil.now().0 + minutes * 60_000);
                match step {
                    Step::Wait { minutes } => vigil.set(shift(minutes)),
                    Step::SetBack { minutes } => vigil.set(shift(-minutes)),
                    Step::Change => {
                        version.fetch_add(1, Ordering::SeqCst);
                    }
                    Step::Failing(true) => vigil.model.answers(|_| Err(ProviderErrorKind::Overloaded)),
                    Step::Failing(false) => vigil.model.answers(move |request| Ok(answer(request))),
                    Step::Restart => vigil.restart().await,
                    Step::Die { writes } => {
                        vigil.die_after(writes).await;
                    }
                }
                vigil.tick().await;
            }
            vigil.model.answers(move |request| Ok(answer(request)));
            vigil.walk(2 * DAY, HALF_AN_HOUR).await;
            let told = vigil.told();
            let versions: Vec<usize> = told.iter().filter_map(|text| text.parse().ok()).collect();
            assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{told:?}");
            let last = version.load(Ordering::SeqCst);
            let plainly = told.iter().any(|text| text.contains(LIST));
            assert!(last == 0 || plainly || versions.last() == Some(&last), "{last}: {told:?}");
        });
    }
}
