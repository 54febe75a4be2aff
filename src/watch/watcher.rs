// SPDX-License-Identifier: MIT OR Apache-2.0
//! The way from a target to what is seen of it.

use crate::{file, page};
use async_trait::async_trait;
use blufio_core::watch::{Sight, Watch};
use blufio_net::Net;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Longest look, in all.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Looks into the file system that may hang at the same time, on a network drive that has gone away. They cannot be
/// ended; more are not begun.
const MOST_HANGING: usize = 4;

/// Looks at files, folders and pages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Watcher {
    net: Net,
    /// Who holds a permit looks into the file system, or hangs there.
    files: Arc<Semaphore>,
}

impl Watcher {
    /// Looks at pages through `net`, whose redactor also takes known secrets out of what is seen.
    #[must_use]
    pub fn new(net: Net) -> Self {
        Self { net, files: Arc::new(Semaphore::new(MOST_HANGING)) }
    }

    async fn file(&self, path: PathBuf) -> Result<Sight, String> {
        let permit = Arc::clone(&self.files).acquire_owned().await.map_err(|error| error.to_string())?;
        let looked = tokio::task::spawn_blocking(move || {
            let sight = file::look(&path);
            drop(permit);
            sight
        });
        looked.await.map_err(|error| format!("the look broke off: {error}"))?
    }
}

#[async_trait]
impl Watch for Watcher {
    async fn look(&self, target: &str) -> Result<Sight, String> {
        let look = async {
            if target.starts_with('/') {
                self.file(PathBuf::from(target)).await
            } else {
                page::look(&self.net, target).await
            }
        };
        let looked = tokio::time::timeout(TIMEOUT, look).await;
        let sight =
            looked.map_err(|_| format!("it did not answer within {} seconds", TIMEOUT.as_secs()))??;
        let excerpt = self.net.redactor().redact(&sight.excerpt).into_owned();
        Ok(Sight { excerpt, ..sight })
    }
}

#[cfg(test)]
mod tests;
