// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use async_trait::async_trait;
use std::sync::atomic::{AtomicUsize, Ordering};

const HOUR: i64 = 3_600_000;

fn sight(text: &str) -> Result<Sight, String> {
    Ok(Sight { digest: format!("digest of {text}"), excerpt: text.into() })
}

/// Looks, one after the other, an hour apart: which of them brought a change?
fn walk(looks: impl IntoIterator<Item = Result<Sight, String>>) -> Vec<Option<Change>> {
    let mut before = None;
    let mut changes = Vec::new();
    for (hour, look) in (0_i64..).zip(looks) {
        let (after, change) = compare(before.as_ref(), "/list", look, Timestamp(hour * HOUR));
        before = Some(after);
        changes.push(change);
    }
    changes
}

fn gone(error: &str) -> Result<Sight, String> {
    Err(error.into())
}

#[test]
fn the_first_look_only_notes() {
    assert_eq!(walk([sight("a")]), [None]);
}

#[test]
fn a_change_is_seen_once_with_what_was_there_before() {
    let content = |before: &str, now: &str| {
        Some(Change::Content { target: "/list".into(), before: Some(before.into()), now: now.into() })
    };
    assert_eq!(
        walk([sight("a"), sight("a"), sight("b"), sight("b"), sight("a")]),
        [None, None, content("a", "b"), None, content("b", "a")]
    );
}

fn unseen(error: &str) -> Option<Change> {
    Some(Change::Unseen { target: "/list".into(), error: error.into() })
}

#[test]
fn what_cannot_be_seen_from_the_start_is_a_change_once() {
    assert_eq!(walk([gone("a slip"), gone("a slip"), gone("403")]), [unseen("a slip"), None, None]);
}

#[test]
fn one_that_was_told_by_a_clock_that_was_set_back_is_told_again() {
    let (seen, _) = compare(None, "/list", sight("a"), Timestamp(0));
    let (after, first) = compare(Some(&seen), "/list", gone("gone"), Timestamp(9_000 * HOUR));
    let (back, _) = compare(Some(&after), "/list", sight("a"), Timestamp(HOUR));
    let (_, second) = compare(Some(&back), "/list", gone("gone"), Timestamp(2 * HOUR));
    assert!(first.is_some() && second.is_some());
}

#[test]
fn what_appears_is_a_change() {
    let appeared = Change::Content { target: "/list".into(), before: None, now: "a".into() };
    assert_eq!(walk([gone("no such file"), sight("a")]), [unseen("no such file"), Some(appeared)]);
}

#[test]
fn a_failure_is_a_change_when_it_is_new_whatever_its_words() {
    let failed = Change::Gone { target: "/list".into(), error: "no answer in 10.1 s".into() };
    assert_eq!(
        walk([sight("a"), gone("no answer in 10.1 s"), gone("no answer in 10.2 s"), sight("a")]),
        [None, Some(failed), None, None]
    );
}

#[test]
fn what_comes_and_goes_is_told_of_once_a_day() {
    let looks = (0..60).map(|hour| if hour % 2 == 0 { sight("a") } else { gone("no connection") });
    let changes = walk(looks);
    let told: Vec<_> = (0..60).filter(|hour| changes[*hour].is_some()).collect();
    assert_eq!(told, [1, 25, 49]);
}

#[test]
fn what_changed_while_it_could_not_be_seen_is_a_change() {
    let changes = walk([sight("a"), gone("no connection"), sight("b"), sight("b")]);
    assert!(matches!(changes[2], Some(Change::Content { .. })), "{changes:?}");
    assert_eq!(changes[3], None);
}

struct Slow {
    under_way: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl Watch for Slow {
    async fn look(&self, target: &str) -> Result<Sight, String> {
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(under_way, Ordering::SeqCst);
        let wait = if target == "/hangs" { LONGEST * 10 } else { Duration::from_secs(1) };
        tokio::time::sleep(wait).await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        sight(target)
    }
}

#[tokio::test(start_paused = true)]
async fn looks_are_bounded_in_number_and_time_and_each_target_is_looked_at_once() {
    let watch = Slow { under_way: AtomicUsize::new(0), most: AtomicUsize::new(0) };
    let mut targets: Vec<String> = (0..20).map(|number| format!("/file-{number}")).collect();
    targets.extend(["/hangs".to_owned(), "/file-1".to_owned()]);
    let began = tokio::time::Instant::now();
    let targets: Vec<&String> = targets.iter().collect();
    let sights = look(&watch, &targets).await;
    assert_eq!(sights.len(), 21);
    assert_eq!(watch.most.load(Ordering::SeqCst), AT_ONCE);
    assert!(began.elapsed() < LONGEST * 2);
    let failed: Vec<_> = sights.iter().filter(|(_, sight)| sight.is_err()).collect();
    assert!(failed.len() == 1 && failed[0].0 == "/hangs", "{failed:?}");
}
