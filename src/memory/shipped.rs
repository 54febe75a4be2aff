// SPDX-License-Identifier: MIT OR Apache-2.0
//! The model that comes with the program: all-MiniLM-L6-v2.

use crate::error::ModelError;
use crate::form::Form;
use crate::layout;
use crate::model::{Body, Loaded, Source};
use crate::part::Part;
use crate::scratch;
use crate::session::Graph;
use crate::shape;
use crate::tokenizer::{Tokenizer, Vocabulary};
use crate::words::Words;
use blufio_core::embedding::EmbeddingModel;
use std::path::{Path, PathBuf};

/// What every file has to be, to the last byte.
const SUMS: &str = include_str!("model/SHA256SUMS");

const NAME: &str = "all-MiniLM-L6-v2";
const VOCABULARY: &str = "vocabulary.txt";
const WEIGHTS: &str = "weights.bin";
const WORDS: &str = "words.bin";

/// The files of the shipped model, in the program or in a folder.
#[derive(Debug)]
pub(crate) struct Shipped {
    folder: Option<PathBuf>,
}

impl Shipped {
    /// Finds the files. A folder belongs to the shipped model when its weights are there.
    pub(crate) fn find(source: &Source) -> Option<Self> {
        match source {
            Source::Inside => cfg!(feature = "model").then_some(Self { folder: None }),
            Source::Folder(folder) => {
                folder.join(WEIGHTS).exists().then(|| Self { folder: Some(folder.clone()) })
            }
        }
    }

    /// What vectors are marked with. The graphs are not part of it: they only say in which order the same is reckoned.
    pub(crate) fn identity() -> EmbeddingModel {
        let parts = [VOCABULARY, WEIGHTS, WORDS].map(|file| expected(file).get(..8).unwrap_or_default());
        EmbeddingModel { name: NAME.into(), revision: parts.concat(), dimension: shape::WIDTH }
    }

    /// Loads the model; takes seconds.
    pub(crate) fn load(&self, form: Form, folder: &Path) -> Result<Loaded, ModelError> {
        let weights = self.part(WEIGHTS)?;
        let words = Words::new(self.part(WORDS)?)?;
        let vocabulary = Vocabulary::read(self.part(VOCABULARY)?.text()?.into())?;
        let name = format!("{form}.onnx");
        let graph = self.part(&name)?.bytes()?;
        let scratch = scratch::create(folder)?;
        let file = scratch.path().join(name);
        let laid_out =
            std::fs::write(&file, graph).and_then(|()| layout::write(form, &weights, scratch.path()));
        laid_out.map_err(|source| ModelError::Scratch { folder: folder.to_owned(), source })?;
        let graph = Graph::load(&file)?;
        let tokenizer = Tokenizer::new(vocabulary, false, shape::LONGEST);
        Ok(Loaded::new(tokenizer, Body::Rows { words, graph }))
    }

    /// A file, after its checksum was looked at.
    fn part(&self, name: &str) -> Result<Part, ModelError> {
        let expected = expected(name);
        let part = match &self.folder {
            Some(folder) => {
                let path = folder.join(name);
                Part::open(&path).map_err(|source| ModelError::Unreadable { path, source })?
            }
            None => inside(name, expected)?,
        };
        let found = part.sum()?;
        if found == expected {
            Ok(part)
        } else {
            Err(ModelError::Damaged { file: name.into(), found, expected: expected.into() })
        }
    }
}

/// The sum of a file of the model.
fn expected(name: &str) -> &'static str {
    let mut lines = SUMS.lines().filter_map(|line| line.split_once("  "));
    lines.find(|(_, file)| *file == name).map(|(sum, _)| sum).unwrap_or_default()
}

#[cfg(feature = "model")]
fn inside(name: &str, sum: &str) -> Result<Part, ModelError> {
    let bytes: &'static [u8] = match name {
        VOCABULARY => include_bytes!("model/vocabulary.txt"),
        WEIGHTS => include_bytes!("model/weights.bin"),
        WORDS => include_bytes!("model/words.bin"),
        "int8.onnx" => include_bytes!("model/int8.onnx"),
        "nibbles.onnx" => include_bytes!("model/nibbles.onnx"),
        "float.onnx" => include_bytes!("model/float.onnx"),
        _ => return Err(ModelError::Disk(std::io::ErrorKind::NotFound.into())),
    };
    Ok(Part::inside(bytes, sum))
}

#[cfg(not(feature = "model"))]
fn inside(_name: &str, _sum: &str) -> Result<Part, ModelError> {
    Err(ModelError::Disk(std::io::ErrorKind::NotFound.into()))
}
