// SPDX-License-Identifier: MIT OR Apache-2.0
//! Taking a file away so that its content is gone from where it lay.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

const ZEROS: [u8; 4096] = [0; 4096];

/// Overwrites a file in place, has that reach the disk, and removes it. What a flash drive keeps beside what it shows is
/// out of reach.
pub(crate) fn wipe(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let mut left = file.metadata()?.len();
    while left > 0 {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
        file.write_all(ZEROS.get(..size).unwrap_or(&ZEROS))?;
        left = left.saturating_sub(u64::try_from(size).unwrap_or(u64::MAX));
    }
    file.sync_all()?;
    drop(file);
    std::fs::remove_file(path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
