// SPDX-License-Identifier: MIT OR Apache-2.0
//! The layers, and what they make together. A later layer wins, key by key.

use crate::environment::Environment;
use crate::keys::{self, Key};
use crate::kind::Kind;
use crate::model::Config;
use crate::problem::{Problem, ProblemKind, Problems, Spot};
use crate::read::{self, Reading, Setting};
use crate::rules;
use crate::source::Source;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// A file of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerFile {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is a problem when it is not there.
    pub required: bool,
}

/// Where the configuration comes from, besides the built-in defaults: files, the strongest last, and above them the
/// environment.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The files.
    pub files: Vec<LayerFile>,
    /// The environment.
    pub environment: Environment,
}

impl Layers {
    /// The standard layers: `/etc/blufio/blufio.toml`, the user's file, the file that was named on the command line.
    #[must_use]
    pub fn standard(environment: Environment, named: Option<PathBuf>) -> Self {
        let mut files = vec![LayerFile { path: PathBuf::from("/etc/blufio/blufio.toml"), required: false }];
        files.extend(user_file(&environment).map(|path| LayerFile { path, required: false }));
        files.extend(named.map(|path| LayerFile { path, required: true }));
        Self { files, environment }
    }

    /// The file that a change should go to: the one named on the command line, else the strongest that is there, else
    /// the strongest that may be.
    #[must_use]
    pub fn file_to_edit(&self) -> Option<&Path> {
        let mut files = self.files.iter().rev();
        files
            .find(|file| file.required || file.path.exists())
            .or(self.files.last())
            .map(|file| file.path.as_path())
    }
}

/// The user's own file: `$XDG_CONFIG_HOME/blufio/blufio.toml`, else `~/.config/blufio/blufio.toml`.
#[must_use]
pub fn user_file(environment: &Environment) -> Option<PathBuf> {
    environment
        .folder("XDG_CONFIG_HOME")
        .or_else(|| environment.folder("HOME").map(|home| home.join(".config")))
        .map(|folder| folder.join("blufio/blufio.toml"))
}

/// Which layer a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "layer", rename_all = "snake_case")]
pub enum Origin {
    /// Built in.
    Default,
    /// A file.
    File {
        /// Which.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Variable {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable { name } => write!(f, "environment variable {name}"),
        }
    }
}

impl From<&Spot> for Origin {
    fn from(spot: &Spot) -> Self {
        match (&spot.file, &spot.variable) {
            (Some(path), _) => Self::File { path: path.clone(), line: spot.line.unwrap_or(1) },
            (None, Some(name)) => Self::Variable { name: name.clone() },
            (None, None) => Self::Default,
        }
    }
}

/// A configuration without problems.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The same as a table: every key with the value that holds.
    pub values: Table,
    /// Where the keys come from that are not left at their default.
    pub origins: BTreeMap<&'static str, Origin>,
    /// The files that were there and were read, weakest first.
    pub files: Vec<PathBuf>,
}

/// Reads all layers.
///
/// # Errors
/// Every problem of every layer.
pub fn load(layers: &Layers) -> Result<Loaded, Problems> {
    finish(gather(layers, None))
}

/// As [`load`], for the commands that take plaintext secrets out of the files and need to know where the vault is: the
/// secrets that they come for are no problem to them.
///
/// # Errors
/// Every other problem of every layer.
pub fn load_despite_secrets(layers: &Layers) -> Result<Loaded, Problems> {
    let mut gathered = gather(layers, None);
    gathered.problems.retain(|problem| !matches!(problem.kind, ProblemKind::PlaintextSecret { .. }));
    finish(gathered)
}

fn finish(gathered: Gathered) -> Result<Loaded, Problems> {
    if !gathered.problems.is_empty() {
        return Err(Problems(gathered.problems));
    }
    match gathered.values.clone().try_into::<Config>() {
        Ok(config) => {
            Ok(Loaded { config, values: gathered.values, origins: gathered.origins, files: gathered.files })
        }
        Err(error) => Err(Problems::from(Problem {
            kind: ProblemKind::Invalid,
            spot: Box::default(),
            key: None,
            message: format!("the configuration cannot be used: {}", error.message()),
            help: None,
        })),
    }
}

