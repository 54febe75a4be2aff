// SPDX-License-Identifier: MIT OR Apache-2.0
//! One task a conversation, many conversations at once.

use crate::context::Shared;
use crate::pulse::{BEAT, until};
use crate::running::Ends;
use crate::turn;
use blufio_core::channel::Channel;
use blufio_core::ids::Conversation;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Pause after the queue could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts session tasks until `shutdown`, then returns when the last of them has ended.
pub(crate) async fn run(shared: Arc<Shared>, shutdown: CancellationToken) {
    let mut tasks = JoinSet::new();
    loop {
        shared.dispatcher_pulse.tick();
        // Asked once: whoever is told to end while the queue is read hears of it below, and not a beat later.
        let ending = shutdown.is_cancelled();
        let wait = if ending {
            if tasks.is_empty() {
                shared.dispatcher_pulse.end();
                return;
            }
            BEAT
        } else {
            start_due(&shared, &mut tasks, &shutdown).await.min(BEAT)
        };
        tokio::select! {
            () = shared.queue_changed.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = shutdown.cancelled(), if !ending => {}
            Some(ended) = tasks.join_next(), if !tasks.is_empty() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a session task ended badly");
                }
            }
        }
    }
}

/// Starts a task for every conversation that is due, as far as there is room. Returns how long to wait for the next.
async fn start_due(shared: &Arc<Shared>, tasks: &mut JoinSet<()>, shutdown: &CancellationToken) -> Duration {
    let busy = shared.running.conversations();
    let room = shared.options.max_concurrent_turns.saturating_sub(busy.len());
    if room == 0 {
        return BEAT;
    }
    let now = shared.clock.now();
    match shared.storage.due(now, &shared.channel_names, &busy, room).await {
        Ok((due, next)) => {
            for conversation in due {
                let Some(channel) = shared.channels.get(&conversation.channel) else {
                    tracing::error!(%conversation, "a message of a channel that is not in use was due");
                    continue;
                };
                let ends = shared.running.enter(&conversation);
                let session =
                    session(Arc::clone(shared), Arc::clone(channel), conversation, ends, shutdown.clone());
                tasks.spawn(session);
            }
            next.map_or(BEAT, |next| until(now, next))
        }
        Err(error) => {
            tracing::error!(%error, "the queue cannot be read");
            PAUSE
        }
    }
}

/// Leaves the running map also when the task is cut short.
struct Leave<'a> {
    shared: &'a Shared,
    conversation: &'a Conversation,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.shared.running.leave(self.conversation);
        self.shared.queue_changed.notify_one();
    }
}

/// Answers the waiting messages of one conversation, one after the other.
async fn session(
    shared: Arc<Shared>,
    channel: Arc<dyn Channel>,
    conversation: Conversation,
    mut ends: Ends,
    shutdown: CancellationToken,
) {
    let _leave = Leave { shared: &shared, conversation: &conversation };
    while !shutdown.is_cancelled() {
        let claim = match shared.storage.claim(&conversation, shared.clock.now()).await {
            Ok(Some(claim)) => claim,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%conversation, %error, "a message could not be taken on");
                tokio::time::sleep(PAUSE).await;
                return;
            }
        };
        turn::run(&shared, &channel, claim, &ends).await;
        // Before the next claim: who presses stop while it is on its way means what is claimed.
        ends = shared.running.renew(&conversation);
    }
}
