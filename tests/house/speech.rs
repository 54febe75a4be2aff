// SPDX-License-Identifier: MIT OR Apache-2.0
//! What stands in the repository is about the project, holds for every machine, and leads somewhere.

use crate::tree::{TextFile, files, none, root};
use std::path::Path;

/// Folders of one person's machine, and notes about work that was not done. Put together so that this file does not
/// hold them itself.
const UNWANTED: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX:"),
];

fn unwanted(file: &TextFile) -> Vec<String> {
    let lines = file.text.lines().enumerate();
    let found = lines.filter(|(_, line)| UNWANTED.iter().any(|word| line.contains(word)));
    found.map(|(at, line)| format!("{}:{}: {}", file.path, at + 1, line.trim())).collect()
}

/// The targets of a Markdown file's links within the repository, from its root.
fn targets(file: &TextFile) -> Vec<String> {
    if file.extension() != "md" {
        return Vec::new();
    }
    let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    file.text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#', ' ']).next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
        .map(|target| folder.join(target).to_string_lossy().into_owned())
        .collect()
}

#[test]
fn nothing_speaks_of_one_machine_or_of_work_that_was_left() {
    // What people say to an agent is in many languages; in one of them "all" reads like a note of work to do.
    let ours = |file: &&TextFile| file.path != "Cargo.lock" && file.extension() != "jsonl";
    none(&files().iter().filter(ours).flat_map(unwanted).collect::<Vec<_>>());
}

#[test]
fn every_link_between_documents_leads_to_a_file() {
    let root = root();
    let mut dead = Vec::new();
    for file in files() {
        for target in targets(&file) {
            if !root.join(&target).exists() {
                dead.push(format!("{}: {target} does not exist", file.path));
            }
        }
    }
    none(&dead);
}

#[test]
fn a_path_of_one_machine_is_seen() {
    let text = concat!("fine\ncd /ro", "ot/blufio\n// TO", "DO later\n");
    assert_eq!(unwanted(&TextFile::new("docs/a.md", text)).len(), 2);
}

#[test]
fn links_are_read_from_the_folder_of_their_document() {
    let text = "[a](b.md) [c](../d.md#e) [f](https://g.example) [h](#i)";
    assert_eq!(targets(&TextFile::new("docs/a.md", text)), ["docs/b.md", "docs/../d.md"]);
    assert!(targets(&TextFile::new("a.rs", text)).is_empty());
}
