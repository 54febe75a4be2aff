// SPDX-License-Identifier: MIT OR Apache-2.0
//! The thread: in time or not at all, those in a hurry first, and the model given back when nobody asks.

use super::{embedder, folder};
use crate::fixture::alike;
use crate::{Embedder, Form, ModelError, Options, Source};
use blufio_core::embedding::{EmbedError, Embedding, Patience};
use std::time::{Duration, Instant};

const SOON: Patience = Patience::Within(Duration::from_secs(60));

fn scratch_is_empty(folder: &std::path::Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test]
async fn any_text_has_a_vector_of_length_one() {
    let embedder = embedder(Form::Float);
    let long = "Δelta 🙂 word ".repeat(8_000);
    let texts = ["", " ", "🙂🙂🙂👩‍👩‍👧‍👦", "\u{0}\u{fffd}\u{200b}", "x", &long, "\u{10ffff}\u{e000}"];
    let vectors = embedder.embed(&texts, SOON).await.unwrap();
    assert_eq!(vectors.len(), texts.len());
    for vector in &vectors {
        assert_eq!(vector.len(), embedder.model().dimension);
        assert!((alike(vector, vector) - 1.0).abs() < 1e-4);
    }
    assert_eq!(embedder.embed(&[], SOON).await.unwrap(), Vec::<Vec<f32>>::new());
}

#[tokio::test]
async fn many_texts_at_once_have_the_vectors_that_each_has_alone() {
    let embedder = embedder(Form::Float);
    let texts: Vec<String> = (0..40).map(|at| format!("sentence number {at} about the garden")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let together = embedder.embed(&texts, Patience::Unhurried).await.unwrap();
    for (text, expected) in texts.iter().zip(&together).step_by(7) {
        assert_eq!(&embedder.embed(&[text], SOON).await.unwrap()[0], expected);
    }
}

#[tokio::test]
async fn who_cannot_wait_is_told_and_the_next_one_is_in_time() {
    let embedder = embedder(Form::Float);
    let patience = Duration::from_millis(1);
    let began = Instant::now();
    let answer = embedder.embed(&["hello"], Patience::Within(patience)).await;
    assert_eq!(answer.unwrap_err(), EmbedError::NotInTime(patience));
    assert!(began.elapsed() < Duration::from_secs(1));
    // The load went on although nobody waited for it.
    embedder.embed(&["hello"], SOON).await.unwrap();
}

#[tokio::test]
async fn somebody_in_a_hurry_overtakes_a_long_list() {
    let embedder = embedder(Form::Float);
    embedder.embed(&["warm"], SOON).await.unwrap();
    let texts = vec!["a sentence of a long list that nobody waits for"; 200];
    let list = embedder.embed(&texts, Patience::Unhurried);
    let hurried = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        embedder.embed(&["quick"], SOON).await.unwrap();
    };
    tokio::pin!(list);
    tokio::select! {
        biased;
        _ = &mut list => panic!("the list was first"),
        () = hurried => {}
    }
    assert_eq!(list.await.unwrap().len(), 200);
}

#[tokio::test]
async fn too_many_in_a_hurry_are_refused_at_once() {
    let embedder = embedder(Form::Float);
    let calls = (0..40).map(|_| embedder.embed(&["hello"], SOON));
    let answers = futures_util::future::join_all(calls).await;
    let refused = answers.iter().filter(|answer| matches!(answer, Err(EmbedError::Full))).count();
    assert_eq!(refused, 8);
    assert!(EmbedError::Full.is_transient());
}

#[tokio::test]
async fn the_model_is_given_back_after_idling_and_comes_again() {
    let scratch = tempfile::tempdir().unwrap();
    let options = Options {
        form: Some(Form::Float),
        idle: Duration::from_millis(100),
        ..Options::new(Source::Folder(folder()), scratch.path().to_owned())
    };
    let embedder = Embedder::open(options).unwrap();
    let first = embedder.embed(&["hello"], SOON).await.unwrap();
    assert!(scratch_is_empty(scratch.path()));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    // It has to be loaded again, which takes longer than this.
    let patience = Patience::Within(Duration::from_millis(20));
    assert!(matches!(embedder.embed(&["hello"], patience).await, Err(EmbedError::NotInTime(_))));
    assert_eq!(embedder.embed(&["hello"], SOON).await.unwrap(), first);
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_named() {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder()).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let file = copy.path().join("words.bin");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[1_000_000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let embedder =
        Embedder::open(Options::new(Source::Folder(copy.path().to_owned()), std::env::temp_dir())).unwrap();
    let error = embedder.embed(&["hello"], SOON).await.unwrap_err();
    assert!(!error.is_transient());
    let said = error.to_string();
    assert!(said.contains("words.bin of the model has the checksum"), "{said}");
}

#[test]
fn a_folder_without_a_model_is_refused_with_the_file_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::new(Source::Folder(folder.path().to_owned()), std::env::temp_dir());
    let error = Embedder::open(options).unwrap_err();
    assert!(
        matches!(&error, ModelError::Unreadable { path, .. } if path.ends_with("config.json")),
        "{error}"
    );
}

#[cfg(feature = "model")]
#[tokio::test]
async fn the_model_inside_the_program_is_the_one_in_the_folder() {
    let inside = Embedder::open(Options {
        form: Some(Form::Float),
        ..Options::new(Source::Inside, std::env::temp_dir())
    });
    let inside = inside.unwrap();
    let beside = embedder(Form::Float);
    assert_eq!(inside.model(), beside.model());
    let texts = ["The same bytes, wherever they lie."];
    assert_eq!(inside.embed(&texts, SOON).await.unwrap(), beside.embed(&texts, SOON).await.unwrap());
}
