// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text that one can give a machine at a provider. Ours begins with the line `#blufio`; what follows is TOML.

use crate::provision::folder;
use crate::provision::handed::{Handed, LONGEST, Place, Secret, Text};
use crate::provision::report::Report;
use blufio_core::secret::SecretString;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;

/// The first line of a text that is ours.
const MARK: &str = "#blufio";

/// What there may be, for whoever wrote something else.
const REMEDY: &str = "it has [settings], [secrets] and ssh_authorized_keys = []";

/// The file `user-data` of a NoCloud seed. There is none: nothing is handed over.
pub(crate) fn of_seed(seed: &Path, report: &mut Report) -> Option<Handed> {
    let path = seed.join("user-data");
    if !path.exists() {
        return None;
    }
    match folder::text(&path, LONGEST) {
        Ok(text) => read(&path.display().to_string(), &text, report),
        Err(why) => {
            report.problem(path.display(), why);
            None
        }
    }
}

/// Reads a text that somebody gave the machine. It fills what is missing and replaces nothing: it is the same at each
/// boot, whatever has become of the machine since.
pub(crate) fn read(place: &str, text: &str, report: &mut Report) -> Option<Handed> {
    if text.lines().next().map(str::trim_end) != Some(MARK) {
        if !text.trim().is_empty() {
            report.notice(format!(
                "{place} does not begin with the line {MARK}: it is not for Blufio, and ignored"
            ));
        }
        return None;
    }
    // By hand, and value by value: what serde complains about it repeats, and that may be a secret.
    let data: BTreeMap<Spanned<String>, toml::Value> = match toml::from_str(text) {
        Ok(data) => data,
        Err(error) => {
            let line = line(text, error.span().map_or(0, |span| span.start));
            report.problem(
                format_args!("{place}:{line}"),
                format_args!("this is not TOML: {}; {REMEDY}", error.message()),
            );
            return None;
        }
    };
    let mut handed = Handed { only_fills: true, ..Handed::default() };
    for (name, value) in data {
        let at = format!("{place}:{}", line(text, name.span().start));
        match (name.get_ref().as_str(), value) {
            ("settings", toml::Value::Table(found)) => handed.settings = settings(place, &found, report),
            ("secrets", toml::Value::Table(found)) => handed.secrets = secrets(place, found, report),
            ("ssh_authorized_keys", toml::Value::Array(found)) => handed.keys = keys(place, found, report),
            (known @ ("settings" | "secrets"), _) => report.problem(
                at,
                format_args!(
                    "`{known}` is a section; write [{known}] on a line of its own, and its keys below"
                ),
            ),
            ("ssh_authorized_keys", _) => report
                .problem(at, "`ssh_authorized_keys` is a list; write it as [\"ssh-ed25519 AAAA… you@home\"]"),
            (unknown, _) => report.problem(at, format_args!("there is no `{unknown}`; {REMEDY}")),
        }
    }
    Some(handed)
}

fn settings(place: &str, found: &toml::Table, report: &mut Report) -> Option<Text> {
    let place = Place::Part(format!("{place} [settings]"));
    match toml::to_string(found) {
        Ok(text) => (!text.is_empty()).then_some(Text { place, text }),
        Err(error) => {
            report.problem(place, error);
            None
        }
    }
}

fn secrets(place: &str, found: toml::Table, report: &mut Report) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for (name, value) in found {
        let place = Place::Part(format!("{place} secrets.{name}"));
        match value {
            toml::Value::String(value) => {
                let value = SecretString::new(value);
                secrets.push(Secret { name, value, place, wipe: false });
            }
            _ => report.problem(place, "a secret is a text; put it in quotes"),
        }
    }
    secrets
}

fn keys(place: &str, found: Vec<toml::Value>, report: &mut Report) -> Option<Text> {
    let place = Place::Part(format!("{place} ssh_authorized_keys"));
    let mut keys: Vec<String> = Vec::new();
    for value in found {
        match value {
            toml::Value::String(key) => keys.push(key),
            _ => report.problem(&place, "a key is a text; put it in quotes"),
        }
    }
    (!keys.is_empty()).then(|| Text { place, text: keys.join("\n") })
}

/// The line in which a byte stands, from 1.
fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count().saturating_add(1)
}
