// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reminders, each told once.
//!
//! The store tells a job under the pair of its row and the instant for which it was due, and in the same transaction
//! moves it on. So neither a crash nor a clock that is set back repeats one, and one that was missed is still due.

use crate::context::Shared;
use crate::pulse::{BEAT, until};
use blufio_calendar::Zone;
use blufio_core::content::{Block, Message};
use blufio_core::observe::Observation;
use blufio_core::storage::{Firing, Job, StorageError, When};
use blufio_core::time::Timestamp;
use std::time::Duration;

/// Reminders that are read at once.
const MOST: usize = 64;
/// One that is told later than this says for when it was.
const LATE: Duration = Duration::from_secs(60);

/// Tells what is due. Returns how long to wait for the next one, never more than [`BEAT`].
pub(super) async fn tell_due(shared: &Shared, now: Timestamp) -> Duration {
    // Ends: a round goes on only if it told something, and what is told is next due behind `now`.
    loop {
        shared.background_pulse.tick();
        let (jobs, next) = match shared.storage.due_jobs(now, &shared.channel_names, MOST).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "reminders cannot be read");
                return BEAT;
            }
        };
        let full = jobs.len() >= MOST;
        let (mut told, mut failed) = (false, false);
        for job in jobs {
            match tell(shared, &job, now).await {
                Ok(done) => told |= done,
                Err(error) => {
                    tracing::error!(id = %job.id, %error, "a reminder could not be told yet");
                    failed = true;
                }
            }
        }
        if told {
            shared.outbox_changed.notify_one();
        }
        if !(full && told) || failed {
            let wait = if failed { BEAT } else { next.map_or(BEAT, |next| until(now, next)) };
            return wait.min(BEAT);
        }
    }
}

/// Says whether it was told now: not, if somebody was faster or has closed it.
async fn tell(shared: &Shared, job: &Job, now: Timestamp) -> Result<bool, StorageError> {
    let Some(when) = &job.due else { return Ok(false) };
    let Some(channel) = shared.channels.get(&job.conversation.channel) else { return Ok(false) };
    let zone = &shared.options.zone;
    let (next, broken) = match zone.next(when, now) {
        Ok(next) => (next, None),
        Err(error) => {
            tracing::error!(id = %job.id, %error, "a reminder cannot come again and is closed");
            (None, Some(error.to_string()))
        }
    };
    let late = now.since(when.at);
    let words = words(&job.text, when, zone, late, broken.as_deref());
    let firing = Firing {
        job: job.id,
        scheduled: when.at,
        next,
        outbox: channel.render(&job.conversation, &words),
        transcript: vec![Message::assistant(vec![Block::text(words)])],
    };
    let told = shared.storage.fire(firing, now).await?;
    if told {
        shared.observe.record(Observation::Reminder { late });
    }
    Ok(told)
}

fn words(text: &str, when: &When, here: &Zone, late: Duration, broken: Option<&str>) -> String {
    let mut words = format!("⏰ {}", text.trim());
    if late > LATE {
        let there = Zone::named(&when.zone);
        let at = there.as_ref().unwrap_or(here).describe(when.at);
        words.push_str(&format!("\n\n(This was for {at}.)"));
    }
    if let Some(error) = broken {
        words.push_str(&format!(
            "\n\n(I cannot work out when it comes again: {error}. It is closed; ask me for a new one.)"
        ));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_nine() -> When {
        Zone::named("Europe/Berlin").unwrap().when("2026-11-22T09:00", None).unwrap()
    }

    #[test]
    fn one_in_time_is_just_told() {
        let told = words(" tea ", &at_nine(), &Zone::utc(), Duration::from_secs(60), None);
        assert_eq!(told, "⏰ tea");
    }

    #[test]
    fn one_that_is_late_says_for_when_it_was_on_its_own_wall_clock() {
        let told = words("tea", &at_nine(), &Zone::utc(), Duration::from_secs(61), None);
        assert_eq!(told, "⏰ tea\n\n(This was for Sunday, 2026-11-22 09:00 (Europe/Berlin).)");
    }

    #[test]
    fn where_its_time_zone_is_gone_the_one_here_is_used() {
        let when = When { zone: "Mars/Olympus".into(), ..at_nine() };
        let told = words("tea", &when, &Zone::utc(), Duration::from_secs(61), Some("gone"));
        assert!(told.contains("08:00 (UTC)") && told.contains("gone"), "{told}");
    }
}
