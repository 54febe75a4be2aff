// SPDX-License-Identifier: MIT OR Apache-2.0
//! Something that changes at every look, and never in a way that is worth telling (a page with a clock on it, a log
//! that grows), is looked at less and less often: else each look would be a question to the model, for ever.

use crate::options::HeartbeatOptions;
use blufio_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

/// So many changes that were not worth telling make no difference.
const FREE: u32 = 3;
/// Longest rest; and one that did not change for so long is as good as new.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// How much of what changes at one target was not worth telling.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Calm {
    /// Changes that were not worth telling, since one was.
    changes: u32,
    /// When the last of them was found.
    last: Option<Timestamp>,
    /// Until then it is not looked at.
    until: Option<Timestamp>,
    /// The configuration under which that was found: another one begins anew.
    terms: u64,
}

impl Calm {
    /// One more change was not worth telling.
    pub(super) fn after_nothing(self, options: &HeartbeatOptions, now: Timestamp) -> Self {
        let terms = terms(options);
        let known = if self.terms == terms { self.changes } else { 0 };
        let changes = known.saturating_add(1);
        let doublings = changes.checked_sub(FREE).map(|more| more.saturating_add(1));
        let rest =
            doublings.map(|times| options.interval.saturating_mul(2_u32.saturating_pow(times)).min(LONGEST));
        Self { changes, last: Some(now), until: rest.map(|rest| now.after(rest)), terms }
    }

    /// It did not change: if that is so for long, it does not change all the time.
    pub(super) fn unchanged(self, now: Timestamp) -> Self {
        match self.last {
            Some(last) if last > now || now.since(last) >= LONGEST => Self::default(),
            _ => self,
        }
    }

    /// Until when it is not looked at, if it is not now. An instant further away than any rest comes from a clock that
    /// was set.
    pub(super) fn rests(&self, options: &HeartbeatOptions, now: Timestamp) -> Option<Timestamp> {
        let until = self.until.filter(|_| self.terms == terms(options))?;
        (now < until && until.since(now) <= LONGEST).then_some(until)
    }
}

/// What of the configuration counts. A program that reckons it otherwise begins anew, which does no harm.
fn terms(options: &HeartbeatOptions) -> u64 {
    let mut hasher = DefaultHasher::new();
    (options.interval, &options.model, &options.watch).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AgentOptions;

    fn options() -> HeartbeatOptions {
        HeartbeatOptions { interval: Duration::from_secs(1_800), ..AgentOptions::default().heartbeat }
    }

    #[test]
    fn three_are_free_and_then_the_rests_double_up_to_a_day() {
        let (mut calm, mut rests) = (Calm::default(), Vec::new());
        for _ in 0..9 {
            calm = calm.after_nothing(&options(), Timestamp(0));
            rests.push(calm.rests(&options(), Timestamp(0)).map_or(0, |until| until.0 / 3_600_000));
        }
        assert_eq!(rests, [0, 0, 1, 2, 4, 8, 16, 24, 24]);
    }

    #[test]
    fn another_configuration_a_day_without_a_change_and_a_clock_set_back_begin_anew() {
        let mut calm = Calm::default();
        for _ in 0..5 {
            calm = calm.after_nothing(&options(), Timestamp(0));
        }
        assert!(calm.rests(&options(), Timestamp(1)).is_some());
        let other = HeartbeatOptions { watch: vec!["/b".into()], ..options() };
        assert_eq!(calm.rests(&other, Timestamp(1)), None);
        assert_eq!(calm.clone().after_nothing(&other, Timestamp(1)).changes, 1);
        assert_eq!(calm.rests(&options(), Timestamp(-48 * 3_600_000)), None);
        assert_eq!(calm.clone().unchanged(Timestamp(3_600_000)), calm);
        assert_eq!(calm.unchanged(Timestamp(24 * 3_600_000)), Calm::default());
    }
}
