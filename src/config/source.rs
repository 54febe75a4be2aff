// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text of one file: from byte offsets to lines, columns and excerpts that give no secret away.

use crate::problem::{Problem, ProblemKind, Spot};
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Largest configuration file, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// Most characters of a line that are shown.
const WIDEST: usize = 120;
/// How many characters are shown before the offence when a line is cut.
const LEAD: usize = 40;

/// The text of one file.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// Where the lines begin.
    lines: Vec<usize>,
    /// Bytes that are never shown.
    pub(crate) masked: Vec<Range<usize>>,
}

impl Source {
    /// Reads a file. `None` where there is none and there need not be one.
    pub(crate) fn read(path: &Path, required: bool) -> Result<Option<Self>, Problem> {
        let unreadable = |message: String, help: &str| Problem {
            kind: ProblemKind::Unreadable,
            spot: Box::new(Spot { file: Some(path.to_owned()), ..Spot::default() }),
            key: None,
            message,
            help: Some(help.to_owned()),
        };
        let mut bytes = Vec::new();
        let read = std::fs::File::open(path)
            .and_then(|file| file.take(LARGEST.saturating_add(1)).read_to_end(&mut bytes));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => return Ok(None),
            Err(error) => {
                return Err(unreadable(
                    format!("the configuration file cannot be read: {error}"),
                    "check the path and its permissions; the account that runs blufio must be able to read it",
                ));
            }
        }
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
            return Err(unreadable(
                format!("the configuration file is larger than {} KiB", LARGEST / 1024),
                "put long texts into Markdown files and name them in `agent.persona_files`",
            ));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(Self::new(path, text))),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let line = error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count() + 1;
                Err(unreadable(
                    format!("line {line} of the configuration file is not valid UTF-8"),
                    "save the file as UTF-8",
                ))
            }
        }
    }

    /// Takes a text as the content of a file.
    pub(crate) fn new(path: &Path, text: String) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { path: path.to_owned(), text, lines, masked: Vec::new() }
    }

    /// The spot of a range of bytes.
    pub(crate) fn spot(&self, span: &Range<usize>) -> Spot {
        let start = self.floor(span.start);
        let line = self.lines.partition_point(|line| *line <= start).max(1);
        let line_start = self.lines.get(line - 1).copied().unwrap_or(0);
        let line_end = self.lines.get(line).copied().unwrap_or(self.text.len());
        let full = self.text.get(line_start..line_end).unwrap_or_default().trim_end_matches(['\r', '\n']);
        let column = self.text.get(line_start..start).unwrap_or_default().chars().count();
        // Only a long line is cut, and then so that the offence is in view.
        let skip = if full.chars().nth(WIDEST).is_some() { column.saturating_sub(LEAD) } else { 0 };
        let mut snippet = if skip > 0 { "…".to_owned() } else { String::new() };
        let mut shown = 0;
        let mut width = 0;
        let mut rest = full.char_indices().skip(skip);
        for (offset, char) in rest.by_ref().take(WIDEST) {
            snippet.push(self.show(line_start + offset, char));
            shown += 1;
            width += usize::from((start..span.end).contains(&(line_start + offset)));
        }
        if rest.next().is_some() {
            snippet.push('…');
        }
        let mark = (column - skip).min(shown) + usize::from(skip > 0);
        Spot {
            file: Some(self.path.clone()),
            variable: None,
            line: Some(line),
            column: Some(column + 1),
            mark: (mark, width),
            snippet: Some(snippet),
        }
    }

    fn show(&self, offset: usize, char: char) -> char {
        if self.masked.iter().any(|range| range.contains(&offset)) { '*' } else { visible(char) }
    }

    /// The nearest boundary of a character at or before an offset.
    fn floor(&self, offset: usize) -> usize {
        (0..=offset.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }
}

/// Control characters would act on the terminal that the excerpt is printed to.
pub(crate) fn visible(char: char) -> char {
    match char {
        '\t' => ' ',
        other if other.is_control() => '\u{fffd}',
        other => other,
    }
}

/// The spot of an environment variable.
pub(crate) fn variable(name: &str, value: &str) -> Spot {
    let shown: String = value.chars().map(visible).take(WIDEST).collect();
    Spot {
        file: None,
        variable: Some(name.to_owned()),
        line: None,
        column: None,
        mark: (name.chars().count() + 1, shown.chars().count()),
        snippet: Some(format!("{name}={shown}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new(Path::new("x.toml"), text.to_owned())
    }

    #[test]
    fn a_column_counts_characters_and_not_bytes() {
        let text = "ä = 1\nöö = 2";
        let at = text.find('2').unwrap();
        let spot = source(text).spot(&(at..at + 1));
        assert_eq!((spot.line, spot.column), (Some(2), Some(6)));
        assert_eq!(spot.snippet.as_deref(), Some("öö = 2"));
        assert_eq!(spot.mark, (5, 1));
    }

    #[test]
    fn masked_bytes_and_control_characters_are_not_shown() {
        let mut source = source("a = 'hidden' \u{1b}[2J");
        source.masked.push(5..11);
        assert_eq!(source.spot(&(0..1)).snippet.as_deref(), Some("a = '******' \u{fffd}[2J"));
    }

    #[test]
    fn a_long_line_is_cut_around_the_offence() {
        let text = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let spot = source(&text).spot(&(500..501));
        let snippet = spot.snippet.unwrap();
        assert!(snippet.chars().count() <= WIDEST + 2);
        assert_eq!(snippet.chars().nth(spot.mark.0), Some('X'));
        assert_eq!(spot.column, Some(501));
    }

    #[test]
    fn a_span_beyond_the_end_or_inside_a_character_still_has_a_spot() {
        assert_eq!(source("ä").spot(&(1..9)).column, Some(1));
        assert_eq!(source("").spot(&(7..9)).line, Some(1));
    }
}
