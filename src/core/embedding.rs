// SPDX-License-Identifier: MIT OR Apache-2.0
//! The trait that turns sentences into vectors.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Which model makes the vectors. Vectors can be compared with one another only where all of this is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbeddingModel {
    /// What the model is called.
    pub name: String,
    /// Tells one state of the weights from another: letters and digits, stable over restarts and processors.
    pub revision: String,
    /// Numbers in each vector.
    pub dimension: usize,
}

/// How long the caller waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// At most this long, and before all who have more time: somebody waits for an answer.
    Within(Duration),
    /// As long as it takes, behind all who are in a hurry.
    Unhurried,
}

/// Why there are no vectors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// The time ran out: the model was not loaded yet, or busy. It goes on loading, so that the next call may be in time.
    #[error("no vector within {0:?}: the model is still loading, or busy")]
    NotInTime(Duration),
    /// Too many are waiting already.
    #[error("too many sentences wait for their vectors")]
    Full,
    /// The model cannot be loaded or run; the text says why and what to do.
    #[error("the embedding model cannot be used: {0}")]
    Unusable(String),
    /// Whoever makes the vectors was shut down.
    #[error("the embedding model was shut down")]
    Closed,
}

impl EmbedError {
    /// Whether the same call may succeed later without anybody's help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::NotInTime(_) | Self::Full)
    }
}

/// Turns sentences into vectors.
#[async_trait]
pub trait Embedding: Send + Sync {
    /// The model behind the vectors. It does not change while the program runs.
    fn model(&self) -> &EmbeddingModel;

    /// One vector for each text, in their order, each of [`EmbeddingModel::dimension`] numbers and of length one, so that the
    /// product of two is their cosine. Any text is accepted; of a long one only the beginning counts.
    ///
    /// Dropping the future takes back what has not begun; a sentence that is being worked on is finished and forgotten.
    ///
    /// # Errors
    /// See [`EmbedError`]. Either all texts have their vectors or none.
    async fn embed(&self, texts: &[&str], patience: Patience) -> Result<Vec<Vec<f32>>, EmbedError>;
}
