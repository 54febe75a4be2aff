// SPDX-License-Identifier: MIT OR Apache-2.0
//! Looks at files, folders and pages, so that a change can be noticed.
//!
//! Each look is bounded in bytes and in time, and what is seen of it is a digest and the begin of its text. Whatever is
//! neither a regular file nor a folder (devices, pipes, sockets) is refused before it is opened. Of an HTML page the text
//! counts that a reader sees: another nonce in a script is no change.
//!
//! | room | holds |
//! |---|---|
//! | `watcher` | [`Watcher`]: the [`blufio_core::watch::Watch`] of files, folders and pages |
//! | `file` | a regular file |
//! | `folder` | the entries of a folder |
//! | `page` | a page, through `blufio_net` |
//! | `visible` | the text of an HTML page |
//! | `words` | text or binary, and the excerpt |
//!
//! ```
//! use blufio_core::watch::Watch;
//! use blufio_net::{Net, NetOptions, Redactor};
//! use blufio_watch::Watcher;
//! use std::sync::Arc;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let watcher = Watcher::new(Net::new(NetOptions::default(), Arc::new(Redactor::new()))?);
//! let sight = watcher.look("/proc/self/status").await?;
//! assert!(sight.excerpt.starts_with("Name:"));
//! assert!(watcher.look("/dev/null").await.is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod file;
mod folder;
mod page;
mod visible;
mod watcher;
mod words;

pub use watcher::Watcher;

/// Most bytes that are read of a file or of a page.
const MOST_BYTES: usize = 1024 * 1024;
