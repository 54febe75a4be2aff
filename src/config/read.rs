// SPDX-License-Identifier: MIT OR Apache-2.0
//! From one file, or from the environment, to settings and problems.

use crate::findings;
use crate::keys::{self, Key};
use crate::kind::{Fault, Kind};
use crate::node::{Datum, Entry, Node};
use crate::problem::{Problem, ProblemKind, Problems, Spot};
use crate::source::{self, Source};
use crate::{nearest, shape};
use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use toml::Value;
use toml::de::{DeTable, DeValue};

/// A value that was set, checked by itself.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) key: &'static Key,
    pub(crate) value: Value,
    pub(crate) spot: Spot,
}

/// What one layer says.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) settings: Vec<Setting>,
    pub(crate) problems: Vec<Problem>,
}

/// Most problems of one file that are reported at once.
const MOST: usize = 200;

/// Reads the text of a file.
pub(crate) fn file(mut source: Source) -> Reading {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let root = Node::of_table(&table);
    let findings = findings::find(&source.text, &root);
    let veiled = if errors.is_empty() { Vec::new() } else { findings::veil(&source.text) };
    let errors: Vec<(Range<usize>, String)> =
        errors.iter().map(|error| (error.span().unwrap_or(0..0), error.message().to_owned())).collect();
    source.masked = findings.iter().map(|finding| finding.span.clone()).chain(veiled).collect();
    let secret = findings.iter().map(|finding| (finding.span.start, finding.span.end)).collect();
    let mut reader = Reader { source: &source, secret, more: 0, reading: Reading::default() };
    for finding in &findings {
        let key = (!finding.path.is_empty()).then(|| keys::dotted(&finding.path));
        let (message, help) = plaintext(finding.path.last().map(String::as_str), &finding.name);
        let kind = ProblemKind::PlaintextSecret { name: finding.name.clone() };
        reader.problem(kind, &finding.span, key, message, Some(help));
    }
    for (span, message) in errors {
        reader.not_toml(&span, &message);
    }
    if let Datum::Table(entries) = &root.datum {
        reader.table("", entries);
    }
    reader.end()
}

/// What is wrong with a text that an editor of TOML does not take.
pub(crate) fn not_toml(mut source: Source, error: &toml_edit::TomlError) -> Problems {
    let (table, _) = DeTable::parse_recoverable(&source.text);
    let findings = findings::find(&source.text, &Node::of_table(&table));
    let veiled = findings::veil(&source.text);
    source.masked = findings.into_iter().map(|finding| finding.span).chain(veiled).collect();
    let mut reader = Reader { source: &source, secret: HashSet::new(), more: 0, reading: Reading::default() };
    reader.not_toml(&error.span().unwrap_or(0..0), error.message());
    Problems(reader.end().problems)
}

/// What is said of a secret, and what to do about it.
fn plaintext(leaf: Option<&str>, name: &str) -> (String, String) {
    if leaf.is_some_and(|leaf| leaf.ends_with("passphrase")) {
        return (
            "a passphrase stands here in plain text".to_owned(),
            "take it out; blufio asks for the vault's passphrase, or reads it from \
             $CREDENTIALS_DIRECTORY/vault-passphrase"
                .to_owned(),
        );
    }
    (
        "a secret stands here in plain text".to_owned(),
        format!("run `blufio config set-secret {name}` or `blufio vault import` to move it into the vault"),
    )
}

struct Reader<'a> {
    source: &'a Source,
    /// Where secrets stand.
    secret: HashSet<(usize, usize)>,
    /// Problems beyond the bound.
    more: usize,
    reading: Reading,
}

