// SPDX-License-Identifier: MIT OR Apache-2.0
//! The outbox on its way: in order within a conversation, conversations side by side.
//!
//! A row is done only when the channel has accepted it. When the process dies between the channel's acceptance and
//! the note of it here, the row is sent again: this is the one window in which a message can arrive twice.

use crate::agent::Shared;
use crate::dispatcher::until;
use crate::pulse::BEAT;
use blufio_core::channel::ChannelError;
use blufio_core::ids::Conversation;
use blufio_core::observe::Observation;
use blufio_core::storage::{OutboxRow, StorageError};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
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
/// Where a channel is not in use, its rows wait this long for it to come back.
const UNUSED_CHANNEL_PAUSE: Duration = Duration::from_secs(3_600);

/// Conversations where nobody is there to take a message. Their rows wait until somebody arrives.
#[derive(Debug, Default)]
pub(crate) struct Absent(Mutex<HashSet<Conversation>>);

impl Absent {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<Conversation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn left(&self, conversation: &Conversation) {
        self.lock().insert(conversation.clone());
    }

    pub(crate) fn arrived(&self, conversation: &Conversation) {
        self.lock().remove(conversation);
    }

    fn list(&self) -> Vec<Conversation> {
        self.lock().iter().cloned().collect()
    }
}

/// Sends until `end`.
pub(crate) async fn run(shared: Arc<Shared>, end: CancellationToken) {
    let mut tasks: JoinSet<Conversation> = JoinSet::new();
    let mut busy: HashSet<Conversation> = HashSet::new();
    while !end.is_cancelled() {
        shared.sender_pulse.tick();
        let wait = start_due(&shared, &mut tasks, &mut busy).await.min(BEAT);
        tokio::select! {
            () = end.cancelled() => {}
            () = shared.outbox_changed.notified() => {}
            () = tokio::time::sleep(wait) => {}
            Some(ended) = tasks.join_next(), if !tasks.is_empty() => match ended {
                Ok(conversation) => {
                    busy.remove(&conversation);
                }
                Err(error) => {
                    // A panic took the name of the conversation with it; all of them may be looked at again.
                    tracing::error!(%error, "a delivery ended badly");
                    tasks.shutdown().await;
                    busy.clear();
                }
            },
        }
    }
    tasks.shutdown().await;
}

/// Gives what is in the outbox a last chance, up to `limit`: the sender is still running.
pub(crate) async fn flush(shared: &Shared, limit: Duration) {
    let emptied = async {
        loop {
            let absent = shared.absent.list();
            match shared.storage.outbox_due(shared.clock.now(), &absent, 1).await {
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
    tasks: &mut JoinSet<Conversation>,
    busy: &mut HashSet<Conversation>,
) -> Duration {
    let room = MOST.saturating_sub(busy.len());
    if room == 0 {
        return BEAT;
    }
    let now = shared.clock.now();
    let mut without: Vec<Conversation> = busy.iter().cloned().collect();
    without.extend(shared.absent.list());
    match shared.storage.outbox_due(now, &without, room).await {
        Ok((rows, next)) => {
            for row in rows {
                busy.insert(row.conversation.clone());
                tasks.spawn(send(Arc::clone(shared), row));
            }
            next.map_or(BEAT, |next| until(now, next))
        }
        Err(error) => {
            tracing::error!(%error, "the outbox cannot be read");
            PAUSE
        }
    }
}

async fn send(shared: Arc<Shared>, row: OutboxRow) -> Conversation {
    let name = row.conversation.channel.as_str();
    let stored = match shared.channels.get(name) {
        None => {
            let until = shared.clock.now().after(UNUSED_CHANNEL_PAUSE);
            shared.storage.outbox_retry(row.id, until, "the channel is not in use").await
        }
        Some(channel) => match channel.deliver(&row.delivery()).await {
            Ok(external_id) => {
                shared.observe.record(Observation::MessageOut { channel: name });
                sent(&shared, &row, &external_id).await
            }
            Err(error) => {
                shared.observe.record(Observation::DeliveryFailed { channel: name, class: error.class() });
                failed(&shared, &row, &error).await
            }
        },
    };
    if let Err(error) = stored {
        tracing::error!(id = %row.id, %error, "the outbox cannot be written");
        tokio::time::sleep(PAUSE).await;
    }
    row.conversation
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

async fn failed(shared: &Shared, row: &OutboxRow, error: &ChannelError) -> Result<(), StorageError> {
    let now = shared.clock.now();
    if matches!(error, ChannelError::Absent { .. }) {
        shared.absent.left(&row.conversation);
        return Ok(());
    }
    if !error.is_retryable() || now.since(row.created_at) > GIVE_UP {
        tracing::error!(id = %row.id, conversation = %row.conversation, %error, "a message is given up; see the dead letters");
        return shared.storage.outbox_dead(row.id, &error.to_string()).await;
    }
    let wait = match error {
        ChannelError::RetryAfter { wait, .. } => *wait,
        _ => FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(row.attempts.min(10))).min(LONGEST_PAUSE),
    };
    tracing::warn!(id = %row.id, conversation = %row.conversation, %error, ?wait, "a message is tried again");
    shared.storage.outbox_retry(row.id, now.after(wait), &error.to_string()).await
}
