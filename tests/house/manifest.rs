// SPDX-License-Identifier: MIT OR Apache-2.0
//! The manifests of the workspace.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::tree;
use toml::{Table, Value};

/// Where a dependency is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// The crate itself.
    Library,
    /// Its tests.
    Tests,
    /// Its build script.
    Build,
}

/// One dependency.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) purpose: For,
    pub(crate) value: Value,
}

/// The manifest of a crate.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// The folder in `src/`.
    pub(crate) folder: String,
    pub(crate) table: Table,
}

impl Manifest {
    pub(crate) fn new(folder: &str, text: &str) -> Self {
        let table = text.parse().unwrap_or_else(|error| panic!("src/{folder}/Cargo.toml: {error}"));
        Self { folder: folder.to_owned(), table }
    }

    /// All dependencies, those of single targets included.
    pub(crate) fn dependencies(&self) -> Vec<Dependency> {
        let mut found = declared(&self.table);
        for target in self.table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values) {
            found.extend(target.as_table().map(declared).unwrap_or_default());
        }
        found
    }
}

fn declared(table: &Table) -> Vec<Dependency> {
    let sections = [
        ("dependencies", For::Library),
        ("dev-dependencies", For::Tests),
        ("build-dependencies", For::Build),
    ];
    let mut found = Vec::new();
    for (section, purpose) in sections {
        for (name, value) in table.get(section).and_then(Value::as_table).into_iter().flatten() {
            // A renamed dependency is known by the name of its package.
            let package = value.get("package").and_then(Value::as_str).unwrap_or(name);
            found.push(Dependency { name: package.to_owned(), purpose, value: value.clone() });
        }
    }
    found
}

/// The manifests of all crates.
pub(crate) fn all() -> Vec<Manifest> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(tree::root().join("src")).unwrap() {
        let entry = entry.unwrap();
        let folder = entry.file_name().to_string_lossy().into_owned();
        // Seeds of failed property tests are put beside the crates, and are not kept.
        if folder == "proptest-regressions" {
            continue;
        }
        let text = std::fs::read_to_string(entry.path().join("Cargo.toml"))
            .unwrap_or_else(|error| panic!("src/{folder} is no crate: {error}"));
        found.push(Manifest::new(&folder, &text));
    }
    assert!(found.len() > 5, "only {} crates were found", found.len());
    found.sort_by(|a, b| a.folder.cmp(&b.folder));
    found
}

/// The manifest of the workspace.
pub(crate) fn workspace() -> Table {
    std::fs::read_to_string(tree::root().join("Cargo.toml")).unwrap().parse().unwrap()
}
