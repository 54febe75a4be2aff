// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::context::Shared;
use crate::operator;
use blufio_core::channel::Inbound;
use blufio_core::ids::Conversation;
use blufio_core::memory::MemoryScope;
use blufio_core::storage::StorageError;

/// What holds where a message was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scopes {
    /// Of what is said there.
    pub(crate) own: MemoryScope,
    /// What may be shown there.
    pub(crate) readable: Vec<MemoryScope>,
    /// What may be deleted there. What everybody may be reminded of is the operator's to delete, in private; what belongs
    /// to a group, too.
    pub(crate) forgettable: Vec<MemoryScope>,
}

/// The scope of what somebody says: his own in private, everybody's who is there in a group. On channels that the
/// operator alone can reach, all are one person.
pub(crate) fn own(shared: &Shared, conversation: &Conversation, sender: &str, private: bool) -> MemoryScope {
    if !private {
        return MemoryScope::Conversation(conversation.clone());
    }
    let trusted = shared.options.trusted_channels.contains(&conversation.channel);
    let sender = if trusted { String::new() } else { sender.to_owned() };
    MemoryScope::Person { channel: conversation.channel.clone(), sender }
}

/// Whose memories may be shown in answer to a message. In a group, nothing that somebody has said in private. Operators
/// are one person who comes by several ways; but who is taken for the operator only because nobody else is known on the
/// channel may be somebody else.
///
/// # Errors
/// When it cannot be read who the operators are.
pub(crate) async fn scopes(shared: &Shared, message: &Inbound) -> Result<Scopes, StorageError> {
    let conversation = &message.conversation;
    let own = own(shared, conversation, &message.sender.id, message.private);
    let mut readable = vec![MemoryScope::Agent, own.clone(), MemoryScope::Conversation(conversation.clone())];
    let operator = operator::is_operator(shared, message).await?;
    if message.private && operator::is_named(&shared.options, message) {
        let people = operator::all(shared).await?.people.into_iter();
        readable.extend(people.map(|(channel, sender)| MemoryScope::Person { channel, sender }));
    }
    readable.sort();
    readable.dedup();
    let forgettable = forgettable(&readable, operator, message.private);
    Ok(Scopes { own, readable, forgettable })
}

/// What may be deleted, of what may be shown.
fn forgettable(readable: &[MemoryScope], operator: bool, private: bool) -> Vec<MemoryScope> {
    let mut forgettable = readable.to_vec();
    forgettable.retain(|scope| match scope {
        MemoryScope::Agent => operator && private,
        MemoryScope::Person { .. } => private,
        MemoryScope::Conversation(_) => operator || private,
    });
    forgettable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_group_the_operator_alone_deletes_and_what_is_everybodys_only_in_private() {
        let here = MemoryScope::Conversation(Conversation::new("test", "1"));
        let person = MemoryScope::Person { channel: "test".into(), sender: "ada".into() };
        let in_private = [MemoryScope::Agent, person.clone(), here.clone()];
        assert_eq!(forgettable(&in_private, true, true), in_private);
        assert_eq!(forgettable(&in_private, false, true), [person, here.clone()]);
        let in_group = [MemoryScope::Agent, here.clone()];
        assert_eq!(forgettable(&in_group, true, false), [here]);
        assert_eq!(forgettable(&in_group, false, false), []);
    }
}
