// SPDX-License-Identifier: MIT OR Apache-2.0
//! The best of many, without keeping the others.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Keeps the items with the highest scores; of equal ones the larger (the newer) items.
#[derive(Debug)]
pub(super) struct Best<T> {
    most: usize,
    kept: BinaryHeap<Reverse<Scored<T>>>,
}

#[derive(Debug)]
struct Scored<T>(f64, T);

impl<T: Ord> Best<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, kept: BinaryHeap::new() }
    }

    /// Whether an item with this score may be kept.
    pub(super) fn would_keep(&self, score: f64) -> bool {
        self.kept.len() < self.most || self.kept.peek().is_some_and(|least| score >= least.0.0)
    }

    pub(super) fn consider(&mut self, score: f64, item: T) {
        if self.kept.len() < self.most {
            self.kept.push(Reverse(Scored(score, item)));
        } else if let Some(mut least) = self.kept.peek_mut() {
            let new = Scored(score, item);
            if new > least.0 {
                *least = Reverse(new);
            }
        }
    }

    pub(super) fn into_items(self) -> impl Iterator<Item = (f64, T)> {
        self.kept.into_iter().map(|Reverse(Scored(score, item))| (score, item))
    }
}

impl<T: Ord> Ord for Scored<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then_with(|| self.1.cmp(&other.1))
    }
}

impl<T: Ord> PartialOrd for Scored<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> PartialEq for Scored<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T: Ord> Eq for Scored<T> {}
