// SPDX-License-Identifier: MIT OR Apache-2.0
//! What others have to say about this machine: the lines of a file, in `/health` and `blufio status`.

use crate::desk::Desk;
use crate::terminal::beginning;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the file is read.
const LOOK: Duration = Duration::from_secs(5);
/// Most lines that are shown.
const LINES: usize = 20;
/// Most characters of a line.
const LONGEST: usize = 300;
/// So much of the file is read, bytes: the lines at their longest, in four bytes a character.
const READ: u64 = 24_000;

/// Keeps the desk informed of what the file says, until `end`.
pub(crate) async fn follow(file: PathBuf, desk: Arc<Desk>, end: CancellationToken) {
    loop {
        let path = file.clone();
        if let Ok(notices) = tokio::task::spawn_blocking(move || read(&path)).await {
            desk.note(notices);
        }
        tokio::select! {
            () = end.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// The lines of a file that need not be there.
fn read(file: &Path) -> Vec<String> {
    let mut bytes = Vec::new();
    match std::fs::File::open(file).and_then(|file| file.take(READ).read_to_end(&mut bytes)) {
        Ok(_) => lines(&String::from_utf8_lossy(&bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            vec![format!("{}: the notices about this machine cannot be read: {error}", file.display())]
        }
    }
}

fn lines(text: &str) -> Vec<String> {
    let said = text.lines().map(str::trim).filter(|line| !line.is_empty());
    said.take(LINES).map(|line| beginning(line, LONGEST.saturating_sub(1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_any_size_becomes_a_few_short_lines_without_control_characters() {
        let text = format!("\n  one \x1b[31m \n\n{}\n{}", "ä".repeat(999), "more\n".repeat(99));
        let lines = lines(&text);
        assert_eq!((lines.len(), lines[0].as_str()), (LINES, "one  [31m"));
        assert!(lines.iter().all(|line| line.chars().count() <= LONGEST));
        assert!(lines[1].ends_with('…'));
    }

    #[test]
    fn a_file_that_is_not_there_says_nothing_and_one_that_cannot_be_read_says_so() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(&folder.path().join("none")).is_empty());
        assert!(read(folder.path())[0].contains("cannot be read"));
    }
}
