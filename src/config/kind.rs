// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a key may hold, and what is said when it holds something else.

use crate::dollars::{self, AMOUNT};
use crate::node::{Datum, Node};
use crate::problem::ProblemKind;
use crate::target::WatchTarget;
use crate::{duration, filter, nearest};
use blufio_calendar::{Hours, Zone};
use blufio_core::money::NanoUsd;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;
use toml::Value;
use url::Url;

/// Most things that are watched: each is looked at every time.
const MOST_TARGETS: usize = 100;

/// The names of `blufio_core::route::Route`.
const ROUTES: [&str; 3] = ["fast", "standard", "deep"];

/// What a key may hold.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text.
    Text {
        /// Most characters.
        longest: usize,
        /// Whether it may have several lines.
        lines: bool,
        /// Whether it may be empty.
        empty: bool,
    },
    /// Id of a model. May be empty.
    Model,
    /// IANA name of a time zone. May be empty.
    Zone,
    /// A part of the day.
    Hours,
    /// An amount of dollars.
    Dollars {
        /// Whether it may be `"none"`.
        none: bool,
    },
    /// A list of routes, each once.
    Routes,
    /// A list of absolute paths and of URLs, each once. Whether plain HTTP is allowed depends on another key.
    Targets,
    /// A whole number between two bounds, both included.
    Integer {
        /// Smallest.
        least: i64,
        /// Largest.
        most: i64,
    },
    /// A list of whole numbers between two bounds, both included.
    Integers {
        /// Smallest.
        least: i64,
        /// Largest.
        most: i64,
    },
    /// True or false.
    Boolean,
    /// True, false, or `"auto"`.
    Switch,
    /// A span of time between two bounds, both included.
    Duration {
        /// Shortest.
        least: Duration,
        /// Longest.
        most: Duration,
    },
    /// A span of time between two bounds, both included, or `"none"`.
    Period {
        /// Shortest.
        least: Duration,
        /// Longest.
        most: Duration,
    },
    /// An HTTP URL. Whether plain HTTP is allowed depends on another key, and is checked when all layers are known.
    Url {
        /// Whether it may be empty.
        optional: bool,
    },
    /// An address and port on loopback.
    Loopback,
    /// A path. May be empty.
    Path,
    /// A list of paths.
    Paths,
    /// A program and its arguments. May be empty.
    Command,
    /// Name of a secret in the vault. May be empty.
    SecretName,
    /// A log filter.
    Filter,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A table of tables whose content another crate checks.
    Tables,
}

/// What is wrong with a value.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) span: Range<usize>,
    pub(crate) kind: ProblemKind,
    /// Continues a sentence that begins with the name of the key.
    pub(crate) message: String,
    pub(crate) help: String,
}

type Checked = Result<Value, Vec<Fault>>;

