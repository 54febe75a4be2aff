// SPDX-License-Identifier: MIT OR Apache-2.0
//! A regular file.

use crate::{MOST_BYTES, folder, words};
use blufio_core::watch::Sight;
use rustix::fs::{Mode, OFlags};
use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// Bytes that are read at the end of a file of which not all is read.
const END: u64 = 8 * 1024;

/// Looks at a file or a folder. Blocks.
pub(crate) fn look(path: &Path) -> Result<Sight, String> {
    // Before it is opened: opening alone makes some devices do something.
    let kind = std::fs::metadata(path).map_err(|error| reason(&error))?;
    if kind.is_dir() {
        return folder::look(path, &kind);
    }
    regular(&kind)?;
    // It may have become something else in between; a pipe must not keep the look waiting.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty()).map(File::from);
    let file = file.map_err(|error| reason(&error.into()))?;
    let metadata = file.metadata().map_err(|error| reason(&error))?;
    regular(&metadata)?;
    let mut bytes = Vec::new();
    (&file).take(whole(MOST_BYTES)).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    // What the system says of its own files (/proc) is 0; a file may grow while it is read.
    let length = if bytes.len() < MOST_BYTES { whole(bytes.len()) } else { metadata.len() };
    // What grows does so at its end.
    let mut end = Vec::new();
    if let Some(behind) = length.checked_sub(whole(MOST_BYTES)).filter(|behind| *behind > 0) {
        let from = length.saturating_sub(behind.min(END));
        (&file).seek(SeekFrom::Start(from)).map_err(|error| reason(&error))?;
        (&file).take(END).read_to_end(&mut end).map_err(|error| reason(&error))?;
    }
    Ok(words::sight(&bytes, &end, length))
}

fn regular(metadata: &Metadata) -> Result<(), String> {
    if metadata.is_file() {
        return Ok(());
    }
    Err("it is neither a regular file nor a folder".to_owned())
}

/// Why something cannot be read, without its path.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is not there".to_owned(),
        io::ErrorKind::PermissionDenied => "the account that runs blufio may not read it".to_owned(),
        _ => format!("it cannot be read: {error}"),
    }
}

fn whole(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn in_folder(content: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it");
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    #[test]
    fn another_content_is_another_digest_and_the_same_is_the_same() {
        let (_folder, path) = in_folder(b"buy milk");
        let first = look(&path).unwrap();
        assert_eq!(first.excerpt, "buy milk");
        assert_eq!(first.digest.len(), 64);
        std::fs::write(&path, b"buy milk").unwrap();
        assert_eq!(look(&path).unwrap(), first);
        std::fs::write(&path, b"buy silk").unwrap();
        assert_ne!(look(&path).unwrap().digest, first.digest);
    }

    #[test]
    fn of_a_large_file_the_begin_the_end_and_the_length_count() {
        let (_folder, path) = in_folder(&vec![b'a'; MOST_BYTES + 5]);
        let first = look(&path).unwrap();
        assert!(first.excerpt.chars().count() <= 1_200);
        let mut grown = vec![b'a'; MOST_BYTES + 6];
        grown.extend_from_slice(b"the newest line\n");
        std::fs::write(&path, grown).unwrap();
        let second = look(&path).unwrap();
        assert_ne!(second.digest, first.digest);
        assert!(
            second.excerpt.starts_with("aaa") && second.excerpt.ends_with("the newest line"),
            "{second:?}"
        );
    }

    #[test]
    fn a_link_is_followed_and_an_empty_file_can_be_seen() {
        let (folder, path) = in_folder(b"");
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert_eq!(look(&link).unwrap(), look(&path).unwrap());
    }

    #[test]
    fn what_is_no_file_is_refused_at_once_also_behind_a_link() {
        let (folder, _) = in_folder(b"");
        let (pipe, link) = (folder.path().join("pipe"), folder.path().join("link"));
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
            .unwrap();
        symlink(&pipe, &link).unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for path in [pipe.as_path(), &link, &socket, Path::new("/dev/zero")] {
            assert!(look(path).unwrap_err().contains("neither a regular file"), "{}", path.display());
        }
    }

    #[test]
    fn what_is_not_there_is_an_error_without_its_path() {
        let (folder, path) = in_folder(b"");
        let error = look(&folder.path().join("nothing")).unwrap_err();
        assert_eq!(error, "it is not there");
        let error = look(&path.join("below a file")).unwrap_err();
        assert!(error.contains("cannot be read") && !error.contains("below"), "{error}");
    }
}
