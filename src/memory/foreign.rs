// SPDX-License-Identifier: MIT OR Apache-2.0
//! Another sentence model, as it is published: BERT with a WordPiece vocabulary, exported to ONNX.

use crate::error::ModelError;
use crate::model::{Body, Loaded};
use crate::part::Part;
use crate::session::{Graph, Pooling};
use crate::tokenizer::{Tokenizer, Vocabulary};
use blufio_core::embedding::EmbeddingModel;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// Tokens of the longest text, unless the model says less.
const LONGEST: usize = 512;
/// Digits of the checksum that tell one state of a model from another.
const DIGITS: usize = 24;

/// `config.json`.
#[derive(Deserialize)]
struct Config {
    hidden_size: usize,
    max_position_embeddings: usize,
}

/// `tokenizer_config.json`; models that lack it do not tell capital letters apart.
#[derive(Deserialize)]
struct TokenizerConfig {
    #[serde(default = "yes")]
    do_lower_case: bool,
}

/// `sentence_bert_config.json`.
#[derive(Deserialize)]
struct SentenceConfig {
    max_seq_length: Option<usize>,
}

/// `1_Pooling/config.json`; models that lack it take the mean.
#[derive(Deserialize)]
struct PoolingConfig {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default = "yes")]
    pooling_mode_mean_tokens: bool,
}

fn yes() -> bool {
    true
}

/// A model in a folder of the operator.
#[derive(Debug)]
pub(crate) struct Foreign {
    graph: PathBuf,
    vocabulary: PathBuf,
    cased: bool,
    longest: usize,
    pooling: Pooling,
    identity: EmbeddingModel,
}

impl Foreign {
    /// Reads the settings, and the checksum of all that makes the vectors.
    pub(crate) fn find(folder: &Path) -> Result<Self, ModelError> {
        let [inner, outer] = ["onnx/model.onnx", "model.onnx"].map(|name| folder.join(name));
        let graph = if inner.exists() { inner } else { outer };
        let vocabulary = folder.join("vocab.txt");
        let config: Config =
            settings(&folder.join("config.json"))?.ok_or_else(|| ModelError::Unreadable {
                path: folder.join("config.json"),
                source: io::ErrorKind::NotFound.into(),
            })?;
        let tokenizer: Option<TokenizerConfig> = settings(&folder.join("tokenizer_config.json"))?;
        let sentence: Option<SentenceConfig> = settings(&folder.join("sentence_bert_config.json"))?;
        let place = folder.join("1_Pooling/config.json");
        let pooling = match settings::<PoolingConfig>(&place)? {
            None => Pooling::Mean,
            Some(pooling) if pooling.pooling_mode_cls_token => Pooling::First,
            Some(pooling) if pooling.pooling_mode_mean_tokens => Pooling::Mean,
            Some(_) => {
                let problem =
                    "only the mean of all tokens and the first token are supported as pooling".into();
                return Err(ModelError::Misfit { path: place, problem });
            }
        };
        let longest = sentence.and_then(|sentence| sentence.max_seq_length).unwrap_or(LONGEST);
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        let revision = revision(&graph, &vocabulary)?;
        Ok(Self {
            cased: tokenizer.is_some_and(|tokenizer| !tokenizer.do_lower_case),
            longest: longest.min(config.max_position_embeddings).min(LONGEST),
            pooling,
            identity: EmbeddingModel { name, revision, dimension: config.hidden_size },
            graph,
            vocabulary,
        })
    }

    pub(crate) fn identity(&self) -> EmbeddingModel {
        self.identity.clone()
    }

    pub(crate) fn load(&self) -> Result<Loaded, ModelError> {
        let found = revision(&self.graph, &self.vocabulary)?;
        if found != self.identity.revision {
            let file = self.graph.display().to_string();
            return Err(ModelError::Damaged { file, found, expected: self.identity.revision.clone() });
        }
        let vocabulary = read(&self.vocabulary)?.text()?;
        let tokenizer = Tokenizer::new(Vocabulary::read(vocabulary.into())?, self.cased, self.longest);
        let graph = Graph::load(&self.graph)?;
        let dimension = self.identity.dimension;
        Ok(Loaded::new(tokenizer, Body::Tokens { graph, pooling: self.pooling, dimension }))
    }
}

fn read(path: &Path) -> Result<Part, ModelError> {
    Part::open(path).map_err(|source| ModelError::Unreadable { path: path.to_owned(), source })
}

/// The settings in a file; `None` where there is no file.
fn settings<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ModelError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ModelError::Unreadable { path: path.to_owned(), source }),
    };
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|error| ModelError::Misfit { path: path.to_owned(), problem: error.to_string() })
}

/// The checksum of the graph, of the weights that may lie beside it, and of the vocabulary.
fn revision(graph: &Path, vocabulary: &Path) -> Result<String, ModelError> {
    let beside = ["onnx_data", "onnx.data"].map(|end| graph.with_extension(end));
    let files = [graph, vocabulary]
        .into_iter()
        .chain(beside.iter().map(PathBuf::as_path).filter(|file| file.exists()));
    let mut hasher = Sha256::new();
    for file in files {
        hasher.update(read(file)?.sum()?);
    }
    let mut digits = hex::encode(hasher.finalize());
    digits.truncate(DIGITS);
    Ok(digits)
}
