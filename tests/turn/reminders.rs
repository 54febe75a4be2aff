// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reminders are told once, whatever happens to the process and to the clock.

use crate::vigil::*;
use blufio_calendar::Zone;
use blufio_core::content::Message;
use blufio_core::ids::Conversation;
use blufio_core::storage::*;
use blufio_core::time::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

async fn from(local: &str) -> Vigil {
    Vigil::begin(berlin(local), |_| {}).await
}

#[tokio::test]
async fn a_reminder_is_told_at_its_time_and_the_model_knows_of_it() {
    let mut vigil = from("2026-11-22T08:00").await;
    vigil.remind("tea", Some(("2026-11-22T09:00", None))).await;
    vigil.walk(DAY, 5 * MINUTE).await;
    assert_eq!((vigil.told(), vigil.told_at()), (vec!["⏰ tea".to_owned()], vec!["11-22 09:00".to_owned()]));
    let last = vigil.transcript().await.pop().unwrap();
    assert_eq!(last, Message::assistant(vec![blufio_core::content::Block::text("⏰ tea")]));
    assert_eq!(vigil.model.calls(), 0);
    assert!(vigil.store.open_jobs(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn one_that_repeats_keeps_to_the_wall_clock_when_the_clocks_go_forward() {
    let mut vigil = from("2026-03-27T12:00").await;
    vigil.remind("skipped", Some(("2026-03-28T02:30", Some(Every::Day)))).await;
    vigil.remind("kept", Some(("2026-03-28T09:00", Some(Every::Day)))).await;
    vigil.until(berlin("2026-03-30T12:00"), 10 * MINUTE).await;
    assert_eq!(
        vigil.told_at(),
        ["03-28 02:30", "03-28 09:00", "03-29 03:30", "03-29 09:00", "03-30 02:30", "03-30 09:00"]
    );
    assert!(vigil.told().iter().all(|text| !text.contains("This was for")), "{:?}", vigil.told());
}

#[tokio::test]
async fn one_that_repeats_comes_once_in_the_hour_that_the_clocks_show_twice() {
    let mut vigil = from("2026-10-23T12:00").await;
    vigil.remind("twice", Some(("2026-10-24T02:30", Some(Every::Day)))).await;
    vigil.until(berlin("2026-10-26T12:00"), 10 * MINUTE).await;
    assert_eq!(vigil.told_at(), ["10-24 02:30", "10-25 02:30", "10-26 02:30"]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_repeats_none_and_loses_none() {
    let mut vigil = from("2026-11-22T08:30").await;
    vigil.remind("once", Some(("2026-11-22T09:00", None))).await;
    vigil.remind("daily", Some(("2026-11-22T09:00", Some(Every::Day)))).await;
    vigil.until(berlin("2026-11-22T09:05"), MINUTE).await;
    assert_eq!(vigil.told(), ["⏰ once", "⏰ daily"]);
    vigil.set(berlin("2026-11-22T08:05"));
    vigil.remind("new", Some(("2026-11-22T08:50", None))).await;
    vigil.until(berlin("2026-11-23T12:00"), 5 * MINUTE).await;
    assert_eq!(vigil.told(), ["⏰ once", "⏰ daily", "⏰ new", "⏰ daily"]);
}

#[tokio::test]
async fn what_was_due_while_nobody_ran_is_told_late_and_once() {
    let mut vigil = from("2026-11-22T08:00").await;
    vigil.remind("once", Some(("2026-11-22T09:00", None))).await;
    vigil.remind("daily", Some(("2026-11-22T10:00", Some(Every::Day)))).await;
    vigil.set(berlin("2026-12-02T15:00"));
    vigil.restart().await;
    vigil.tick().await;
    assert_eq!(
        vigil.told(),
        [
            "⏰ once\n\n(This was for Sunday, 2026-11-22 09:00 (Europe/Berlin).)",
            "⏰ daily\n\n(This was for Sunday, 2026-11-22 10:00 (Europe/Berlin).)",
        ]
    );
    vigil.until(berlin("2026-12-03T12:00"), 10 * MINUTE).await;
    assert_eq!(vigil.told_at()[2..], ["12-03 10:00"]);
}

#[tokio::test]
async fn a_hundred_at_once_are_told_in_their_order() {
    let mut vigil = from("2026-11-22T08:00").await;
    for number in 0..100 {
        let minute = if number < 50 { "30" } else { "31" };
        vigil.remind(&format!("{number:02}"), Some((&format!("2026-11-22T08:{minute}"), None))).await;
    }
    vigil.set(berlin("2026-11-22T08:31"));
    vigil.tick().await;
    assert_eq!(vigil.told(), (0..100).map(|number| format!("⏰ {number:02}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn those_of_a_channel_that_is_not_in_use_are_left_alone() {
    let mut vigil = from("2026-11-22T08:00").await;
    let due = Zone::utc().when("2026-11-22T08:30", None).unwrap();
    vigil.job(Conversation::new("elsewhere", "1"), "far", Some(due)).await;
    vigil.remind("near", Some(("2026-11-22T10:00", None))).await;
    vigil.walk(DAY, HOUR).await;
    assert_eq!(vigil.told(), ["⏰ near"]);
    assert_eq!(vigil.store.open_jobs(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn one_whose_time_zone_is_gone_is_told_and_closed() {
    let mut vigil = from("2026-11-22T08:00").await;
    let when = Zone::utc().when("2026-11-22T09:00", Some(Every::Day)).unwrap();
    let gone = When { zone: "Mars/Olympus".into(), ..when };
    vigil.job(here(), "drill", Some(gone)).await;
    vigil.walk(3 * DAY, HOUR).await;
    let told = vigil.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("⏰ drill") && told[0].contains("Mars/Olympus"), "{told:?}");
    assert!(vigil.store.open_jobs(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_process_that_dies_anywhere_tells_it_once() {
    for writes in 0.. {
        let mut vigil = from("2026-11-22T09:00").await;
        vigil.remind("daily", Some(("2026-11-22T09:00", Some(Every::Day)))).await;
        let died = vigil.die_after(writes).await;
        vigil.tick().await;
        assert_eq!(vigil.told(), ["⏰ daily"], "died after {writes} writes");
        if !died {
            assert!(writes > 0, "it was caught");
            break;
        }
    }
}

#[tokio::test]
async fn two_that_tell_at_the_same_time_tell_it_once() {
    let mut vigil = from("2026-11-22T09:00").await;
    vigil.remind("tea", Some(("2026-11-22T09:00", None))).await;
    let now = vigil.now();
    let ticks = (0..8).map(|_| vigil.agent.tick(now));
    futures_util::future::join_all(ticks).await;
    vigil.tick().await;
    assert_eq!(vigil.told(), ["⏰ tea"]);
}

#[tokio::test]
async fn a_store_that_fails_ends_the_look_and_does_not_spin() {
    let vigil = from("2026-11-22T09:00").await;
    vigil.remind("tea", Some(("2026-11-22T09:00", None))).await;
    vigil.store.store.close();
    tokio::time::timeout(Duration::from_secs(5), vigil.agent.tick(vigil.now())).await.expect("it returns");
}

#[tokio::test]
async fn a_running_agent_tells_by_itself_moves_and_ends_when_it_is_told_to() {
    let vigil = from("2026-11-22T09:00").await;
    vigil.remind("tea", Some(("2026-11-22T09:00", None))).await;
    let (agent, end) = (Arc::clone(&vigil.agent), CancellationToken::new());
    let stop = end.clone();
    let running = tokio::spawn(async move { agent.run(stop).await });
    let told = async {
        while !vigil.transcript().await.last().unwrap().plain_text().contains("tea") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), told).await.expect("the reminder");
    assert!(vigil.agent.still() < Duration::from_secs(6));
    end.cancel();
    tokio::time::timeout(Duration::from_secs(5), running).await.expect("it ends").unwrap().unwrap();
}

#[derive(Clone, Debug)]
enum Step {
    Add { minutes: i64, every: Option<Every> },
    Wait { minutes: i64 },
    SetBack { minutes: i64 },
    Restart,
    Die { writes: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let every =
        prop::sample::select(vec![None, None, Some(Every::Day), Some(Every::Weekday), Some(Every::Week)]);
    prop_oneof![
        4 => (-60_i64..6_000, every).prop_map(|(minutes, every)| Step::Add { minutes, every }),
        6 => (0_i64..3_000).prop_map(|minutes| Step::Wait { minutes }),
        1 => (1_i64..300).prop_map(|minutes| Step::SetBack { minutes }),
        1 => Just(Step::Restart),
        3 => (0_usize..4).prop_map(|writes| Step::Die { writes }),
    ]
}

/// What must be told: how often each reminder, by its text.
struct Expected {
    open: Vec<(String, When)>,
    told: BTreeMap<String, usize>,
}

impl Expected {
    fn at(&mut self, zone: &Zone, now: Timestamp) {
        for (text, when) in std::mem::take(&mut self.open) {
            if when.at > now {
                self.open.push((text, when));
                continue;
            }
            *self.told.entry(text.clone()).or_default() += 1;
            if let Some(next) = zone.next(&when, now).unwrap() {
                self.open.push((text, next));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn each_is_told_once_for_each_of_its_times_over_restarts_deaths_and_jumps_of_the_clock(
        steps in prop::collection::vec(step(), 1..30),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let zone = Zone::named("Europe/Berlin").unwrap();
            let mut vigil = from("2026-10-20T12:00").await;
            let mut expected = Expected { open: Vec::new(), told: BTreeMap::new() };
            for (number, step) in steps.into_iter().enumerate() {
                let shift = |minutes: i64| Timestamp(vigil.now().0 + minutes * 60_000);
                match step {
                    Step::Add { minutes, every } => {
                        let (text, when) = (format!("job {number}"), zone.at(shift(minutes), every).unwrap());
                        vigil.job(here(), &text, Some(when.clone())).await;
                        expected.open.push((text, when));
                        continue;
                    }
                    Step::Wait { minutes } => vigil.set(shift(minutes)),
                    Step::SetBack { minutes } => vigil.set(shift(-minutes)),
                    Step::Restart => vigil.restart().await,
                    Step::Die { writes } => {
                        vigil.die_after(writes).await;
                    }
                }
                vigil.tick().await;
                expected.at(&zone, vigil.now());
            }
            let mut told: BTreeMap<String, usize> = BTreeMap::new();
            for text in vigil.told() {
                let text = text.trim_start_matches("⏰ ").lines().next().unwrap().to_owned();
                *told.entry(text).or_default() += 1;
            }
            assert_eq!(told, expected.told);
        });
    }
}
