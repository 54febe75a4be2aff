// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may depend on whom.

use crate::manifest::{self, For, Manifest};
use crate::tree::none;

/// What the crates of a floor may depend on, by folder.
struct Floor {
    crates: &'static [&'static str],
    may_use: &'static [&'static str],
}

const FLOORS: &[Floor] = &[
    Floor { crates: &["core"], may_use: &[] },
    Floor {
        crates: &["calendar", "config", "net", "pages", "recall", "routing", "vault"],
        may_use: &["core", "calendar"],
    },
    Floor { crates: ADAPTERS, may_use: &["core", "calendar", "config", "net", "pages", "recall", "vault"] },
    Floor { crates: &["agent"], may_use: &["core", "calendar", "config", "recall", "routing"] },
    Floor { crates: &["simulator"], may_use: &["core"] },
];

/// The crates that implement the traits of `core`.
pub(crate) const ADAPTERS: &[&str] = &[
    "anthropic",
    "gateway",
    "identity",
    "memory",
    "metrics",
    "plugins",
    "skills",
    "store",
    "telegram",
    "transcription",
    "watch",
];

/// Crates of others that stay in one room.
const KEPT: &[(&str, &str)] = &[
    ("rusqlite", "store"),
    ("rusqlite_migration", "store"),
    ("teloxide", "telegram"),
    ("teloxide-core", "telegram"),
    ("prometheus", "metrics"),
    ("argon2", "vault"),
    ("aes-gcm", "vault"),
    ("clap", "blufio"),
    ("anyhow", "blufio"),
];

fn broken(manifest: &Manifest) -> Vec<String> {
    let folder = manifest.folder.as_str();
    let expected = if folder == "blufio" { folder.to_owned() } else { format!("blufio-{folder}") };
    let name =
        manifest.table.get("package").and_then(|package| package.get("name")).and_then(|name| name.as_str());
    let mut complaints = Vec::new();
    if name != Some(expected.as_str()) {
        complaints.push(format!("src/{folder}: the package is called {name:?} and not {expected}"));
    }
    // The top floor puts everything together.
    let floor = FLOORS.iter().find(|floor| floor.crates.contains(&folder));
    if floor.is_none() && folder != "blufio" {
        complaints.push(format!(
            "src/{folder}: this crate is on no floor; say in tests/house/walls.rs where it belongs"
        ));
    }
    for dependency in manifest.dependencies() {
        if let Some(floor) = floor
            && let Some(used) =
                dependency.name.strip_prefix("blufio-").or((dependency.name == "blufio").then_some("blufio"))
            && !floor.may_use.contains(&used)
        {
            complaints.push(format!("src/{folder}: may not depend on {}", dependency.name));
        }
        // The end-to-end tests look into the state file from outside.
        let looks_from_outside = folder == "blufio" && dependency.purpose == For::Tests;
        for (name, home) in KEPT {
            if dependency.name == *name && folder != *home && !looks_from_outside {
                complaints.push(format!("src/{folder}: {name} belongs to src/{home} alone"));
            }
        }
    }
    complaints
}

/// The table of the workspace is the only one that names versions.
fn versions_of_its_own(manifest: &Manifest) -> Vec<String> {
    manifest
        .dependencies()
        .iter()
        .filter(|dependency| dependency.value.get("workspace").and_then(toml::Value::as_bool) != Some(true))
        .map(|dependency| {
            format!("src/{}: {} does not say `workspace = true`", manifest.folder, dependency.name)
        })
        .collect()
}

#[test]
fn no_crate_reaches_through_a_wall() {
    none(&manifest::all().iter().flat_map(broken).collect::<Vec<_>>());
}

#[test]
fn versions_stand_in_the_workspace_alone() {
    none(&manifest::all().iter().flat_map(versions_of_its_own).collect::<Vec<_>>());
}

#[test]
fn a_hole_in_a_wall_is_seen() {
    for (folder, section, dependency) in [
        ("core", "dependencies", "blufio-config"),
        ("vault", "dependencies", "blufio-store"),
        ("net", "dependencies", "blufio-config"),
        ("telegram", "dependencies", "blufio-store"),
        ("telegram", "dev-dependencies", "blufio-simulator"),
        ("telegram", "target.'cfg(unix)'.dependencies", "blufio-agent"),
        ("agent", "dependencies", "blufio-anthropic"),
        ("agent", "build-dependencies", "blufio"),
        ("agent", "dependencies", "rusqlite"),
        ("blufio", "dependencies", "rusqlite"),
        ("gateway", "dependencies", "anyhow"),
    ] {
        let name = if folder == "blufio" { folder.to_owned() } else { format!("blufio-{folder}") };
        let text = format!("package.name = '{name}'\n[{section}]\n{dependency}.workspace = true\n");
        assert_eq!(broken(&Manifest::new(folder, &text)).len(), 1, "{text}");
    }
    let renamed =
        "package.name = 'blufio-agent'\n[dependencies]\nx = { package = 'blufio-store', workspace = true }\n";
    assert_eq!(broken(&Manifest::new("agent", renamed)).len(), 1);
    assert_eq!(broken(&Manifest::new("attic", "package.name = 'blufio-attic'")).len(), 1);
    assert_eq!(broken(&Manifest::new("agent", "package.name = 'agent'")).len(), 1);
}

#[test]
fn what_the_walls_allow_is_not_complained_about() {
    for (folder, section, dependency) in [
        ("telegram", "dependencies", "blufio-net"),
        ("agent", "dependencies", "blufio-core"),
        ("store", "dependencies", "rusqlite"),
        ("blufio", "dev-dependencies", "rusqlite"),
        ("blufio", "dependencies", "blufio-store"),
    ] {
        let name = if folder == "blufio" { folder.to_owned() } else { format!("blufio-{folder}") };
        let text = format!("package.name = '{name}'\n[{section}]\n{dependency}.workspace = true\n");
        assert_eq!(broken(&Manifest::new(folder, &text)), [""; 0], "{text}");
    }
}

#[test]
fn a_version_of_its_own_is_seen() {
    let text = "[dependencies]\na = '1'\nb = { version = '1' }\nc.workspace = true\n[dev-dependencies]\nd = { path = 'd' }\n";
    assert_eq!(versions_of_its_own(&Manifest::new("x", text)).len(), 3);
}
