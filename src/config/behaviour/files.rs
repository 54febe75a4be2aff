// SPDX-License-Identifier: MIT OR Apache-2.0
//! A folder with one configuration file, for the tests.

use crate::{Environment, LayerFile, Layers, Problem};
use std::path::PathBuf;

/// A folder with one configuration file.
pub(super) struct OneFile {
    _folder: tempfile::TempDir,
    pub(super) path: PathBuf,
}

impl OneFile {
    pub(super) fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blufio.toml");
        std::fs::write(&path, text).unwrap();
        Self { _folder: folder, path }
    }

    pub(super) fn layers(&self) -> Layers {
        self.layers_with(&[])
    }

    pub(super) fn layers_with(&self, variables: &[(&str, &str)]) -> Layers {
        Layers {
            files: vec![LayerFile { path: self.path.clone(), required: true }],
            environment: Environment::from_iter(variables.iter().copied()),
        }
    }

    pub(super) fn text(&self) -> String {
        std::fs::read_to_string(&self.path).unwrap()
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        crate::validate(&self.layers())
    }
}
