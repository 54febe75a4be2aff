// SPDX-License-Identifier: MIT OR Apache-2.0
//! The folder in which the weights lie while the model loads. It is gone afterwards.

use crate::error::ModelError;
use std::path::Path;
use tempfile::TempDir;

/// What the names of such folders begin with; the number of the process follows.
const PREFIX: &str = "embedding-";

/// A fresh folder in `folder`, for nobody else's eyes. Those of processes that ended too early are removed.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn create(folder: &Path) -> Result<TempDir, ModelError> {
    sweep(folder);
    let prefix = format!("{PREFIX}{}-", std::process::id());
    std::fs::create_dir_all(folder)
        .and_then(|()| tempfile::Builder::new().prefix(&prefix).tempdir_in(folder))
        .map_err(|source| ModelError::Scratch { folder: folder.to_owned(), source })
}

fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
        let Some(process) = process.and_then(|process| process.parse::<u32>().ok()) else { continue };
        if !Path::new("/proc").join(process.to_string()).exists() {
            let path = entry.path();
            if let Err(error) = std::fs::remove_dir_all(&path) {
                tracing::warn!(path = %path.display(), %error, "weights of an earlier process are left over");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_processes_that_are_gone_are_removed_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("embedding-4294967295-abc");
        let own = folder.path().join(format!("embedding-{}-abc", std::process::id()));
        let other = folder.path().join("embedding-notes");
        for path in [&gone, &own, &other] {
            std::fs::create_dir(path).unwrap();
        }
        let fresh = create(folder.path()).unwrap();
        assert!(!gone.exists() && own.exists() && other.exists());
        let path = fresh.path().to_owned();
        drop(fresh);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let error = create(Path::new("/proc/nowhere")).unwrap_err();
        assert!(error.to_string().starts_with("cannot lay out the weights in /proc/nowhere: "), "{error}");
    }
}
