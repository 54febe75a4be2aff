// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was taken, and what is wrong: for the console, and for the daemon, which shows the latter to the operator.

use crate::provision::cloud;
use anyhow::Context as _;
use blufio_net::Redactor;
use serde_json::json;
use std::path::Path;

/// Most problems that are written down: a folder full of wrong files needs one look, not a thousand lines.
const MOST: usize = 50;

/// What was taken, and what is wrong.
#[derive(Debug, Default)]
pub(crate) struct Report {
    taken: Vec<String>,
    notices: Vec<String>,
    problems: Vec<String>,
}

impl Report {
    /// Something found its place.
    pub(crate) fn taken(&mut self, what: impl Into<String>) {
        self.taken.push(what.into());
    }

    /// Something that is as it should be, and that somebody may wonder about.
    pub(crate) fn notice(&mut self, what: impl Into<String>) {
        self.notices.push(Redactor::new().redact(&what.into()).into_owned());
    }

    /// Something is wrong: where, what, and what to do. It becomes one line.
    pub(crate) fn problem(&mut self, place: impl std::fmt::Display, what: impl std::fmt::Display) {
        let line = format!("{place}: {what}");
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        // Everybody may read it. What looks like a secret should not stand in it, and does not whoever quotes what.
        self.problems.push(Redactor::new().redact(&line).into_owned());
    }

    /// Whether anything found its place.
    pub(crate) fn has_taken(&self) -> bool {
        !self.taken.is_empty()
    }

    /// How many things are wrong.
    pub(crate) fn problems(&self) -> usize {
        self.problems.len()
    }

    /// The journal and the console have it, too.
    pub(crate) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            let all = json!({ "taken": self.taken, "notices": self.notices, "problems": self.problems });
            println!("{}", serde_json::to_string(&all)?);
            return Ok(());
        }
        for line in self.taken.iter().chain(&self.notices) {
            println!("blufio: {line}");
        }
        for line in &self.problems {
            eprintln!("blufio: not taken: {line}");
        }
        Ok(())
    }

    /// Writes the problems down, one a line, for everybody to read.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write(&self, file: &Path, keep_earlier: bool) -> anyhow::Result<()> {
        let mut lines: Vec<String> = Vec::new();
        if keep_earlier && let Ok(text) = std::fs::read_to_string(file) {
            // Whoever was not there before, or wrong, has been asked again.
            let earlier = text.lines().filter(|line| !line.starts_with(cloud::PLACE));
            lines.extend(earlier.map(ToOwned::to_owned));
        }
        for line in &self.problems {
            if !lines.contains(line) {
                lines.push(line.clone());
            }
        }
        lines.truncate(MOST);
        let mut text = lines.join("\n");
        if !text.is_empty() {
            text.push('\n');
        }
        super::machine::write(file, text.as_bytes(), 0o644)
            .with_context(|| format!("{} cannot be written", file.display()))
    }

    #[cfg(test)]
    pub(crate) fn notices(&self) -> String {
        self.notices.join("\n")
    }

    #[cfg(test)]
    pub(crate) fn lines(&self) -> String {
        self.problems.join("\n")
    }
}
