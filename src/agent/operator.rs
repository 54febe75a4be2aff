// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may change what the agent may spend.

use crate::context::Shared;
use crate::options::AgentOptions;
use blufio_core::channel::Inbound;
use blufio_core::storage::StorageError;
use std::collections::{BTreeMap, BTreeSet};

/// Told to everybody else.
pub(crate) const NOT_YOU: &str = "Only the operator may do that: somebody on the agent's own machine, or somebody whom \
    its configuration names (telegram.operators); while it names nobody, the one person whom it knows on a channel, if \
    it knows no other there.";

/// Who the operators are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Operators {
    /// As (channel, sender); an empty sender stands for everybody on that channel.
    pub(crate) people: Vec<(String, String)>,
    /// Channels on which several people are known, while nobody is named: there nobody is an operator.
    pub(crate) unclear: Vec<String>,
}

impl Operators {
    /// Why nobody is an operator on the channels where that is unclear, for people; `None` where it is clear.
    pub(crate) fn doubt(&self) -> Option<String> {
        let keys: Vec<_> = self.unclear.iter().map(|channel| format!("{channel}.operators")).collect();
        (!keys.is_empty()).then(|| {
            format!(
                "several people are known on {}, and {} does not say who of them is the operator",
                self.unclear.join(" and "),
                keys.join(" and ")
            )
        })
    }
}

/// The operators: everybody on channels that the operator alone can reach, and who is named; where nobody is named, on
/// each channel the only person who is known there.
pub(crate) async fn all(shared: &Shared) -> Result<Operators, StorageError> {
    let options = &shared.options;
    let mut operators = Operators::default();
    operators.people.extend(options.trusted_channels.iter().map(|channel| (channel.clone(), String::new())));
    if !options.operators.is_empty() {
        operators.people.extend(options.operators.iter().cloned());
        return Ok(operators);
    }
    let peers = shared.storage.peers(shared.clock.now()).await?.into_iter();
    let approved = peers.filter(|peer| peer.approved_at.is_some()).map(|peer| (peer.channel, peer.sender));
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (channel, sender) in approved.chain(options.allowed.iter().cloned()) {
        known.entry(channel).or_default().insert(sender);
    }
    for (channel, mut senders) in known {
        match (senders.len(), senders.pop_first()) {
            (1, Some(only)) => operators.people.push((channel, only)),
            _ if options.trusted_channels.contains(&channel) => {}
            _ => operators.unclear.push(channel),
        }
    }
    Ok(operators)
}

/// Whether the author of `message` is an operator beyond doubt: on a channel that the operator alone can reach, or named.
pub(crate) fn is_named(options: &AgentOptions, message: &Inbound) -> bool {
    let (channel, sender) = (&message.conversation.channel, &message.sender.id);
    options.trusted_channels.contains(channel)
        || options.operators.iter().any(|(at, id)| at == channel && id == sender)
}

/// Whether the author of `message` is an operator.
pub(crate) async fn is_operator(shared: &Shared, message: &Inbound) -> Result<bool, StorageError> {
    let (channel, sender) = (&message.conversation.channel, &message.sender.id);
    let people = all(shared).await?.people;
    Ok(people.iter().any(|(at, id)| at == channel && (id.is_empty() || id == sender)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::channel::Sender;
    use blufio_core::ids::Conversation;
    use blufio_core::time::Timestamp;

    #[test]
    fn who_is_only_allowed_is_no_operator_beyond_doubt() {
        let options = AgentOptions {
            trusted_channels: vec!["terminal".into()],
            allowed: vec![("test".into(), "bob".into())],
            operators: vec![("test".into(), "ada".into())],
            ..AgentOptions::default()
        };
        let from = |channel: &str, sender: &str| Inbound {
            external_id: "1".into(),
            conversation: Conversation::new(channel, "1"),
            sender: Sender { id: sender.into(), name: sender.into() },
            private: true,
            text: "hi".into(),
            files: vec![],
            group: None,
            not_before: None,
            notices: vec![],
            sent_at: Timestamp(0),
        };
        assert!(is_named(&options, &from("terminal", "anybody")));
        assert!(is_named(&options, &from("test", "ada")));
        assert!(!is_named(&options, &from("test", "bob")) && !is_named(&options, &from("other", "ada")));
    }
}
