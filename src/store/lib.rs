// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Storage`](blufio_core::storage::Storage) in one SQLite file, with one writer. All SQL of the house is here.
//!
//! What is promised: a write that was answered survives the death of the process and of the machine; a write that failed
//! has changed nothing; nobody ever sees `SQLITE_BUSY` of another conversation; and soon after the last write (25 ms by
//! default, less than 100 ms with it) the main file alone is a complete backup. A full disk, a read-only file, a damaged,
//! foreign or newer one each have their own [`StorageError`](blufio_core::storage::StorageError).
//!
//! The exceptions are what `writer::Durability::Later` names: that a turn was claimed, reservations of calls and their
//! entries in the ledger survive the death of the process at once, but a loss of power only together with the next write
//! that is flushed, such as the end of their turn.
//!
//! | room | holds |
//! |---|---|
//! | `store` | [`Store`]: who holds what, and in which order it ends |
//! | `opening`, `lock`, `migrations` | from a path to a sound database of the newest schema that is ours alone |
//! | `writer` | the thread that writes: group commit, checkpoints |
//! | `readers` | the threads that read |
//! | `queue`, `turn`, `outbox`, `peers`, `vault_rows` | the tables, one concern each |
//! | `sessions`, `summaries`, `answers` | what was said, and what was decided for it |
//! | `ledger`, `spending`, `budget`, `costs` | what calls cost: one by one, in running totals, against limits, added up |
//! | `jobs`, `background` | reminders, and what the agent does and says unasked |
//! | `memories`, `passages` | what is remembered, learned and forgotten; past words that can be found |
//! | `keywords`, `vectors`, `recall` | how it is found: by words, by meaning, and both together |
//! | `retention` | what is dropped with time, so that the file stays bounded |
//! | `stats`, `examine`, `snapshot` | how the state stands, whether it is sound, and copies of it |
//! | [`backups`] | backups, restoring them, and going back to the state from before an update |
//! | `error`, `columns` | from SQLite's words to ours |
//!
//! ```
//! use blufio_core::ids::Conversation;
//! use blufio_core::storage::Sessions;
//! use blufio_core::time::Timestamp;
//! use blufio_store::{Store, StoreOptions};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let folder = tempfile::tempdir().unwrap();
//! let store = Store::open(&folder.path().join("blufio.db"), StoreOptions::default()).unwrap();
//! let conversation = Conversation::new("telegram", "42");
//! let session = store.session(&conversation, Timestamp(0)).await.unwrap();
//! assert!(store.transcript(session, 100).await.unwrap().messages.is_empty());
//! store.close();
//! # });
//! ```

mod answers;
mod background;
pub mod backups;
mod budget;
mod columns;
mod costs;
mod error;
mod examine;
mod jobs;
mod keywords;
mod ledger;
mod lock;
mod memories;
mod migrations;
mod opening;
mod outbox;
mod passages;
mod peers;
mod queue;
mod readers;
mod recall;
mod retention;
mod sessions;
mod snapshot;
mod spending;
mod stats;
mod store;
mod summaries;
mod turn;
mod vault_rows;
mod vectors;
mod writer;

#[cfg(test)]
mod behaviour;

pub use lock::in_use;
pub use store::{Store, StoreOptions};
