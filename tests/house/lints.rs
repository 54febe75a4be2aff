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

/// The one crate with a call that the compiler cannot check.
const WITH_UNSAFE: &str = "pages";

fn outside(manifest: &Manifest) -> bool {
    let lints = manifest.table.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
    lints != Some(true)
}

/// The lints of a crate that has its own instead of the workspace's, as if they were the workspace's.
fn weaker(manifest: &Manifest, workspace: &Table) -> bool {
    let Some(mut own) = manifest.table.get("lints").cloned() else { return true };
    let unsafe_code = own
        .get_mut("rust")
        .and_then(|rust| rust.as_table_mut()?.insert("unsafe_code".into(), "forbid".into()));
    let held = workspace.get("workspace").and_then(|workspace| workspace.get("lints"));
    unsafe_code.is_none_or(|level| level.as_str() != Some("deny")) || held != Some(&own)
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

/// A lint that is switched off where the program runs. In tests and examples it may be.
fn switched_off(file: &TextFile, test_modules: &[String]) -> Vec<String> {
    let test = file.path.starts_with("tests/")
        || file.path.starts_with("bench/")
        || file.path.contains("/examples/")
        || test_modules.iter().any(|module| {
            file.path.strip_prefix(module.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
    if file.extension() != "rs" || test {
        return Vec::new();
    }
    let tests_begin = file.text.find("\n#[cfg(test)]\nmod tests {").and_then(|at| file.text.get(..=at));
    let tests_begin = tests_begin.map_or(usize::MAX, |before| before.lines().count() + 1);
    file.code()
        .take_while(|(number, _)| *number < tests_begin)
        .filter(|(_, line)| {
            line.trim_start().starts_with('#') && (line.contains("allow(") || line.contains("expect("))
        })
        .filter(|(_, line)| DENIED.iter().any(|lint| line.contains(&format!("clippy::{lint}"))))
        .map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim()))
        .collect()
}

/// The modules that are compiled for tests alone: their paths, without the `.rs`.
fn test_modules(file: &TextFile) -> Vec<String> {
    let path = file.path.trim_end_matches(".rs");
    let own = ["/lib", "/main", "/mod"].into_iter().find_map(|name| path.strip_suffix(name)).unwrap_or(path);
    let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
    lines
        .windows(2)
        .filter_map(|pair| match pair {
            ["#[cfg(test)]", declared] => {
                let name = declared.rsplit("mod ").next()?.strip_suffix(';')?;
                Some(format!("{own}/{name}"))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let (own, all): (Vec<_>, Vec<_>) =
        manifest::all().into_iter().partition(|manifest| manifest.folder == WITH_UNSAFE);
    assert!(
        own.iter().all(|manifest| !weaker(manifest, &manifest::workspace())),
        "src/{WITH_UNSAFE}: its lints are weaker"
    );
    let outsiders = all.into_iter().filter(outside);
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
    let files = files();
    let modules: Vec<String> = files.iter().flat_map(test_modules).collect();
    none(&files.iter().flat_map(|file| switched_off(file, &modules)).collect::<Vec<_>>());
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
fn a_crate_whose_own_lints_are_weaker_is_seen() {
    let workspace: Table =
        "[workspace.lints]\nrust.unsafe_code = 'forbid'\nclippy.todo = 'deny'\n".parse().unwrap();
    let with = |lints: &str| weaker(&Manifest::new("pages", lints), &workspace);
    assert!(!with("[lints]\nrust.unsafe_code = 'deny'\nclippy.todo = 'deny'\n"));
    assert!(with("[lints]\nrust.unsafe_code = 'allow'\nclippy.todo = 'deny'\n"));
    assert!(with("[lints]\nrust.unsafe_code = 'deny'\nclippy.todo = 'warn'\n"));
    assert!(with("[lints]\nrust.unsafe_code = 'deny'\n"));
    assert!(with(""));
}

#[test]
fn a_lint_that_is_switched_off_is_seen() {
    let text = "// allow(clippy::panic)\n#[allow(clippy::panic)]\nfn f() {}\n#[allow(clippy::float_cmp)]\n";
    let door = TextFile::new(
        "src/agent/lib.rs",
        "mod turn;\n#[cfg(test)]\nmod loopback;\n#[cfg(test)]\nfn f() {}\n",
    );
    let modules = test_modules(&door);
    assert_eq!(modules, ["src/agent/loopback"]);
    for (path, expected) in [
        ("src/agent/turn.rs", 1),
        ("src/agent/loopback_of_another_kind.rs", 1),
        ("src/agent/loopback.rs", 0),
        ("src/agent/loopback/stand_in.rs", 0),
        ("tests/e2e/text.rs", 0),
        ("src/recall/examples/fit.rs", 0),
    ] {
        assert_eq!(switched_off(&TextFile::new(path, text), &modules).len(), expected, "{path}");
    }
}

#[test]
fn a_lint_may_be_switched_off_in_the_tests_at_the_end_of_a_file() {
    let tests = "fn f() {}\n#[cfg(test)]\nmod tests {\n    #![allow(clippy::panic)]\n}\n";
    assert_eq!(switched_off(&TextFile::new("src/x/a.rs", tests), &[]), [""; 0]);
    let before = format!("#![allow(clippy::panic)]\n{tests}");
    assert_eq!(switched_off(&TextFile::new("src/x/a.rs", &before), &[]).len(), 1);
}
