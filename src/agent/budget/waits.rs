// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::context::Shared;
use blufio_core::channel::Inbound;
use blufio_core::ids::Conversation;
use blufio_core::storage::{How, StorageError, Telling};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Conversations whose oldest message waits for room in the budget: one entry each, as long as it waits.
#[derive(Debug, Default)]
pub(crate) struct Waits(Mutex<HashMap<Conversation, Wait>>);

#[derive(Clone, Debug)]
struct Wait {
    /// The limit and its period.
    occasion: String,
    /// What those are told who write meanwhile.
    text: String,
}

impl Waits {
    fn lock(&self) -> MutexGuard<'_, HashMap<Conversation, Wait>> {
        // The map is never left half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begin(&self, conversation: &Conversation, occasion: String, text: String) {
        self.lock().insert(conversation.clone(), Wait { occasion, text });
    }

    pub(crate) fn end(&self, conversation: &Conversation) {
        self.lock().remove(conversation);
    }

    fn of(&self, conversation: &Conversation) -> Option<Wait> {
        self.lock().get(conversation).cloned()
    }
}

/// A message has arrived: if it stands behind one that waits for room, its author is told, once a period.
///
/// # Errors
/// When it was not stored. The message is kept all the same.
pub(crate) async fn tell_behind(shared: &Shared, message: &Inbound) -> Result<(), StorageError> {
    let conversation = &message.conversation;
    let Some(Wait { occasion, text }) = shared.waits.of(conversation) else { return Ok(()) };
    let Some(channel) = shared.channels.get(&conversation.channel) else { return Ok(()) };
    // Strangers in a group do not make the agent speak.
    if !crate::gate::admitted(shared, message).await? {
        return Ok(());
    }
    let name = format!("waits:behind:{conversation}");
    if shared.storage.noted(&name).await?.as_ref() == Some(&occasion) {
        return Ok(());
    }
    let how = How::Now { outbox: channel.render(conversation, &text), transcript: Vec::new() };
    let telling = Telling { conversation: conversation.clone(), how, notes: vec![(name, occasion)] };
    shared.storage.tell(telling, shared.clock.now()).await?;
    shared.outbox_changed.notify_one();
    Ok(())
}
