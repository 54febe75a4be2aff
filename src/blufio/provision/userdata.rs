// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text that one can give a machine at a provider. Ours begins with the line `#blufio`; what follows is TOML.

use crate::provision::folder;
use crate::provision::handed::{Handed, LONGEST, Place, Secret, Text};
use crate::provision::report::Report;
use blufio_core::secret::SecretString;
use std::collections::BTreeMap;
use std::path::Path;

/// The first line of a text that is ours.
const MARK: &str = "#blufio";

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UserData {
    settings: toml::Table,
    // Not as texts yet: a complaint about a number would repeat it.
    secrets: BTreeMap<String, toml::Value>,
    ssh_authorized_keys: Vec<String>,
}

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
    let data: UserData = match toml::from_str(text) {
        Ok(data) => data,
        Err(error) => {
            // Without the line itself, which may hold a secret.
            let before = text.bytes().take(error.span().map_or(0, |span| span.start));
            let line = before.filter(|byte| *byte == b'\n').count().saturating_add(1);
            report.problem(
                format_args!("{place}:{line}"),
                format_args!(
                    "{}; it has [settings], [secrets] and ssh_authorized_keys = []",
                    error.message()
                ),
            );
            return None;
        }
    };
    let mut handed = Handed { only_fills: true, ..Handed::default() };
    if !data.settings.is_empty() {
        let place = Place::Part(format!("{place} [settings]"));
        match toml::to_string(&data.settings) {
            Ok(text) => handed.settings = Some(Text { place, text }),
            Err(error) => report.problem(place, error),
        }
    }
    if !data.ssh_authorized_keys.is_empty() {
        let place = Place::Part(format!("{place} ssh_authorized_keys"));
        handed.keys = Some(Text { place, text: data.ssh_authorized_keys.join("\n") });
    }
    for (name, value) in data.secrets {
        let place = Place::Part(format!("{place} secrets.{name}"));
        match value {
            toml::Value::String(value) => {
                let value = SecretString::new(value);
                handed.secrets.push(Secret { name, value, place, wipe: false });
            }
            _ => report.problem(place, "a secret is a text; put it in quotes"),
        }
    }
    Some(handed)
}
