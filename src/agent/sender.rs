// SPDX-License-Identifier: MIT OR Apache-2.0
//! The outbox on its way: in order within a conversation, conversations side by side.
//!
//! A row is done only when the channel has accepted it. When the process dies between the channel's acceptance and
//! the note of it here, the row is sent again: this is the one window in which a message can arrive twice.

use crate::context::Shared;
use crate::pulse::{BEAT, until};
use crate::turn::LONGEST_ASKED_PAUSE;
use blufio_core::channel::{Channel, ChannelError};
use blufio_core::ids::Conversation;
use blufio_core::observe::Observation;
use blufio_core::storage::{OutboxRow, StorageError};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{self, JoinSet};
use tokio_util::sync::CancellationToken;

/// Deliveries under way at the same time.
const MOST: usize = 32;
/// Pause after the outbox could not be read.
const PAUSE: Duration = Duration::from_secs(1);
/// First pause after a delivery failed; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// A message that could not be delivered for this long is given up.
const GIVE_UP: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How long deliveries that are under way at the end may take to come to theirs.
const LAST: Duration = Duration::from_secs(3);

/// Sends until `end`; what is under way then may come to its end within a moment, so that its acceptance is noted.
pub(crate) async fn run(shared: Arc<Shared>, end: CancellationToken) {
    let mut tasks = JoinSet::new();
    let mut busy: HashMap<task::Id, Conversation> = HashMap::new();
    while !end.is_cancelled() {
        shared.sender_pulse.tick();
        let wait = start_due(&shared, &mut tasks, &mut busy).await.min(BEAT);
        tokio::select! {
            () = end.cancelled() => {}
            () = shared.outbox_changed.notified() => {}
            () = tokio::time::sleep(wait) => {}
            Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => match ended {
                Ok((id, ())) => {
                    busy.remove(&id);
                }
                Err(error) => {
                    tracing::error!(%error, "a delivery ended badly; it is tried again");
                    busy.remove(&error.id());
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
    shared.sender_pulse.end();
    let under_way = async {
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a delivery ended badly; it is tried again after the next start");
            }
        }
    };
    if tokio::time::timeout(LAST, under_way).await.is_err() {
        tracing::warn!("deliveries are cut short; they are made again after the next start");
    }
}

/// Gives what is in the outbox a last chance, up to `limit`: the sender is still running.
pub(crate) async fn flush(shared: &Shared, limit: Duration) {
    let emptied = async {
        loop {
            let absent = shared.absent.list();
            match shared.storage.outbox_due(shared.clock.now(), &shared.channel_names, &absent, 1).await {
                Ok((rows, _)) if rows.is_empty() => return,
                Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    return;
                }
            }
        }
    };
    if tokio::time::timeout(limit, emptied).await.is_err() {
        tracing::warn!("messages are still on their way; they are sent after the next start");
    }
}

async fn start_due(
    shared: &Arc<Shared>,
    tasks: &mut JoinSet<()>,
    busy: &mut HashMap<task::Id, Conversation>,
) -> Duration {
    let room = MOST.saturating_sub(busy.len());
    if room == 0 {
        return BEAT;
    }
    let now = shared.clock.now();
    let mut without: Vec<Conversation> = busy.values().cloned().collect();
    without.extend(shared.absent.list());
    match shared.storage.outbox_due(now, &shared.channel_names, &without, room).await {
        Ok((rows, next)) => {
            for row in rows {
                let Some(channel) = shared.channels.get(&row.conversation.channel) else {
                    tracing::error!(id = %row.id, "a row of a channel that is not in use was due");
                    continue;
                };
                let conversation = row.conversation.clone();
                let sending = tasks.spawn(send(Arc::clone(shared), Arc::clone(channel), row));
                busy.insert(sending.id(), conversation);
            }
            next.map_or(BEAT, |next| until(now, next))
        }
        Err(error) => {
            tracing::error!(%error, "the outbox cannot be read");
            PAUSE
        }
    }
}

async fn send(shared: Arc<Shared>, channel: Arc<dyn Channel>, row: OutboxRow) {
    let name = row.conversation.channel.as_str();
    let arrivals = shared.absent.arrivals();
    let stored = match channel.deliver(&row.delivery()).await {
        Ok(external_id) => {
            shared.observe.record(Observation::MessageOut { channel: name });
            sent(&shared, &row, &external_id).await
        }
        Err(error) => {
            shared.observe.record(Observation::DeliveryFailed { channel: name, class: error.class() });
            failed(&shared, &row, &error, arrivals).await
        }
    };
    if let Err(error) = stored {
        tracing::error!(id = %row.id, %error, "the outbox cannot be written");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Notes the acceptance; insists, because a row that is not noted is sent twice.
async fn sent(shared: &Shared, row: &OutboxRow, external_id: &str) -> Result<(), StorageError> {
    loop {
        match shared.storage.outbox_sent(row.id, external_id, shared.clock.now()).await {
            Err(error) if error.is_retryable() => {
                tracing::error!(id = %row.id, %error, "a delivery cannot be noted yet");
                tokio::time::sleep(PAUSE).await;
            }
            done => return done,
        }
    }
}

async fn failed(
    shared: &Shared,
    row: &OutboxRow,
    error: &ChannelError,
    arrivals: u64,
) -> Result<(), StorageError> {
    let now = shared.clock.now();
    if matches!(error, ChannelError::Absent { .. }) {
        shared.absent.left(&row.conversation, arrivals);
        return Ok(());
    }
    if !error.is_retryable() || now.since(row.created_at) > GIVE_UP {
        tracing::error!(id = %row.id, conversation = %row.conversation, %error, "a message is given up; see the dead letters");
        return shared.storage.outbox_dead(row.id, &error.to_string()).await;
    }
    let wait = match error {
        ChannelError::RetryAfter { wait, .. } => (*wait).min(LONGEST_ASKED_PAUSE),
        _ => FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(row.attempts.min(10))).min(LONGEST_PAUSE),
    };
    tracing::warn!(id = %row.id, conversation = %row.conversation, %error, ?wait, "a message is tried again");
    shared.storage.outbox_retry(row.id, now.after(wait), &error.to_string()).await
}
