// SPDX-License-Identifier: MIT OR Apache-2.0
//! A call has no room in the budget: a weaker model that has is asked, or the message waits, or it is declined.

use super::{End, Turn, pause};
use crate::budget::{self, Plan, Refused};
use crate::choice;
use crate::options::WhenSpent;
use crate::spend;
use crate::stage::Signal;
use blufio_core::money::NanoUsd;
use blufio_core::route::Route;
use blufio_core::storage::{Feature, Standing, StorageError, TurnOutcome, WAITS_FOR_BUDGET};

/// So many occasions of waiting are remembered, so that none is told twice.
const MOST_OCCASIONS: usize = 8;

/// Room that a turn is put back for.
#[derive(Debug)]
pub(super) struct Awaited {
    /// The limit and its period.
    occasion: String,
    /// The least that is needed.
    worst: NanoUsd,
    /// What those are told who write meanwhile.
    behind: String,
}

impl Turn<'_> {
    pub(super) async fn no_budget(
        &mut self,
        refused: Refused,
        end: &mut Option<End>,
    ) -> Result<Signal, StorageError> {
        if refused.passes() {
            return Ok(self.busy(&refused.standing, end));
        }
        if let Some((_, error)) = self.failures.last() {
            // This is a model in place of another one, and may be a dearer one.
            let kind = error.kind;
            self.refusals.push((self.model(), refused));
            if self.fall_back(kind) {
                return Ok(Signal::Rerouted);
            }
            return self.give_up_for_now(end).await;
        }
        let standings = budget::standings(self.shared, Feature::Turn, self.session).await?;
        if !self.pinned && self.downgrade(&standings, &refused) {
            return Ok(Signal::Rerouted);
        }
        let least = if self.pinned {
            refused.worst
        } else {
            self.least().unwrap_or(refused.worst).min(refused.worst)
        };
        Ok(self.unpaid(&standings, Refused { worst: least, ..refused }, end))
    }

    /// Calls that run now hold the room, for longer than this turn could wait. These tries count: what never ends must
    /// not be waited for without end.
    fn busy(&mut self, standing: &Standing, end: &mut Option<End>) -> Signal {
        let first = self.is_new(format!("{WAITS_FOR_BUDGET}busy"));
        let reason = format!("{WAITS_FOR_BUDGET}{}, calls under way", standing.limit.name);
        *end = Some(End::Defer { until: pause(0), reason, tell: first.then(|| budget::busy(standing)) });
        Signal::Deferred
    }

    /// Remembers for what the turn waits; says whether that is new.
    fn is_new(&mut self, occasion: String) -> bool {
        let waited = &mut self.record.waited;
        if waited.contains(&occasion) {
            return false;
        }
        waited.push(occasion);
        let surplus = waited.len().saturating_sub(MOST_OCCASIONS);
        waited.drain(..surplus);
        true
    }

    /// Weaker routes than the one that was decided, the strongest first.
    fn weaker(&self) -> impl Iterator<Item = Route> + use<> {
        let meant = self.record.decision.as_ref().map(|decision| decision.route);
        Route::ALL.into_iter().rev().filter(move |route| meant.is_some_and(|meant| *route < meant))
    }

    /// The most that the next call costs on the cheapest of the weaker routes.
    fn least(&self) -> Option<NanoUsd> {
        self.weaker().filter_map(|route| self.worst(route)).min()
    }

    /// The strongest weaker route whose call has room.
    fn fitting(&self, standings: &[Standing]) -> Option<Route> {
        let fits = |worst: NanoUsd| standings.iter().all(|standing| standing.has_room_for(worst));
        self.weaker().find(|route| self.worst(*route).is_some_and(fits))
    }

    /// Goes over to the strongest weaker model that has room; says whether there is one.
    fn downgrade(&mut self, standings: &[Standing], refused: &Refused) -> bool {
        let fitting = self.fitting(standings);
        let Some((route, decision)) = fitting.zip(self.record.decision.as_mut()) else { return false };
        let name = budget::name_of(&refused.standing.limit.name);
        let why = format!("{name} has no room for the {} one", decision.route);
        let slots = &self.shared.options.routing.slots;
        self.record.remarks =
            vec![format!("({} answered: {why}. /budget shows more.)", choice::the(slots, route))];
        decision.route = route;
        decision.model = slots.model(route).to_owned();
        decision.reasons.insert(0, why);
        self.forget_thinking();
        true
    }

    /// The most that the next call costs on a route; `None` where its model cannot take it.
    fn worst(&self, route: Route) -> Option<NanoUsd> {
        let model = self.shared.options.routing.slots.model(route);
        let spec = self.shared.provider.model(model)?;
        if self.has_pictures() && !spec.images {
            return None;
        }
        spend::worst(spec, &self.request(model), self.shared.clock.now())
    }

    /// Waits for the limit, or declines. `refused`: the cheapest call that could answer.
    pub(super) fn unpaid(
        &mut self,
        standings: &[Standing],
        refused: Refused,
        end: &mut Option<End>,
    ) -> Signal {
        let worst = refused.worst;
        let zone = &self.shared.options.zone;
        if let Some(standing) = budget::hopeless(standings, worst) {
            let refused = Refused { standing: standing.clone(), worst };
            let told = budget::refused(&refused, zone, Plan::Never);
            return self.concluded(end, TurnOutcome::Failed, &told);
        }
        let Some(standing) = budget::lasting(standings.to_vec(), worst) else {
            // Calls that run now hold the room for it.
            return self.busy(&refused.standing, end);
        };
        let refused = Refused { standing, worst };
        let limit = &refused.standing.limit;
        let other = self.fitting(standings).filter(|_| self.pinned).map_or_else(String::new, |route| {
            format!(
                " The {route} model would have room: write “/stop”, and it again with “!{route}” before it."
            )
        });
        match limit.until.filter(|_| self.shared.options.budget.when_spent == WhenSpent::Wait) {
            Some(until) => {
                let reason = format!("{WAITS_FOR_BUDGET}{}", limit.name);
                let occasion = format!("{reason}:{}", limit.from.0);
                let behind = budget::behind(&refused.standing, zone);
                self.awaited = Some(Awaited { occasion: occasion.clone(), worst, behind });
                let new = self.is_new(occasion);
                self.record.waits = self.record.waits.saturating_add(1);
                self.record.told = true;
                if self.record.steps.is_empty() {
                    // Decided anew then: there will be more to spend.
                    self.record.decision = None;
                    self.record.remarks.clear();
                }
                let tell = new.then(|| format!("{}{other}", budget::refused(&refused, zone, Plan::Waits)));
                *end = Some(End::Defer { until: until.since(self.shared.clock.now()), reason, tell });
                Signal::Deferred
            }
            None => {
                let told = format!("{}{other}", budget::refused(&refused, zone, Plan::Declined));
                self.concluded(end, TurnOutcome::Failed, &told)
            }
        }
    }

    /// The turn stands in the queue again, and waits for room. Whoever raised the limit while it was on its way there
    /// did not find it: it is tried once more where there is room by now.
    pub(super) async fn await_room(&self, awaited: Awaited) {
        let Awaited { occasion, worst, behind } = awaited;
        self.shared.waits.begin(&self.conversation, occasion, behind);
        let looked = async {
            let standings = budget::standings(self.shared, Feature::Turn, self.session).await?;
            if standings.iter().all(|standing| standing.has_room_for(worst)) {
                self.shared.storage.release(WAITS_FOR_BUDGET, self.shared.clock.now()).await?;
                self.shared.queue_changed.notify_one();
            }
            Ok::<(), StorageError>(())
        };
        if let Err(error) = looked.await {
            tracing::error!(id = %self.claim.id, %error, "it cannot be read how the limits stand; the message waits until they reset");
        }
    }
}
