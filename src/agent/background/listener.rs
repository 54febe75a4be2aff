// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is told what the background has found, and how.

use super::changes;
use crate::context::Shared;
use crate::ending;
use crate::operator;
use crate::options::Deliver;
use blufio_core::channel::Channel;
use blufio_core::content::{Block, Message};
use blufio_core::ids::Conversation;
use blufio_core::storage::{How, StorageError, Telling};
use blufio_core::time::Timestamp;

/// Name of the note of the conversation that was told last.
const LAST: &str = "heartbeat:listener";

/// Where somebody is told.
pub(crate) struct Listener<'a> {
    pub(crate) conversation: Conversation,
    channel: &'a dyn Channel,
}

/// Why nobody can be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Nobody {
    /// It is not known who of several people is the operator; in words.
    #[error("{0}")]
    Unclear(String),
    /// No private conversation has had an answer.
    #[error("no operator has been answered in private yet")]
    NotAnswered,
}

/// The private conversation in which an operator was last answered. One on a channel that the operator alone can reach
/// (the machine's own shell) only where there is no other: nobody sits there and waits.
///
/// # Errors
/// When the state cannot be read.
pub(crate) async fn find(shared: &Shared) -> Result<Result<Listener<'_>, Nobody>, StorageError> {
    let operators = operator::all(shared).await?;
    let there = operators.people.iter().filter(|(channel, _)| shared.channels.contains_key(channel));
    let (shells, people): (Vec<_>, Vec<_>) = there.cloned().partition(|(_, sender)| sender.is_empty());
    let mut last = shared.storage.last_private(&people).await?;
    if last.is_none() {
        last = shared.storage.last_private(&shells).await?;
    }
    let listener = last.and_then(|conversation| {
        let channel = shared.channels.get(&conversation.channel)?;
        Some(Listener { conversation, channel: channel.as_ref() })
    });
    Ok(listener.ok_or_else(|| operators.doubt().map_or(Nobody::NotAnswered, Nobody::Unclear)))
}

impl Listener<'_> {
    /// Takes over what waits for an answer in a conversation that is no longer the one that is told: nobody may ever
    /// write there again.
    ///
    /// # Errors
    /// When it was not stored.
    pub(super) async fn take_over(&self, shared: &Shared) -> Result<(), StorageError> {
        let here = self.conversation.to_string();
        if changes::read::<String>(shared, LAST).await?.as_ref() == Some(&here) {
            return Ok(());
        }
        shared.storage.move_notices(&self.conversation).await?;
        shared.storage.note(vec![changes::note(LAST, &here)?]).await
    }

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
                transcript: vec![Message::assistant(vec![Block::text(ending::told_unasked(&words))])],
            },
            Deliver::WithNext => How::WithNext { text: words },
        };
        let telling = Telling { conversation: self.conversation.clone(), how, notes };
        shared.storage.tell(telling, now).await?;
        shared.outbox_changed.notify_one();
        Ok(())
    }
}