impl Kind {
    /// What the kind allows, for messages.
    #[must_use]
    pub fn allows(&self) -> String {
        match self {
            Self::Text { lines: false, longest, .. } => format!("a text in quotes, one line, at most {longest} characters"),
            Self::Text { longest, .. } => format!("a text in quotes, at most {longest} characters"),
            Self::Model => "the id of a model in quotes, or \"\" for the newest of its class".to_owned(),
            Self::Zone => "an IANA name in quotes, such as \"Europe/Lisbon\", or \"\" for the time zone of this machine".to_owned(),
            Self::Hours => "a part of the day in quotes, such as \"08:00-22:00\"; \"00:00-24:00\" is the whole day".to_owned(),
            Self::Dollars { none: true } => format!("{AMOUNT}, or \"none\""),
            Self::Dollars { none: false } => AMOUNT.to_owned(),
            Self::Routes => "a list of \"fast\", \"standard\" and \"deep\", each at most once".to_owned(),
            Self::Targets => format!("a list of at most {MOST_TARGETS} absolute paths and https:// URLs, such as [\"/srv/todo.md\", \"https://example.org/news\"]"),
            Self::Integer { least, most } => format!("a whole number from {least} to {most}"),
            Self::Integers { least, most } => format!("a list of whole numbers from {least} to {most}, such as [123, 456]"),
            Self::Boolean => "true or false, without quotes".to_owned(),
            Self::Switch => "true, false or \"auto\"".to_owned(),
            Self::Duration { least, most } => format!(
                "a span of time in quotes, such as \"1500ms\", \"90s\" or \"1h 30m\", from {} to {}",
                duration::render(*least),
                duration::render(*most)
            ),
            Self::Period { least, most } => {
                format!("{}, or \"none\"", Self::Duration { least: *least, most: *most }.allows())
            }
            Self::Url { optional: false } => "an https:// URL in quotes".to_owned(),
            Self::Url { optional: true } => "an https:// URL in quotes, or \"\" for none".to_owned(),
            Self::Loopback => "a loopback address with a port in quotes, such as \"127.0.0.1:8787\" or \"[::1]:8787\"".to_owned(),
            Self::Path => "a path in quotes, or \"\" for the standard place".to_owned(),
            Self::Paths => "a list of paths, such as [\"persona.md\"]".to_owned(),
            Self::Command => "a list with the program and its arguments, such as [\"whisper\", \"-\"]".to_owned(),
            Self::SecretName => "the name of a secret in the vault, made of a-z, 0-9, '-', '_' and '.', or \"\" for none".to_owned(),
            Self::Filter => "a level (off, error, warn, info, debug, trace), or several as in \"info,blufio_telegram=debug\"".to_owned(),
            Self::Choice(words) => format!("one of {}", quoted(words)),
            Self::Tables => "a section of its own for each entry".to_owned(),
        }
    }

    /// Checks a value. What comes back is the value as it was written.
    pub(crate) fn check(&self, node: &Node) -> Checked {
        match (self, &node.datum) {
            (Self::Integers { least, most }, Datum::List(items)) => {
                gather(items, |item| Self::Integer { least: *least, most: *most }.check(item))
            }
            (Self::Paths, Datum::List(items)) => gather(items, |item| match &item.datum {
                Datum::Text(text) if text.is_empty() => {
                    fault(item, "holds an empty path".to_owned(), self.allows())
                }
                _ => Self::Path.check(item),
            }),
            (Self::Command, Datum::List(items)) => {
                if let Some(Node { datum: Datum::Text(program), .. }) = items.first()
                    && program.trim().is_empty()
                {
                    return fault(node, "names no program".to_owned(), self.allows());
                }
                if let Some(Node { datum: Datum::Text(program), .. }) = items.first()
                    && program.contains('/')
                    && !program.starts_with('/')
                {
                    let help = "write its absolute path, or a name on PATH".to_owned();
                    return fault(node, "names its program by a relative path".to_owned(), help);
                }
                gather(items, |item| Self::Text { longest: 4096, lines: true, empty: true }.check(item))
            }
            (Self::Routes, Datum::List(items)) => {
                each_once(items, gather(items, |item| Self::Choice(&ROUTES).check(item)))
            }
            (Self::Targets, Datum::List(items)) if items.len() > MOST_TARGETS => {
                fault(node, "is too long".to_owned(), format!("allowed is {}", self.allows()))
            }
            (Self::Targets, Datum::List(items)) => {
                let check = |item: &Node| match &item.datum {
                    Datum::Text(text) => match WatchTarget::parse(text) {
                        Ok(_) => Ok(item.plain()),
                        Err(message) => fault(item, message, format!("allowed is {}", self.allows())),
                    },
                    _ => Err(wrong_type(item, &self.allows())),
                };
                each_once(items, gather(items, check))
            }
            (Self::Dollars { .. }, Datum::Integer(whole)) => self.amount(node, dollars::of_integer(*whole)),
            (Self::Dollars { .. }, Datum::Float(number)) => self.amount(node, dollars::of_float(*number)),
            (Self::Dollars { .. }, Datum::Huge) => self.amount(node, Err("is too large")),
            (Self::Tables, Datum::Table(entries)) => {
                let mut faults: Vec<Fault> = Vec::new();
                for entry in entries {
                    if !matches!(entry.node.datum, Datum::Table(_)) {
                        faults.extend(wrong_type(&entry.node, &self.allows()));
                    }
                    huge(&entry.node, &mut faults);
                }
                if faults.is_empty() { Ok(node.plain()) } else { Err(faults) }
            }
            (Self::Boolean | Self::Switch, Datum::Boolean(_)) => Ok(node.plain()),
            (Self::Integer { least, most }, Datum::Integer(value)) => {
                if (least..=most).contains(&value) {
                    return Ok(node.plain());
                }
                let side = if value < least { "too small" } else { "too large" };
                fault(node, format!("is {value}, which is {side}"), format!("allowed is {}", self.allows()))
            }
            (Self::Integer { .. }, Datum::Huge) => {
                fault(node, "is too large".to_owned(), format!("allowed is {}", self.allows()))
            }
            (
                Self::Boolean
                | Self::Integer { .. }
                | Self::Integers { .. }
                | Self::Paths
                | Self::Routes
                | Self::Targets
                | Self::Command
                | Self::Tables,
                _,
            ) => Err(wrong_type(node, &self.allows())),
            (_, Datum::Text(text)) => match self.check_text(text) {
                Ok(()) => Ok(node.plain()),
                Err((message, help)) => fault(node, message, help),
            },
            (Self::Duration { .. } | Self::Period { .. }, Datum::Integer(value)) => Err(wrong_type(
                node,
                &format!("a span of time with its unit in quotes, such as \"{value}s\""),
            )),
            _ => Err(wrong_type(node, &self.allows())),
        }
    }

