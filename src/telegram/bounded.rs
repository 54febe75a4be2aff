// SPDX-License-Identifier: MIT OR Apache-2.0
//! A map that forgets its oldest entries.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Holds at most `most` entries. What it forgets only costs comfort: see where it is used.
#[derive(Debug)]
pub(crate) struct Bounded<K, V> {
    most: usize,
    entries: HashMap<K, V>,
    order: VecDeque<K>,
}

impl<K: Clone + Eq + Hash, V> Bounded<K, V> {
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), entries: HashMap::new(), order: VecDeque::new() }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key)
    }

    pub(crate) fn remove(&mut self, key: &K) {
        if self.entries.remove(key).is_some() {
            self.order.retain(|other| other != key);
        }
    }

    /// The entry, made by `new` where there is none.
    pub(crate) fn entry(&mut self, key: &K, new: impl FnOnce() -> V) -> &mut V {
        self.make_room_for(key);
        self.entries.entry(key.clone()).or_insert_with(new)
    }

    pub(crate) fn insert(&mut self, key: &K, value: V) {
        self.make_room_for(key);
        self.entries.insert(key.clone(), value);
    }

    fn make_room_for(&mut self, key: &K) {
        if self.entries.contains_key(key) {
            return;
        }
        while self.entries.len() >= self.most {
            let Some(oldest) = self.order.pop_front() else { break };
            self.entries.remove(&oldest);
        }
        self.order.push_back(key.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entry_is_forgotten_first() {
        let mut map = Bounded::new(2);
        for key in 1..=3 {
            map.insert(&key, key * 10);
        }
        assert_eq!((map.get(&1), map.get(&2), map.get(&3)), (None, Some(&20), Some(&30)));
    }

    #[test]
    fn a_removed_entry_leaves_room() {
        let mut map = Bounded::new(2);
        map.insert(&1, ());
        map.insert(&2, ());
        map.remove(&1);
        map.insert(&3, ());
        assert!(map.get(&2).is_some() && map.get(&3).is_some());
    }
}
