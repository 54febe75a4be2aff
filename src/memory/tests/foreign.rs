// SPDX-License-Identifier: MIT OR Apache-2.0
//! A model that was published by somebody else: here a tiny one with random weights.

use crate::fixture::alike;
use crate::{Embedder, ModelError, Options, Source};
use blufio_core::embedding::{EmbedError, Embedding, Patience};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;

const SOON: Patience = Patience::Within(Duration::from_secs(60));

#[derive(Deserialize)]
struct Expected {
    text: String,
    mean: Vec<f32>,
    first: Vec<f32>,
}

fn expected() -> Vec<Expected> {
    serde_json::from_str(include_str!("../model/fixture/tiny/expected.json")).unwrap()
}

/// A copy of the tiny model.
fn copy() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let tiny = super::folder().join("fixture/tiny");
    std::fs::create_dir(copy.path().join("1_Pooling")).unwrap();
    for file in ["model.onnx", "vocab.txt", "config.json", "1_Pooling/config.json"] {
        std::fs::copy(tiny.join(file), copy.path().join(file)).unwrap();
    }
    copy
}

fn open(folder: &Path) -> Result<Embedder, ModelError> {
    Embedder::open(Options::new(Source::Folder(folder.to_owned()), std::env::temp_dir()))
}

#[tokio::test]
async fn another_model_has_its_own_vectors_and_its_own_identity() {
    let folder = copy();
    let embedder = open(folder.path()).unwrap();
    assert_eq!(embedder.model().dimension, 32);
    assert_eq!(embedder.model().name, folder.path().file_name().unwrap().to_str().unwrap());
    for expected in expected() {
        let vectors = embedder.embed(&[&expected.text], SOON).await.unwrap();
        let cosine = alike(&vectors[0], &expected.mean);
        assert!(cosine > 0.9999, "{cosine} for {:?}", expected.text);
    }
    // One changed word of the vocabulary is another model.
    let file = folder.path().join("vocab.txt");
    let changed = std::fs::read_to_string(&file).unwrap().replace("river", "rover");
    std::fs::write(&file, changed).unwrap();
    assert_ne!(open(folder.path()).unwrap().model().revision, embedder.model().revision);
}

#[tokio::test]
async fn a_model_that_takes_the_first_token_is_heard() {
    let folder = copy();
    let pooling = r#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#;
    std::fs::write(folder.path().join("1_Pooling/config.json"), pooling).unwrap();
    let embedder = open(folder.path()).unwrap();
    for expected in expected() {
        let vectors = embedder.embed(&[&expected.text], SOON).await.unwrap();
        assert!(alike(&vectors[0], &expected.first) > 0.9999);
    }
}

#[tokio::test]
async fn settings_that_do_not_fit_are_named() {
    let folder = copy();
    let file = folder.path().join("1_Pooling/config.json");
    std::fs::write(&file, r#"{"pooling_mode_mean_tokens": false, "pooling_mode_max_tokens": true}"#).unwrap();
    let said = open(folder.path()).unwrap_err().to_string();
    assert!(said.contains("1_Pooling/config.json: only the mean of all tokens"), "{said}");

    std::fs::remove_file(&file).unwrap();
    let config = r#"{"hidden_size": 64, "max_position_embeddings": 40}"#;
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let error = open(folder.path()).unwrap().embed(&["a dog"], SOON).await.unwrap_err();
    let EmbedError::Unusable(said) = error else { panic!("{error}") };
    assert!(said.contains("instead of 64 numbers"), "{said}");

    std::fs::write(folder.path().join("config.json"), "{").unwrap();
    assert!(
        matches!(open(folder.path()), Err(ModelError::Misfit { path, .. }) if path.ends_with("config.json"))
    );
}

#[tokio::test]
async fn a_model_that_changes_under_the_running_program_is_refused() {
    let folder = copy();
    let embedder = open(folder.path()).unwrap();
    let file = folder.path().join("model.onnx");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.push(0);
    std::fs::write(&file, bytes).unwrap();
    let error = embedder.embed(&["a dog"], SOON).await.unwrap_err();
    assert!(error.to_string().contains("model.onnx of the model has the checksum"), "{error}");
}
