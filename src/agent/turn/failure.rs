// SPDX-License-Identifier: MIT OR Apache-2.0
//! A model did not answer: another one is asked, or the message waits, or it is given up.

use super::{End, LONGEST_ASKED_PAUSE, Turn, pause};
use crate::budget;
use crate::choice;
use crate::ending;
use crate::frame;
use crate::stage::Signal;
use blufio_core::observe::Observation;
use blufio_core::provider::{ProviderError, ProviderErrorKind};
use blufio_core::route::Route;
use blufio_core::storage::{Feature, StorageError, TurnOutcome};

/// Whether another model may do better: the failure lies with the one that was asked.
fn is_the_models(kind: ProviderErrorKind) -> bool {
    matches!(
        kind,
        ProviderErrorKind::Overloaded
            | ProviderErrorKind::Server
            | ProviderErrorKind::Timeout
            | ProviderErrorKind::Connection
            | ProviderErrorKind::RateLimited { .. }
            | ProviderErrorKind::NotFound
            | ProviderErrorKind::Permission
            | ProviderErrorKind::UnknownModel
    )
}

impl Turn<'_> {
    pub(super) async fn failed(
        &mut self,
        error: ProviderError,
        end: &mut Option<End>,
    ) -> Result<Signal, StorageError> {
        tracing::warn!(id = %self.claim.id, model = self.model(), class = error.kind.class(), error = error.message, request_id = error.request_id, "the model did not answer");
        let too_long = matches!(error.kind, ProviderErrorKind::ContextOverflow | ProviderErrorKind::TooLarge);
        if too_long && self.shorten().await? {
            return Ok(Signal::Shortened);
        }
        let kind = error.kind;
        self.failures.push((self.model(), error));
        if is_the_models(kind) && self.fall_back(kind) {
            return Ok(Signal::Rerouted);
        }
        self.give_up_for_now(end).await
    }

    /// Goes over to the next model of the configuration that has not failed in this turn; says whether there is one. A
    /// route that the person has asked for is never exceeded.
    pub(super) fn fall_back(&mut self, kind: ProviderErrorKind) -> bool {
        let routing = &self.shared.options.routing;
        let pictures = self.has_pictures();
        let most = self.record.decision.as_ref().filter(|_| self.pinned).map(|decision| decision.route);
        let next =
            routing.fallback.iter().copied().filter(|route| most.is_none_or(|most| *route <= most)).find(
                |route| {
                    let model = routing.slots.model(*route);
                    let failed = self.failures.iter().any(|(failed, _)| failed == model)
                        || self.refusals.iter().any(|(refused, _)| refused == model);
                    let sees = !pictures || choice::can_see(self.shared.provider.as_ref(), model);
                    !failed && sees && self.shared.provider.model(model).is_some()
                },
            );
        let (Some(route), Some(decision)) = (next, &mut self.record.decision) else { return false };
        self.shared.observe.record(Observation::FellBack { class: kind.class() });
        decision.answered_by = Some(routing.slots.model(route).to_owned());
        self.forget_thinking();
        true
    }

    /// No model has answered.
    pub(super) async fn give_up_for_now(&mut self, end: &mut Option<End>) -> Result<Signal, StorageError> {
        if let Some(decision) = &mut self.record.decision {
            decision.answered_by = None;
        }
        let failures = std::mem::take(&mut self.failures);
        let refusals = std::mem::take(&mut self.refusals).into_iter().map(|(_, refused)| refused);
        let Some(error) = weightiest(failures) else {
            return Ok(self.concluded(end, TurnOutcome::Failed, ending::NO_WORDS));
        };
        if is_the_models(error.kind)
            && !error.kind.is_retryable()
            && let Some(refused) = refusals.min_by_key(|refused| refused.worst)
        {
            // The others cannot be used, and this one could, if there were more to spend.
            let standings = budget::standings(self.shared, Feature::Turn, self.session).await?;
            return Ok(self.unpaid(&standings, refused, end));
        }
        if !error.kind.is_retryable() {
            let told = ending::failed(&error);
            if !self.record.steps.is_empty() || ending::is_the_owners(error.kind) {
                return Ok(self.concluded(end, TurnOutcome::Failed, &told));
            }
            // What was asked may be what the model cannot take: it must not stand in the way of all that follows.
            *end = Some(End::say(TurnOutcome::Failed, told));
            return Ok(Signal::Concluded);
        }
        let wait = match error.kind {
            ProviderErrorKind::RateLimited { retry_after: Some(wait) } => wait.min(LONGEST_ASKED_PAUSE),
            _ => pause(self.tries()),
        };
        let tell = (!self.record.told).then(|| ending::deferred(&error, wait));
        self.record.told = true;
        *end = Some(End::Defer { until: wait, reason: error.to_string(), tell });
        Ok(Signal::Deferred)
    }

    /// Thinking belongs to the model that wrote it and to what stood before it.
    pub(super) fn forget_thinking(&mut self) {
        let steps = std::mem::take(&mut self.record.steps);
        self.record.steps = steps.into_iter().map(frame::for_transcript).collect();
    }

    /// What the person is told of a model that answered in place of the one that was meant.
    pub(super) fn replaced(&self) -> Option<String> {
        let decision = self.record.decision.as_ref()?;
        let used = choice::route_of(&self.shared.options.routing.slots, decision.answered_by.as_ref()?)?;
        let why = self.failures.first().map(|(_, error)| ending::reason(error.kind));
        let used = (used, choice::the(&self.shared.options.routing.slots, used));
        another_answered(used, decision.route, why)
    }
}

