// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where nobody is there to take a message.

use blufio_core::ids::Conversation;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Conversations where nobody is there to take a message. Their rows wait until somebody arrives.
#[derive(Debug, Default)]
pub(crate) struct Absent(Mutex<Presence>);

#[derive(Debug, Default)]
struct Presence {
    gone: HashSet<Conversation>,
    /// Counts everybody who arrived anywhere.
    arrivals: u64,
}

impl Absent {
    fn lock(&self) -> MutexGuard<'_, Presence> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be asked before a delivery, for [`Absent::left`].
    pub(crate) fn arrivals(&self) -> u64 {
        self.lock().arrivals
    }

    /// Nobody was there for a delivery that began when `arrivals` had arrived. Who has arrived since then may be the
    /// one it is for: then it is not noted, and tried again.
    pub(crate) fn left(&self, conversation: &Conversation, arrivals: u64) {
        let mut presence = self.lock();
        if presence.arrivals == arrivals {
            presence.gone.insert(conversation.clone());
        }
    }

    pub(crate) fn arrived(&self, conversation: &Conversation) {
        let mut presence = self.lock();
        presence.arrivals = presence.arrivals.wrapping_add(1);
        presence.gone.remove(conversation);
    }

    pub(crate) fn list(&self) -> Vec<Conversation> {
        self.lock().gone.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_who_arrives_while_a_delivery_fails_is_not_missed() {
        let absent = Absent::default();
        let here = Conversation::new("local", "1");
        let before = absent.arrivals();
        absent.arrived(&here);
        absent.left(&here, before);
        assert!(absent.list().is_empty(), "it is tried again at once");
        absent.left(&here, absent.arrivals());
        assert_eq!(absent.list(), vec![here.clone()]);
        absent.arrived(&here);
        assert!(absent.list().is_empty());
    }
}
