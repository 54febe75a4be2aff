// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether a program has worked with the schema that it brought, or has only been on trial with it.
//!
//! An older program cannot read that from a state whose schema it does not know; so an empty file beside it says it.

use super::exchange::{give_to_owner_of, remove};
use crate::error::from_io;
use crate::lock::beside;
use crate::snapshot::sync_folder;
use blufio_core::storage::StorageError;
use std::path::{Path, PathBuf};

fn mark(database: &Path, schema: u32) -> PathBuf {
    beside(database, &format!(".begun-v{schema}"))
}

/// Notes that messages come and go from now on, where there is a copy from before this schema that one could go back to.
pub(super) fn begin(database: &Path, schema: u32) -> Result<(), StorageError> {
    let mark = mark(database, schema);
    if mark.exists() || !beside(database, &format!(".before-v{schema}")).exists() {
        return Ok(());
    }
    std::fs::File::create(&mark).map_err(|error| from_io(&mark, &error))?;
    give_to_owner_of(&mark, database)?;
    sync_folder(&mark)
}

/// Whether messages may have come or gone under this schema.
pub(super) fn has_begun(database: &Path, schema: u32) -> bool {
    mark(database, schema).exists()
}

/// Forgets it: this schema has been gone back from, or is about to be brought once more.
pub(crate) fn forget(database: &Path, schema: u32) -> Result<(), StorageError> {
    remove(&mark(database, schema))
}
