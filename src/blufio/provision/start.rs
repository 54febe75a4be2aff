// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a configuration may say and the daemon of this machine could not start with. Its unit says what it may touch.

use crate::provision::machine::Machine;
use blufio_config::{Loaded, Origin, Problem, ProblemKind, Spot};
use std::path::Path;

/// The folders that the unit gives it to write into.
const ITS_OWN: [&str; 3] = ["/var/log/blufio", "/var/lib/blufio", "/run/blufio"];
/// What the unit and the other programs of the system know, too.
const OF_THE_SYSTEM: [&str; 3] = ["gateway.listen", "gateway.socket", "store.path"];

/// Files that are not there, or that it may not write.
pub(crate) fn check(machine: &Machine, given: &Loaded) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut agent = given.config.agent.clone();
    for file in &mut agent.persona_files {
        *file = machine.below_root(file);
    }
    if let Err(error) = agent.persona_text() {
        let message = format!("{:#}", anyhow::Error::new(error));
        problems.push(problem(given, "agent.persona_files", message, "put the file there first"));
    }
    if let Some(folder) = given.config.log.file.as_deref().and_then(Path::parent)
        && !ITS_OWN.iter().any(|own| {
            folder == Path::new(own) || folder.starts_with(own) && machine.below_root(folder).is_dir()
        })
    {
        let message = format!("`log.file`: the daemon cannot write into {}", folder.display());
        problems.push(problem(given, "log.file", message, "/var/log/blufio is its folder for that"));
    }
    problems
}

/// What the system brings along and is not for others to say.
pub(crate) fn check_own(given: &Loaded, shipped: &Loaded) -> Vec<Problem> {
    let value = |loaded: &Loaded, key: &str| {
        key.split_once('.').and_then(|(section, leaf)| {
            loaded.values.get(section).and_then(|section| section.get(leaf)).cloned()
        })
    };
    let others = OF_THE_SYSTEM
        .into_iter()
        .filter(|key| given.origins.contains_key(key) && value(given, key) != value(shipped, key));
    let refused = others.map(|key| {
        problem(given, key, format!("`{key}` is the system's own: its unit allows no other"), "take it out")
    });
    refused.collect()
}

fn problem(given: &Loaded, key: &str, message: String, help: &str) -> Problem {
    let mut spot: Box<Spot> = Box::default();
    if let Some(Origin::File { line, .. }) = given.origins.get(key) {
        spot.line = Some(*line);
    }
    Problem {
        kind: ProblemKind::Invalid,
        spot,
        key: Some(key.to_owned()),
        message,
        help: Some(help.to_owned()),
    }
}
