// SPDX-License-Identifier: MIT OR Apache-2.0
//! The loops that keep what was said and learn from it, while nobody waits for that.

use super::{index, learn, vectors};
use crate::context::Shared;
use blufio_core::embedding::Embedding;
use blufio_core::storage::StorageError;
use blufio_core::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// They look at least this often, so that nothing that was missed is missed for long.
const EVERY: Duration = Duration::from_secs(30);
/// Pause after a failure; doubles up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3_600);

/// Keeps what was said, and learns from it, until `shutdown`. What is not done by then is done after the next start.
pub(crate) async fn run(shared: Arc<Shared>, shutdown: CancellationToken) {
    let found = Notify::new();
    tokio::join!(
        index_on(&shared, &found, &shutdown),
        embed_on(&shared, &found, &shutdown),
        learn_on(&shared, &shutdown)
    );
}

/// Takes up what was said, however long the vectors take, or fail. Each time, `found` is told.
async fn index_on(shared: &Shared, found: &Notify, shutdown: &CancellationToken) {
    if !shared.options.memory.enabled {
        return;
    }
    let pauses = Pauses::new("what was said cannot be made findable yet; it is tried again");
    let round = || async {
        index(shared).await?;
        found.notify_one();
        Ok::<(), StorageError>(())
    };
    go_on(round, pauses, &shared.said, shutdown).await;
}

/// Makes the vectors that are missing.
async fn embed_on(shared: &Shared, found: &Notify, shutdown: &CancellationToken) {
    let Some(embedding) = shared.embedding.as_deref().filter(|_| shared.options.memory.enabled) else {
        return;
    };
    let pauses = Pauses::new("what was said cannot be found by its meaning yet; it is tried again");
    go_on(|| embed(shared, embedding), pauses, found, shutdown).await;
}

/// Does something again and again, where there may be something new or after a while.
async fn go_on<E: std::fmt::Display, F: Future<Output = Result<(), E>>>(
    round: impl Fn() -> F,
    mut pauses: Pauses,
    new: &Notify,
    shutdown: &CancellationToken,
) {
    loop {
        let wait = tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            done = round() => pauses.after(done),
        };
        // After a failure nothing new is a reason to be early.
        let early = wait == EVERY;
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
            () = new.notified(), if early => {}
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
    if shared.options.memory.enabled {
        if let Err(error) = index(shared).await {
            tracing::error!(%error, "what was said cannot be made findable yet");
        }
        if let Some(embedding) = shared.embedding.as_deref()
            && let Err(error) = embed(shared, embedding).await
        {
            tracing::error!(%error, "what was said cannot be found by its meaning yet");
        }
    }
    if let Err(error) = learn::run(shared, now, &CancellationToken::new()).await {
        tracing::error!(%error, "nothing can be learned from what was said yet");
    }
}

/// Takes up everything that was said since.
async fn index(shared: &Shared) -> Result<(), StorageError> {
    while index::step(shared).await? {}
    Ok(())
}

/// Makes the vectors that are missing.
async fn embed(shared: &Shared, embedding: &dyn Embedding) -> Result<(), vectors::Failure> {
    while vectors::step(shared, embedding).await? {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test(start_paused = true)]
    async fn new_words_are_taken_up_at_once_while_vectors_fail() {
        let (said, found, shutdown) = (Notify::new(), Notify::new(), CancellationToken::new());
        let (indexed, failed) = (Cell::new(0), Cell::new(0));
        let index = || async {
            indexed.set(indexed.get() + 1);
            found.notify_one();
            Ok::<(), String>(())
        };
        let embed = || async {
            failed.set(failed.get() + 1);
            Err::<(), String>("no model".into())
        };
        let speak = async {
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                said.notify_one();
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            shutdown.cancel();
        };
        tokio::join!(
            go_on(index, Pauses::new("x"), &said, &shutdown),
            go_on(embed, Pauses::new("y"), &found, &shutdown),
            speak
        );
        // Vectors: at once, and after five seconds.
        assert_eq!((indexed.get(), failed.get()), (11, 2));
    }
}
