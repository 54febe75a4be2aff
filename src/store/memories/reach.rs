// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where forgotten words may have been repeated by those whom they concern. What others have said, in the same words perhaps, is
//! theirs.

use super::scopes;
use crate::columns::conversation;
use crate::error::RowError;
use blufio_core::ids::Conversation;
use blufio_core::memory::MemoryScope;
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeSet;

const SCOPE: &str = "SELECT kind, channel, chat, thread FROM scopes WHERE id = ?1";

const PRIVATE_WITH: &str =
    "SELECT channel, chat, thread FROM private_answers WHERE channel = ?1 AND sender = ?2";

const OF_SESSION: &str = "SELECT channel, chat, thread FROM sessions WHERE id = ?1";

/// Conversations and scopes.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// What concerns everybody was perhaps repeated everywhere.
    everywhere: bool,
    scopes: BTreeSet<i64>,
    conversations: BTreeSet<Conversation>,
}

impl Reach {
    /// Something of this scope is forgotten.
    pub(super) fn scope(&mut self, connection: &Connection, number: i64) -> Result<(), RowError> {
        if !self.scopes.insert(number) {
            return Ok(());
        }
        let mut scope = connection.prepare_cached(SCOPE)?;
        let mut rows = scope.query([number])?;
        match rows.next()?.map(|row| scopes::scope(row, 0)).transpose()? {
            Some(MemoryScope::Agent) => self.everywhere = true,
            Some(MemoryScope::Conversation(conversation)) => {
                self.conversations.insert(conversation);
            }
            Some(MemoryScope::Person { channel, sender }) => {
                let mut private = connection.prepare_cached(PRIVATE_WITH)?;
                self.conversations.extend(private.query_row([channel, sender], conversation).optional()?);
            }
            None => {}
        }
        Ok(())
    }

    /// Words of this session are forgotten.
    pub(super) fn session(&mut self, connection: &Connection, session: i64) -> Result<(), RowError> {
        let mut of_session = connection.prepare_cached(OF_SESSION)?;
        self.conversations.extend(of_session.query_row([session], conversation).optional()?);
        Ok(())
    }

    pub(super) fn has(&self, conversation: &Conversation) -> bool {
        self.everywhere || self.conversations.contains(conversation)
    }

    pub(super) fn has_scope(&self, number: i64) -> bool {
        self.everywhere || self.scopes.contains(&number)
    }
}
