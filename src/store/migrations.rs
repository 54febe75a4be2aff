// SPDX-License-Identifier: MIT OR Apache-2.0
//! The schema, step by step.

use crate::backups::forget_begun;
use crate::error::from_sqlite;
use crate::lock::beside;
use crate::snapshot;
use blufio_core::storage::StorageError;
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use std::path::Path;

/// The steps: step N leads from version N-1 to version N. A step that has been released is never edited.
pub(crate) const STEPS: &[&str] = &[
    include_str!("migrations/0001_state.sql"),
    include_str!("migrations/0002_spending_and_background.sql"),
    include_str!("migrations/0003_memory.sql"),
];

/// Before this version, what was deleted was not overwritten.
const OVERWRITES: u32 = 3;

/// The version that `steps` lead to.
pub(crate) fn newest(steps: &[&str]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

/// The version that a database has; 0 where nothing was ever made in it.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings the database to the newest version, in one transaction. Of a database that holds something, a copy is
/// kept before, as `<database>.before-v<newest version>`.
///
/// # Errors
/// When the copy cannot be made or a step fails; then the database is as it was.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
    steps: &'static [&'static str],
) -> Result<(), StorageError> {
    let failed = |error| from_sqlite(path, &error);
    let found = version(connection).map_err(failed)?;
    let newest = newest(steps);
    if found == newest {
        return Ok(());
    }
    if found > 0 {
        keep_a_copy(connection, path, newest)?;
    }
    // A step may rebuild a table that others point to, so the keys are checked as a whole at its end instead.
    connection.pragma_update(None, "foreign_keys", false).map_err(failed)?;
    let steps: Vec<M<'_>> = steps.iter().map(|sql| M::up(sql).foreign_key_check()).collect();
    let done = Migrations::new(steps).to_latest(connection);
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    match done {
        Ok(()) => {
            tracing::info!(path = %path.display(), from = found, to = newest, "the database has a new schema");
            if (1..OVERWRITES).contains(&found) && newest >= OVERWRITES {
                write_anew(connection, path);
            }
            Ok(())
        }
        Err(rusqlite_migration::Error::RusqliteError { err, .. }) => Err(from_sqlite(path, &err)),
        Err(other) => Err(StorageError::Unexpected(format!("the step to schema {newest} failed: {other}"))),
    }
}

/// Leaves the traces of what was deleted behind.
fn write_anew(connection: &Connection, path: &Path) {
    if let Err(error) = connection.execute_batch("VACUUM") {
        tracing::warn!(path = %path.display(), %error, "the database could not be written anew; it may hold traces of what was deleted before");
    }
}

fn keep_a_copy(connection: &Connection, path: &Path, newest: u32) -> Result<(), StorageError> {
    let target = beside(path, &format!(".before-v{newest}"));
    // Before the copy: what was noted of an earlier time with this schema is not true of it.
    forget_begun(path, newest)?;
    // The copy and the migration may each need as much room as the database has now.
    snapshot::refuse_without_room(connection, path, &target, 2)?;
    snapshot::write(connection, path, &target, snapshot::Existing::Replace)?;
    tracing::info!(copy = %target.display(), "kept a copy of the database from before the new schema");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_step_in_the_order_of_its_number() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut files: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert_eq!(files.len(), STEPS.len());
        for (at, (file, step)) in files.iter().zip(STEPS).enumerate() {
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(name.starts_with(&format!("{:04}_", at + 1)) && name.ends_with(".sql"), "{name}");
            assert_eq!(std::fs::read_to_string(file).unwrap(), *step, "{name}");
        }
    }
}
