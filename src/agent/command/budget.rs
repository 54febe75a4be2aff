// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{Asked, Words, strs};
use crate::budget::{self, RaiseError};
use crate::operator::{NOT_YOU, is_operator};
use blufio_core::money::{NanoUsd, amount};
use blufio_core::storage::StorageError;

const USAGE: &str = "Write `/budget raise daily 5` to raise today's budget by $5 until it resets; `monthly` and \
    `heartbeat` can be raised too.";

pub(super) async fn run(asked: Asked<'_>, words: &Words) -> Result<String, StorageError> {
    match strs(words).as_slice() {
        [] => tell(asked).await,
        ["raise", limit, by] => match amount(by) {
            Some(by) => raise(asked, limit, by).await,
            None => Ok(format!("“{by}” is no amount of dollars. {USAGE}")),
        },
        _ => Ok(USAGE.into()),
    }
}

async fn tell(asked: Asked<'_>) -> Result<String, StorageError> {
    let shared = asked.shared;
    let now = shared.clock.now();
    let session = shared.storage.session(asked.conversation(), now).await?;
    let report = budget::report(shared.storage.as_ref(), shared.options.terms(), Some(session), now).await?;
    // Where nothing runs in the background, its limit says nothing.
    let heartbeat = shared.options.heartbeat.enabled;
    let standings =
        report.standings.iter().filter(|standing| heartbeat || standing.limit.name != "heartbeat");
    let zone = &shared.options.zone;
    let mut lines: Vec<String> = standings.map(|standing| budget::line(standing, zone)).collect();
    if lines.is_empty() {
        lines.push("Nothing is limited (budget.daily_usd, budget.monthly_usd, budget.session_usd).".into());
    }
    if let Some(standstill) = report.standstill {
        lines.push(format!(
            "Work in the background stands still: {}. The operator lets it go on with `/heartbeat resume`.",
            standstill.reason
        ));
    }
    Ok(lines.join("\n"))
}

async fn raise(asked: Asked<'_>, limit: &str, by: NanoUsd) -> Result<String, StorageError> {
    let shared = asked.shared;
    if !is_operator(shared, asked.message).await? {
        return Ok(NOT_YOU.into());
    }
    // Raises add up, so that a command that was cut short is not carried out a second time: noted before it is.
    let name = format!("budget:raised:{}", asked.conversation());
    let turn = asked.turn.to_string();
    if shared.storage.noted(&name).await?.as_ref() == Some(&turn) {
        let standings = tell(asked).await?;
        return Ok(format!("I was interrupted while I raised it. This is how it stands:\n{standings}"));
    }
    shared.storage.note(vec![(name, turn)]).await?;
    let now = shared.clock.now();
    match budget::raise(shared.storage.as_ref(), shared.options.terms(), limit, by, now).await {
        Ok(()) => {
            shared.queue_changed.notify_one();
            let standings = tell(asked).await?;
            Ok(format!("Raised by {} until it resets.\n{standings}", budget::dollars(by)))
        }
        Err(RaiseError::Storage(error)) => Err(error),
        Err(error) => Ok(format!("That did not work: {error}. {USAGE}")),
    }
}
