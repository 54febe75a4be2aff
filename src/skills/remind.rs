// SPDX-License-Identifier: MIT OR Apache-2.0
//! `remind`: stores a reminder, or a task that stays open.

use crate::builtin::arguments;
use crate::wording::{failed, when, zone_named};
use blufio_calendar::Zone;
use blufio_core::skill::{Effects, ToolContext, ToolSpec};
use blufio_core::storage::{Every, Jobs, MOST_JOBS, NewJob, When};
use blufio_core::time::Timestamp;
use jiff::civil::{DateTime, Weekday};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// The tool's name.
pub const NAME: &str = "remind";

/// Most characters of what is to be said: it is told as one message.
const LONGEST: usize = 1_000;
/// Furthest that `in_minutes` reaches: ten years.
const FURTHEST: u64 = 10 * 366 * 24 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    text: String,
    #[serde(default)]
    at: Option<String>,
    #[serde(default)]
    in_minutes: Option<u64>,
    #[serde(default)]
    every: Option<Every>,
    #[serde(default)]
    time_zone: Option<String>,
}

/// The tool as the model sees it.
#[must_use]
pub fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: "Reminds the person later, once or again and again. Without a time it is an open task to keep in mind."
            .into(),
        input_schema: json!({
            "type": "object",
            "properties": {
                "text": { "type": "string", "description": "What to say then" },
                "at": { "type": "string", "description": "Local time, 2026-11-23T09:00" },
                "in_minutes": { "type": "integer", "description": "Instead of at" },
                "every": { "enum": ["day", "weekday", "week", "month", "year"] },
                "time_zone": { "type": "string", "description": "IANA name, if not here" }
            },
            "required": ["text"],
            "additionalProperties": false
        }),
        // It is stored under the name of the call, which is the same after a crash: twice is once. And only the row is
        // written here; whoever tells it does so exactly once.
        effects: Effects::None,
    }
}

/// Stores a reminder under the name of the call, and tells what was stored. Dropping the future either leaves it stored
/// or not; calling again with the same context makes no second one.
///
/// # Errors
/// A text for the model: the arguments are wrong, the time has passed, or it could not be stored.
pub async fn call(
    now: Timestamp,
    zone: &Zone,
    jobs: &dyn Jobs,
    context: &ToolContext,
    input: &Value,
) -> Result<String, String> {
    let input: Input = arguments(input)?;
    let text = input.text.trim();
    if text.is_empty() {
        return Err("`text` is empty; say in it what the person shall be told".into());
    }
    if text.chars().count() > LONGEST {
        return Err(format!("`text` has more than {LONGEST} characters; say it in fewer words"));
    }
    let due = due(now, zone, &input)?;
    let new = NewJob {
        key: context.key.clone(),
        conversation: context.conversation.clone(),
        text: text.to_owned(),
        due,
    };
    match jobs.add_job(new, now).await {
        // What is told is what is stored: after a crash that is what was stored then.
        Ok(job) if job.due.is_some() => {
            Ok(format!("Stored as {}: {}: {}", job.id, when(job.due.as_ref(), zone), job.text))
        }
        Ok(job) => Ok(format!("Stored as {}, an open task without a time: {}", job.id, job.text)),
        Err(error) => {
            let open = jobs.open_jobs(Some(&context.conversation)).await.map_or(0, |open| open.len());
            if open >= MOST_JOBS {
                return Err(format!(
                    "there are {open} open reminders already, and no more can be kept; close some first"
                ));
            }
            Err(failed("the reminder could not be stored", &error))
        }
    }
}

fn due(now: Timestamp, zone: &Zone, input: &Input) -> Result<Option<When>, String> {
    let zone = zone_named(input.time_zone.as_deref(), zone)?;
    let at = input.at.as_deref().map(str::trim).filter(|at| !at.is_empty());
    let first = match (at, input.in_minutes) {
        (Some(_), Some(_)) => return Err("give either `at` or `in_minutes`, not both".into()),
        (None, None) if input.every.is_some() => {
            return Err("`every` needs `at` (or `in_minutes`): when does it come for the first time?".into());
        }
        (None, None) => return Ok(None),
        (None, Some(minutes)) => {
            if !(1..=FURTHEST).contains(&minutes) {
                return Err(format!("`in_minutes` is {minutes}; allowed is 1 to {FURTHEST}"));
            }
            zone.at(now.after(Duration::from_secs(minutes.saturating_mul(60))), input.every)
        }
        (Some(at), None) => {
            // Behind the date, these begin an offset or the name of a place.
            if at.get("2026-11-23".len()..).is_some_and(|time| time.contains(['+', '-', '[', 'Z', 'z'])) {
                return Err(format!(
                    "`at` is {at:?}; write the time on the wall clock without an offset, such as 2026-11-23T09:00, and \
                     the place into `time_zone`"
                ));
            }
            zone.when(at, input.every)
        }
    };
    let first = first.map_err(|error| format!("{error}; here it is now {}", zone.describe(now)))?;
    let next = |after| zone.next(&first, after).map_err(|error| error.to_string());
    if first.at > now {
        // The first time, too, is one of those at which it comes.
        return if at_weekend(&first) { next(first.at) } else { Ok(Some(first)) };
    }
    // One that repeats may have begun before; its next time is meant.
    next(now)?.map(Some).ok_or_else(|| {
        format!("{} has passed; here it is now {}", zone.describe(first.at), zone.describe(now))
    })
}

/// Whether a reminder of weekdays falls on a weekend.
fn at_weekend(when: &When) -> bool {
    let day = when.local.parse::<DateTime>().map(DateTime::weekday);
    when.every == Some(Every::Weekday) && matches!(day, Ok(Weekday::Saturday | Weekday::Sunday))
}

#[cfg(test)]
mod tests;