    fn amount(&self, node: &Node, amount: Result<NanoUsd, &'static str>) -> Checked {
        match amount {
            Ok(_) => Ok(node.plain()),
            Err(message) => fault(node, message.to_owned(), format!("allowed is {}", self.allows())),
        }
    }

    fn check_text(&self, text: &str) -> Result<(), (String, String)> {
        let allowed = || format!("allowed is {}", self.allows());
        let refuse = |message: &str| Err((message.to_owned(), allowed()));
        match self {
            Self::Text { longest, lines, empty } => {
                if text.trim().is_empty() && !empty {
                    refuse("is empty")
                } else if !lines && text.contains(['\n', '\r']) {
                    refuse("has more than one line")
                } else if text.chars().count() > *longest {
                    refuse("is too long")
                } else if text.contains('\0') {
                    refuse("contains a NUL character")
                } else {
                    Ok(())
                }
            }
            Self::Model if text.chars().any(|char| char.is_whitespace() || char.is_control()) => {
                refuse("contains a space or a control character")
            }
            Self::Model if text.chars().count() > 128 => refuse("is too long"),
            Self::Zone if !text.is_empty() && Zone::named(text).is_err() => refuse("is no known time zone"),
            Self::Hours if Hours::parse(text).is_err() => refuse("is no part of the day"),
            Self::Dollars { none } if !none || text != dollars::NONE => refuse("is no amount of dollars"),
            Self::Switch if text != "auto" => refuse("is neither true, false nor \"auto\""),
            Self::Period { .. } if text == duration::NONE => Ok(()),
            Self::Duration { least, most } | Self::Period { least, most } => match duration::parse(text) {
                None => refuse("is no span of time"),
                Some(span) if span < *least => refuse("is too short"),
                Some(span) if span > *most => refuse("is too long"),
                Some(_) => Ok(()),
            },
            Self::Url { optional } => check_url(text, *optional).map_err(|message| (message, allowed())),
            Self::Loopback => {
                check_loopback(text).map_err(|(message, help)| (message, help.unwrap_or_else(allowed)))
            }
            Self::Path => {
                if text.starts_with('~') {
                    Err((
                        "starts with `~`, which is not expanded here".to_owned(),
                        "write the whole path".to_owned(),
                    ))
                } else if text.contains('\0') {
                    refuse("contains a NUL character")
                } else {
                    Ok(())
                }
            }
            Self::SecretName if !text.is_empty() && !is_secret_name(text) => refuse("is no name of a secret"),
            Self::Filter => {
                filter::check(text).map_err(|(message, help)| (message, help.unwrap_or_else(allowed)))
            }
            Self::Choice(words) if !words.contains(&text) => {
                let help = match nearest::among(text, words.iter().copied()) {
                    Some(word) => format!("did you mean \"{word}\"? Allowed is {}", self.allows()),
                    None => allowed(),
                };
                Err(("is none of the words that are known here".to_owned(), help))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a text can be the name of a secret.
#[must_use]
pub fn is_secret_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|char: char| char.is_ascii_lowercase() || char.is_ascii_digit())
        && text.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || "-_.".contains(char))
}

fn check_url(text: &str, optional: bool) -> Result<(), String> {
    if text.is_empty() && optional {
        return Ok(());
    }
    let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("begins with `{}:`, not with `https:`", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("contains a user name or a password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("contains a `?` or a `#`".to_owned());
    }
    Ok(())
}

fn check_loopback(text: &str) -> Result<(), (String, Option<String>)> {
    let Ok(address) = text.parse::<SocketAddr>() else {
        let help = text
            .strip_prefix("localhost:")
            .filter(|port| port.parse::<u16>().is_ok())
            .map(|port| format!("write \"127.0.0.1:{port}\""));
        return Err(("is no address with a port".to_owned(), help));
    };
    if address.ip().is_loopback() {
        return Ok(());
    }
    Err((
        format!("is {address}, which can be reached from outside this machine"),
        Some(
            "anything but loopback needs TLS, which this version does not speak; \
             listen on 127.0.0.1 and put a reverse proxy or an SSH tunnel in front"
                .to_owned(),
        ),
    ))
}

fn gather(items: &[Node], check: impl Fn(&Node) -> Checked) -> Checked {
    let mut values = Vec::new();
    let mut faults = Vec::new();
    for item in items {
        match check(item) {
            Ok(value) => values.push(value),
            Err(more) => faults.extend(more),
        }
    }
    if faults.is_empty() { Ok(Value::Array(values)) } else { Err(faults) }
}

/// Refuses what stands in a list for the second time.
fn each_once(items: &[Node], checked: Checked) -> Checked {
    let values = checked?;
    let text = |node: &Node| match &node.datum {
        Datum::Text(text) => Some(text.clone()),
        _ => None,
    };
    let mut seen = HashSet::new();
    let again: Vec<Fault> = items
        .iter()
        .filter(|item| !seen.insert(text(item)))
        .map(|item| Fault {
            span: item.span.clone(),
            kind: ProblemKind::Invalid,
            message: "holds the same twice".to_owned(),
            help: "take one of them out".to_owned(),
        })
        .collect();
    if again.is_empty() { Ok(values) } else { Err(again) }
}

/// Numbers that do not fit must not be cut in silence.
fn huge(node: &Node, faults: &mut Vec<Fault>) {
    match &node.datum {
        Datum::Huge => faults.push(Fault {
            span: node.span.clone(),
            kind: ProblemKind::Invalid,
            message: "holds a number that is too large".to_owned(),
            help: format!("the largest whole number is {}", i64::MAX),
        }),
        Datum::List(items) => items.iter().for_each(|item| huge(item, faults)),
        Datum::Table(entries) => entries.iter().for_each(|entry| huge(&entry.node, faults)),
        _ => {}
    }
}

fn fault(node: &Node, message: String, help: String) -> Checked {
    Err(vec![Fault { span: node.span.clone(), kind: ProblemKind::Invalid, message, help }])
}

fn wrong_type(node: &Node, allows: &str) -> Vec<Fault> {
    vec![Fault {
        span: node.span.clone(),
        kind: ProblemKind::WrongType,
        message: format!("holds {}", node.what()),
        help: format!("allowed is {allows}"),
    }]
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}
