// SPDX-License-Identifier: MIT OR Apache-2.0
//! How well things are found again, measured on conversations with questions about them.
//!
//! Files are in the LoCoMo format: a list of samples, each a conversation of two over many sessions, and questions with the turns that
//! answer them. The turns are taken up as the agent takes up what is said to it, and each question is asked.
//!
//! | room | holds |
//! |---|---|
//! | `sample` | conversations and questions, as the files have them |
//! | `date` | when a session took place |
//! | `haystack` | takes the turns up, or what is to be remembered of them |
//! | `known` | vectors that are asked for again and again |
//! | `variants` | which signals are compared |
//! | `ask` | asks the questions |
//! | `measure` | recall, reciprocal ranks, and how sure they are |
//! | `report` | what came out |

mod ask;
mod date;
mod haystack;
mod known;
mod measure;
mod report;
mod sample;
mod variants;

pub use report::{Estimate, Facts, Found, Latency, Quality, Report, Shown, Size, Times};
pub use sample::{Sample, read};

use blufio_core::embedding::{EmbedError, Embedding};
use blufio_core::storage::{Storage, StorageError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// The file is not JSON.
    #[error("the file is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The file is in no form that is known.
    #[error("{place}: {trouble}; see docs/recall.md for the format")]
    Format {
        /// Where in the file.
        place: String,
        /// What is wrong there.
        trouble: String,
    },
    /// What was to be remembered could not be kept or read.
    #[error("the store for the evaluation cannot be used: {0}")]
    Storage(#[from] StorageError),
    /// The sentence model failed.
    #[error("the sentence model failed: {0}")]
    Embedding(#[from] EmbedError),
}

/// What is decided about an evaluation.
#[derive(Clone, Debug)]
pub struct Options {
    /// Speakers of these names are the agent: their words are not looked through, as those of the agent are not.
    pub assistants: Vec<String>,
    /// All samples in one haystack, which makes it harder. Otherwise each is its own.
    pub pooled: bool,
    /// Messages that have nothing to do with any conversation, for the share that loads something all the same.
    pub unrelated: Vec<String>,
    /// At most so many things are shown to a model.
    pub limit: usize,
    /// What speaks for each candidate is told as well, for `examples/fit` of `blufio-recall`.
    pub clues: bool,
}

impl Default for Options {
    fn default() -> Self {
        let assistants = ["Blufio", "Assistant"].map(str::to_owned).to_vec();
        Self { assistants, pooled: false, unrelated: Vec::new(), limit: 8, clues: false }
    }
}

/// What is told on the way.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// So many haystacks are done.
    Done {
        /// So many.
        haystacks: usize,
        /// Out of so many.
        of: usize,
    },
    /// What speaks for the candidates of one question.
    Clues(QuestionClues),
}

/// What speaks for the candidates of one question, best first as they are ranked now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuestionClues {
    /// Samples with the same name belong together.
    pub sample: String,
    /// `paraphrase`, `none`, `unrelated` and the like; empty where the file does not say.
    pub kind: String,
    /// The question.
    pub question: String,
    /// Whether something answers it.
    pub answerable: bool,
    /// The candidates.
    pub candidates: Vec<CandidateClues>,
}

/// What speaks for one candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CandidateClues {
    /// Whether it answers the question.
    pub answers: bool,
    /// Whether meaning tells how well it fits.
    pub telling: bool,
    /// BM25 of the words.
    pub keyword: f64,
    /// The clues by their names.
    pub clues: BTreeMap<String, f64>,
}

/// Opens an empty store; it is thrown away afterwards.
pub type OpenStore<'a> = dyn Fn() -> Result<Arc<dyn Storage>, StorageError> + Send + Sync + 'a;

/// Measures. Blocks for minutes where there are thousands of turns; may be dropped at any await.
///
/// # Errors
/// See [`EvaluationError`].
pub async fn run(
    samples: &[Sample],
    embedding: &Arc<dyn Embedding>,
    open: &OpenStore<'_>,
    options: &Options,
    hear: &mut (dyn FnMut(Heard) + Send),
) -> Result<Report, EvaluationError> {
    let known: Arc<known::Known> = Arc::new(known::Known::new(Arc::clone(embedding)));
    let haystacks: Vec<Vec<&Sample>> = if options.pooled {
        vec![samples.iter().collect()]
    } else {
        samples.iter().map(|sample| vec![sample]).collect()
    };
    let mut outcome = ask::Outcome::default();
    for (done, haystack) in haystacks.iter().enumerate() {
        ask::all(haystack, &known, open, options, hear, &mut outcome).await?;
        hear(Heard::Done { haystacks: done + 1, of: haystacks.len() });
    }
    Ok(report::of(samples, options, embedding.model(), &known, outcome))
}