impl Reader<'_> {
    fn not_toml(&mut self, span: &Range<usize>, message: &str) {
        let help = "texts stand in quotes, lists in [ ], and each key has a line of its own".to_owned();
        self.problem(ProblemKind::Syntax, span, None, format!("this is not TOML: {message}"), Some(help));
    }

    /// In the order of the lines, and with a word about what was left out.
    fn end(mut self) -> Reading {
        self.reading.problems.sort_by_key(|problem| (problem.spot.line, problem.spot.column));
        if self.more > 0 {
            self.reading.problems.push(Problem {
                kind: ProblemKind::Invalid,
                spot: Box::new(Spot { file: Some(self.source.path.clone()), ..Spot::default() }),
                key: None,
                message: format!("there are {} more problems in this file", self.more),
                help: Some("they are shown when the ones above are solved".to_owned()),
            });
        }
        self.reading
    }

    fn table(&mut self, prefix: &str, entries: &[Entry]) {
        for entry in entries {
            let path = keys::join(prefix, &entry.key);
            if let Some(key) = keys::find(&path) {
                self.value(key, &entry.node);
            } else if keys::is_section(&path) {
                match &entry.node.datum {
                    Datum::Table(entries) => self.table(&path, entries),
                    _ => self.problem(
                        ProblemKind::WrongType,
                        &entry.key_span,
                        Some(path.clone()),
                        format!("`{path}` is a section, and here it holds {}", entry.node.what()),
                        Some(format!("write [{path}] on a line of its own, and its keys below")),
                    ),
                }
            } else if !self.is_secret(&entry.node.span) {
                let help = unknown(&path);
                let message = format!("there is no key `{}`", shown(&path));
                self.problem(ProblemKind::UnknownKey, &entry.key_span, Some(path), message, Some(help));
            }
        }
    }

    fn value(&mut self, key: &'static Key, node: &Node) {
        match key.kind.check(node) {
            Ok(value) => {
                let value = rooted(key.kind, value, self.source.path.parent());
                self.reading.settings.push(Setting { key, value, spot: self.source.spot(&node.span) });
            }
            Err(faults) => {
                for Fault { span, kind, message, help } in faults {
                    // Its secret has been reported already, and the rest of the value may give it away.
                    if !self.is_secret(&span) {
                        let message = format!("`{}` {message}", key.path);
                        self.problem(kind, &span, Some(key.path.to_owned()), message, Some(help));
                    }
                }
            }
        }
    }

    fn is_secret(&self, span: &Range<usize>) -> bool {
        self.secret.contains(&(span.start, span.end))
    }

    fn problem(
        &mut self,
        kind: ProblemKind,
        span: &Range<usize>,
        key: Option<String>,
        message: String,
        help: Option<String>,
    ) {
        if self.reading.problems.len() >= MOST {
            self.more += 1;
            return;
        }
        let spot = Box::new(self.source.spot(span));
        let key = key.map(|key| shown(&key));
        self.reading.problems.push(Problem { kind, spot, key, message, help });
    }
}

/// A key as it may be shown: control characters replaced, secrets masked, cut where it is very long.
fn shown(path: &str) -> String {
    let hits = shape::scan(path);
    path.char_indices()
        .take(160)
        .map(
            |(at, char)| {
                if hits.iter().any(|(range, _)| range.contains(&at)) { '*' } else { source::visible(char) }
            },
        )
        .collect()
}

fn unknown(path: &str) -> String {
    let names: Vec<&str> = path.split('.').collect();
    if shape::is_secret_key(&names) {
        let name = shape::name(None, &names);
        return format!("secrets are not kept in this file; store it with `blufio config set-secret {name}`");
    }
    nearest::advice(path)
}

/// A relative path in a file starts at the file's folder: a service has no working folder to speak of.
fn rooted(kind: Kind, value: Value, folder: Option<&Path>) -> Value {
    match (kind, value, folder) {
        (Kind::Path | Kind::Paths, Value::String(text), Some(folder)) if !text.is_empty() => {
            let joined = folder.join(&text);
            Value::String(joined.to_str().map_or(text, str::to_owned))
        }
        (Kind::Paths, Value::Array(items), folder) => {
            Value::Array(items.into_iter().map(|item| rooted(kind, item, folder)).collect())
        }
        (_, value, _) => value,
    }
}

