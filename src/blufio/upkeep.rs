// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the daemon does for its own state while it works: backups, and removing copies that were kept long enough.

use blufio_config::BackupConfig;
use blufio_core::observe::{Observability, Observation};
use blufio_core::storage::Storage;
use blufio_core::time::{Clock, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked whether there is something to do, at most.
const LOOK: Duration = Duration::from_secs(60 * 60);
/// Where there is no backup yet, the first one is made so long after the start: not while everything else begins.
const FIRST: Duration = Duration::from_secs(10 * 60);

/// Whoever takes care of the state.
pub(crate) struct Upkeep {
    storage: Arc<dyn Storage>,
    clock: Arc<dyn Clock>,
    observe: Arc<dyn Observability>,
    backup: BackupConfig,
}

impl Upkeep {
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        observe: Arc<dyn Observability>,
        backup: BackupConfig,
    ) -> Self {
        Self { storage, clock, observe, backup }
    }

    /// Never returns. Can be dropped at any await: a backup that has begun is finished.
    pub(crate) async fn run(self) {
        let mut began = true;
        loop {
            if !began {
                // Not at the start: a clock that is far ahead is often set soon after it, and what is dropped is gone.
                self.drop_copies().await;
            }
            let mut wait = LOOK;
            if let Some(every) = self.backup.every {
                let mut due = self.due(every, began).await;
                if due.is_zero() {
                    // What failed is tried again at the next look.
                    due = if self.back_up().await { every } else { every.min(LOOK) };
                }
                wait = wait.min(due);
            }
            began = false;
            tokio::time::sleep(wait).await;
        }
    }

    /// When the next backup is due.
    async fn due(&self, every: Duration, began: bool) -> Duration {
        match self.storage.stats(self.clock.now()).await {
            Ok(stats) => due(stats.newest_backup, self.clock.now(), every, began),
            Err(error) => {
                tracing::warn!(%error, "when the last backup was made is not known");
                LOOK
            }
        }
    }

    async fn back_up(&self) -> bool {
        let made = self.storage.back_up(self.backup.keep, self.clock.now()).await;
        let outcome = if made.is_ok() { "done" } else { "failed" };
        self.observe.record(Observation::BackedUp { outcome });
        match made {
            Ok(backup) => {
                tracing::info!(path = %backup.path.display(), bytes = backup.bytes, "a backup was made");
                true
            }
            Err(error) => {
                tracing::error!(%error, "no backup could be made; it is tried again within the hour");
                false
            }
        }
    }

    async fn drop_copies(&self) {
        match self.storage.drop_copies(self.clock.now()).await {
            Ok(dropped) => {
                for path in dropped {
                    tracing::info!(path = %path.display(), "a copy of the state was kept for two weeks and is removed");
                }
            }
            Err(error) => tracing::warn!(%error, "old copies of the state could not be removed"),
        }
    }
}

/// How long until the next backup is due.
fn due(newest: Option<Timestamp>, now: Timestamp, every: Duration, began: bool) -> Duration {
    let Some(newest) = newest else {
        return if began { every.min(FIRST) } else { Duration::ZERO };
    };
    every.saturating_sub(now.since(newest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn a_backup_is_due_a_day_after_the_last_one_whoever_made_it() {
        let now = Timestamp(1_000_000_000);
        assert_eq!(due(None, now, DAY, true), FIRST);
        assert_eq!(due(None, now, DAY, false), Duration::ZERO);
        assert_eq!(due(Some(now), now, DAY, false), DAY);
        assert_eq!(due(Some(Timestamp(now.0 - 3_600_000)), now, DAY, true), DAY - Duration::from_secs(3600));
        assert_eq!(due(Some(Timestamp(0)), now, DAY, true), Duration::ZERO);
    }
}
