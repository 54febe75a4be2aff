// SPDX-License-Identifier: MIT OR Apache-2.0
//! What only one room may do, seen in the sources: leave the machine, speak SQL, name the adapters.

use crate::tree::{TextFile, files, none};
use crate::walls::ADAPTERS;

/// Ways to make an HTTP client that does not go through `net`.
const OTHER_WAYS_OUT: &[&str] = &[
    "reqwest::Client::new",
    "reqwest::Client::builder",
    "reqwest::Client::default",
    "reqwest::ClientBuilder",
    "reqwest::get(",
    "reqwest::blocking",
    "Client::builder(",
    "Bot::new(",
    "Bot::from_env",
];

fn ways_out(file: &TextFile) -> Vec<String> {
    let exempt = ["src/net/", "src/simulator/", "tests/"].iter().any(|start| file.path.starts_with(start));
    if exempt || file.extension() != "rs" {
        return Vec::new();
    }
    file.code()
        .filter(|(_, line)| OTHER_WAYS_OUT.iter().any(|way| line.contains(way)))
        .map(|(number, line)| format!("{}:{number}: leaves past blufio-net: {}", file.path, line.trim()))
        .collect()
}

fn sql(file: &TextFile) -> Vec<String> {
    let exempt = ["src/store/", "tests/"].iter().any(|start| file.path.starts_with(start));
    if exempt || !file.path.starts_with("src/") || !matches!(file.extension(), "rs" | "sql") {
        return Vec::new();
    }
    if file.extension() == "sql" {
        return vec![format!("{}: SQL belongs to src/store", file.path)];
    }
    file.code()
        .filter(|(_, line)| {
            ["INSERT INTO ", "DELETE FROM ", "CREATE TABLE ", "PRAGMA ", "rusqlite::"]
                .iter()
                .any(|word| line.contains(word))
                || (line.contains("SELECT ") && line.contains(" FROM "))
                || (line.contains("UPDATE ") && line.contains(" SET "))
        })
        .map(|(number, line)| format!("{}:{number}: SQL belongs to src/store: {}", file.path, line.trim()))
        .collect()
}

fn named_adapters(file: &TextFile) -> Vec<String> {
    // The test of a command may stand beside it and still be no place for adapters; only the assembly is.
    if !file.path.starts_with("src/blufio/")
        || file.path == "src/blufio/assemble.rs"
        || file.extension() != "rs"
    {
        return Vec::new();
    }
    file.code()
        .filter(|(_, line)| ADAPTERS.iter().any(|adapter| line.contains(&format!("blufio_{adapter}::"))))
        .map(|(number, line)| {
            format!("{}:{number}: only assemble.rs names adapters: {}", file.path, line.trim())
        })
        .collect()
}

#[test]
fn everything_leaves_through_net() {
    none(&files().iter().flat_map(ways_out).collect::<Vec<_>>());
}

#[test]
fn all_sql_is_in_store() {
    none(&files().iter().flat_map(sql).collect::<Vec<_>>());
}

#[test]
fn only_the_assembly_names_adapters() {
    none(&files().iter().flat_map(named_adapters).collect::<Vec<_>>());
}

#[test]
fn a_client_beside_net_is_seen() {
    let text = "// reqwest::Client::new\nlet client = reqwest::Client::new();\n";
    assert_eq!(ways_out(&TextFile::new("src/agent/turn.rs", text)).len(), 1);
    assert!(ways_out(&TextFile::new("src/net/client.rs", text)).is_empty());
}

#[test]
fn sql_outside_the_store_is_seen() {
    let text =
        "tx.execute(\"DELETE FROM queue\", [])?;\n\"SELECT id FROM queue\";\n\"UPDATE queue SET id = 1\";\n";
    assert_eq!(sql(&TextFile::new("src/agent/turn.rs", text)).len(), 3);
    assert_eq!(sql(&TextFile::new("src/vault/rows.sql", "")).len(), 1);
    assert!(sql(&TextFile::new("src/store/queue.rs", text)).is_empty());
}

#[test]
fn an_adapter_that_a_command_names_is_seen() {
    let text = "use blufio_store::Store;\nuse blufio_vault::Vault;\n";
    assert_eq!(named_adapters(&TextFile::new("src/blufio/status.rs", text)).len(), 1);
    assert!(named_adapters(&TextFile::new("src/blufio/assemble.rs", text)).is_empty());
}
