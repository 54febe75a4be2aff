// SPDX-License-Identifier: MIT OR Apache-2.0
//! Replaces a file as a whole: at every moment, also after a loss of power, it is the old one or the new one.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells the temporary files of one process apart.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Writes `text` to `path`. A file that is there keeps its mode and its owner; behind a symbolic link, the file that it
/// leads to is replaced. Missing folders are made.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let (target, old) = match std::fs::canonicalize(path) {
        Ok(target) => {
            let old = std::fs::metadata(&target)?;
            (target, Some(old))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_owned(), None),
        Err(error) => return Err(error),
    };
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    std::fs::create_dir_all(&folder)?;
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!(".blufio.toml.{}-{count}.tmp", std::process::id()));
    // The service runs under an account of its own and must be able to read a new file: 0644, less the umask.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&temporary)?;
    let written = fill(file, text, old.as_ref()).and_then(|()| std::fs::rename(&temporary, &target));
    if let Err(error) = written {
        return Err(match std::fs::remove_file(&temporary) {
            Ok(()) => error,
            Err(left) => io::Error::new(
                error.kind(),
                format!("{error}; and {} could not be removed: {left}", temporary.display()),
            ),
        });
    }
    File::open(&folder)?.sync_all()
}

fn fill(mut file: File, text: &str, old: Option<&std::fs::Metadata>) -> io::Result<()> {
    if let Some(old) = old {
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(Permissions::from_mode(old.mode() & 0o7777))?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mode_and_link_survive_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real.toml");
        let link = folder.path().join("link.toml");
        std::fs::write(&real, "old").unwrap();
        std::fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&real).unwrap(), "new");
        assert_eq!(std::fs::metadata(&real).unwrap().mode() & 0o7777, 0o640);
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn folders_of_a_new_file_are_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/blufio.toml");
        replace(&path, "x = 1").unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "x = 1");
    }

    #[test]
    fn what_cannot_be_replaced_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("folder");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("inside"), "").unwrap();
        replace(&path, "x = 1").unwrap_err();
        assert!(path.join("inside").exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