/// Every problem of every layer; empty when there is none.
#[must_use]
pub fn validate(layers: &Layers) -> Vec<Problem> {
    load(layers).err().map(|problems| problems.0).unwrap_or_default()
}

/// All layers put together, with whatever is wrong.
pub(crate) struct Gathered {
    pub(crate) values: Table,
    pub(crate) origins: BTreeMap<&'static str, Origin>,
    pub(crate) problems: Vec<Problem>,
    files: Vec<PathBuf>,
}

/// Reads all layers. Where `replaced` names a file, its text is taken for the file's content.
pub(crate) fn gather(layers: &Layers, replaced: Option<(&Path, &str)>) -> Gathered {
    let mut files = Vec::new();
    let mut reading = Reading::default();
    for file in &layers.files {
        let source = match replaced {
            Some((path, text)) if path == file.path => Ok(Some(Source::new(path, text.to_owned()))),
            _ => Source::read(&file.path, file.required),
        };
        match source {
            Ok(Some(source)) => {
                files.push(file.path.clone());
                reading.add(read::file(source));
            }
            Ok(None) => {}
            Err(problem) => reading.problems.push(problem),
        }
    }
    for (name, path, value) in layers.environment.settings() {
        reading.add(match value.to_str() {
            Some(text) => read::variable(name, &path, text),
            None => Reading { settings: Vec::new(), problems: vec![no_text(name)] },
        });
    }
    let mut values = defaults();
    let mut spots: BTreeMap<&'static str, Spot> = BTreeMap::new();
    for setting in reading.settings {
        spots.insert(setting.key.path, setting.spot.clone());
        put(&mut values, setting);
    }
    let mut problems = reading.problems;
    problems.extend(rules::check(&values, &spots));
    let origins = spots.iter().map(|(path, spot)| (*path, Origin::from(spot))).collect();
    Gathered { values, origins, problems, files }
}

impl Reading {
    fn add(&mut self, other: Self) {
        self.settings.extend(other.settings);
        self.problems.extend(other.problems);
    }
}

/// The table of all defaults.
pub(crate) fn defaults() -> Table {
    let mut table = Table::new();
    for key in keys::keys() {
        if let Some(value) = default_value(key) {
            put(&mut table, Setting { key, value, spot: Spot::default() });
        }
    }
    table
}

/// The default of a key.
pub(crate) fn default_value(key: &Key) -> Option<Value> {
    let text = format!("value = {}", key.default);
    text.parse::<Table>().ok()?.remove("value")
}

fn put(values: &mut Table, setting: Setting) {
    let Some((section, leaf)) = setting.key.path.split_once('.') else { return };
    let section = values.entry(section).or_insert_with(|| Value::Table(Table::new()));
    let Value::Table(section) = section else { return };
    match (section.get_mut(leaf), setting.value) {
        // Overrides of different models, and of different properties of a model, stand side by side.
        (Some(Value::Table(old)), Value::Table(new)) if matches!(setting.key.kind, Kind::Tables) => {
            overlay(old, new);
        }
        (_, value) => {
            section.insert(leaf.to_owned(), value);
        }
    }
}

fn overlay(old: &mut Table, new: Table) {
    for (key, value) in new {
        match (old.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => overlay(old, new),
            (_, value) => {
                old.insert(key, value);
            }
        }
    }
}

fn no_text(name: &str) -> Problem {
    Problem {
        kind: ProblemKind::Unreadable,
        spot: Box::new(Spot { variable: Some(name.to_owned()), ..Spot::default() }),
        key: None,
        message: format!("{name} is not valid UTF-8"),
        help: Some("set it to plain text, or unset it".to_owned()),
    }
}
