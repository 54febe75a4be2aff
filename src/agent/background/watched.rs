// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files and pages, compared with the last look.

use super::calm::Calm;
use super::changes::{self, Change, begin};
use crate::context::Shared;
use blufio_core::storage::StorageError;
use blufio_core::time::Timestamp;
use blufio_core::watch::{Sight, Watch};
use futures_util::{FutureExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Looks under way at the same time.
const AT_ONCE: usize = 4;
/// Longest look.
const LONGEST: Duration = Duration::from_secs(30);
/// Characters of an excerpt that are kept and shown.
const EXCERPT: usize = 1_200;
/// Something that comes and goes is told of as gone at most this often.
const FLAPPING: Duration = Duration::from_secs(24 * 3_600);

/// Name of the note of what is watched.
pub(super) const NOTED: &str = "heartbeat:watched";
/// Characters that are kept of a reason why something cannot be seen.
const REASON: usize = 200;

/// What was seen of each target.
pub(super) type Seen = BTreeMap<String, Target>;

/// What is kept of a target from one look to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Target {
    /// Of the content, when it was last seen.
    digest: Option<String>,
    /// The begin of that content.
    excerpt: String,
    /// Whether it could not be seen the last time.
    failing: bool,
    /// Why, when that began.
    error: String,
    /// When the person was last told that it cannot be seen.
    failure_told: Option<Timestamp>,
    /// How much of what changes there is not worth telling.
    pub(super) calm: Calm,
}

impl Target {
    fn fails(self, error: &str) -> Self {
        let error = if self.failing { self.error } else { begin(error, REASON) };
        Self { failing: true, error, ..self }
    }
}

/// Something that is not watched as the operator may expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// It cannot be seen, for this reason.
    Failing(String),
    /// It changes so often without anything to tell that it is left alone until then.
    Resting(Timestamp),
}

/// What is not watched as the operator may expect, by target.
///
/// # Errors
/// When it cannot be read.
pub(crate) async fn oddities(shared: &Shared, now: Timestamp) -> Result<Vec<(String, Oddity)>, StorageError> {
    let options = &shared.options.heartbeat;
    let seen: Seen = changes::read(shared, NOTED).await?.unwrap_or_default();
    let watched = seen.into_iter().filter(|(target, _)| options.watch.contains(target));
    let odd = watched.filter_map(|(name, target)| match target.calm.rests(options, now) {
        Some(until) => Some((name, Oddity::Resting(until))),
        None => target.failing.then_some((name, Oddity::Failing(target.error))),
    });
    Ok(odd.collect())
}

/// Looks at all targets.
pub(super) async fn look(watch: &dyn Watch, targets: &[&String]) -> Vec<(String, Result<Sight, String>)> {
    let targets: BTreeSet<&String> = targets.iter().copied().collect();
    let looks: Vec<_> = targets.into_iter().map(|target| look_at(watch, target.clone()).boxed()).collect();
    futures_util::stream::iter(looks).buffered(AT_ONCE).collect().await
}

async fn look_at(watch: &dyn Watch, target: String) -> (String, Result<Sight, String>) {
    let seen = match tokio::time::timeout(LONGEST, watch.look(&target)).await {
        Ok(seen) => seen,
        Err(_) => Err(format!("it took longer than {} seconds", LONGEST.as_secs())),
    };
    (target, seen)
}

/// What is new in a look, and what is to be kept of it. The first look at something only notes.
pub(super) fn compare(
    before: Option<&Target>,
    name: &str,
    sight: Result<Sight, String>,
    now: Timestamp,
) -> (Target, Option<Change>) {
    match (before, sight) {
        (None, Ok(sight)) => (seen(sight, &Target::default()), None),
        // A slip in the name, or a page that will not be read: whoever relies on it has to know.
        (None, Err(error)) => {
            tracing::warn!(target = name, error, "what is to be watched cannot be seen");
            let after = Target::default().fails(&error);
            let change = Change::Unseen { target: name.to_owned(), error: begin(&error, EXCERPT) };
            (Target { failure_told: Some(now), ..after }, Some(change))
        }
        (Some(before), Ok(sight)) if before.digest.as_ref() == Some(&sight.digest) => {
            (Target { failing: false, calm: before.calm.clone().unchanged(now), ..before.clone() }, None)
        }
        (Some(before), Ok(sight)) => {
            let after = seen(sight, before);
            let change = Change::Content {
                target: name.to_owned(),
                before: before.digest.is_some().then(|| before.excerpt.clone()),
                now: after.excerpt.clone(),
            };
            (after, Some(change))
        }
        // Still failing, whatever it says this time, or failing again and again: no news.
        (Some(before), Err(error)) if before.failing || recently_told(before, now) => {
            (before.clone().fails(&error), None)
        }
        (Some(before), Err(error)) => {
            let after = Target { failure_told: Some(now), ..before.clone().fails(&error) };
            (after, Some(Change::Gone { target: name.to_owned(), error: begin(&error, EXCERPT) }))
        }
    }
}

fn seen(sight: Sight, before: &Target) -> Target {
    Target {
        digest: Some(sight.digest),
        excerpt: begin(&sight.excerpt, EXCERPT),
        failing: false,
        error: String::new(),
        failure_told: before.failure_told,
        calm: before.calm.clone(),
    }
}

/// One that was told later than now was told by a clock that has been set back since: it counts no more.
fn recently_told(target: &Target, now: Timestamp) -> bool {
    target.failure_told.is_some_and(|told| told <= now && now.since(told) < FLAPPING)
}

#[cfg(test)]
mod tests;
