// SPDX-License-Identifier: MIT OR Apache-2.0
//! The loop that keeps what was said, while nobody waits for it.

use super::{index, vectors};
use crate::context::Shared;
use blufio_core::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// It looks at least this often, so that nothing that was missed is missed for long.
const EVERY: Duration = Duration::from_secs(30);
/// Pause after a failure; doubles up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3_600);

/// Keeps what was said until `shutdown`. What it has not done by then is done after the next start.
pub(crate) async fn run(shared: Arc<Shared>, shutdown: CancellationToken) {
    if !shared.options.memory.enabled {
        return;
    }
    let (mut pause, mut complained) = (FIRST, String::new());
    loop {
        let wait = tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            kept = keep(&shared) => match kept {
                Ok(()) => {
                    (pause, complained) = (FIRST, String::new());
                    EVERY
                }
                Err(error) => {
                    let wait = pause;
                    pause = pause.saturating_mul(2).min(LONGEST);
                    let error = error.to_string();
                    if error != complained {
                        tracing::error!(%error, "what was said cannot be made findable yet; it is tried again");
                        complained = error;
                    }
                    wait
                }
            },
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

/// What the loop does at one instant.
pub(crate) async fn tick(shared: &Shared, _now: Timestamp) {
    if !shared.options.memory.enabled {
        return;
    }
    if let Err(error) = keep(shared).await {
        tracing::error!(%error, "what was said cannot be made findable yet");
    }
}

/// Takes up everything that was said since, and makes the vectors that are missing.
async fn keep(shared: &Shared) -> Result<(), vectors::Failure> {
    while index::step(shared).await? {}
    let Some(embedding) = &shared.embedding else { return Ok(()) };
    while vectors::step(shared, embedding.as_ref()).await? {}
    Ok(())
}
