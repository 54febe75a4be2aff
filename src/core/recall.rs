// SPDX-License-Identifier: MIT OR Apache-2.0
//! The trait that finds what fits: out of memories and past words, by words and by meaning.

use crate::embedding::Patience;
use crate::ids::{MessageId, SessionId};
use crate::memory::{Item, Memory, MemoryScope};
use crate::storage::StorageError;
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The words, as they were written.
    pub text: String,
    /// What the person had said before; empty where there was nothing. Counts where the words alone say too little.
    pub before: String,
    /// In these scopes.
    pub scopes: Vec<MemoryScope>,
    /// Past words too, beside memories.
    pub passages: bool,
    /// What the model is shown anyway: messages of this session from this one on.
    pub shown: Option<(SessionId, MessageId)>,
    /// The hour.
    pub now: Timestamp,
    /// At most so many.
    pub limit: usize,
    /// Also what does not fit well enough to be shown to a model; for people who search.
    pub loosely: bool,
}

/// Something that fits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recollection {
    /// What it is. Never a memory that was replaced: what took its place stands for it.
    pub item: Item,
    /// What it replaced, newest first.
    pub earlier: Vec<Memory>,
    /// How well it fits, 0 to 1. Comparable within one answer, and roughly between answers.
    pub score: f64,
    /// What speaks for it, for `/why` and people who search: `"meaning 0.61"`, `"words: dog, max"`.
    pub reasons: Vec<String>,
}

/// Whether meaning counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByMeaning {
    /// It did.
    Yes,
    /// The vector was not there in time; words alone counted.
    Late,
    /// There is no model, or it cannot be used; words alone counted.
    Off,
    /// There is nothing that could be found.
    Needless,
}

impl ByMeaning {
    /// A bounded name for metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Late => "late",
            Self::Off => "off",
            Self::Needless => "needless",
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recalled {
    /// What fits, best first. Empty where nothing does.
    pub found: Vec<Recollection>,
    /// Whether meaning counted.
    pub by_meaning: ByMeaning,
}

/// What fits less has nothing to do with what somebody looks for; `docs/recall.md` says how it was found.
pub const FAINTEST: f64 = 0.01;

impl Recalled {
    /// What somebody is shown who looks for something, or wants it forgotten: more than a model is shown unasked. By meaning,
    /// everything is a little like everything; what words alone have found has some of them.
    #[must_use]
    pub fn listed(self) -> Vec<Recollection> {
        let by_meaning = self.by_meaning == ByMeaning::Yes;
        self.found.into_iter().filter(|found| !by_meaning || found.score >= FAINTEST).collect()
    }
}

/// Finds what fits.
#[async_trait]
pub trait Recall: Send + Sync {
    /// What fits a question. Where the vector of the question is not there within `patience`, words alone count. Reads only;
    /// may be dropped at any await.
    ///
    /// # Errors
    /// When what is remembered cannot be read.
    async fn recall(&self, question: &Question, patience: Patience) -> Result<Recalled, StorageError>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{MessageId, PassageId};
    use crate::memory::Passage;

    #[test]
    fn a_list_leaves_out_what_only_has_a_like_meaning_and_hardly_any() {
        let found = |score| {
            let passage = Passage {
                id: PassageId(1),
                message: MessageId(1),
                session: SessionId(1),
                scope: MemoryScope::Agent,
                text: "My dog is called Max.".into(),
                around: String::new(),
                at: Timestamp(0),
            };
            Recollection { item: Item::Passage(passage), earlier: Vec::new(), score, reasons: Vec::new() }
        };
        let listed = |by_meaning| {
            let recalled = Recalled { found: vec![found(0.3), found(0.012), found(0.009)], by_meaning };
            recalled.listed().into_iter().map(|found| found.score).collect::<Vec<_>>()
        };
        assert_eq!(listed(ByMeaning::Yes), [0.3, 0.012]);
        assert_eq!(listed(ByMeaning::Late), [0.3, 0.012, 0.009]);
    }
}
