// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is told what the background has found, and how.

use crate::context::Shared;
use crate::operator;
use crate::options::Deliver;
use blufio_core::channel::Channel;
use blufio_core::content::{Block, Message};
use blufio_core::ids::Conversation;
use blufio_core::storage::{How, StorageError, Telling};
use blufio_core::time::Timestamp;

/// Where somebody is told.
pub(super) struct Listener<'a> {
    pub(super) conversation: Conversation,
    channel: &'a dyn Channel,
}

/// The private conversation in which an operator was last answered.
///
/// # Errors
/// When the state cannot be read.
pub(super) async fn find(shared: &Shared) -> Result<Option<Listener<'_>>, StorageError> {
    let mut people = operator::people(shared).await?;
    people.retain(|(channel, _)| shared.channels.contains_key(channel));
    let Some(conversation) = shared.storage.last_private(&people).await? else { return Ok(None) };
    let channel = shared.channels.get(&conversation.channel);
    Ok(channel.map(|channel| Listener { conversation, channel: channel.as_ref() }))
}

impl Listener<'_> {
    /// Tells it now or with the next answer, as the operator has decided, and keeps the notes in the same transaction.
    ///
    /// # Errors
    /// When neither was stored.
    pub(super) async fn tell(
        &self,
        shared: &Shared,
        words: String,
        notes: Vec<(String, String)>,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let how = match shared.options.heartbeat.deliver {
            Deliver::Now => How::Now {
                outbox: self.channel.render(&self.conversation, &words),
                transcript: vec![Message::assistant(vec![Block::text(words)])],
            },
            Deliver::WithNext => How::WithNext { text: words },
        };
        let telling = Telling { conversation: self.conversation.clone(), how, notes };
        shared.storage.tell(telling, now).await?;
        shared.outbox_changed.notify_one();
        Ok(())
    }
}
