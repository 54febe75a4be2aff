// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with a configuration, said the way a compiler says it.

use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// Where something stands: in a line of a file, or in an environment variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spot {
    /// The file.
    pub file: Option<PathBuf>,
    /// The environment variable.
    pub variable: Option<String>,
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// Column in the line, in characters, from 1.
    pub column: Option<usize>,
    /// The line, or the variable with its value. Secrets in it are masked, and a long line is cut.
    pub snippet: Option<String>,
    /// Where in the snippet the offence lies: first character (from 0) and number of characters.
    #[serde(skip)]
    pub(crate) mark: (usize, usize),
}

/// What kind of problem it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ProblemKind {
    /// The file cannot be read, or is no text.
    Unreadable,
    /// The text is not TOML.
    Syntax,
    /// There is no such key.
    UnknownKey,
    /// The key holds another type of value.
    WrongType,
    /// The value is of the right type, and not allowed.
    Invalid,
    /// Two values cannot stand together.
    Conflict,
    /// A secret stands readable where no secret belongs.
    PlaintextSecret {
        /// The name under which the vault keeps it.
        name: String,
    },
}

/// One problem: where it is, what is wrong, and what would be right. It never shows the value of a secret.
///
/// `Display` renders several lines without a newline at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind of problem.
    #[serde(flatten)]
    pub kind: ProblemKind,
    /// Where it is.
    #[serde(flatten)]
    pub spot: Box<Spot>,
    /// The key it is about, dotted.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What is allowed, or what to do.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        let number = self.spot.line.map(|line| line.to_string()).unwrap_or_default();
        let gutter = " ".repeat(number.len());
        match (&self.spot.file, &self.spot.variable) {
            (Some(file), _) => {
                write!(f, "\n{gutter}--> {}", file.display())?;
                if let (Some(line), Some(column)) = (self.spot.line, self.spot.column) {
                    write!(f, ":{line}:{column}")?;
                }
            }
            (None, Some(variable)) => write!(f, "\n{gutter}--> environment variable {variable}")?,
            (None, None) => {}
        }
        if let Some(snippet) = &self.spot.snippet {
            let (start, width) = self.spot.mark;
            write!(f, "\n{gutter} |\n{number} | {snippet}\n{gutter} | ")?;
            write!(f, "{}{}", " ".repeat(start), "^".repeat(width.max(1)))?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n{gutter} = help: {help}")?;
        }
        Ok(())
    }
}

/// Every problem that was found, in the order of the layers and of the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(transparent)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Whether a plaintext secret is among them.
    #[must_use]
    pub fn has_plaintext_secret(&self) -> bool {
        self.0.iter().any(|problem| matches!(problem.kind, ProblemKind::PlaintextSecret { .. }))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}
