// SPDX-License-Identifier: MIT OR Apache-2.0
//! The entries of a folder: their names, sizes and times of change. What is in the files is not read.

use crate::file::reason;
use crate::words;
use blufio_core::watch::Sight;
use std::ffi::OsString;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Most entries that are looked at: the first by name.
const MOST: usize = 1_000;
/// Most names that are read to find them.
const MOST_NAMES: usize = 100_000;

struct Entry {
    name: OsString,
    folder: bool,
    size: u64,
    /// Seconds and nanoseconds.
    changed: (i64, i64),
}

/// Looks at a folder. Blocks.
pub(crate) fn look(path: &Path, folder: &Metadata) -> Result<Sight, String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| reason(&error))?.take(MOST_NAMES) {
        names.push(entry.map_err(|error| reason(&error))?.file_name());
    }
    names.sort_unstable();
    let count = names.len();
    names.truncate(MOST);
    let mut entries = Vec::new();
    for name in names {
        // One that has gone in the meantime is not there. Links are not followed: what they lead to is elsewhere.
        let Ok(metadata) = std::fs::symlink_metadata(path.join(&name)) else { continue };
        entries.push(Entry {
            name,
            folder: metadata.is_dir(),
            // The size of a folder is the file system's own affair.
            size: if metadata.is_dir() { 0 } else { metadata.len() },
            changed: (metadata.mtime(), metadata.mtime_nsec()),
        });
    }
    let digest = digest(&entries, count, folder);
    Ok(Sight { digest, excerpt: words::excerpt(&told(entries, count)) })
}

fn digest(entries: &[Entry], count: usize, folder: &Metadata) -> String {
    let mut parts = count.to_le_bytes().to_vec();
    if count > entries.len() {
        // Not all are looked at: that one has come or gone shows in the folder itself.
        parts.extend([folder.mtime(), folder.mtime_nsec()].iter().flat_map(|part| part.to_le_bytes()));
    }
    for entry in entries {
        parts.extend_from_slice(entry.name.as_encoded_bytes());
        // No name holds a zero or a slash.
        parts.extend([0, u8::from(entry.folder)]);
        parts.extend(entry.size.to_le_bytes());
        parts.extend([entry.changed.0, entry.changed.1].iter().flat_map(|part| part.to_le_bytes()));
    }
    words::digest(&parts)
}

/// The entries for the model: what has changed last stands first.
fn told(mut entries: Vec<Entry>, count: usize) -> String {
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.changed));
    let mut text = format!("A folder. Entries: {count}, the last changed ones first:");
    for entry in entries {
        let name = entry.name.to_string_lossy().replace(char::is_control, "\u{fffd}");
        text.push_str(&match entry.folder {
            true => format!("\n{name}/"),
            false => format!("\n{name} ({} B)", entry.size),
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::file::look;
    use std::os::unix::ffi::OsStrExt as _;
    use std::time::{Duration, SystemTime};

    fn touch(path: &std::path::Path, content: &str, age: u64) {
        std::fs::write(path, content).unwrap();
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 - age);
        std::fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
    }

    #[test]
    fn what_came_went_grew_or_was_touched_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        touch(&at("old"), "1", 100);
        touch(&at("new"), "22", 50);
        std::fs::create_dir(at("below")).unwrap();
        let mut digests = vec![look(folder.path()).unwrap().digest];
        assert_eq!(look(folder.path()).unwrap().digest, digests[0]);
        touch(&at("old"), "333", 100);
        digests.push(look(folder.path()).unwrap().digest);
        touch(&at("old"), "333", 99);
        digests.push(look(folder.path()).unwrap().digest);
        std::fs::rename(at("old"), at("older")).unwrap();
        digests.push(look(folder.path()).unwrap().digest);
        std::fs::remove_file(at("new")).unwrap();
        digests.push(look(folder.path()).unwrap().digest);
        let distinct: std::collections::BTreeSet<_> = digests.iter().collect();
        assert_eq!(distinct.len(), 5);
    }

    #[test]
    fn the_last_changed_one_is_told_first() {
        let folder = tempfile::tempdir().unwrap();
        touch(&folder.path().join("a"), "1", 100);
        touch(&folder.path().join("b\n"), "22", 50);
        let excerpt = look(folder.path()).unwrap().excerpt;
        assert_eq!(excerpt, "A folder. Entries: 2, the last changed ones first:\nb\u{fffd} (2 B)\na (1 B)");
    }

    #[test]
    fn names_that_are_no_text_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |bytes: &[u8]| folder.path().join(std::ffi::OsStr::from_bytes(bytes));
        touch(&at(b"\xff"), "", 1);
        let first = look(folder.path()).unwrap();
        std::fs::rename(at(b"\xff"), at(b"\xfe")).unwrap();
        let second = look(folder.path()).unwrap();
        assert_eq!(first.excerpt, second.excerpt);
        assert_ne!(first.digest, second.digest);
    }

    #[test]
    fn of_a_large_folder_a_part_is_looked_at_and_all_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..1_001 {
            std::fs::write(folder.path().join(format!("{number:05}")), "").unwrap();
        }
        let first = look(folder.path()).unwrap();
        assert!(first.excerpt.starts_with("A folder. Entries: 1001,"));
        assert!(first.excerpt.chars().count() <= 1_200);
        std::fs::rename(folder.path().join("01000"), folder.path().join("02000")).unwrap();
        assert_ne!(look(folder.path()).unwrap().digest, first.digest);
    }
}
