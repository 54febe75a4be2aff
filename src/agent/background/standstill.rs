// SPDX-License-Identifier: MIT OR Apache-2.0
//! Work in the background stands still: the operator hears of it once, also where no heartbeat is made.

use super::changes;
use super::listener::{self, Listener};
use crate::context::Shared;
use blufio_core::storage::{Standstill, StorageError};
use blufio_core::time::Timestamp;

/// Name of the note of the standstill that the person has been told of.
const TOLD: &str = "heartbeat:standstill_told";

/// Tells of a standstill that nobody has been told of yet, in the hours in which things are told unasked.
pub(super) async fn notice(shared: &Shared, now: Timestamp) {
    // Who makes a beat tells of it himself.
    let Ok(_alone) = shared.beating.try_lock() else { return };
    if !shared.options.heartbeat.hours.contain(&shared.options.zone, now) {
        return;
    }
    let told = async {
        let Some(standstill) = shared.storage.standstill().await? else { return Ok(()) };
        if was_told(shared, &standstill).await? {
            return Ok(());
        }
        match listener::find(shared).await? {
            Ok(listener) => tell(shared, &listener, &standstill, now).await,
            Err(_) => Ok(()),
        }
    };
    let told: Result<(), StorageError> = told.await;
    if let Err(error) = told {
        tracing::error!(%error, "the operator could not be told that work in the background stands still");
    }
}

/// Tells of a standstill, once.
///
/// # Errors
/// When it was not stored.
pub(super) async fn tell(
    shared: &Shared,
    listener: &Listener<'_>,
    standstill: &Standstill,
    now: Timestamp,
) -> Result<(), StorageError> {
    if was_told(shared, standstill).await? {
        return Ok(());
    }
    let stopped = match shared.options.heartbeat.enabled {
        true => "I have stopped looking around, and all other work in the background",
        false => {
            "I have stopped all work in the background, so that long conversations are not summarised and nothing is learned from them"
        }
    };
    let words = format!(
        "{stopped}: {}. Reminders still come. When that is put right, /heartbeat resume lets me go on.",
        standstill.reason
    );
    listener.tell(shared, words, vec![changes::note(TOLD, &standstill.at)?], now).await
}

async fn was_told(shared: &Shared, standstill: &Standstill) -> Result<bool, StorageError> {
    Ok(changes::read(shared, TOLD).await? == Some(standstill.at))
}
