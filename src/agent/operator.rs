// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may change what the agent may spend.

use crate::context::Shared;
use blufio_core::channel::Inbound;
use blufio_core::storage::StorageError;
use std::collections::{BTreeMap, BTreeSet};

/// Told to everybody else.
pub(crate) const NOT_YOU: &str = "Only the operator may do that: somebody on the agent's own machine, or somebody whom \
    its configuration names (telegram.operators).";

/// The operators, as (channel, sender): everybody (an empty sender) on channels that the operator alone can reach, and
/// who is named; where nobody is named, on each channel the only person who is known there.
pub(crate) async fn people(shared: &Shared) -> Result<Vec<(String, String)>, StorageError> {
    let options = &shared.options;
    let mut people: Vec<_> =
        options.trusted_channels.iter().map(|channel| (channel.clone(), String::new())).collect();
    if !options.operators.is_empty() {
        people.extend(options.operators.iter().cloned());
        return Ok(people);
    }
    let peers = shared.storage.peers(shared.clock.now()).await?.into_iter();
    let approved = peers.filter(|peer| peer.approved_at.is_some()).map(|peer| (peer.channel, peer.sender));
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

/// Whether the author of `message` is an operator.
pub(crate) async fn is_operator(shared: &Shared, message: &Inbound) -> Result<bool, StorageError> {
    let (channel, sender) = (&message.conversation.channel, &message.sender.id);
    let people = people(shared).await?;
    Ok(people.iter().any(|(at, id)| at == channel && (id.is_empty() || id == sender)))
}
