// SPDX-License-Identifier: MIT OR Apache-2.0
//! The self-test of the state: a mark is written and read back, and the file is looked through for damage.
//!
//! Looking through a large file takes its time, so that it is done once a day at most however often one asks.

use crate::opening::{CHECKED_ALWAYS, refuse_damaged};
use crate::store::Store;
use crate::writer::Durability;
use crate::{error::from_io, migrations};
use blufio_core::storage::{Examined, StorageError};
use blufio_core::time::Timestamp;
use std::sync::PoisonError;

/// How long a look through a large file is good for: a day, in milliseconds.
const GOOD_FOR: i64 = 24 * 60 * 60 * 1000;
/// The mark is the key of something that is said once, which nobody says.
const MARK: &str =
    "INSERT INTO once (key, at) VALUES ('self-test', ?1) ON CONFLICT (key) DO UPDATE SET at = max(at, ?1)";
const MARKED: &str = "SELECT at FROM once WHERE key = 'self-test'";

pub(crate) async fn examine(store: &Store, now: Timestamp) -> Result<Examined, StorageError> {
    store
        .write(Durability::Now, move |connection| {
            connection.prepare_cached(MARK)?.execute([now.0])?;
            Ok(())
        })
        .await?;
    let path = store.inner.path();
    let size = path.metadata().map_err(|error| from_io(&path, &error))?.len();
    let looked = || store.inner.looked_through.lock().unwrap_or_else(PoisonError::into_inner);
    let look = size <= CHECKED_ALWAYS
        || looked().is_none_or(|at: Timestamp| !(0..GOOD_FOR).contains(&now.0.saturating_sub(at.0)));
    let found = store
        .read(move |connection| {
            let marked: i64 = connection.prepare_cached(MARKED)?.query_row([], |row| row.get(0))?;
            if look {
                refuse_damaged(connection, &path)?;
            }
            Ok((marked, migrations::version(connection)?))
        })
        .await?;
    let (marked, schema) = found;
    if marked < now.0 {
        return Err(StorageError::Unexpected("what was written could not be read back".into()));
    }
    if look {
        *looked() = Some(now);
    }
    Ok(Examined { schema, known: migrations::newest(migrations::STEPS) })
}

#[cfg(test)]
mod tests {
    use crate::behaviour::fixture::{accept, fresh, message};
    use crate::{Store, StoreOptions};
    use blufio_core::storage::{Examined, Storage, StorageError};
    use blufio_core::time::Timestamp;
    use std::os::unix::fs::FileExt;

    #[tokio::test]
    async fn a_sound_state_can_be_written_and_read_back_however_often_one_asks() {
        let f = fresh();
        for now in [10, 10, 5, 11] {
            let found = f.store.examine(Timestamp(now)).await.unwrap();
            assert_eq!(found, Examined { schema: 3, known: 3 });
        }
    }

    #[tokio::test]
    async fn damage_that_came_while_the_file_was_open_is_found() {
        let f = fresh();
        for round in 0..4 {
            let mut long = message(1, round);
            long.text = "x".repeat(64 << 10);
            accept(&f.store, vec![long], 10).await;
        }
        f.store.close();
        // Opened anew, so that nothing of the damaged page is in memory.
        let store = Store::open(&f.path, StoreOptions::default()).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(&f.path).unwrap();
        let pages = file.metadata().unwrap().len() / 4096;
        for page in 2..pages {
            file.write_all_at(&[0xff; 64], page * 4096).unwrap();
        }
        let refused = store.examine(Timestamp(10)).await.unwrap_err();
        assert!(matches!(refused, StorageError::Corrupt { .. }), "{refused}");
    }
}
