// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{Asked, Words, strs};
use blufio_calendar::Zone;
use blufio_core::ids::JobId;
use blufio_core::storage::{Every, Job, StorageError};

/// So many are listed.
const MOST_LISTED: usize = 50;

pub(super) async fn run(asked: Asked<'_>, words: &Words) -> Result<String, StorageError> {
    let storage = &asked.shared.storage;
    match strs(words).as_slice() {
        [] => Ok(list(&storage.open_jobs(Some(asked.conversation())).await?)),
        ["close", number] => {
            let Ok(number) = number.trim_start_matches('#').parse() else {
                return Ok(format!("“{number}” is no number of a reminder. /reminders lists them."));
            };
            let now = asked.shared.clock.now();
            let closed = storage.close_job(asked.conversation(), JobId(number), now).await?;
            Ok(if closed {
                format!("{number} is closed.")
            } else {
                format!("There is no open reminder {number} in this conversation. /reminders lists them.")
            })
        }
        _ => {
            Ok("Write /reminders for the list, or `/reminders close 3` to end the one with that number."
                .into())
        }
    }
}

fn list(jobs: &[Job]) -> String {
    if jobs.is_empty() {
        return "Nothing is open. Tell me what to remind you of, and when.".into();
    }
    let mut lines: Vec<String> = jobs.iter().take(MOST_LISTED).map(line).collect();
    let more = jobs.len().saturating_sub(MOST_LISTED);
    if more > 0 {
        lines.push(format!("… and {more} more."));
    }
    lines.push("`/reminders close` and a number ends one.".into());
    lines.join("\n")
}

fn line(job: &Job) -> String {
    let Some(due) = &job.due else {
        return format!("{}. {} (an open task)", job.id, job.text);
    };
    let when = match Zone::named(&due.zone) {
        Ok(zone) => zone.describe(due.at),
        Err(_) => format!("{} ({})", due.local.replace('T', " "), due.zone),
    };
    let every = match due.every {
        None => "",
        Some(Every::Day) => ", every day",
        Some(Every::Weekday) => ", Monday to Friday",
        Some(Every::Week) => ", every week",
        Some(Every::Month) => ", every month",
        Some(Every::Year) => ", every year",
    };
    format!("{}. {} – {when}{every}", job.id, job.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::ids::Conversation;
    use blufio_core::time::Timestamp;

    #[test]
    fn reminders_are_listed_with_their_number_time_and_place() {
        let zone = Zone::named("Asia/Tokyo").unwrap();
        let job = |id, due| Job {
            id: JobId(id),
            conversation: Conversation::new("test", "1"),
            text: "water the plants".into(),
            due,
            created_at: Timestamp(0),
        };
        let due = zone.when("2026-11-23T09:00", Some(Every::Day)).unwrap();
        assert_eq!(
            list(&[job(3, Some(due)), job(4, None)]),
            "3. water the plants – Monday, 2026-11-23 09:00 (Asia/Tokyo), every day\n\
             4. water the plants (an open task)\n\
             `/reminders close` and a number ends one."
        );
        let many: Vec<Job> = (0..60).map(|id| job(id, None)).collect();
        assert!(list(&many).contains("… and 10 more."));
    }
}
