// SPDX-License-Identifier: MIT OR Apache-2.0
//! After an update that is taken back, the state from before it becomes the state.
//!
//! A program that brings a new schema keeps a copy of the state before it does so. The older program, started again, finds
//! a state that it does not know, and that copy beside it.

use super::exchange::{exchange, give_to_owner_of};
use super::{Past, begun, names, past, sound};
use crate::error::from_sqlite;
use crate::lock::{LockFile, beside};
use crate::{migrations, opening};
use blufio_core::storage::StorageError;
use blufio_core::time::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "rollback", rename_all = "snake_case")]
pub enum Rollback {
    /// Nothing was to be done, or nothing could be: the text says why.
    Nothing {
        /// Why.
        why: String,
    },
    /// The state is what it was before the update.
    Restored {
        /// Where the newer state is.
        newer: PathBuf,
        /// Version of the newer schema.
        from: u32,
        /// Version of the schema now.
        schema: u32,
        /// Whether messages had come or gone under the newer program. They are in the newer state only.
        moved: bool,
        /// Messages in the newer state that wait for an answer, and get none; `None` where its schema does not tell. Zero
        /// where nothing had moved.
        left: Option<u32>,
        /// What was on its way; all zero where nothing had moved, since it is still to be done then.
        #[serde(flatten)]
        past: Past,
    },
}

/// Puts the copy from before an update in the place of a state that is too new for this program. The newer state is kept
/// as `<database>.newer-v<N>-<time>`. Any other state is left alone.
///
/// # Errors
/// [`StorageError::InUse`] while a daemon runs, or why the files cannot be written.
pub fn restore_before_update(database: &Path, now: Timestamp) -> Result<Rollback, StorageError> {
    let nothing = |why: String| Ok(Rollback::Nothing { why });
    if database.symlink_metadata().is_err() {
        return nothing(format!("there is no state at {}", database.display()));
    }
    let database = opening::resolve(database)?;
    let _lock = LockFile::take(&database)?;
    let found = match opening::look_at_header(&database) {
        Ok(true) => version(&database)?,
        Ok(false) => return nothing(format!("{} is empty", database.display())),
        Err(error) => return nothing(error.to_string()),
    };
    let known = migrations::newest(migrations::STEPS);
    if found <= known {
        return nothing(format!("the state has schema {found}, which this program knows"));
    }
    let copy = beside(&database, &format!(".before-v{found}"));
    let schema = match sound(&copy) {
        Ok(schema) if schema <= known => schema,
        Ok(schema) => {
            return nothing(format!(
                "the state has schema {found}, and {}, the copy from before it, has {schema}; this program knows up to {known}",
                copy.display()
            ));
        }
        Err(error) => {
            return nothing(format!(
                "the state has schema {found}, this program knows up to {known}, and there is no copy: {error}"
            ));
        }
    };
    let moved = begun::has_begun(&database, found);
    let past = if moved { past::let_go(&copy, schema, now)? } else { Past::default() };
    give_to_owner_of(&copy, &database)?;
    let left = if moved { past::left_behind(&database) } else { Some(0) };
    let newer = beside(&database, &format!(".newer-v{found}-{}", names::stamp(now)?));
    exchange(&database, &copy, &newer)?;
    begun::forget(&database, found)?;
    Ok(Rollback::Restored { newer, from: found, schema, moved, left, past })
}

/// The version of a state, its log included, which is left as it is.
fn version(database: &Path) -> Result<u32, StorageError> {
    let look = || {
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        migrations::version(&connection)
    };
    look().map_err(|error| from_sqlite(database, &error))
}
