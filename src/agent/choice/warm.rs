// SPDX-License-Identifier: MIT OR Apache-2.0
//! Changing the model means that another cache is written from its beginning. While the cache of a stronger model is
//! warm, staying with it may be the cheaper way.
//!
//! A long conversation is moreover kept out of the fast model's cache while a stronger one has it: whoever says "thanks"
//! between two questions would otherwise have every part of it written twice, and once more each after every pause.

use super::{Facts, route_of};
use crate::budget::dollars;
use crate::options::Slots;
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::provider::Provider;
use blufio_core::route::{Decision, Route};
use blufio_core::time::Timestamp;
use std::time::Duration;

/// How long a cache lives after it was last used. A little less than it is: the time is taken when an answer is settled,
/// and the next call takes a moment to get there.
const LIFE: Duration = Duration::from_secs(5 * 60 - 15);
/// What an answer is assumed to have, tokens.
const ANSWER: u64 = 400;

/// A conversation longer than this is in one cache at a time, tokens: below it, moving costs less than it is worth
/// thinking about.
const SETTLED: u64 = 1_500;

/// What is expected of the prompt, tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// What stood in the last prompt already, and is cached where that one is warm.
    pub(crate) before: u64,
    /// What is new.
    pub(crate) new: u64,
}

/// The route to stay with.
pub(super) struct Stay {
    pub(super) route: Route,
    pub(super) reason: String,
}

/// The route of the model that is warm, if staying with it is not weaker and not dearer.
pub(super) fn stay(provider: &dyn Provider, slots: &Slots, facts: &Facts<'_>, wanted: Route) -> Option<Stay> {
    let model = slots.model(wanted);
    let warm = |(_, at): &&(Decision, Timestamp)| facts.now.since(*at) < LIFE;
    let name =
        |decision: &'_ Decision| decision.answered_by.clone().unwrap_or_else(|| decision.model.clone());
    let warm: Vec<String> = facts.cached.iter().filter(warm).map(|(decision, _)| name(decision)).collect();
    let last = warm.last()?;
    if wanted == Route::Fast && facts.prompt.before > SETTLED {
        let stronger = warm.iter().filter_map(|model| route_of(slots, model)).filter(|route| *route > wanted);
        if let Some(route) = stronger.min() {
            let reason = format!("the {route} model has this conversation in its cache");
            return Some(Stay { route, reason });
        }
    }
    if warm.iter().any(|other| other == model) {
        // Its own cache is warm too.
        return None;
    }
    let route = route_of(slots, last).filter(|route| *route >= wanted)?;
    let Prompt { before, new } = facts.prompt;
    let cached = if provider.model(last)?.cache_minimum <= before { before } else { 0 };
    let moving = Usage { cache_write_5m: before.saturating_add(new), output: ANSWER, ..Usage::default() };
    let staying = Usage {
        cache_read: cached,
        cache_write_5m: before.saturating_sub(cached).saturating_add(new),
        output: ANSWER,
        ..Usage::default()
    };
    let cost = |model: &str, usage: &Usage| -> Option<NanoUsd> {
        Some(provider.model(model)?.prices_at(facts.now)?.cost(usage))
    };
    let (moving, staying) = (cost(model, &moving)?, cost(last, &staying)?);
    (staying < moving).then(|| Stay {
        route,
        reason: format!(
            "the {route} model still has this conversation in its cache: about {}, and {} for the {wanted} one",
            dollars(staying),
            dollars(moving)
        ),
    })
}
