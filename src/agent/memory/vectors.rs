// SPDX-License-Identifier: MIT OR Apache-2.0
//! The meaning of what has none yet, or one of another model.

use crate::context::Shared;
use blufio_core::embedding::{EmbedError, Embedding, Patience};
use blufio_core::observe::Observation;
use blufio_core::storage::{Embedded, StorageError};
use tokio::time::Instant;

/// Items whose vectors are made and stored together.
const BATCH: usize = 16;

/// Why no vectors were made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// There was no model in time, or at all. A retry helps where it says so.
    #[error(transparent)]
    Model(#[from] EmbedError),
    /// What is to be embedded cannot be read or written. A retry helps where it says so.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Makes the next vectors. Says whether there may be more. Done again, it comes to the same.
pub(super) async fn step(shared: &Shared, embedding: &dyn Embedding) -> Result<bool, Failure> {
    let model = embedding.model();
    let items = shared.storage.unembedded(model, BATCH).await?;
    if items.is_empty() {
        return Ok(false);
    }
    let texts: Vec<&str> =
        items.iter().flat_map(|item| [Some(item.text.as_str()), item.around.as_deref()]).flatten().collect();
    let began = Instant::now();
    let vectors = embedding.embed(&texts, Patience::Unhurried).await?;
    let (sentences, took) = (texts.len(), began.elapsed());
    let mut vectors = vectors.into_iter();
    let embedded = items.iter().filter_map(|item| {
        let text = vectors.next()?;
        let around = match item.around {
            Some(_) => Some(vectors.next()?),
            None => None,
        };
        Some(Embedded { id: item.id, text, around })
    });
    let embedded = embedded.collect();
    shared.storage.embed(model, embedded).await?;
    // Once they are there: whoever waits for them watches this.
    shared.observe.record(Observation::Embedded { sentences, took });
    Ok(items.len() >= BATCH)
}
