// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reminders and open tasks of the conversation that is told, compared with the last look.

use super::changes::{Change, begin};
use blufio_core::storage::{Job, When};
use blufio_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A reminder that comes within this time is shown.
const SOON: Duration = Duration::from_secs(24 * 3_600);
/// Characters of a job's text that are kept and shown.
const TEXT: usize = 300;

/// What is kept of the agenda from one look to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Agenda {
    /// Open tasks, by their rows.
    tasks: BTreeSet<i64>,
    /// Reminders that come soon, by their rows.
    soon: BTreeMap<i64, Soon>,
}

/// A reminder that comes soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Soon {
    at: Timestamp,
    text: String,
}

/// What is new on the agenda, and what is to be kept of it. The first look only notes.
pub(super) fn compare(before: Option<&Agenda>, open: &[Job], now: Timestamp) -> (Agenda, Vec<Change>) {
    let mut after = Agenda::default();
    for job in open {
        match &job.due {
            None => {
                after.tasks.insert(job.id.0);
            }
            Some(When { at, .. }) if *at <= now.after(SOON) => {
                after.soon.insert(job.id.0, Soon { at: *at, text: begin(&job.text, TEXT) });
            }
            Some(_) => {}
        }
    }
    let Some(before) = before else { return (after, Vec::new()) };
    let mut changes = Vec::new();
    for (id, soon) in &after.soon {
        // One that repeats has just been told, and comes again: that is no news. One that is gone may as well have been
        // closed as told; either way the person knows.
        let repeats = open.iter().any(|job| job.id.0 == *id && is_repeated(job));
        let is_known = |known: &Soon| known.at == soon.at || (repeats && known.at < soon.at);
        if !before.soon.get(id).is_some_and(is_known) {
            changes.push(Change::Due { text: soon.text.clone(), at: soon.at });
        }
    }
    for job in open.iter().filter(|job| job.due.is_none() && !before.tasks.contains(&job.id.0)) {
        changes.push(Change::Task { text: begin(&job.text, TEXT) });
    }
    (after, changes)
}

fn is_repeated(job: &Job) -> bool {
    job.due.as_ref().is_some_and(|due| due.every.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::ids::{Conversation, JobId};

    const HOUR: i64 = 3_600_000;

    fn job(id: i64, hour: Option<i64>) -> Job {
        let due = hour.map(|hour| When {
            local: String::new(),
            zone: "UTC".into(),
            at: Timestamp(hour * HOUR),
            every: None,
        });
        Job {
            id: JobId(id),
            conversation: Conversation::new("test", "1"),
            text: format!("job {id}"),
            due,
            created_at: Timestamp(0),
        }
    }

    /// Looks at these hours: what changed at each?
    fn walk<const N: usize>(looks: [(i64, Vec<Job>); N]) -> Vec<Vec<Change>> {
        let mut before = None;
        let mut found = Vec::new();
        for (hour, open) in looks {
            let (after, changes) = compare(before.as_ref(), &open, Timestamp(hour * HOUR));
            before = Some(after);
            found.push(changes);
        }
        found
    }

    #[test]
    fn the_first_look_only_notes_and_what_stays_is_no_change() {
        let open = || vec![job(1, None), job(2, Some(5)), job(3, Some(500))];
        assert_eq!(walk([(0, open()), (1, open()), (2, open())]), vec![Vec::new(); 3]);
    }

    #[test]
    fn a_reminder_is_shown_a_day_ahead_and_not_again_when_it_was_told() {
        let (open, at) = (|| vec![job(1, Some(30))], Timestamp(30 * HOUR));
        let text = || "job 1".to_owned();
        assert_eq!(
            walk([(0, open()), (5, open()), (6, open()), (29, open()), (31, vec![]), (32, vec![])]),
            [vec![], vec![], vec![Change::Due { text: text(), at }], vec![], vec![], vec![]]
        );
    }

    #[test]
    fn one_that_was_closed_before_its_time_is_no_change() {
        assert_eq!(walk([(0, vec![job(1, Some(3))]), (1, vec![])]), vec![Vec::new(); 2]);
        assert_eq!(
            walk([(0, vec![job(1, Some(3))]), (4, vec![])]),
            vec![Vec::new(); 2],
            "also by a later look"
        );
    }

    #[test]
    fn one_that_is_due_and_not_yet_told_waits() {
        let open = || vec![job(1, Some(3))];
        assert_eq!(walk([(0, open()), (4, open())]), vec![Vec::new(); 2]);
    }

    #[test]
    fn one_that_repeats_is_a_change_when_it_is_new_and_when_it_is_moved_to_an_earlier_time() {
        let daily = |hour| {
            let mut job = job(1, Some(hour));
            job.due.as_mut().unwrap().every = Some(blufio_core::storage::Every::Day);
            vec![job]
        };
        let looks = walk([
            (0, vec![]),
            (1, daily(9)),
            (10, daily(33)),
            (20, daily(33)),
            (34, daily(57)),
            (35, daily(50)),
        ]);
        let changes: Vec<_> = looks.iter().map(Vec::len).collect();
        assert_eq!(changes, [0, 1, 0, 0, 0, 1]);
    }

    #[test]
    fn a_new_task_is_a_change_once() {
        let looks = walk([(0, vec![]), (1, vec![job(1, None)]), (2, vec![job(1, None)]), (3, vec![])]);
        assert_eq!(looks, [vec![], vec![Change::Task { text: "job 1".into() }], vec![], vec![]]);
    }
}
