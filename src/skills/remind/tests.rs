// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::notebook::{Notebook, asked};
use blufio_core::ids::Conversation;
use proptest::prelude::*;

fn berlin() -> Zone {
    Zone::named("Europe/Berlin").unwrap()
}

/// Sunday, 2026-11-22 20:57 in Berlin.
fn now() -> Timestamp {
    berlin().when("2026-11-22T20:57", None).unwrap().at
}

async fn remind(jobs: &Notebook, key: &str, input: Value) -> Result<String, String> {
    call(now(), &berlin(), jobs, &asked(key), &input).await
}

async fn told(input: Value) -> Result<String, String> {
    remind(&Notebook::default(), "1", input).await
}

#[tokio::test]
async fn a_time_on_the_wall_clock_is_told_back_with_its_weekday_and_place() {
    let jobs = Notebook::default();
    let told = remind(&jobs, "1", json!({ "text": " call the dentist ", "at": "2026-11-23T09:00" })).await;
    assert_eq!(told.unwrap(), "Stored as 1: Monday, 2026-11-23 09:00 (Europe/Berlin): call the dentist");
    let job = jobs.open().remove(0);
    assert_eq!(job.conversation, Conversation::new("test", "7"));
    assert_eq!(job.due, Some(berlin().when("2026-11-23T09:00", None).unwrap()));
}

#[tokio::test]
async fn minutes_are_counted_from_now() {
    let told = told(json!({ "text": "tea", "in_minutes": 5 })).await;
    assert_eq!(told.unwrap(), "Stored as 1: Sunday, 2026-11-22 21:02 (Europe/Berlin): tea");
}

#[tokio::test]
async fn another_place_has_another_wall_clock() {
    let jobs = Notebook::default();
    let input = json!({ "text": "call", "at": "2026-11-23T09:00", "time_zone": "America/New_York" });
    let told = remind(&jobs, "1", input).await;
    assert_eq!(told.unwrap(), "Stored as 1: Monday, 2026-11-23 09:00 (America/New_York): call");
    let due = jobs.open().remove(0).due.unwrap();
    assert_eq!(berlin().describe(due.at), "Monday, 2026-11-23 15:00 (Europe/Berlin)");
}

#[tokio::test]
async fn without_a_time_it_is_an_open_task() {
    let jobs = Notebook::default();
    let told = remind(&jobs, "1", json!({ "text": "buy milk", "at": "", "every": null })).await;
    assert_eq!(told.unwrap(), "Stored as 1, an open task without a time: buy milk");
    assert_eq!(jobs.open().remove(0).due, None);
}

#[tokio::test]
async fn the_same_call_after_a_crash_makes_no_second_one_and_tells_the_first() {
    let jobs = Notebook::default();
    let input = json!({ "text": "tea", "in_minutes": 5 });
    let first = remind(&jobs, "1", input.clone()).await.unwrap();
    let later = now().after(Duration::from_secs(120));
    let again = call(later, &berlin(), &jobs, &asked("1"), &input).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(jobs.open().len(), 1);
    remind(&jobs, "2", input).await.unwrap();
    assert_eq!(jobs.open().len(), 2);
}

#[tokio::test]
async fn a_time_that_has_passed_is_refused_with_the_time_that_it_is() {
    let refused = told(json!({ "text": "x", "at": "2026-11-22T09:00" })).await.unwrap_err();
    assert_eq!(
        refused,
        "Sunday, 2026-11-22 09:00 (Europe/Berlin) has passed; here it is now Sunday, 2026-11-22 20:57 (Europe/Berlin)"
    );
    assert!(told(json!({ "text": "x", "at": "2026-11-22T20:57" })).await.is_err());
}

#[tokio::test]
async fn what_repeats_goes_on_from_its_next_time() {
    for (at, every, words) in [
        ("2026-11-22T09:00", "day", "Monday, 2026-11-23 09:00 (Europe/Berlin), each day"),
        ("2026-11-20T09:00", "weekday", "Monday, 2026-11-23 09:00 (Europe/Berlin), Monday to Friday"),
        ("2026-11-28T09:00", "weekday", "Monday, 2026-11-30 09:00 (Europe/Berlin), Monday to Friday"),
        ("2026-11-24T09:00", "week", "Tuesday, 2026-11-24 09:00 (Europe/Berlin), each week"),
        ("2026-10-31T09:00", "month", "Monday, 2026-11-30 09:00 (Europe/Berlin), each month"),
        ("2026-12-24T18:00", "year", "Thursday, 2026-12-24 18:00 (Europe/Berlin), each year"),
    ] {
        let told = told(json!({ "text": "x", "at": at, "every": every })).await.unwrap();
        assert_eq!(told, format!("Stored as 1: {words}: x"));
    }
}

