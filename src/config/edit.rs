// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading and changing one key: `blufio config get` and `blufio config set`.

use crate::keys::{self, Key};
use crate::kind::Kind;
use crate::layers::{LayerFile, Layers, Origin, default_value, gather};
use crate::node::{Datum, Node};
use crate::problem::{Problem, ProblemKind, Problems, Spot};
use crate::read::{self, parse_text};
use crate::replace::replace;
use crate::source::Source;
use crate::{nearest, shape};
use serde::Serialize;
use std::path::{Path, PathBuf};
use toml::de::DeValue;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike};

/// Why a file was not changed. It is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The change, or the file, is not valid. Trying again does not help.
    #[error(transparent)]
    Problems(#[from] Problems),
    /// The file could not be replaced. Trying again may help.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is written in a way that a change cannot be made in safely. Trying again does not help.
    #[error("{path} cannot be changed without harm{}; change it by hand", .line.map(|line| format!(" at line {line}")).unwrap_or_default())]
    Stuck {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: Option<usize>,
    },
}

/// The value that holds for a key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effective {
    /// The key, dotted.
    pub key: String,
    /// Its value.
    pub value: toml::Value,
    /// Which layer it comes from.
    pub origin: Origin,
    /// Its default.
    pub default: Option<toml::Value>,
    /// What it is for.
    pub doc: &'static str,
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The key, dotted.
    pub key: String,
    /// The file.
    pub file: PathBuf,
    /// A stronger layer that sets the same key, so that the change has no effect.
    pub overruled_by: Option<Origin>,
}

/// The value that holds for a key, and where it comes from.
///
/// # Errors
/// When there is no such key, or when something is wrong with its value or with a file as a whole.
pub fn get(layers: &Layers, path: &str) -> Result<Effective, Problems> {
    let target = Target::find(path)?;
    let gathered = gather(layers, None);
    let about = |problem: &Problem| match problem.kind {
        ProblemKind::Syntax | ProblemKind::Unreadable => true,
        _ => problem.key.as_deref() == Some(target.key.path),
    };
    let problems: Vec<Problem> = gathered.problems.into_iter().filter(about).collect();
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let start = gathered.values.get(target.section);
    let found =
        start.and_then(|value| target.names.iter().skip(1).try_fold(value, |value, name| value.get(name)));
    let Some(value) = found else {
        let message = format!("`{}` is not set", keys::dotted(&target.names));
        return Err(problem(ProblemKind::UnknownKey, path, message, "set it with `blufio config set`").into());
    };
    Ok(Effective {
        key: keys::dotted(&target.names),
        value: value.clone(),
        origin: gathered.origins.get(target.key.path).cloned().unwrap_or(Origin::Default),
        default: if target.is_whole() { default_value(target.key) } else { None },
        doc: target.key.doc,
    })
}

/// Writes a value into a file, which keeps its comments and its order. Texts need no quotes; lists may be written as in
/// TOML, and lists of numbers and of paths also with commas. The result is checked together with the other layers before
/// the file is replaced. A file that is not there is made.
///
/// # Errors
/// When there is no such key, when the value is not allowed or would make a problem that was not there before, or when
/// the file cannot be read, changed or written. The file is then as it was.
pub fn set(layers: &Layers, file: &Path, path: &str, text: &str) -> Result<Change, EditError> {
    let target = Target::find(path).map_err(Problems::from)?;
    let node = target.read(text)?;
    let layers = with(layers, file);
    let before = gather(&layers, None);
    let source = Source::read(file, false).map_err(Problems::from)?;
    let source = source.unwrap_or_else(|| Source::new(file, String::new()));
    let mut document: DocumentMut = match source.text.parse() {
        Ok(document) => document,
        Err(error) => return Err(read::not_toml(source, &error).into()),
    };
    let stuck = || EditError::Stuck { path: file.to_owned(), line: None };
    insert(document.as_table_mut(), &target.names, value_of(&node).ok_or_else(stuck)?).ok_or_else(stuck)?;
    let new = document.to_string();
    let after = gather(&layers, Some((file, &new)));
    let caused = |problem: &Problem| !before.problems.iter().any(|old| alike(old, problem));
    let problems: Vec<Problem> = after.problems.into_iter().filter(caused).collect();
    if !problems.is_empty() {
        return Err(Problems(problems).into());
    }
    if new != source.text {
        replace(file, &new).map_err(|source| EditError::Write { path: file.to_owned(), source })?;
    }
    let overruled_by = after.origins.get(target.key.path).filter(|origin| match origin {
        Origin::File { path, .. } => path != file,
        Origin::Variable { .. } => true,
        Origin::Default => false,
    });
    Ok(Change {
        key: keys::dotted(&target.names),
        file: file.to_owned(),
        overruled_by: overruled_by.cloned(),
    })
}

/// Whether two problems are the same one, perhaps in another line.
fn alike(a: &Problem, b: &Problem) -> bool {
    a.kind == b.kind && a.key == b.key && a.message == b.message && a.spot.file == b.spot.file
}

