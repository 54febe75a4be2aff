// SPDX-License-Identifier: MIT OR Apache-2.0
//! Secrets that stand readable in a configuration file, and how they are taken out of it.

use crate::edit::EditError;
use crate::findings::{self, Finding, Place};
use crate::node::Node;
use crate::problem::{ProblemKind, Problems};
use crate::replace::replace;
use crate::source::Source;
use crate::{keys, read};
use blufio_core::secret::SecretString;
use std::path::{Path, PathBuf};
use toml::de::DeTable;
use toml_edit::{DocumentMut, TableLike};

/// The vault's name for the key of the Anthropic API.
pub const ANTHROPIC_API_KEY: &str = "anthropic-api-key";
/// The vault's name for the token of the Telegram bot.
pub const TELEGRAM_BOT_TOKEN: &str = "telegram-bot-token";

/// What is put where a secret stood in a comment.
const MOVED: &str = "(moved to the vault)";

/// A secret that stands readable in a configuration file.
#[derive(Clone, Debug)]
pub struct PlaintextSecret {
    /// The name under which the vault should keep it.
    pub name: String,
    /// The secret.
    pub value: SecretString,
    /// The file it stands in.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters, from 1.
    pub column: usize,
    /// The key that holds it, dotted. `None` in a comment.
    pub key: Option<String>,
    /// Whether [`remove`] can take it out. A secret inside a longer text, or in a list, can only be taken out by hand.
    pub removable: bool,
}

/// Finds the secrets in a file, in the order in which they stand there. A file that does not exist holds none. The
/// vault's own passphrase is not among them: the vault cannot keep it.
///
/// # Errors
/// When the file cannot be read, or is not UTF-8.
pub fn find(file: &Path) -> Result<Vec<PlaintextSecret>, Problems> {
    let Some(source) = Source::read(file, false).map_err(Problems::from)? else { return Ok(Vec::new()) };
    let (table, _) = DeTable::parse_recoverable(&source.text);
    let findings = findings::find(&source.text, &Node::of_table(&table));
    Ok(findings
        .into_iter()
        .filter(|finding| !is_passphrase(finding))
        .map(|finding| public(&source, finding))
        .collect())
}

/// Takes secrets out of a file: the key with its value, or the stretch of a comment. Comments, order and everything else
/// stay as they are, and the file is replaced as a whole. Returns those that could not be taken out. The disk may keep
/// the old blocks for a while; a secret that others could read should be renewed where it was issued.
///
/// # Errors
/// When the file is not TOML, or cannot be read or written; then it is unchanged.
pub fn remove(file: &Path, secrets: &[PlaintextSecret]) -> Result<Vec<PlaintextSecret>, EditError> {
    let source = Source::read(file, true).map_err(Problems::from)?;
    let Some(mut source) = source else { return Ok(Vec::new()) };
    let original = source.text.clone();
    loop {
        let findings = findings_of(&source)?;
        let next = findings
            .iter()
            .find(|finding| removable(finding) && secrets.iter().any(|one| same(one, finding)));
        let Some(finding) = next else {
            if source.text != original {
                replace(file, &source.text)
                    .map_err(|source| EditError::Write { path: file.to_owned(), source })?;
            }
            let left = findings.into_iter().filter(|finding| secrets.iter().any(|one| same(one, finding)));
            return Ok(left.map(|finding| public(&source, finding)).collect());
        };
        let shorter = cut(&source.text, finding);
        match shorter {
            Some(text) if text != source.text => source = Source::new(file, text),
            _ => {
                return Err(EditError::Stuck {
                    path: file.to_owned(),
                    line: source.spot(&finding.span).line,
                });
            }
        }
    }
}

fn findings_of(source: &Source) -> Result<Vec<Finding>, EditError> {
    match DeTable::parse(&source.text) {
        Ok(table) => Ok(findings::find(&source.text, &Node::of_table(&table))),
        Err(_) => {
            let copy = Source::new(&source.path, source.text.clone());
            let mut problems = read::file(copy).problems;
            problems.retain(|problem| problem.kind == ProblemKind::Syntax);
            Err(Problems(problems).into())
        }
    }
}

fn is_passphrase(finding: &Finding) -> bool {
    finding.path.last().is_some_and(|leaf| leaf.ends_with("passphrase"))
}

fn removable(finding: &Finding) -> bool {
    finding.place != Place::Inside
}

fn same(secret: &PlaintextSecret, finding: &Finding) -> bool {
    secret.value == finding.value && secret.key == key(finding)
}

fn key(finding: &Finding) -> Option<String> {
    (!finding.path.is_empty()).then(|| keys::dotted(&finding.path))
}

fn public(source: &Source, finding: Finding) -> PlaintextSecret {
    let spot = source.spot(&finding.span);
    PlaintextSecret {
        key: key(&finding),
        removable: removable(&finding),
        name: finding.name,
        value: finding.value,
        file: source.path.clone(),
        line: spot.line.unwrap_or(1),
        column: spot.column.unwrap_or(1),
    }
}

/// The text without one secret.
fn cut(text: &str, finding: &Finding) -> Option<String> {
    match finding.place {
        Place::Line { key } => {
            let start = text.get(..key)?.rfind('\n').map_or(0, |newline| newline + 1);
            let rest = text.get(finding.span.end..)?;
            let (line, below) = rest.split_once('\n').unwrap_or((rest, ""));
            let mut shorter = text.get(..start)?.to_owned();
            // A comment behind the value stays, on a line of its own.
            if !line.trim().is_empty() {
                shorter.push_str(line.trim_start());
                shorter.push_str(if rest.contains('\n') { "\n" } else { "" });
            }
            shorter.push_str(below);
            Some(shorter)
        }
        Place::Comment => {
            Some(format!("{}{MOVED}{}", text.get(..finding.span.start)?, text.get(finding.span.end..)?))
        }
        Place::Inline => {
            let mut document: DocumentMut = text.parse().ok()?;
            let (leaf, parents) = finding.path.split_last()?;
            let mut table: &mut dyn TableLike = document.as_table_mut();
            for parent in parents {
                table = table.get_mut(parent)?.as_table_like_mut()?;
            }
            let gone = table.remove(leaf)?;
            // The space before the closing brace belongs to the last value.
            let space = gone.as_value().and_then(|value| value.decor().suffix());
            let last = table.iter_mut().last().and_then(|(_, item)| item.as_value_mut());
            if let (Some(space), Some(last)) = (space, last) {
                last.decor_mut().set_suffix(space.clone());
            }
            Some(document.to_string())
        }
        Place::Inside => None,
    }
}
