// SPDX-License-Identifier: MIT OR Apache-2.0
//! The folder of the backups, and what the files in it are called: `blufio-20261123T041500.123Z.db`, in UTC, so that
//! their order by name is their order in time.

use super::exchange;
use crate::error::{from_io, from_sqlite};
use blufio_core::storage::{Backup, StorageError};
use blufio_core::time::Timestamp;
use rusqlite::Connection;
use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The folder's name; it lies beside the state file.
pub const FOLDER: &str = "backups";
const BEFORE: &str = "blufio-";
const AFTER: &str = ".db";
/// What an unfinished one is called.
const UNFINISHED: &str = ".db.part";
/// Where the schema's version stands in the header of a SQLite file.
const VERSION: std::ops::Range<usize> = 60..64;

/// The folder of a state's backups.
pub(super) fn folder(database: &Path) -> PathBuf {
    database.with_file_name(FOLDER)
}

/// An instant as the name of a file has it.
pub(super) fn stamp(now: Timestamp) -> Result<String, StorageError> {
    let failed = |error| from_sqlite(Path::new("the time of day"), &error);
    let calendar = Connection::open_in_memory().map_err(failed)?;
    let sql = "SELECT strftime('%Y%m%dT%H%M%f', ?1 / 1000.0, 'unixepoch')";
    let text: Option<String> = calendar.query_row(sql, [now.0], |row| row.get(0)).map_err(failed)?;
    let text =
        text.ok_or_else(|| StorageError::Unexpected("the clock shows no time of this calendar".into()))?;
    Ok(format!("{text}Z"))
}

/// The name of a backup that is made at `now`.
pub(super) fn of(now: Timestamp) -> Result<String, StorageError> {
    Ok(format!("{BEFORE}{}{AFTER}", stamp(now)?))
}

/// When a backup of this name was made; `None` where it is another file.
fn made_at(name: &str) -> Option<Timestamp> {
    let text = name.strip_prefix(BEFORE)?.strip_suffix(AFTER)?.strip_suffix('Z')?;
    let (date, time) = text.split_once('T')?;
    let part = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let (year, month, day) = (date.get(..4)?, part(date, 4, 6)?, part(date, 6, 8)?);
    let (hour, minute, second) = (part(time, 0, 2)?, part(time, 2, 4)?, time.get(4..)?);
    let instant = format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second}Z");
    let calendar = Connection::open_in_memory().ok()?;
    let sql = "SELECT CAST(round(1000.0 * unixepoch(?1, 'subsec')) AS INTEGER)";
    let at: Option<i64> = calendar.query_row(sql, [instant], |row| row.get(0)).ok()?;
    // What SQLite reads more generously than it is written is the name of another file.
    at.map(Timestamp).filter(|at| of(*at).is_ok_and(|own| own == name))
}

/// The files in the folder whose names end so; none where there is no folder.
fn files(folder: &Path, suffix: &str) -> Result<Vec<(String, PathBuf)>, StorageError> {
    let failed = |error| from_io(folder, &error);
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if let Ok(name) = entry.file_name().into_string()
            && name.starts_with(BEFORE)
            && name.ends_with(suffix)
        {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// The backups of the state at `database`, oldest first. Neither the state nor the backups are opened as databases.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn list(database: &Path) -> Result<Vec<Backup>, StorageError> {
    let mut found = Vec::new();
    for (name, path) in files(&folder(database), AFTER)? {
        if let Some(at) = made_at(&name) {
            let schema = schema(&path)?;
            found.push(describe(path, at, schema)?);
        }
    }
    Ok(found)
}

/// When the newest backup was made. One that bears a later name than `now` was made while the clock was wrong, nobody knows
/// when. Nobody is told of a folder that cannot be read: that there is none is told instead.
pub(crate) fn newest(database: &Path, now: Timestamp) -> Option<Timestamp> {
    let found = files(&folder(database), AFTER).ok()?;
    found.iter().rev().find_map(|(name, _)| made_at(name).filter(|at| *at <= now))
}

pub(super) fn describe(path: PathBuf, made_at: Timestamp, schema: u32) -> Result<Backup, StorageError> {
    let bytes = path.metadata().map_err(|error| from_io(&path, &error))?.len();
    Ok(Backup { path, made_at, bytes, schema })
}

/// The schema's version in the header of a file; 0 where there is none.
fn schema(path: &Path) -> Result<u32, StorageError> {
    let mut header = Vec::with_capacity(100);
    File::open(path)
        .and_then(|file| file.take(100).read_to_end(&mut header))
        .map_err(|error| from_io(path, &error))?;
    let version = header.get(VERSION).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
    Ok(version.map_or(0, u32::from_be_bytes))
}

/// Makes the folder, which is for its owner alone.
pub(super) fn make_folder(folder: &Path, database: &Path) -> Result<(), StorageError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => exchange::give_to_owner_of(folder, database),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(from_io(folder, &error)),
    }
}

/// Removes what killed predecessors have left.
pub(super) fn remove_unfinished(folder: &Path) -> Result<(), StorageError> {
    for (_, path) in files(folder, UNFINISHED)? {
        std::fs::remove_file(&path).map_err(|error| from_io(&path, &error))?;
    }
    Ok(())
}

/// Removes the oldest backups, so that `keep` are left; never the one that has just been made, whatever the clock has done.
/// Those that bear a later name than `now` go first: else they would stay for ever, and take the place of others.
pub(super) fn rotate(folder: &Path, made: &Path, keep: usize, now: Timestamp) -> Result<(), StorageError> {
    let mut others = Vec::new();
    for (name, path) in files(folder, AFTER)? {
        if let Some(at) = made_at(&name)
            && path != made
        {
            others.push((at <= now, at, path));
        }
    }
    others.sort();
    let too_many = others.len().saturating_add(1).saturating_sub(keep.max(1));
    for (_, _, path) in others.iter().take(too_many) {
        std::fs::remove_file(path).map_err(|error| from_io(path, &error))?;
        tracing::info!(path = %path.display(), "an old backup was removed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_when_and_other_files_are_left_alone() {
        let at = Timestamp(1_795_407_300_120);
        let name = of(at).unwrap();
        assert_eq!(name, "blufio-20261123T041500.120Z.db");
        assert_eq!(made_at(&name), Some(at));
        for millis in 0..2000 {
            let at = Timestamp(at.0 + millis);
            assert_eq!(made_at(&of(at).unwrap()), Some(at));
        }
        for other in
            ["blufio-.db", "blufio-20261123.db", "blufio-20261323T041500.120Z.db", "blufio-old.db", "x.db"]
        {
            assert_eq!(made_at(other), None, "{other}");
        }
    }
}
