// SPDX-License-Identifier: MIT OR Apache-2.0
//! How often a stretch is tried again from which nothing could be learned.

use crate::background;
use crate::context::Shared;
use blufio_core::ids::{MessageId, SessionId};
use blufio_core::storage::{Quiet, StorageError};
use blufio_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Name of the note.
const NOTE: &str = "memory:tries";
/// After so many tries that came to nothing a stretch is given up: every one may have to be paid.
const MOST: u32 = 3;
/// The rest behind the first try; behind each further one it is so many times as long, so that the last try comes after
/// most outages.
const REST: Duration = Duration::from_secs(30 * 60);
const LONGER: u32 = 24;
/// Stretches that are remembered. Beyond, the oldest are forgotten, which only means more tries.
const REMEMBERED: usize = 256;

/// Tries that came to nothing, by session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Tries(BTreeMap<SessionId, Tried>);

/// Tries of one stretch. Each is counted before it is made, so that one that takes the process down is counted too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tried {
    /// Where the stretch begins.
    after: Option<MessageId>,
    tries: u32,
    rest_until: Timestamp,
}

impl Tries {
    pub(super) async fn read(shared: &Shared) -> Result<Self, StorageError> {
        Ok(background::noted(shared, NOTE).await?.unwrap_or_default())
    }

    pub(super) async fn keep(&self, shared: &Shared) -> Result<(), StorageError> {
        shared.storage.note(vec![background::note(NOTE, self)?]).await
    }

    /// Sessions that were tried. No others rest.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn of(&self, quiet: &Quiet) -> Option<&Tried> {
        self.0.get(&quiet.session).filter(|tried| tried.after == quiet.after)
    }

    /// Whether nothing is to be tried now. An instant further away than any rest comes from a clock that was set.
    pub(super) fn rests(&self, quiet: &Quiet, now: Timestamp) -> bool {
        let longest = REST.saturating_mul(LONGER.saturating_pow(MOST));
        self.of(quiet).is_some_and(|tried| now < tried.rest_until && tried.rest_until.since(now) <= longest)
    }

    /// Whether it was tried often enough.
    pub(super) fn are_over(&self, quiet: &Quiet) -> bool {
        self.of(quiet).is_some_and(|tried| tried.tries >= MOST)
    }

    /// With one more try.
    pub(super) fn after_try(&self, quiet: &Quiet, now: Timestamp) -> Self {
        let tries = self.of(quiet).map_or(0, |tried| tried.tries);
        let rest = REST.saturating_mul(LONGER.saturating_pow(tries));
        let tried = Tried { after: quiet.after, tries: tries.saturating_add(1), rest_until: now.after(rest) };
        let mut all = self.0.clone();
        all.insert(quiet.session, tried);
        while all.len() > REMEMBERED {
            all.pop_first();
        }
        Self(all)
    }

    /// The stretch is dealt with. Says whether there was anything to forget.
    pub(super) fn forget(&mut self, session: SessionId) -> bool {
        self.0.remove(&session).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::ids::Conversation;

    fn quiet(session: i64, after: Option<i64>) -> Quiet {
        Quiet {
            session: SessionId(session),
            conversation: Conversation::new("test", "1"),
            after: after.map(MessageId),
            upto: MessageId(9),
        }
    }

    #[test]
    fn rests_grow_tries_end_and_another_stretch_has_its_own() {
        let (one, next) = (quiet(1, None), quiet(1, Some(9)));
        let (mut tries, mut now, mut rests) = (Tries::default(), Timestamp(0), Vec::new());
        while !tries.are_over(&one) {
            assert!(!tries.rests(&one, now));
            tries = tries.after_try(&one, now);
            assert!(tries.rests(&one, now) && !tries.rests(&next, now) && !tries.are_over(&next));
            assert!(!tries.rests(&one, Timestamp(-400 * 86_400_000)), "the clock was set");
            let from = now;
            while tries.rests(&one, now) {
                now = now.after(REST);
            }
            rests.push(now.since(from).as_secs() / 60);
        }
        assert_eq!(rests, [30, 12 * 60, 12 * 24 * 60]);
        assert!(tries.forget(SessionId(1)) && !tries.are_over(&one));
    }

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let all = (0..1_000)
            .fold(Tries::default(), |all, session| all.after_try(&quiet(session, None), Timestamp(0)));
        assert_eq!(all.len(), REMEMBERED);
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Tries>(&text).unwrap(), all);
    }
}
