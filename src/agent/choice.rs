// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which model answers a message: what the person wants, what the words need, what is warm, and what is left to spend.
//!
//! The strongest word first: `!deep` before the message, the pin of the conversation, the configuration, and only then
//! the message itself. Where nobody has asked for a route, a warm cache may keep the conversation on a stronger model,
//! and a budget that is nearly spent may move it to a weaker one.
//!
//! | room | holds |
//! |---|---|
//! | `warm` | what leaving a warm cache costs |
//! | `earlier` | the last messages of the conversation and the routes they took |

mod earlier;
mod warm;

pub(crate) use earlier::earlier;
pub(crate) use warm::Prompt;

use crate::budget::name_of;
use crate::options::{RoutingOptions, Slots};
use blufio_core::provider::Provider;
use blufio_core::route::{Decision, Route};
use blufio_core::storage::Standing;
use blufio_core::time::Timestamp;
use blufio_routing::Signals;

/// From this on a deep route that nobody has asked for becomes a standard one, hundredths of a limit.
pub(crate) const TIGHT: i64 = 80;
/// From this on every route that nobody has asked for becomes the fast one.
const NEARLY_SPENT: i64 = 95;

/// What a decision is made from.
pub(crate) struct Facts<'a> {
    /// The route that stands before the message.
    pub(crate) once: Option<Route>,
    /// The route that the person has pinned.
    pub(crate) pin: Option<Route>,
    pub(crate) signals: Signals<'a>,
    /// What was decided for the last answers, oldest first, and when; those whose prompt began like the next one.
    pub(crate) cached: &'a [(Decision, Timestamp)],
    /// How large the prompt will be.
    pub(crate) prompt: Prompt,
    /// Whether there are pictures in it.
    pub(crate) pictures: bool,
    /// How the limits stand.
    pub(crate) standings: &'a [Standing],
    pub(crate) now: Timestamp,
}

/// A decision, and what follows from it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) decision: Decision,
    /// Id of the model that would answer if there were enough to spend.
    pub(crate) intended: String,
    /// For the person, with the answer.
    pub(crate) remark: Option<String>,
    /// Whether the budget has weakened it.
    pub(crate) downgraded: bool,
}

/// Decides which model answers. Asks nobody and waits for nothing.
pub(crate) fn choose(provider: &dyn Provider, routing: &RoutingOptions, facts: &Facts<'_>) -> Choice {
    let slots = &routing.slots;
    let (mut route, mut reasons, free) = wanted(routing, facts);
    let mut meant = route;
    let mut remark = None;
    let mut downgraded = false;
    if free != Free::Bound {
        if free == Free::Undecided
            && let Some(stay) = warm::stay(provider, slots, facts, route)
        {
            route = stay.route;
            reasons.insert(0, stay.reason);
        }
        meant = route;
        if let Some((weaker, why)) = pressed(route, facts.standings) {
            remark = (slots.model(weaker) != slots.model(route)).then(|| {
                format!("({} answered, not the {route} one: {why}. /budget shows more.)", the(slots, weaker))
            });
            reasons.insert(0, why);
            route = weaker;
            downgraded = true;
        }
    }
    if let Some(seeing) = facts.pictures.then(|| sees(provider, slots, route)).flatten() {
        reasons.insert(0, format!("the {route} model cannot look at pictures"));
        route = seeing;
    }
    if let Some(seeing) = facts.pictures.then(|| sees(provider, slots, meant)).flatten() {
        meant = seeing;
    }
    let model = slots.model(route).to_owned();
    let intended = slots.model(meant).to_owned();
    let decision = Decision { route, reasons, model, ..Decision::default() };
    Choice { decision, intended, remark, downgraded }
}

/// What may still change a route.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Free {
    /// The person has asked for it: nothing.
    Bound,
    /// The configuration holds for every message: only the budget.
    Configured,
    /// The message's own words: whatever saves money.
    Undecided,
}

fn wanted(routing: &RoutingOptions, facts: &Facts<'_>) -> (Route, Vec<String>, Free) {
    if let Some(route) = facts.once {
        return (route, vec![format!("you asked for it with !{route}")], Free::Bound);
    }
    if let Some(route) = facts.pin {
        return (route, vec![format!("you pinned it with /model {route}")], Free::Bound);
    }
    if let Some(route) = routing.always {
        return (route, vec![format!("routing.mode is {route}")], Free::Configured);
    }
    let verdict = blufio_routing::decide(&facts.signals);
    (verdict.route, verdict.reasons, Free::Undecided)
}

/// The route that a budget has room for that is nearly spent, and why.
fn pressed(route: Route, standings: &[Standing]) -> Option<(Route, String)> {
    let tightest = standings.iter().max_by_key(|standing| standing.percent())?;
    let weaker = match tightest.percent() {
        NEARLY_SPENT.. => Route::Fast,
        TIGHT.. => route.min(Route::Standard),
        _ => route,
    };
    let why = || format!("{} % of {} is spent", tightest.percent(), name_of(&tightest.limit.name));
    (weaker < route).then(|| (weaker, why()))
}

/// The next route whose model can look at pictures, stronger ones first; `None` where this one can, or none.
fn sees(provider: &dyn Provider, slots: &Slots, route: Route) -> Option<Route> {
    // A model that is not known is no matter of pictures.
    if provider.model(slots.model(route)).is_none_or(|spec| spec.images) {
        return None;
    }
    let stronger = Route::ALL.into_iter().filter(|other| *other > route);
    let weaker = Route::ALL.into_iter().rev().filter(|other| *other < route);
    stronger.chain(weaker).find(|other| can_see(provider, slots.model(*other)))
}

/// Whether a model is known and can look at pictures.
pub(crate) fn can_see(provider: &dyn Provider, model: &str) -> bool {
    provider.model(model).is_some_and(|spec| spec.images)
}

/// A model in a sentence that begins with it.
pub(crate) fn the(slots: &Slots, route: Route) -> String {
    format!("The {route} model ({})", slots.model(route))
}

/// The route that a model stands for.
pub(crate) fn route_of(slots: &Slots, model: &str) -> Option<Route> {
    Route::ALL.into_iter().find(|route| slots.model(*route) == model)
}

#[cfg(test)]
mod tests;
