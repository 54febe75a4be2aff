// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may be spent: the limits that hold now.

use crate::context::Shared;
use crate::options::AgentOptions;
use crate::spend::Purpose;
use blufio_core::ids::SessionId;
use blufio_core::observe::Observation;
use blufio_core::storage::{Feature, Limit, Scope, StorageError};
use blufio_core::time::Timestamp;

/// Key of the limit of a day.
pub(crate) const DAILY: &str = "budget.daily_usd";
/// Key of the limit of a month.
pub(crate) const MONTHLY: &str = "budget.monthly_usd";
/// Key of the limit of a session.
pub(crate) const SESSION: &str = "budget.session_usd";
/// Key of the limit of the background.
pub(crate) const HEARTBEAT: &str = "heartbeat.monthly_usd";

/// The limits that a call of this feature has to fit into, in the periods in which `now` lies.
///
/// # Errors
/// When the instant is beyond the calendar: then nothing may be spent.
pub(crate) fn limits(
    options: &AgentOptions,
    feature: Feature,
    session: Option<SessionId>,
    now: Timestamp,
) -> Result<Vec<Limit>, StorageError> {
    let beyond = |error: blufio_calendar::CalendarError| {
        StorageError::Unexpected(format!("the clock of this machine cannot be right: {error}"))
    };
    let (day, month) = (options.zone.day(now).map_err(beyond)?, options.zone.month(now).map_err(beyond)?);
    let limit = |name: &str, key: &str, scope, value, from, until| Limit {
        name: name.to_owned(),
        key: key.to_owned(),
        scope,
        value,
        from,
        until,
    };
    let budget = &options.budget;
    let in_session = session.zip(budget.session);
    let heartbeat = (feature == Feature::Heartbeat).then_some(options.heartbeat.monthly);
    let limits = [
        budget.daily.map(|value| limit("daily", DAILY, Scope::Agent, value, day.from, Some(day.until))),
        budget
            .monthly
            .map(|value| limit("monthly", MONTHLY, Scope::Agent, value, month.from, Some(month.until))),
        in_session.map(|(session, value)| {
            limit("session", SESSION, Scope::Session(session), value, Timestamp(0), None)
        }),
        heartbeat.map(|value| {
            limit("heartbeat", HEARTBEAT, Scope::Background, value, month.from, Some(month.until))
        }),
    ];
    Ok(limits.into_iter().flatten().collect())
}

/// Tells how the limits stand after a call.
pub(crate) async fn observe(shared: &Shared, purpose: &Purpose) {
    let now = shared.clock.now();
    let standings = match limits(&shared.options, purpose.feature, purpose.session, now) {
        Ok(limits) => shared.storage.standings(&limits).await,
        Err(error) => Err(error),
    };
    match standings {
        Ok(standings) => {
            for standing in &standings {
                shared.observe.record(Observation::Budget(standing));
            }
        }
        Err(error) => tracing::error!(%error, "it cannot be read how the limits stand"),
    }
}
