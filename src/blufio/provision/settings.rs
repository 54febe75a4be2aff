// SPDX-License-Identifier: MIT OR Apache-2.0
//! The configuration: checked as a whole before it becomes that of the machine, with what the system needs to be told
//! added where it says nothing of it.

use crate::assemble;
use crate::provision::handed::{Handed, Place, Text};
use crate::provision::machine::{Machine, write};
use crate::provision::report::Report;
use crate::provision::start;
use anyhow::Context as _;
use blufio_config::{Environment, LayerFile, Layers, Loaded, Problem, ProblemKind, Problems, edit};
use std::path::Path;

/// Under this name the last one that somebody put there is kept.
const NAME: &str = "blufio.toml";

/// One file alone, without the environment of this process.
pub(crate) fn load(file: &Path) -> Result<Loaded, Problems> {
    blufio_config::load(&alone(file))
}

fn alone(file: &Path) -> Layers {
    let files = vec![LayerFile { path: file.to_owned(), required: true }];
    Layers { files, environment: Environment::default() }
}

/// The first source with a valid one has it. What was taken before is not taken again, so that what the operator has
/// changed since stays.
pub(crate) fn take(machine: &Machine, sources: &[Handed], report: &mut Report) {
    let before = machine.taken_before(NAME);
    for source in sources {
        let Some(Text { place, text }) = &source.settings else { continue };
        let known = match std::fs::read(&before) {
            Ok(known) => Some(known),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return report.problem(before.display(), format_args!("cannot be read: {error}")),
        };
        let stays = if source.only_fills {
            is_said(machine) || known.is_some() && machine.settings().exists()
        } else {
            known.is_some_and(|known| known == text.as_bytes())
        };
        if stays {
            return;
        }
        match put(machine, place, text) {
            Ok(found) if found.is_empty() => {
                if let Err(error) = write(&before, text.as_bytes(), 0o600) {
                    report.problem(before.display(), format_args!("cannot be written: {error}"));
                }
                return report.taken(format!("the configuration, from {place}"));
            }
            Ok(found) => found.iter().for_each(|problem| tell(place, problem, report)),
            Err(error) => report.problem(place, format_args!("{error:#}")),
        }
    }
    // A machine that was handed over nothing that is right starts with what the system brings along.
    let to = machine.settings();
    if let Some(shipped) = machine.shipped().filter(|_| !to.exists()) {
        let copied = std::fs::read(shipped).and_then(|text| write(&to, &text, 0o644));
        if let Err(error) = copied {
            report.problem(to.display(), format_args!("cannot be written: {error}"));
        }
    }
}

/// Whether somebody has said something: it is there, and not just what the system brings along.
fn is_said(machine: &Machine) -> bool {
    match std::fs::read(machine.settings()) {
        Ok(now) => machine.shipped().and_then(|shipped| std::fs::read(shipped).ok()) != Some(now),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

/// Makes it that of the machine, unless something is wrong with it.
fn put(machine: &Machine, place: &Place, text: &str) -> anyhow::Result<Vec<Problem>> {
    let to = machine.settings();
    let trial = machine.trial();
    // Its folder is nobody else's; the one above is everybody's, who may read what is wrong.
    if let Some(above) = trial.parent().and_then(Path::parent) {
        std::fs::create_dir_all(above)?;
    }
    write(&trial, text.as_bytes(), 0o600)
        .with_context(|| format!("{} cannot be written", trial.display()))?;
    let tried = check(machine, place, &trial);
    let whole = std::fs::read(&trial);
    std::fs::remove_file(&trial)?;
    let problems = tried?;
    if problems.is_empty() {
        write(&to, &whole?, 0o644).with_context(|| format!("{} cannot be written", to.display()))?;
    }
    Ok(problems)
}

/// What is wrong with a trial copy; where nothing is, what the system brings along is added to it.
fn check(machine: &Machine, place: &Place, trial: &Path) -> anyhow::Result<Vec<Problem>> {
    let given = match load(trial) {
        Ok(given) => given,
        Err(problems) => return Ok(problems.0.into_iter().map(|problem| at(place, problem)).collect()),
    };
    let mut problems = assemble::check(&given.config);
    problems.extend(start::check(machine, &given));
    let shipped = machine
        .shipped()
        .map(|file| load(file).with_context(|| format!("{} is damaged", file.display())))
        .transpose()?;
    problems.extend(shipped.iter().flat_map(|shipped| start::check_own(&given, shipped)));
    if !problems.is_empty() {
        return Ok(problems.into_iter().map(|problem| at(place, problem)).collect());
    }
    let Some(shipped) = shipped else { return Ok(problems) };
    for key in shipped.origins.keys().filter(|key| !given.origins.contains_key(*key)) {
        let value = key
            .split_once('.')
            .and_then(|(section, leaf)| shipped.values.get(section).and_then(|section| section.get(leaf)));
        if let Some(value) = value {
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            edit::set(&alone(trial), trial, key, &text)?;
        }
    }
    Ok(Vec::new())
}

/// A problem of the trial copy, where the person will look for it, and with what helps there: no command reaches it.
fn at(place: &Place, mut problem: Problem) -> Problem {
    problem.spot.file = None;
    if let ProblemKind::PlaintextSecret { name } = &problem.kind {
        problem.help = Some(format!("{}, and take it out of here", place.of_secret(name)));
    }
    if let Place::Part(_) = place {
        // The lines are ours, not those of the text that it stood in.
        problem.spot.line = None;
    }
    problem
}

fn tell(place: &Place, problem: &Problem, report: &mut Report) {
    let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    let what = format!("{}{help}", problem.message);
    match (problem.spot.line, problem.spot.column) {
        (Some(line), Some(column)) => report.problem(format_args!("{place}:{line}:{column}"), what),
        (Some(line), None) => report.problem(format_args!("{place}:{line}"), what),
        _ => report.problem(place, what),
    }
}
