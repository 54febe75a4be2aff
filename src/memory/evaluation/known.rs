// SPDX-License-Identifier: MIT OR Apache-2.0
//! Vectors that are asked for again and again: each text is worked on once, and timed.

use async_trait::async_trait;
use blufio_core::embedding::{EmbedError, Embedding, EmbeddingModel, Patience};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Remembers what it was asked.
pub(super) struct Known {
    inner: Arc<dyn Embedding>,
    vectors: Mutex<HashMap<String, Vec<f32>>>,
    times: Mutex<Vec<Duration>>,
}

impl Known {
    pub(super) fn new(inner: Arc<dyn Embedding>) -> Self {
        Self { inner, vectors: Mutex::default(), times: Mutex::default() }
    }

    /// What one text took, for each that was new.
    pub(super) fn times(&self) -> Vec<Duration> {
        held(&self.times).clone()
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Embedding for Known {
    fn model(&self) -> &EmbeddingModel {
        self.inner.model()
    }

    async fn embed(&self, texts: &[&str], patience: Patience) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for text in texts {
            let known = held(&self.vectors).get(*text).cloned();
            if let Some(vector) = known {
                vectors.push(vector);
                continue;
            }
            let began = Instant::now();
            let new = self.inner.embed(&[*text], patience).await?;
            held(&self.times).push(began.elapsed());
            let Some(vector) = new.into_iter().next() else { return Err(EmbedError::Closed) };
            held(&self.vectors).insert((*text).to_owned(), vector.clone());
            vectors.push(vector);
        }
        Ok(vectors)
    }
}
