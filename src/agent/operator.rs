// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may change what the agent may spend.

use crate::context::Shared;
use blufio_core::channel::Inbound;
use blufio_core::storage::StorageError;
use std::collections::BTreeSet;

/// Told to everybody else.
pub(crate) const NOT_YOU: &str = "Only the operator may do that: somebody on the agent's own machine, or somebody whom \
    its configuration names (telegram.operators).";

/// Whether the author of `message` is an operator: on a channel that the operator alone can reach, by name, or, where
/// nobody is named, as the only person who is known on his channel.
pub(crate) async fn is_operator(shared: &Shared, message: &Inbound) -> Result<bool, StorageError> {
    let (channel, sender) = (&message.conversation.channel, &message.sender.id);
    let options = &shared.options;
    if options.trusted_channels.contains(channel) {
        return Ok(true);
    }
    if !options.operators.is_empty() {
        return Ok(options.operators.iter().any(|(at, id)| at == channel && id == sender));
    }
    let peers = shared.storage.peers(shared.clock.now()).await?;
    let approved = peers.iter().filter(|peer| peer.approved_at.is_some() && peer.channel == *channel);
    let allowed = options.allowed.iter().filter(|(at, _)| at == channel).map(|(_, id)| id);
    let known: BTreeSet<&String> = approved.map(|peer| &peer.sender).chain(allowed).collect();
    Ok(known.len() == 1 && known.contains(sender))
}
