// SPDX-License-Identifier: MIT OR Apache-2.0
//! Takes in what channels receive.

use crate::agent::Shared;
use crate::command::{self, Command};
use async_trait::async_trait;
use blufio_core::channel::{Inbound, Inbox};
use blufio_core::ids::Conversation;
use blufio_core::observe::Observation;
use blufio_core::storage::StorageError;
use std::sync::Arc;

/// The agent's inbox: stores first, then wakes the dispatcher.
pub(crate) struct StoredInbox {
    pub(crate) shared: Arc<Shared>,
}

#[async_trait]
impl Inbox for StoredInbox {
    async fn accept(
        &self,
        channel: &str,
        messages: Vec<Inbound>,
        cursor: Option<i64>,
    ) -> Result<usize, StorageError> {
        // "/stop" must not wait behind the turn that it is meant for. Its row is answered in its turn.
        let stops: Vec<Option<Conversation>> = messages
            .iter()
            .map(|message| {
                (command::parse(&message.text) == Some(Command::Stop)).then(|| message.conversation.clone())
            })
            .collect();
        let now = self.shared.clock.now();
        let fresh = self.shared.storage.accept(channel, messages, cursor, now).await?;
        for (is_new, stop) in fresh.iter().zip(stops) {
            self.shared.observe.record(Observation::MessageIn { channel, duplicate: !is_new });
            if let (true, Some(conversation)) = (*is_new, stop) {
                self.stop(&conversation);
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
