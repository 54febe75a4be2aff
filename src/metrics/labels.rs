// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bounded sets of label values.

use std::collections::BTreeSet;

/// What everything is called that is not in its set.
pub(crate) const OTHER: &str = "other";

/// A set of label values.
#[derive(Clone, Debug)]
pub(crate) struct LabelSet(BTreeSet<String>);

impl LabelSet {
    pub(crate) fn new(values: Vec<String>) -> Self {
        Self(values.into_iter().collect())
    }

    /// The value to be used for `name`.
    pub(crate) fn of<'a>(&self, name: &'a str) -> &'a str {
        if self.0.contains(name) { name } else { OTHER }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
