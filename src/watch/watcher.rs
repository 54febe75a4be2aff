// SPDX-License-Identifier: MIT OR Apache-2.0
//! The way from a target to what is seen of it.

use crate::{file, page};
use async_trait::async_trait;
use blufio_core::watch::{Sight, Watch};
use blufio_net::Net;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Longest look, in all.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Looks at files, folders and pages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Watcher {
    net: Net,
    under_way: UnderWay,
}

/// Paths that are being looked at. A look on a network drive that has gone away cannot be ended: it keeps its thread, and
/// there is no second one at the same path until it ends by itself. So no more threads hang than there are targets, and
/// none of them is one of the runtime's: others are looked at as ever, and no shutdown waits.
#[derive(Clone, Debug, Default)]
struct UnderWay(Arc<Mutex<BTreeSet<PathBuf>>>);

impl UnderWay {
    fn begin(&self, path: &Path) -> Option<Look> {
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paths.insert(path.to_owned()).then(|| Look { path: path.to_owned(), under_way: self.clone() })
    }
}

/// A look that has not ended yet.
struct Look {
    path: PathBuf,
    under_way: UnderWay,
}

impl Drop for Look {
    fn drop(&mut self) {
        self.under_way.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.path);
    }
}

impl Watcher {
    /// Looks at pages through `net`, whose redactor also takes known secrets out of what is seen.
    #[must_use]
    pub fn new(net: Net) -> Self {
        Self { net, under_way: UnderWay::default() }
    }

    async fn file(&self, path: &Path) -> Result<Sight, String> {
        self.file_by(path, file::look).await
    }

    async fn file_by(
        &self,
        path: &Path,
        by: impl FnOnce(&Path) -> Result<Sight, String> + Send + 'static,
    ) -> Result<Sight, String> {
        let Some(look) = self.under_way.begin(path) else {
            return Err("an earlier look at it still hangs".to_owned());
        };
        let (done, seen) = oneshot::channel();
        let thread = std::thread::Builder::new().name("look".to_owned());
        let looking = thread.spawn(move || {
            let sight = by(&look.path);
            drop(look);
            // Nobody may wait any more.
            let _ = done.send(sight);
        });
        looking.map_err(|error| format!("no thread could be started to look at it: {error}"))?;
        seen.await.map_err(|_| "the look broke off".to_owned())?
    }
}

#[async_trait]
impl Watch for Watcher {
    async fn look(&self, target: &str) -> Result<Sight, String> {
        let look = async {
            if target.starts_with('/') {
                self.file(Path::new(target)).await
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
