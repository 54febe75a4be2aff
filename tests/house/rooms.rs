// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rooms are small, named by a noun, and say at the door what they are for.

use crate::tree::{TextFile, files, none};

/// Longest source file, in lines.
const LONGEST: usize = 700;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "manager", "shared"];

fn complaints(file: &TextFile) -> Vec<String> {
    let mut found = Vec::new();
    if file.extension() != "rs" {
        return found;
    }
    let lines = file.text.lines().count();
    if lines > LONGEST {
        found.push(format!("{}: {lines} lines; a file past {LONGEST} is split", file.path));
    }
    let parts = file.path.trim_end_matches(".rs").split('/');
    if let Some(name) = parts.into_iter().find(|part| EMPTY_NAMES.contains(part)) {
        found.push(format!("{}: `{name}` says nothing about what is inside", file.path));
    }
    let door =
        file.path.starts_with("src/") && (file.path.ends_with("/lib.rs") || file.path.ends_with("/main.rs"));
    if door && !file.text.lines().any(|line| line.starts_with("//! ")) {
        found.push(format!("{}: does not say what the crate is for", file.path));
    }
    found
}

#[test]
fn every_file_is_small_well_named_and_introduced() {
    none(&files().iter().flat_map(complaints).collect::<Vec<_>>());
}

#[test]
fn a_large_a_nameless_and_a_silent_file_are_seen() {
    assert_eq!(complaints(&TextFile::new("src/x/turn.rs", &"\n".repeat(LONGEST + 1))).len(), 1);
    assert_eq!(complaints(&TextFile::new("src/x/utils.rs", "")).len(), 1);
    assert_eq!(complaints(&TextFile::new("src/common/turn.rs", "")).len(), 1);
    assert_eq!(complaints(&TextFile::new("src/x/lib.rs", "mod turn;")).len(), 1);
    assert_eq!(complaints(&TextFile::new("src/x/lib.rs", "//! Turns.\nmod turn;")), [""; 0]);
}