/// The layers with a file that may not be among them.
fn with(layers: &Layers, file: &Path) -> Layers {
    let mut layers = layers.clone();
    if !layers.files.iter().any(|layer| layer.path == file) {
        layers.files.push(LayerFile { path: file.to_owned(), required: false });
    }
    layers
}

fn problem(kind: ProblemKind, path: &str, message: String, help: &str) -> Problem {
    Problem {
        kind,
        spot: Box::new(Spot::default()),
        key: Some(path.to_owned()),
        message,
        help: Some(help.to_owned()),
    }
}

/// The key that a person named.
struct Target {
    key: &'static Key,
    section: &'static str,
    /// The path, part by part; longer than that of the key where the key holds tables.
    names: Vec<String>,
}

impl Target {
    fn find(path: &str) -> Result<Self, Problem> {
        let names: Vec<String> = toml_edit::Key::parse(path)
            .map(|keys| keys.iter().map(|key| key.get().to_owned()).collect())
            .unwrap_or_default();
        let whole = keys::dotted(&names);
        let short = keys::dotted(names.get(..2).unwrap_or(&names));
        let key =
            keys::find(&whole).or_else(|| keys::find(&short).filter(|key| matches!(key.kind, Kind::Tables)));
        if let Some((key, (section, _))) = key.and_then(|key| Some((key, key.path.split_once('.')?))) {
            return Ok(Self { key, section, names });
        }
        if keys::is_section(&whole) {
            let inside =
                keys::keys().iter().map(|key| key.path).filter(|path| path.starts_with(&format!("{whole}.")));
            let help = format!("name one of its keys: {}", inside.collect::<Vec<_>>().join(", "));
            return Err(problem(ProblemKind::UnknownKey, path, format!("`{whole}` is a section"), &help));
        }
        let parts: Vec<&str> = names.iter().map(String::as_str).collect();
        let help = if shape::is_secret_key(&parts) {
            format!(
                "secrets are not kept in the configuration; store it with `blufio config set-secret {}`",
                shape::name(None, &parts)
            )
        } else {
            nearest::advice(path)
        };
        Err(problem(ProblemKind::UnknownKey, path, format!("there is no key `{path}`"), &help))
    }

    fn is_whole(&self) -> bool {
        self.names.len() == 2
    }

    /// Reads what a person typed.
    fn read(&self, text: &str) -> Result<Node, Problems> {
        if let Some((_, shape)) = shape::scan(text).first() {
            let name = shape::name(Some(*shape), &[]);
            let help = format!("store it with `blufio config set-secret {name}`");
            let message = "this value is a secret, and the configuration may not hold it".to_owned();
            return Err(problem(ProblemKind::PlaintextSecret { name }, self.key.path, message, &help).into());
        }
        if !self.is_whole() {
            return Ok(DeValue::parse(text.trim())
                .map_or_else(|_| Node::of_text(text), |value| Node::of_value(&value)));
        }
        let checked =
            parse_text(self.key.kind, text).and_then(|node| self.key.kind.check(&node).map(|_| node));
        checked.map_err(|faults| {
            let say = |fault: crate::kind::Fault| {
                problem(
                    fault.kind,
                    self.key.path,
                    format!("`{}` {}", self.key.path, fault.message),
                    &fault.help,
                )
            };
            Problems(faults.into_iter().map(say).collect())
        })
    }
}

/// Puts a value into a document. `None` where something that is no table is in the way.
fn insert(root: &mut Table, path: &[String], mut value: toml_edit::Value) -> Option<()> {
    let (leaf, parents) = path.split_last()?;
    let mut table: &mut dyn TableLike = root;
    for (depth, parent) in parents.iter().enumerate() {
        let mut fresh = Table::new();
        // Only the section that gets the key needs a header.
        fresh.set_implicit(depth + 1 < parents.len());
        table = table.entry(parent).or_insert(Item::Table(fresh)).as_table_like_mut()?;
    }
    match table.get_mut(leaf) {
        Some(item) => {
            if let Some(old) = item.as_value() {
                *value.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(value);
        }
        None => {
            table.insert(leaf, Item::Value(value));
        }
    }
    Some(())
}

fn value_of(node: &Node) -> Option<toml_edit::Value> {
    Some(match &node.datum {
        Datum::Text(text) => text.as_str().into(),
        Datum::Integer(integer) => (*integer).into(),
        Datum::Huge => return None,
        Datum::Float(float) => (*float).into(),
        Datum::Boolean(boolean) => (*boolean).into(),
        Datum::Datetime(text) => text.parse::<toml_edit::Datetime>().ok()?.into(),
        Datum::List(items) => items.iter().map(value_of).collect::<Option<Array>>()?.into(),
        Datum::Table(entries) => entries
            .iter()
            .map(|entry| Some((entry.key.as_str(), value_of(&entry.node)?)))
            .collect::<Option<InlineTable>>()?
            .into(),
    })
}
