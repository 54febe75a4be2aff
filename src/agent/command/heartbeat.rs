// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{Asked, Words, strs};
use crate::operator::{NOT_YOU, is_operator};
use blufio_core::storage::StorageError;

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
    let options = &asked.shared.options.heartbeat;
    if !options.enabled {
        return Ok("Heartbeat: off (heartbeat.enabled). I do nothing unasked but tell reminders.".into());
    }
    let state = match asked.shared.storage.standstill().await? {
        Some(standstill) => format!(
            "Heartbeat: it stands still since {}: {}. The operator lets it go on with `/heartbeat resume`.",
            asked.shared.options.zone.describe(standstill.at),
            standstill.reason
        ),
        None => "Heartbeat: on.".into(),
    };
    let minutes = options.interval.as_secs().div_ceil(60);
    let things = match options.watch.len() {
        1 => "one thing".into(),
        count => format!("{count} things"),
    };
    Ok(format!(
        "{state}\nI look every {minutes} minutes whether {things} (heartbeat.watch) or your open tasks have changed, and ask \
         {} only if something has. /budget shows what that may cost.",
        options.model
    ))
}
