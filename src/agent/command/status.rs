// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{Asked, model};
use blufio_core::storage::StorageError;
use std::fmt::Write as _;

pub(super) async fn tell(asked: Asked<'_>) -> Result<String, StorageError> {
    let shared = asked.shared;
    let now = shared.clock.now();
    let stats = shared.storage.stats(shared.clock.now()).await?;
    let session = shared.storage.session(asked.conversation(), now).await?;
    let messages = shared.storage.transcript_length(session).await?;
    // This command's own row is still in the queue, and this turn is still running.
    let waiting = stats.queue_depth.saturating_sub(1);
    let others = shared.running.conversations().len().saturating_sub(1);
    let mut text = format!("{} {} is up.\n", shared.options.name, shared.options.version);
    let _ = writeln!(text, "{}", model::tell(asked).await?);
    let _ = writeln!(text, "This conversation: {messages} messages since the last /new");
    let _ = writeln!(text, "Waiting: {waiting} messages; working on {others} other conversations");
    let _ = write!(text, "On the way out: {}; undeliverable: {}", stats.outbox_depth, stats.dead_letters);
    Ok(text)
}
