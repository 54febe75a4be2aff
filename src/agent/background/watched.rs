// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files and pages, compared with the last look.

use super::changes::{Change, begin};
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
    /// When the person was last told that it cannot be seen.
    failure_told: Option<Timestamp>,
}

/// Looks at all targets.
pub(super) async fn look(watch: &dyn Watch, targets: &[String]) -> Vec<(String, Result<Sight, String>)> {
    let targets: BTreeSet<&String> = targets.iter().collect();
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
        (None, Ok(sight)) => (seen(sight, None), None),
        (None, Err(error)) => {
            tracing::warn!(target = name, error, "what is to be watched cannot be seen");
            (Target { failing: true, ..Target::default() }, None)
        }
        (Some(before), Ok(sight)) if before.digest.as_ref() == Some(&sight.digest) => {
            (Target { failing: false, ..before.clone() }, None)
        }
        (Some(before), Ok(sight)) => {
            let after = seen(sight, before.failure_told);
            let change = Change::Content {
                target: name.to_owned(),
                before: before.digest.is_some().then(|| before.excerpt.clone()),
                now: after.excerpt.clone(),
            };
            (after, Some(change))
        }
        // Still failing, whatever it says this time, or failing again and again: no news.
        (Some(before), Err(_)) if before.failing || recently_told(before, now) => {
            (Target { failing: true, ..before.clone() }, None)
        }
        (Some(before), Err(error)) => {
            let after = Target { failing: true, failure_told: Some(now), ..before.clone() };
            (after, Some(Change::Gone { target: name.to_owned(), error: begin(&error, EXCERPT) }))
        }
    }
}

fn seen(sight: Sight, failure_told: Option<Timestamp>) -> Target {
    Target {
        digest: Some(sight.digest),
        excerpt: begin(&sight.excerpt, EXCERPT),
        failing: false,
        failure_told,
    }
}

fn recently_told(target: &Target, now: Timestamp) -> bool {
    target.failure_told.is_some_and(|told| now.since(told) < FLAPPING)
}

#[cfg(test)]
mod tests;
