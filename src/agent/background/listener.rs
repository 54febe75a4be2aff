// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is told what the background has found, and how.

use crate::context::Shared;
use crate::options::Deliver;
use blufio_core::channel::Channel;
use blufio_core::content::{Block, Message};
use blufio_core::ids::Conversation;
use blufio_core::storage::{How, StorageError, Telling};
use blufio_core::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

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
    let mut people = people(shared).await?;
    people.retain(|(channel, _)| shared.channels.contains_key(channel));
    let Some(conversation) = shared.storage.last_private(&people).await? else { return Ok(None) };
    let channel = shared.channels.get(&conversation.channel);
    Ok(channel.map(|channel| Listener { conversation, channel: channel.as_ref() }))
}

/// The operators: everybody on channels that only the operator can reach, and who is named; where nobody is named, the
/// only person who is known on a channel. (channel, sender), the sender empty for everybody.
async fn people(shared: &Shared) -> Result<Vec<(String, String)>, StorageError> {
    let options = &shared.options;
    let mut people: Vec<_> =
        options.trusted_channels.iter().map(|channel| (channel.clone(), String::new())).collect();
    if !options.operators.is_empty() {
        people.extend(options.operators.iter().cloned());
        return Ok(people);
    }
    let peers = shared.storage.peers(shared.clock.now()).await?;
    let approved = peers.into_iter().filter(|peer| peer.approved_at.is_some());
    let approved = approved.map(|peer| (peer.channel, peer.sender));
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (channel, sender) in approved.chain(options.allowed.iter().cloned()) {
        known.entry(channel).or_default().insert(sender);
    }
    for (channel, mut senders) in known {
        if let (1, Some(only)) = (senders.len(), senders.pop_first()) {
            people.push((channel, only));
        }
    }
    Ok(people)
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
