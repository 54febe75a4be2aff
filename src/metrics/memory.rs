// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is recalled, what gets its vector, what is learned.

use crate::MetricsError;
use crate::registry::Family;
use blufio_core::recall::ByMeaning;
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec};
use std::time::Duration;

/// Bounds of a look for what fits, seconds: an answer waits for it.
const RECALL: [f64; 11] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];
/// Bounds of making vectors, seconds: from one short sentence to a batch behind a load of the model.
const EMBEDDING: [f64; 10] = [0.005, 0.015, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0];
const BY_MEANING: [ByMeaning; 4] = [ByMeaning::Yes, ByMeaning::Late, ByMeaning::Off, ByMeaning::Needless];

pub(crate) struct Memory {
    recall: HistogramVec,
    recalled: IntCounter,
    embedding: Histogram,
    embedded: IntCounter,
    extractions: IntCounterVec,
    learned: IntCounter,
}

impl Memory {
    pub(crate) fn new(family: &Family) -> Result<Self, MetricsError> {
        let memory = Self {
            recall: family.histograms(
                "blufio_recall_seconds",
                "What it took to look for what fits a message, and whether meaning counted.",
                &RECALL,
                &["by_meaning"],
            )?,
            recalled: family.counter(
                "blufio_recalled_items_total",
                "Memories and past words that were shown to a model.",
            )?,
            embedding: family.histogram(
                "blufio_embedding_seconds",
                "What it took to make the vectors of what is kept, batch by batch.",
                &EMBEDDING,
            )?,
            embedded: family.counter(
                "blufio_embedded_sentences_total",
                "Sentences of what is kept that got their vectors.",
            )?,
            extractions: family.counters(
                "blufio_extractions_total",
                "Conversations that were looked through for what is worth remembering, by outcome.",
                &["outcome"],
            )?,
            learned: family.counter("blufio_memories_learned_total", "Memories that came of that.")?,
        };
        for by_meaning in BY_MEANING {
            memory.recall.with_label_values(&[by_meaning.name()]);
        }
        Ok(memory)
    }

    pub(crate) fn recalled(&self, shown: usize, by_meaning: ByMeaning, took: Duration) {
        self.recall.with_label_values(&[by_meaning.name()]).observe(took.as_secs_f64());
        self.recalled.inc_by(count(shown));
    }

    pub(crate) fn embedded(&self, sentences: usize, took: Duration) {
        self.embedding.observe(took.as_secs_f64());
        self.embedded.inc_by(count(sentences));
    }

    pub(crate) fn extraction(&self, outcome: &'static str, new: usize) {
        self.extractions.with_label_values(&[outcome]).inc();
        self.learned.inc_by(count(new));
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
