// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may be spent: the limits that hold now, how they stand, and raising them.
//!
//! A limit counts in a period: a day or a month of the agent's time zone, or a session. The periods are worked out anew
//! for each call, so that nothing has to happen at midnight.
//!
//! | room | holds |
//! |---|---|
//! | `room` | why a call has no room, and which limit it waits for |
//! | `waits` | conversations that wait for room, and what those are told who write meanwhile |
//! | `words` | what people are told |

mod room;
mod waits;
mod words;

pub(crate) use room::{Refused, hopeless, lasting};
pub(crate) use waits::{Waits, tell_behind};
pub(crate) use words::{Plan, behind, busy, dollars, line, name_of, refused, warning};

use crate::context::Shared;
use crate::options::BudgetOptions;
use crate::spend::Purpose;
use blufio_calendar::{CalendarError, Zone};
use blufio_core::control::BudgetReport;
use blufio_core::ids::SessionId;
use blufio_core::money::NanoUsd;
use blufio_core::observe::Observation;
use blufio_core::storage::{Feature, Limit, Scope, Standing, Storage, StorageError};
use blufio_core::time::Timestamp;

/// What a limit of a session counts from.
const EVER: Timestamp = Timestamp(0);

/// What the operator has set.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Where days and months begin.
    pub zone: &'a Zone,
    /// The limits of everything.
    pub budget: &'a BudgetOptions,
    /// What the background may spend in a month.
    pub heartbeat: NanoUsd,
}

