// SPDX-License-Identifier: MIT OR Apache-2.0
//! The loops that keep what was said and learn from it, while nobody waits for that.

use super::{index, learn, vectors};
use crate::context::Shared;
use blufio_core::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// They look at least this often, so that nothing that was missed is missed for long.
const EVERY: Duration = Duration::from_secs(30);
/// Pause after a failure; doubles up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3_600);

/// Keeps what was said, and learns from it, until `shutdown`. What is not done by then is done after the next start.
pub(crate) async fn run(shared: Arc<Shared>, shutdown: CancellationToken) {
    tokio::join!(keep_on(&shared, &shutdown), learn_on(&shared, &shutdown));
}

async fn keep_on(shared: &Shared, shutdown: &CancellationToken) {
    if !shared.options.memory.enabled {
        return;
    }
    let mut pauses = Pauses::new("what was said cannot be made findable yet; it is tried again");
    loop {
        let wait = tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            kept = keep(shared) => pauses.after(kept),
        };
        // After a failure nothing new is a reason to be early.
        let early = wait == EVERY;
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
            () = shared.said.notified(), if early => {}
        }
    }
}

/// A question that is under way at the shutdown hears of it itself, so that it is entered.
async fn learn_on(shared: &Shared, shutdown: &CancellationToken) {
    let mut pauses = Pauses::new("nothing can be learned from what was said yet; it is tried again");
    while !shutdown.is_cancelled() {
        let wait = pauses.after(learn::run(shared, shared.clock.now(), shutdown).await);
        let early = wait == EVERY;
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
            () = shared.parted.notified(), if early => {}
        }
    }
}

/// How long a loop waits: longer from failure to failure, each of which is logged once.
struct Pauses {
    what: &'static str,
    next: Duration,
    complained: String,
}

impl Pauses {
    fn new(what: &'static str) -> Self {
        Self { what, next: FIRST, complained: String::new() }
    }

    fn after<E: std::fmt::Display>(&mut self, outcome: Result<(), E>) -> Duration {
        let Err(error) = outcome else {
            *self = Self::new(self.what);
            return EVERY;
        };
        let wait = self.next;
        self.next = wait.saturating_mul(2).min(LONGEST);
        let error = error.to_string();
        if error != self.complained {
            tracing::error!(%error, "{}", self.what);
            self.complained = error;
        }
        wait
    }
}

/// What the loops do at one instant.
pub(crate) async fn tick(shared: &Shared, now: Timestamp) {
    if shared.options.memory.enabled
        && let Err(error) = keep(shared).await
    {
        tracing::error!(%error, "what was said cannot be made findable yet");
    }
    if let Err(error) = learn::run(shared, now, &CancellationToken::new()).await {
        tracing::error!(%error, "nothing can be learned from what was said yet");
    }
}

/// Takes up everything that was said since, and makes the vectors that are missing.
async fn keep(shared: &Shared) -> Result<(), vectors::Failure> {
    while index::step(shared).await? {}
    let Some(embedding) = &shared.embedding else { return Ok(()) };
    while vectors::step(shared, embedding.as_ref()).await? {}
    Ok(())
}
