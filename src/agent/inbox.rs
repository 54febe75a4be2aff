// SPDX-License-Identifier: MIT OR Apache-2.0
//! Takes in what channels receive.

use crate::budget;
use crate::command::{self, Command};
use crate::context::Shared;
use crate::gate;
use async_trait::async_trait;
use blufio_core::channel::{Inbound, Inbox};
use blufio_core::ids::Conversation;
use blufio_core::observe::Observation;
use blufio_core::storage::{Arrival, Rank, StorageError};
use std::sync::Arc;

/// The agent's inbox: stores first, then wakes the dispatcher.
pub(crate) struct StoredInbox {
    pub(crate) shared: Arc<Shared>,
}

impl StoredInbox {
    /// Where a message takes its place in the queue.
    async fn rank(&self, message: &Inbound) -> Rank {
        let rank = match command::of(message) {
            None => return Rank::Queued,
            Some(Command::Stop) => Rank::Stop,
            Some(Command::New) => Rank::Fresh,
            Some(_) => return Rank::Command,
        };
        // In a group, the word of a stranger must not end the turn of somebody else.
        match gate::admitted(&self.shared, message).await {
            Ok(true) => rank,
            Ok(false) => Rank::Command,
            Err(error) => {
                tracing::error!(conversation = %message.conversation, %error, "it cannot be read who may stop a turn, so that none is stopped");
                Rank::Command
            }
        }
    }
}

#[async_trait]
impl Inbox for StoredInbox {
    async fn accept(
        &self,
        channel: &str,
        messages: Vec<Inbound>,
        cursor: Option<i64>,
    ) -> Result<usize, StorageError> {
        let mut arrivals = Vec::with_capacity(messages.len());
        for message in messages {
            arrivals.push(Arrival { rank: self.rank(&message).await, message });
        }
        // "/stop" ends what waits in the transaction that stores it, and what runs right after that. Its own row is
        // answered in its turn.
        let stops: Vec<Option<Conversation>> = arrivals
            .iter()
            .map(|arrival| (arrival.rank == Rank::Stop).then(|| arrival.message.conversation.clone()))
            .collect();
        let behind: Vec<Option<Inbound>> = arrivals
            .iter()
            .map(|arrival| (arrival.rank == Rank::Queued).then(|| arrival.message.clone()))
            .collect();
        let now = self.shared.clock.now();
        let fresh = self.shared.storage.accept(channel, arrivals, cursor, now).await?;
        for (is_new, stop) in fresh.iter().zip(stops) {
            self.shared.observe.record(Observation::MessageIn { channel, duplicate: !is_new });
            if let (true, Some(conversation)) = (*is_new, stop) {
                self.stop(&conversation);
            }
        }
        for message in
            fresh.iter().zip(behind).filter(|(is_new, _)| **is_new).filter_map(|(_, message)| message)
        {
            if let Err(error) = budget::tell_behind(&self.shared, &message).await {
                tracing::error!(conversation = %message.conversation, %error, "nobody could be told that a message waits");
            }
        }
        let count = fresh.iter().filter(|is_new| **is_new).count();
        if count > 0 {
            self.shared.queue_changed.notify_one();
        }
        Ok(count)
    }

    async fn cursor(&self, channel: &str) -> Result<Option<i64>, StorageError> {
        self.shared.storage.cursor(channel).await
    }

    fn stop(&self, conversation: &Conversation) {
        let found = self.shared.running.stop(conversation);
        tracing::info!(%conversation, found, "asked to stop the running turn");
    }

    fn arrived(&self, conversation: &Conversation) {
        self.shared.absent.arrived(conversation);
        self.shared.outbox_changed.notify_one();
    }
}
