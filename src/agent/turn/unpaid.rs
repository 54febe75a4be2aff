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
use blufio_core::storage::{Feature, Standing, StorageError, TurnOutcome};

impl Turn<'_> {
    pub(super) async fn no_budget(
        &mut self,
        refused: Refused,
        end: &mut Option<End>,
    ) -> Result<Signal, StorageError> {
        if refused.passes() {
            // Calls that run now hold the room, for longer than this turn could wait.
            self.record.waited.push(format!("{}busy", budget::WAITS));
            let reason = format!("{}{}, calls under way", budget::WAITS, refused.standing.limit.name);
            *end = Some(End::Defer { until: pause(0), reason, tell: None });
            return Ok(Signal::Deferred);
        }
        if let Some((_, error)) = self.failures.last() {
            // This is a model in place of another one, and may be a dearer one.
            let kind = error.kind;
            self.failures.push((self.model(), spend::unpayable(&self.model())));
            if self.fall_back(kind) {
                return Ok(Signal::Rerouted);
            }
            return Ok(self.give_up_for_now(end));
        }
        let standings = budget::standings(self.shared, Feature::Turn, self.session).await?;
        if self.downgrade(&standings, &refused) {
            return Ok(Signal::Rerouted);
        }
        let standing = budget::lasting(standings, refused.worst).unwrap_or(refused.standing);
        Ok(self.unpaid(Refused { standing, worst: refused.worst }, end))
    }

    /// Goes over to the strongest weaker model that has room; says whether there is one.
    fn downgrade(&mut self, standings: &[Standing], refused: &Refused) -> bool {
        let Some(meant) = self.record.decision.as_ref().map(|decision| decision.route) else { return false };
        let weaker = Route::ALL.into_iter().rev().filter(|route| *route < meant);
        let fitting = weaker.into_iter().find(|route| {
            let fits = |worst: NanoUsd| standings.iter().all(|standing| standing.has_room_for(worst));
            self.worst(*route).is_some_and(fits)
        });
        let Some((route, decision)) = fitting.zip(self.record.decision.as_mut()) else { return false };
        let name = budget::name_of(&refused.standing.limit.name);
        let why = format!("{name} has no room for the {meant} one");
        let slots = &self.shared.options.routing.slots;
        self.record
            .remarks
            .push(format!("({} answered: {why}. /budget shows more.)", choice::the(slots, route)));
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

    /// Waits for the limit, or declines.
    fn unpaid(&mut self, refused: Refused, end: &mut Option<End>) -> Signal {
        let limit = &refused.standing.limit;
        let zone = &self.shared.options.zone;
        match limit.until.filter(|_| self.shared.options.budget.when_spent == WhenSpent::Wait) {
            Some(until) => {
                let reason = format!("{}{}", budget::WAITS, limit.name);
                let occasion = format!("{reason}:{}", limit.from.0);
                let told = self.record.waited.contains(&occasion);
                self.record.waited.push(occasion);
                self.record.told = true;
                if self.record.steps.is_empty() {
                    // Decided anew then: there will be more to spend.
                    self.record.decision = None;
                    self.record.remarks.clear();
                }
                let tell = (!told).then(|| budget::refused(&refused, zone, Plan::Waits));
                *end = Some(End::Defer { until: until.since(self.shared.clock.now()), reason, tell });
                Signal::Deferred
            }
            None => {
                let told = budget::refused(&refused, zone, Plan::Declined);
                self.concluded(end, TurnOutcome::Failed, &told)
            }
        }
    }
}
