// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shipped model against the original, in every form, and the thread around it.

mod foreign;
mod forms;
mod thread;

use crate::{Embedder, Form, Options, Source};
use std::path::PathBuf;

/// The files of the shipped model.
fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/model"))
}

/// An embedder of the shipped model in a form.
fn embedder(form: Form) -> Embedder {
    let options =
        Options { form: Some(form), ..Options::new(Source::Folder(folder()), std::env::temp_dir()) };
    Embedder::open(options).unwrap()
}