fn another_answered(used: (Route, String), meant: Route, why: Option<&str>) -> Option<String> {
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    (used.0 != meant).then(|| format!("({} answered, because the {meant} one could not{why}.)", used.1))
}

/// Of failures of several models, the one that says what becomes of the message: what the account or the request is to
/// blame for, else one that passes by itself, else the first.
fn weightiest(failures: Vec<(String, ProviderError)>) -> Option<ProviderError> {
    let mut errors: Vec<ProviderError> = failures.into_iter().map(|(_, error)| error).collect();
    let kinds = || errors.iter().map(|error| error.kind);
    let at = kinds()
        .position(|kind| !kind.is_retryable() && !is_the_models(kind))
        .or_else(|| kinds().position(ProviderErrorKind::is_retryable))
        .unwrap_or(0);
    (at < errors.len()).then(|| errors.swap_remove(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(kinds: &[ProviderErrorKind]) -> Option<ProviderErrorKind> {
        let error = |kind| ProviderError {
            kind,
            message: String::new(),
            usage: Default::default(),
            request_id: None,
        };
        weightiest(kinds.iter().map(|kind| (String::new(), error(*kind))).collect()).map(|error| error.kind)
    }

    #[test]
    fn what_passes_by_itself_makes_a_message_wait_and_what_does_not_ends_it() {
        use ProviderErrorKind::{Authentication, NotFound, Overloaded, Permission};
        assert_eq!(weighed(&[NotFound, Overloaded]), Some(Overloaded));
        assert_eq!(weighed(&[Overloaded, NotFound]), Some(Overloaded));
        assert_eq!(weighed(&[Permission, NotFound]), Some(Permission));
        assert_eq!(weighed(&[Overloaded, Authentication]), Some(Authentication));
        assert_eq!(weighed(&[]), None);
    }

    #[test]
    fn a_model_in_place_of_another_is_worth_a_word_be_it_weaker_or_dearer() {
        let used = |route| (route, "The model".to_owned());
        assert_eq!(another_answered(used(Route::Fast), Route::Fast, None), None);
        assert_eq!(
            another_answered(used(Route::Deep), Route::Fast, None).unwrap(),
            "(The model answered, because the fast one could not.)"
        );
        assert_eq!(
            another_answered(used(Route::Fast), Route::Deep, Some("it is overloaded")).unwrap(),
            "(The model answered, because the deep one could not: it is overloaded.)"
        );
    }
}