/// Reads one environment variable that belongs to the configuration; `name` has the form `BLUFIO_SECTION__KEY`.
pub(crate) fn variable(name: &str, path: &str, text: &str) -> Reading {
    let mut reading = Reading::default();
    let names: Vec<&str> = path.split('.').collect();
    let key = keys::find(path);
    let hits = shape::scan(text);
    let secret =
        (!hits.is_empty() || key.is_none() && shape::is_secret_key(&names)) && !text.trim().is_empty();
    let spot = Box::new(source::variable(name, if secret { "********" } else { text }));
    let problem = |kind, message, help| Problem {
        kind,
        spot: spot.clone(),
        key: Some(shown(path)),
        message,
        help: Some(help),
    };
    if secret {
        let known = shape::name(hits.first().map(|(_, shape)| *shape), &names);
        let help = format!(
            "unset it; secrets come from the vault (`blufio config set-secret {known}`), from a file in \
             $CREDENTIALS_DIRECTORY, or from ANTHROPIC_API_KEY and TELEGRAM_BOT_TOKEN"
        );
        let message = format!("{name} holds a secret, and the configuration may not");
        reading.problems.push(problem(ProblemKind::PlaintextSecret { name: known }, message, help));
        return reading;
    }
    let Some(key) = key else {
        let message = format!("there is no key `{}`, which {name} names", shown(path));
        reading.problems.push(problem(ProblemKind::UnknownKey, message, unknown(path)));
        return reading;
    };
    match parse_text(key.kind, text).and_then(|node| key.kind.check(&node)) {
        Ok(value) => reading.settings.push(Setting { key, value, spot: (*spot).clone() }),
        Err(faults) => reading.problems.extend(
            faults
                .into_iter()
                .map(|fault| problem(fault.kind, format!("`{}` {}", key.path, fault.message), fault.help)),
        ),
    }
    reading
}

/// Reads a value that stands alone, as in an environment variable or on a command line: texts need no quotes there.
pub(crate) fn parse_text(kind: Kind, text: &str) -> Result<Node, Vec<Fault>> {
    let trimmed = text.trim();
    let fault = |message: String| {
        let help = format!("allowed is {}", kind.allows());
        vec![Fault { span: 0..text.len(), kind: ProblemKind::WrongType, message, help }]
    };
    let toml = || {
        DeValue::parse(trimmed)
            .map(|value| Node::of_value(&value))
            .map_err(|error| fault(format!("cannot be read: {}", error.message())))
    };
    match kind {
        Kind::Boolean | Kind::Switch if matches!(trimmed, "true" | "false") => {
            Ok(Node { span: 0..text.len(), datum: Datum::Boolean(trimmed == "true") })
        }
        Kind::Integer { .. } => match trimmed.parse() {
            Ok(integer) => Ok(Node { span: 0..text.len(), datum: Datum::Integer(integer) }),
            Err(_) => Err(fault("is no whole number".to_owned())),
        },
        // What is no number is left as text, and said to be no amount.
        Kind::Dollars { .. } => Ok(toml().unwrap_or_else(|_| Node::of_text(trimmed))),
        Kind::Integers { .. } | Kind::Paths | Kind::Routes | Kind::Targets if !trimmed.starts_with('[') => {
            let mut items = Vec::new();
            for item in trimmed.split(',').map(str::trim).filter(|item| !item.is_empty()) {
                let datum = match kind {
                    Kind::Paths | Kind::Routes | Kind::Targets => Datum::Text(item.to_owned()),
                    _ => Datum::Integer(
                        item.parse()
                            .map_err(|_| fault("holds something that is no whole number".to_owned()))?,
                    ),
                };
                items.push(Node { span: 0..text.len(), datum });
            }
            Ok(Node { span: 0..text.len(), datum: Datum::List(items) })
        }
        Kind::Integers { .. } | Kind::Paths | Kind::Routes | Kind::Targets | Kind::Command | Kind::Tables => {
            toml()
        }
        _ => Ok(Node::of_text(text)),
    }
}
