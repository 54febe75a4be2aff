// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which conversations have a turn running, and how to end it.

use blufio_core::ids::Conversation;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The two ways in which a turn is ended from outside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ends {
    /// The person wants no more of it: settle what there is.
    pub(crate) stop: CancellationToken,
    /// The process ends: put it back into the queue.
    pub(crate) abandon: CancellationToken,
}

/// Conversations that are being worked on.
#[derive(Debug, Default)]
pub(crate) struct Running {
    turns: Mutex<HashMap<Conversation, Ends>>,
}

impl Running {
    fn lock(&self) -> MutexGuard<'_, HashMap<Conversation, Ends>> {
        // The map is never left half-changed, so a panic elsewhere does not spoil it.
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the conversation as busy until it is left. The ends are those of its first turn, also while that turn is
    /// only being claimed.
    pub(crate) fn enter(&self, conversation: &Conversation) -> Ends {
        let ends = Ends::default();
        self.lock().insert(conversation.clone(), ends.clone());
        ends
    }

    /// A fresh pair of ends for the next turn of a busy conversation. A stop meant for the turn before is forgotten.
    pub(crate) fn renew(&self, conversation: &Conversation) -> Ends {
        let mut turns = self.lock();
        let ends = Ends {
            stop: CancellationToken::new(),
            abandon: turns.get(conversation).map(|ends| ends.abandon.clone()).unwrap_or_default(),
        };
        turns.insert(conversation.clone(), ends.clone());
        ends
    }

    pub(crate) fn leave(&self, conversation: &Conversation) {
        self.lock().remove(conversation);
    }

    pub(crate) fn conversations(&self) -> Vec<Conversation> {
        self.lock().keys().cloned().collect()
    }

    /// The person pressed stop. Says whether there was a turn to stop.
    pub(crate) fn stop(&self, conversation: &Conversation) -> bool {
        self.lock().get(conversation).map(|ends| ends.stop.cancel()).is_some()
    }

    /// The process ends: every running turn goes back into the queue.
    pub(crate) fn abandon_all(&self) {
        for ends in self.lock().values() {
            ends.abandon.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_ends_the_running_turn_and_not_the_next_one() {
        let running = Running::default();
        let here = Conversation::new("test", "1");
        assert!(!running.stop(&here));
        let first = running.enter(&here);
        assert!(running.stop(&here));
        assert!(first.stop.is_cancelled());
        assert!(!running.renew(&here).stop.is_cancelled());
    }

    #[test]
    fn abandoning_reaches_turns_that_start_afterwards_in_the_same_task() {
        let running = Running::default();
        let here = Conversation::new("test", "1");
        running.enter(&here);
        running.abandon_all();
        assert!(running.renew(&here).abandon.is_cancelled());
    }
}
