// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why a model cannot be used.

use crate::tokenizer::VocabularyError;
use std::io;
use std::path::PathBuf;

/// Why a model cannot be opened, loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The program was built without the feature `model`, and the configuration names no folder.
    #[error("this program was built without a sentence model: set memory.model to a folder that has one")]
    NoneInside,
    /// The folder of the configuration lacks a file, or it cannot be read.
    #[error("cannot read {}: {source}. Put the files of the model there, or name another folder", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not the one that belongs to this program.
    #[error(
        "{file} of the model has the checksum {found} instead of {expected}: it is damaged, or of another version"
    )]
    Damaged {
        /// The name of the file.
        file: String,
        /// The sum that it has.
        found: String,
        /// The sum that it should have.
        expected: String,
    },
    /// A settings file of the model does not say what it must.
    #[error("{}: {problem}", path.display())]
    Misfit {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The folder in which the weights are laid out while the model loads cannot be written.
    #[error("cannot lay out the weights in {}: {source}. The folder must be writable and have 50 MB of room", folder.display())]
    Scratch {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The vocabulary does not belong to a model of this kind.
    #[error("{0}")]
    Vocabulary(String),
    /// The backend cannot load or run the graph.
    #[error("the graph of the model cannot be run: {0}")]
    Graph(String),
    /// A file of the model could not be read while it was in use.
    #[error("a file of the model could not be read: {0}")]
    Disk(#[from] io::Error),
    /// The system gives no thread.
    #[error("no thread for the model: {0}")]
    Thread(io::Error),
}

impl From<VocabularyError> for ModelError {
    fn from(error: VocabularyError) -> Self {
        Self::Vocabulary(error.to_string())
    }
}

impl From<ort::Error> for ModelError {
    fn from(error: ort::Error) -> Self {
        Self::Graph(error.to_string())
    }
}
