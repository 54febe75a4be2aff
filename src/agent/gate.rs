// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may talk, and what strangers get: a pairing code and nothing else.

use crate::context::Shared;
use blufio_core::channel::Inbound;
use blufio_core::storage::{Pairing, Peer, StorageError};
use blufio_core::time::Timestamp;
use std::time::Duration;

/// How long a code can be used.
const CODE_LIFE: Duration = Duration::from_secs(3_600);
/// Strangers who may wait at the same time; the rest is not answered until a code expires.
const MOST_WAITING: usize = 32;
/// No letters or digits that are mistaken for one another when read aloud.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const CODE_LENGTH: usize = 8;
/// A name is shown to the operator; this many characters of it are enough.
const NAME_LENGTH: usize = 64;

/// What the gate decided.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Go on.
    Admitted,
    /// Tell the stranger this, and nothing else.
    Pair(String),
    /// Say nothing.
    Ignore,
}

/// Whether the author of `message` may talk to the agent.
pub(crate) async fn admitted(shared: &Shared, message: &Inbound) -> Result<bool, StorageError> {
    let (channel, sender) = (&message.conversation.channel, &message.sender.id);
    let options = &shared.options;
    Ok(options.trusted_channels.contains(channel)
        || options.allowed.iter().any(|(allowed, id)| allowed == channel && id == sender)
        || shared.storage.is_approved(channel, sender).await?)
}

/// Decides about the author of `message`. `again`: an earlier turn decided this already and died before it was told.
pub(crate) async fn check(shared: &Shared, message: &Inbound, again: bool) -> Result<Verdict, StorageError> {
    if admitted(shared, message).await? {
        return Ok(Verdict::Admitted);
    }
    // In a group a stranger must not be able to make the agent speak.
    if !message.private {
        return Ok(Verdict::Ignore);
    }
    let now = shared.clock.now();
    let peer = Peer {
        channel: message.conversation.channel.clone(),
        sender: message.sender.id.clone(),
        name: message.sender.name.chars().filter(|c| !c.is_control()).take(NAME_LENGTH).collect(),
        approved_at: None,
        asked_at: now,
        code: Some(code(now)),
    };
    Ok(match shared.storage.ask_pairing(peer, now.after(CODE_LIFE), MOST_WAITING, now).await? {
        Pairing::New { code } => Verdict::Pair(told(&shared.options.name, &code)),
        Pairing::Pending { code } if again => Verdict::Pair(told(&shared.options.name, &code)),
        Pairing::Pending { .. } | Pairing::Full => Verdict::Ignore,
        Pairing::Approved => Verdict::Admitted,
    })
}

fn told(name: &str, code: &str) -> String {
    format!(
        "This is {name}, a personal agent, and it does not know you yet.\n\n\
         Your pairing code: `{code}`\n\n\
         If it is yours, run `blufio pair approve {code}` on its machine within an hour, then write again."
    )
}

/// 40 random bits in readable letters. Only the operator can redeem a code, so that guessing is no way in.
fn code(now: Timestamp) -> String {
    let mut bytes = [0_u8; CODE_LENGTH];
    if getrandom::fill(&mut bytes).is_err() {
        // Without randomness a code is only as unique as the instant; it still must be approved by hand.
        bytes = now.0.to_le_bytes();
    }
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).copied().map_or('A', char::from);
    bytes.iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_readable_and_differ() {
        let (one, two) = (code(Timestamp(0)), code(Timestamp(0)));
        assert_eq!(one.len(), CODE_LENGTH);
        assert_ne!(one, two);
        assert!(one.bytes().all(|byte| ALPHABET.contains(&byte)));
    }
}
