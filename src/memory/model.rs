// SPDX-License-Identifier: MIT OR Apache-2.0
//! A model: found, known by its identity, loaded, run.

use crate::error::ModelError;
use crate::foreign::Foreign;
use crate::form::Form;
use crate::session::{Graph, Pooling};
use crate::shipped::Shipped;
use crate::tokenizer::Tokenizer;
use crate::words::Words;
use blufio_core::embedding::EmbeddingModel;
use std::path::{Path, PathBuf};

/// Where the files of the model are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Inside the program, where that was built with the feature `model`.
    Inside,
    /// In a folder: either the files of the shipped model, or another sentence model as it is published: `model.onnx`
    /// (there or in `onnx/`), `vocab.txt`, `config.json`, and what sentence-transformers puts beside them.
    Folder(PathBuf),
}

/// A model that was found and is not loaded.
#[derive(Debug)]
pub(crate) enum Model {
    Shipped(Shipped),
    Foreign(Foreign),
}

impl Model {
    /// Finds a model. Of a foreign one all files are read once, for its identity.
    pub(crate) fn find(source: &Source) -> Result<Self, ModelError> {
        if let Some(shipped) = Shipped::find(source) {
            return Ok(Self::Shipped(shipped));
        }
        match source {
            Source::Inside => Err(ModelError::NoneInside),
            Source::Folder(folder) => Ok(Self::Foreign(Foreign::find(folder)?)),
        }
    }

    pub(crate) fn identity(&self) -> EmbeddingModel {
        match self {
            Self::Shipped(_) => Shipped::identity(),
            Self::Foreign(foreign) => foreign.identity(),
        }
    }

    /// Loads the model; takes seconds. The form is a matter of the shipped model alone.
    pub(crate) fn load(&self, form: Form, scratch: &Path) -> Result<Loaded, ModelError> {
        match self {
            Self::Shipped(shipped) => shipped.load(form, scratch),
            Self::Foreign(foreign) => foreign.load(),
        }
    }
}

/// What a loaded model is made of.
#[derive(Debug)]
pub(crate) enum Body {
    /// The table of words lies outside the graph.
    Rows { words: Words, graph: Graph },
    /// The graph takes the numbers of the tokens.
    Tokens { graph: Graph, pooling: Pooling, dimension: usize },
}

/// A model that is ready.
#[derive(Debug)]
pub(crate) struct Loaded {
    tokenizer: Tokenizer,
    body: Body,
}

impl Loaded {
    pub(crate) fn new(tokenizer: Tokenizer, body: Body) -> Self {
        Self { tokenizer, body }
    }

    /// The vector of one text, of length one.
    pub(crate) fn embed(&mut self, text: &str) -> Result<Vec<f32>, ModelError> {
        let ids = self.tokenizer.ids(text);
        let mut vector = match &mut self.body {
            Body::Rows { words, graph } => graph.sentence_of_rows(words.rows(&ids)?, crate::shape::WIDTH)?,
            Body::Tokens { graph, pooling, dimension } => {
                graph.sentence_of_tokens(&ids, *pooling, *dimension)?
            }
        };
        let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
        if !length.is_finite() || length == 0.0 {
            return Err(ModelError::Graph("the vector of a text has no direction".into()));
        }
        vector.iter_mut().for_each(|number| *number /= length);
        Ok(vector)
    }
}
