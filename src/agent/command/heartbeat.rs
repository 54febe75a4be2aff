// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{Asked, Words, strs};
use crate::background::{self, Oddity};
use crate::operator::{self, NOT_YOU, is_operator};
use blufio_calendar::Zone;
use blufio_core::storage::{Standstill, StorageError};

/// So many targets that are not watched as expected are listed.
const MOST_LISTED: usize = 20;

pub(super) async fn run(asked: Asked<'_>, words: &Words) -> Result<String, StorageError> {
    match strs(words).as_slice() {
        [] => tell(asked).await,
        ["resume"] if !is_operator(asked.shared, asked.message).await? => Ok(NOT_YOU.into()),
        ["resume"] => {
            asked.shared.storage.set_standstill(None).await?;
            tracing::info!("work in the background goes on, as the operator wishes");
            tell(asked).await
        }
        _ => Ok("Write /heartbeat to see what I do unasked, or `/heartbeat resume` to let it go on.".into()),
    }
}

async fn tell(asked: Asked<'_>) -> Result<String, StorageError> {
    let shared = asked.shared;
    let (options, zone) = (&shared.options.heartbeat, &shared.options.zone);
    let standstill = shared.storage.standstill().await?;
    if !options.enabled {
        let off = "Heartbeat: off (heartbeat.enabled). I do nothing unasked but tell reminders and summarise what is old \
                   in long conversations.";
        return Ok(match standstill {
            Some(standstill) => {
                format!("{off}\n{}", standing_still("Even that summarising", &standstill, zone))
            }
            None => off.into(),
        });
    }
    let state = match standstill {
        Some(standstill) => standing_still("Heartbeat: it", &standstill, zone),
        None => "Heartbeat: on.".into(),
    };
    let is_operator = is_operator(shared, asked.message).await?;
    let minutes = options.interval.as_secs().div_ceil(60);
    let things = match options.watch.len() {
        1 => "one thing".into(),
        count => format!("{count} things"),
    };
    let whose = if is_operator { "your" } else { "the operator's" };
    let mut lines = vec![
        state,
        format!(
            "I look every {minutes} minutes whether {things} (heartbeat.watch) or {whose} reminders and open tasks have \
             changed, and ask {} only if something has. /budget shows what that may cost.",
            options.model
        ),
    ];
    match background::listener(shared).await? {
        Err(why) => lines.push(format!("So far I do not look, because I could tell nobody: {why}.")),
        Ok(listener) => {
            if let Some(doubt) = operator::all(shared).await?.doubt() {
                lines.push(format!("I tell it only on {}: {doubt}.", listener.conversation.channel));
            }
        }
    }
    // What is watched is the operator's own affair.
    if is_operator {
        let odd = background::oddities(shared, shared.clock.now()).await?;
        lines.extend(odd.iter().take(MOST_LISTED).map(|(target, oddity)| line(target, oddity, zone)));
        let more = odd.len().saturating_sub(MOST_LISTED);
        if more > 0 {
            lines.push(format!("… and {more} more."));
        }
    }
    Ok(lines.join("\n"))
}

fn standing_still(what: &str, standstill: &Standstill, zone: &Zone) -> String {
    format!(
        "{what} stands still since {}: {}. The operator lets it go on with `/heartbeat resume`.",
        zone.describe(standstill.at),
        standstill.reason
    )
}

fn line(target: &str, oddity: &Oddity, zone: &Zone) -> String {
    let target = target.replace('`', "'");
    match oddity {
        Oddity::Failing(error) if error.is_empty() => format!("- `{target}` cannot be seen."),
        Oddity::Failing(error) => format!("- `{target}` cannot be seen: {error}."),
        Oddity::Resting(until) => format!(
            "- `{target}` changes all the time and never had news: I look at it again on {}.",
            zone.describe(*until)
        ),
    }
}
