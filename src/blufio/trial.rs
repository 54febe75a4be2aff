// SPDX-License-Identifier: MIT OR Apache-2.0
//! Holding everything back until somebody says that this version stays.
//!
//! A file says that it is not decided yet. What is received in the meantime could not be answered by the version that the
//! machine may go back to; so nothing is received at all, and the services keep it.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// A trial that lasts as long as its file.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    file: PathBuf,
}

impl Trial {
    /// The trial that `file` stands for.
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// Why nothing is received, as long as that is so.
    pub(crate) async fn reason(&self) -> Option<String> {
        let file = self.file.clone();
        let looked = tokio::task::spawn_blocking(move || reason(&file)).await;
        // A look that did not come to its end decides nothing.
        looked.unwrap_or_else(|_| Some("on trial: whether it is over could not be looked at".to_owned()))
    }

    /// Returns when the trial is over. Can be dropped at any await.
    pub(crate) async fn over(&self) {
        while self.reason().await.is_some() {
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn reason(file: &Path) -> Option<String> {
    let name = file.display();
    match file.symlink_metadata() {
        Ok(_) => Some(format!("on trial: nothing is received or sent until {name} is removed")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        // Whoever works by mistake cannot take back what was said; whoever waits by mistake says so.
        Err(error) => {
            Some(format!("on trial: nothing is received or sent while {name} cannot be looked at ({error})"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_trial_lasts_as_long_as_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trial");
        std::fs::write(&file, "").unwrap();
        let trial = Trial::new(file.clone());
        assert!(trial.reason().await.unwrap().contains("is removed"));
        assert!(tokio::time::timeout(Duration::from_secs(60), trial.over()).await.is_err());
        std::fs::remove_file(file).unwrap();
        trial.over().await;
        assert_eq!(trial.reason().await, None);
    }

    #[tokio::test]
    async fn what_cannot_be_looked_at_is_no_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let reason = Trial::new(file.join("below a file")).reason().await.unwrap();
        assert!(reason.contains("cannot be looked at"), "{reason}");
    }
}
