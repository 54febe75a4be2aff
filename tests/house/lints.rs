// SPDX-License-Identifier: MIT OR Apache-2.0
//! The lints of the workspace hold in every crate, and none is quietly switched off.

use crate::manifest::{self, Manifest};
use crate::tree::{TextFile, files, none};
use toml::{Table, Value};

/// What must be denied outside tests.
const DENIED: &[&str] = &[
    "await_holding_lock",
    "dbg_macro",
    "expect_used",
    "indexing_slicing",
    "panic",
    "string_slice",
    "todo",
    "unimplemented",
    "unwrap_used",
];

fn outside(manifest: &Manifest) -> bool {
    let lints = manifest.table.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
    lints != Some(true)
}

fn missing(workspace: &Table) -> Vec<String> {
    let lints = workspace.get("workspace").and_then(|workspace| workspace.get("lints"));
    let level = |tool: &str, lint: &str| lints?.get(tool)?.get(lint)?.as_str().map(str::to_owned);
    let mut complaints = Vec::new();
    if level("rust", "unsafe_code").as_deref() != Some("forbid") {
        complaints.push("Cargo.toml: unsafe_code is not forbidden".to_owned());
    }
    for lint in DENIED {
        if !matches!(level("clippy", lint).as_deref(), Some("deny" | "forbid")) {
            complaints.push(format!("Cargo.toml: {lint} is not denied"));
        }
    }
    complaints
}

/// A lint that is switched off where the program runs. Tests, and files that say on top that they are for tests, may.
fn switched_off(file: &TextFile) -> Vec<String> {
    let is_test = |path: &str| {
        path.starts_with("tests/")
            || path
                .split('/')
                .any(|part| matches!(part, "tests" | "tests.rs" | "behaviour" | "behaviour.rs" | "benches"))
    };
    if file.extension() != "rs" || is_test(&file.path) {
        return Vec::new();
    }
    file.code()
        .filter(|(_, line)| {
            line.trim_start().starts_with('#') && (line.contains("allow(") || line.contains("expect("))
        })
        .filter(|(_, line)| DENIED.iter().any(|lint| line.contains(&format!("clippy::{lint}"))))
        .map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim()))
        .collect()
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let outsiders = manifest::all().into_iter().filter(outside);
    none(
        &outsiders
            .map(|manifest| format!("src/{}: no `[lints] workspace = true`", manifest.folder))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn the_workspace_forbids_unsafe_code_and_denies_what_can_panic() {
    none(&missing(&manifest::workspace()));
}

#[test]
fn no_lint_is_switched_off_outside_tests() {
    none(&files().iter().flat_map(switched_off).collect::<Vec<_>>());
}

#[test]
fn a_crate_outside_and_a_missing_lint_are_seen() {
    assert!(outside(&Manifest::new("x", "")));
    assert!(outside(&Manifest::new("x", "lints.workspace = false")));
    assert!(!outside(&Manifest::new("x", "lints.workspace = true")));
    assert_eq!(missing(&Table::new()).len(), DENIED.len() + 1);
    let weak = "[workspace.lints]\nrust.unsafe_code = 'deny'\nclippy.todo = 'warn'\nclippy.panic = 'deny'\n";
    assert_eq!(missing(&Manifest::new("x", weak).table).len(), DENIED.len());
}

#[test]
fn a_lint_that_is_switched_off_is_seen() {
    let text = "// allow(clippy::panic)\n#[allow(clippy::panic)]\nfn f() {}\n#[allow(clippy::float_cmp)]\n";
    assert_eq!(switched_off(&TextFile::new("src/agent/turn.rs", text)).len(), 1);
    assert!(switched_off(&TextFile::new("src/agent/turn/tests.rs", text)).is_empty());
}
