// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shows a running turn in its channel, at the channel's pace.

use blufio_core::channel::{Channel, Progress};
use blufio_core::ids::{Conversation, QueueId};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// "Working" signs fade after five seconds in most channels.
const REFRESH: Duration = Duration::from_secs(4);

/// The answer so far, as the turn writes it and the channel shows it. Dropping it ends the showing.
pub(crate) struct Show {
    text: watch::Sender<String>,
    task: JoinHandle<()>,
}

impl Show {
    pub(crate) fn start(channel: Arc<dyn Channel>, conversation: Conversation, turn: QueueId) -> Self {
        let (text, mut changes) = watch::channel(String::new());
        let task = tokio::spawn(async move {
            loop {
                let so_far = changes.borrow_and_update().clone();
                let progress =
                    if so_far.trim().is_empty() { Progress::Working } else { Progress::Partial(&so_far) };
                channel.progress(&conversation, turn, progress).await;
                if let Ok(Err(_closed)) = tokio::time::timeout(REFRESH, changes.changed()).await {
                    return;
                }
            }
        });
        Self { text, task }
    }

    /// Adds words.
    pub(crate) fn push(&self, words: &str) {
        self.text.send_modify(|text| text.push_str(words));
    }

    /// Goes back to the first `length` bytes: what followed is void.
    pub(crate) fn truncate(&self, length: usize) {
        self.text.send_modify(|text| {
            if text.is_char_boundary(length) {
                text.truncate(length);
            }
        });
    }

    /// The answer so far.
    pub(crate) fn text(&self) -> String {
        self.text.borrow().clone()
    }

    /// Length of the answer so far, bytes.
    pub(crate) fn len(&self) -> usize {
        self.text.borrow().len()
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        self.task.abort();
    }
}
