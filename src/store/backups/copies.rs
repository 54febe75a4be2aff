// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files that were kept beside the state, and for how long.
//!
//! They are whole states, and hold what people have had forgotten since. Two weeks are enough to miss something.

use super::exchange::remove;
use crate::error::from_io;
use blufio_core::storage::StorageError;
use blufio_core::time::Timestamp;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How long they are kept: two weeks, in milliseconds.
const KEPT: i64 = 14 * 24 * 60 * 60 * 1000;
/// What stands behind the state's name in theirs.
/// The last is what a restoration that was killed has left.
const KINDS: [&str; 5] = [".before-v", ".begun-v", ".newer-v", ".replaced-", ".restoring"];

/// Removes those that are old enough, with the logs that belong to them.
pub(super) fn drop_old(database: &Path, now: Timestamp) -> Result<Vec<PathBuf>, StorageError> {
    let (Some(folder), Some(own)) = (database.parent(), database.file_name().and_then(|name| name.to_str()))
    else {
        return Ok(Vec::new());
    };
    let failed = |error| from_io(folder, &error);
    let mut dropped = Vec::new();
    for entry in folder.read_dir().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let Some(rest) = name.strip_prefix(own) else { continue };
        if !KINDS.iter().any(|kind| rest.starts_with(kind)) {
            continue;
        }
        let path = entry.path();
        let found = entry.metadata().map_err(|error| from_io(&path, &error))?;
        // The change of its name counts, too: what is set aside was written long before.
        let since = found.mtime().max(found.ctime()).saturating_mul(1000);
        if found.is_file() && now.0.saturating_sub(since) > KEPT {
            remove(&path)?;
            dropped.push(path);
        }
    }
    Ok(dropped)
}
