// SPDX-License-Identifier: MIT OR Apache-2.0
//! The folder `blufio` on the boot partition, which any computer can write.

use crate::provision::handed::{Handed, LONGEST, Place, Secret, Text};
use crate::provision::report::Report;
use blufio_core::secret::SecretString;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroize as _;

/// Most files that are looked at.
const MOST: usize = 100;

/// Reads the folder; one that is not there hands over nothing.
pub(crate) fn read(folder: &Path, report: &mut Report) -> Handed {
    let mut handed = Handed::default();
    for (name, path) in entries(folder, report) {
        let slot = match name.as_str() {
            "blufio.toml" => &mut handed.settings,
            "authorized_keys" => &mut handed.keys,
            "network.network" => &mut handed.network,
            "secrets" if path.is_dir() => {
                handed.secrets = secrets(&path, report);
                continue;
            }
            // What we have put there ourselves, for whoever opens the folder.
            name if name.starts_with("readme") => continue,
            _ => {
                report.problem(
                    path.display(),
                    "nothing of this name is known; there are blufio.toml, authorized_keys, network.network and the folder secrets",
                );
                continue;
            }
        };
        match text(&path, LONGEST) {
            Ok(text) => *slot = Some(Text { place: Place::File(path), text }),
            Err(why) => report.problem(path.display(), why),
        }
    }
    handed
}

/// The files that lie there for us, none of which is read.
pub(crate) fn names(folder: &Path) -> Vec<PathBuf> {
    let listed = |folder: &Path| entries(folder, &mut Report::default()).into_iter();
    listed(folder)
        .filter(|(name, _)| !name.starts_with("readme"))
        .flat_map(|(name, path)| match name.as_str() {
            "secrets" if path.is_dir() => listed(&path).map(|(_, path)| path).collect(),
            _ => vec![path],
        })
        .collect()
}

fn secrets(folder: &Path, report: &mut Report) -> Vec<Secret> {
    let mut found = Vec::new();
    for (name, path) in entries(folder, report) {
        match text(&path, crate::secrets::LONGEST) {
            Ok(value) => found.push(Secret {
                name,
                value: SecretString::new(value),
                place: Place::File(path),
                wipe: true,
            }),
            Err(why) => report.problem(path.display(), why),
        }
    }
    found
}

/// What lies in a folder, by the name that was meant: editors append `.txt`, old file systems know no small letters. What
/// systems leave behind for themselves begins with a dot.
fn entries(folder: &Path, report: &mut Report) -> Vec<(String, PathBuf)> {
    let listed = match std::fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            report.problem(folder.display(), format_args!("cannot be read: {error}"));
            return Vec::new();
        }
    };
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in listed.take(MOST) {
        match entry {
            Ok(entry) => paths.push(entry.path()),
            Err(error) => report.problem(folder.display(), format_args!("cannot be read: {error}")),
        }
    }
    paths.sort();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let meant = name.strip_suffix(".txt").unwrap_or(&name).to_owned();
        if meant.starts_with('.') || matches!(meant.as_str(), "desktop.ini" | "thumbs.db") {
            continue;
        }
        if seen.insert(meant.clone()) {
            found.push((meant, path));
        } else {
            report.problem(path.display(), format_args!("{meant} is there twice; remove one of them"));
        }
    }
    found
}

/// The text of a file, without what editors add: a mark at the beginning, line breaks at the end. The error says what to
/// do.
pub(crate) fn text(path: &Path, limit: usize) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    // Neither a pipe, which nobody may ever write to, nor a way to somewhere else.
    if !std::fs::symlink_metadata(path).map_err(unreadable)?.is_file() {
        return Err("is no plain file; write one".to_owned());
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::with_capacity(limit.saturating_add(1));
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    if let Err(error) = file.take(most).read_to_end(&mut bytes) {
        bytes.zeroize();
        return Err(unreadable(error));
    }
    if bytes.len() > limit {
        bytes.zeroize();
        return Err(format!("is longer than {limit} bytes; shorten it"));
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            let marked = text.starts_with('\u{feff}');
            text.truncate(text.trim_end_matches(['\n', '\r']).len());
            if marked {
                text.remove(0);
            }
            Ok(text)
        }
        Err(error) => {
            error.into_bytes().zeroize();
            Err("is no UTF-8 text; save it as plain text in UTF-8".to_owned())
        }
    }
}