#[tokio::test]
async fn a_time_that_the_clock_skips_is_told_as_it_will_come() {
    let told = told(json!({ "text": "x", "at": "2027-03-28T02:30" })).await.unwrap();
    assert!(told.contains("Sunday, 2027-03-28 03:30 (Europe/Berlin)"), "{told}");
}

#[tokio::test]
async fn wrong_arguments_are_refused_with_what_would_be_right() {
    for (input, words) in [
        (json!({}), "missing field `text`"),
        (json!({ "text": " " }), "say in it what"),
        (json!({ "text": "x".repeat(1_001) }), "more than 1000 characters"),
        (json!({ "text": "x", "when": "now" }), "expected one of `text`, `at`, `in_minutes`"),
        (
            json!({ "text": "x", "at": "tomorrow" }),
            "such as 2026-03-29T09:00; here it is now Sunday, 2026-11-22",
        ),
        (json!({ "text": "x", "at": "2026-11-23" }), "is no date and time"),
        (json!({ "text": "x", "at": "2026-11-23T09:00Z" }), "without an offset"),
        (json!({ "text": "x", "at": "2026-11-23T09:00+05:00" }), "without an offset"),
        (json!({ "text": "x", "at": "2026-11-23T09:00[Asia/Tokyo]" }), "the place into `time_zone`"),
        (json!({ "text": "x", "at": "2026-11-23T09:00", "in_minutes": 3 }), "either `at` or `in_minutes`"),
        (json!({ "text": "x", "in_minutes": 0 }), "allowed is 1 to"),
        (json!({ "text": "x", "in_minutes": -5 }), "wrong arguments"),
        (json!({ "text": "x", "in_minutes": u64::MAX }), "allowed is 1 to"),
        (json!({ "text": "x", "every": "day" }), "for the first time?"),
        (json!({ "text": "x", "at": "2026-11-23T09:00", "every": "daily" }), "expected one of `day`"),
        (json!({ "text": "x", "at": "2026-11-23T09:00", "time_zone": "CEST" }), "IANA"),
    ] {
        let jobs = Notebook::default();
        let refused = remind(&jobs, "1", input.clone()).await.unwrap_err();
        assert!(refused.contains(words), "{input}: {refused}");
        assert!(jobs.open().is_empty());
    }
}

#[tokio::test]
async fn a_full_or_a_failing_storage_is_told_without_its_files() {
    let jobs = Notebook::default();
    for number in 0..MOST_JOBS {
        remind(&jobs, &number.to_string(), json!({ "text": "x" })).await.unwrap();
    }
    let refused = remind(&jobs, "one more", json!({ "text": "x" })).await.unwrap_err();
    assert!(refused.contains("500 open reminders already"), "{refused}");
    jobs.fail();
    let refused = remind(&jobs, "1", json!({ "text": "x" })).await.unwrap_err();
    assert!(refused.contains("may work later") && !refused.contains("blufio.db"), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_time_is_named_the_answer_lies_ahead_or_is_an_error(
        at in "(20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]|\\PC{0,24})",
        minutes in prop::option::of(any::<u64>()),
        every in prop::sample::select(vec![json!(null), json!("day"), json!("weekday"), json!("month"), json!("year")]),
    ) {
        let input = match minutes {
            Some(minutes) => json!({ "text": "x", "in_minutes": minutes, "every": every }),
            None => json!({ "text": "x", "at": at, "every": every }),
        };
        let input: Input = arguments(&input).unwrap();
        match due(now(), &berlin(), &input) {
            Ok(Some(due)) => prop_assert!(due.at > now()),
            Ok(None) => prop_assert!(at.trim().is_empty() && minutes.is_none()),
            Err(refused) => prop_assert!(!refused.is_empty()),
        }
    }
}
