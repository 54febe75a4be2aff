// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is looked at unasked costs nothing while nothing changes, and little when something does.

mod death;
mod listener;
mod standstill;
mod walk;

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
async fn what_can_never_be_seen_is_a_change_once() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    vigil.world.shows(|_, _| Err("the server answered 403".into()));
    vigil.model.answers(|request| Ok(shown(request)["changed"][0]["what"].as_str().unwrap().into()));
    vigil.walk(3 * DAY, HALF_AN_HOUR).await;
    assert_eq!((vigil.told(), vigil.model.calls()), (vec!["could not be seen even once".to_owned()], 1));
}