/// Why a limit was not raised.
#[derive(Debug, thiserror::Error)]
pub enum RaiseError {
    /// There is no such limit. A retry does not help.
    #[error("there is no limit {0:?}; those that can be raised are daily, monthly and heartbeat")]
    Unknown(String),
    /// Nothing is limited there. A retry does not help.
    #[error("there is no {0} limit: its key is set to none")]
    Unset(String),
    /// Not an amount. A retry does not help.
    #[error("a limit is raised by more than nothing and by at most $1,000,000")]
    Amount,
    /// It was not stored. A retry helps where the error says so.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The limits that a call of this feature has to fit into, in the periods in which `now` lies.
///
/// # Errors
/// When the instant is beyond the calendar: then nothing may be spent.
pub fn limits(
    terms: Terms<'_>,
    feature: Feature,
    session: Option<SessionId>,
    now: Timestamp,
) -> Result<Vec<Limit>, StorageError> {
    let wrong = |error: CalendarError| {
        StorageError::Unexpected(format!("the clock of this machine cannot be right: {error}"))
    };
    let (day, month) = (terms.zone.day(now).map_err(wrong)?, terms.zone.month(now).map_err(wrong)?);
    let limit = |name: &str, key: &str, scope, value, from, until| Limit {
        name: name.to_owned(),
        key: key.to_owned(),
        scope,
        value,
        from,
        until,
    };
    let budget = terms.budget;
    let (today, this_month) = ((day.from, Some(day.until)), (month.from, Some(month.until)));
    let limits = [
        budget.daily.map(|value| limit("daily", "budget.daily_usd", Scope::Agent, value, today.0, today.1)),
        budget.monthly.map(|value| {
            limit("monthly", "budget.monthly_usd", Scope::Agent, value, this_month.0, this_month.1)
        }),
        session.zip(budget.session).map(|(session, value)| {
            limit("session", "budget.session_usd", Scope::Session(session), value, EVER, None)
        }),
        (feature == Feature::Heartbeat).then(|| {
            let key = "heartbeat.monthly_usd";
            limit("heartbeat", key, Scope::Background, terms.heartbeat, this_month.0, this_month.1)
        }),
    ];
    Ok(limits.into_iter().flatten().collect())
}

/// How all limits stand; the one of a session only where one is given.
///
/// # Errors
/// When it cannot be read.
pub async fn report(
    storage: &dyn Storage,
    terms: Terms<'_>,
    session: Option<SessionId>,
    now: Timestamp,
) -> Result<BudgetReport, StorageError> {
    let limits = limits(terms, Feature::Heartbeat, session, now)?;
    Ok(BudgetReport { standings: storage.standings(&limits).await?, standstill: storage.standstill().await? })
}

/// Raises a limit (`daily`, `monthly` or `heartbeat`) until its period ends, and makes the messages due that wait for
/// room. Whoever runs an agent wakes it afterwards: [`Agent::wake_dispatcher`](crate::Agent::wake_dispatcher).
///
/// # Errors
/// See [`RaiseError`].
pub async fn raise(
    storage: &dyn Storage,
    terms: Terms<'_>,
    name: &str,
    by: NanoUsd,
    now: Timestamp,
) -> Result<(), RaiseError> {
    if by.0 <= 0 || by > MOST_RAISED {
        return Err(RaiseError::Amount);
    }
    if !["daily", "monthly", "heartbeat"].contains(&name) {
        return Err(RaiseError::Unknown(name.to_owned()));
    }
    let limits = limits(terms, Feature::Heartbeat, None, now)?;
    let limit = limits.into_iter().find(|limit| limit.name == name);
    let limit = limit.ok_or_else(|| RaiseError::Unset(name.to_owned()))?;
    storage.raise(&limit, by, now).await?;
    tracing::info!(limit = name, %by, "a limit was raised until it resets");
    Ok(())
}

/// Most that a limit is raised by at once.
const MOST_RAISED: NanoUsd = NanoUsd(1_000_000 * 1_000_000_000);

/// How the limits stand into which a call has to fit.
pub(crate) async fn standings(
    shared: &Shared,
    feature: Feature,
    session: Option<SessionId>,
) -> Result<Vec<Standing>, StorageError> {
    let limits = limits(shared.options.terms(), feature, session, shared.clock.now())?;
    shared.storage.standings(&limits).await
}

/// Names the occasion of the warning of a limit: once a period.
pub(crate) fn occasion(limit: &Limit) -> String {
    match limit.scope {
        Scope::Session(session) => format!("warned:{}:{session}", limit.name),
        Scope::Agent | Scope::Background => format!("warned:{}:{}", limit.name, limit.from.0),
    }
}

/// Tells how the limits stand after a call.
pub(crate) async fn observe(shared: &Shared, purpose: &Purpose) {
    match standings(shared, purpose.feature, purpose.session).await {
        Ok(standings) => {
            for standing in &standings {
                shared.observe.record(Observation::Budget(standing));
            }
        }
        Err(error) => tracing::error!(%error, "it cannot be read how the limits stand"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(feature: Feature, session: Option<SessionId>, budget: &BudgetOptions) -> Vec<String> {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let terms = Terms { zone: &zone, budget, heartbeat: NanoUsd(1) };
        let limits = limits(terms, feature, session, Timestamp(1_795_380_000_000)).unwrap();
        limits.into_iter().map(|limit| limit.name).collect()
    }

    #[test]
    fn only_the_background_counts_against_its_own_limit() {
        let budget =
            BudgetOptions { daily: Some(NanoUsd(1)), monthly: Some(NanoUsd(2)), ..BudgetOptions::default() };
        assert_eq!(names(Feature::Turn, None, &budget), ["daily", "monthly"]);
        assert_eq!(names(Feature::Heartbeat, None, &budget), ["daily", "monthly", "heartbeat"]);
    }

    #[test]
    fn a_session_has_a_limit_only_where_one_is_set() {
        let none = BudgetOptions::default();
        assert_eq!(names(Feature::Turn, Some(SessionId(1)), &none), [""; 0]);
        let some = BudgetOptions { session: Some(NanoUsd(1)), ..none };
        assert_eq!(names(Feature::Turn, Some(SessionId(1)), &some), ["session"]);
        assert_eq!(names(Feature::Turn, None, &some), [""; 0]);
    }

    #[test]
    fn a_clock_beyond_the_calendar_allows_nothing() {
        let terms = Terms { zone: &Zone::utc(), budget: &BudgetOptions::default(), heartbeat: NanoUsd(1) };
        assert!(limits(terms, Feature::Turn, None, Timestamp(i64::MAX)).is_err());
    }
}
