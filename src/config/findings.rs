// SPDX-License-Identifier: MIT OR Apache-2.0
//! The secrets in one text: in values, in comments, in keys, and in lines that are not TOML.

use crate::keys;
use crate::node::{Datum, Node};
use crate::shape::{self, Shape};
use blufio_core::secret::SecretString;
use std::ops::Range;

/// A secret in a text.
#[derive(Debug)]
pub(crate) struct Finding {
    /// Its name in the vault.
    pub(crate) name: String,
    /// The secret.
    pub(crate) value: SecretString,
    /// Where it stands: the whole value with its quotes, or the stretch of text.
    pub(crate) span: Range<usize>,
    /// The key that holds it. Empty for a comment.
    pub(crate) path: Vec<String>,
    /// How it stands there.
    pub(crate) place: Place,
}

/// How a secret stands in a text, which decides how it can be taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The whole value of a key that has its line for itself.
    Line {
        /// Where the key begins.
        key: usize,
    },
    /// The whole value of a key inside `{ }`.
    Inline,
    /// Part of a value, or an item of a list.
    Inside,
    /// In a comment.
    Comment,
}

/// Finds the secrets of a text that has been read as far as it can be.
pub(crate) fn find(text: &str, root: &Node) -> Vec<Finding> {
    let mut hunt = Hunt { text, found: Vec::new(), seen: Vec::new() };
    if let Datum::Table(_) = &root.datum {
        hunt.walk(root, &mut Vec::new(), None);
    }
    hunt.seen.sort_by_key(|span| span.start);
    for (range, shape) in shape::scan(text) {
        // Values do not overlap, so that the last one that begins before is the only one that can hold it.
        let before = hunt.seen.partition_point(|span| span.start <= range.start);
        let value = before.checked_sub(1).and_then(|at| hunt.seen.get(at));
        if value.is_some_and(|value| range.end <= value.end) {
            continue;
        }
        let line = text.get(..range.start).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        let place = if line.contains('#') { Place::Comment } else { Place::Inside };
        hunt.push(
            shape::name(Some(shape), &[]),
            text.get(range.clone()).unwrap_or_default(),
            range,
            &[],
            place,
        );
    }
    hunt.found.sort_by_key(|finding| finding.span.start);
    hunt.found
}

/// What must not be shown of a text that could not be read as TOML: whatever follows the `=` of a secret's name.
pub(crate) fn veil(text: &str) -> Vec<Range<usize>> {
    let mut veiled = Vec::new();
    let mut offset = 0;
    let mut open: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        if let Some(quotes) = open {
            veiled.push(offset..offset + line.len());
            if line.contains(quotes) {
                open = None;
            }
        } else if let Some((start, rest)) = secret_assignment(line) {
            veiled.push(offset + start..offset + line.trim_end().len());
            open = ["\"\"\"", "'''"].into_iter().find(|quotes| rest.matches(quotes).count() % 2 == 1);
        }
        offset += line.len();
    }
    veiled
}

fn secret_assignment(line: &str) -> Option<(usize, &str)> {
    line.match_indices(['=', ':']).find_map(|(at, _)| {
        let before = line.get(..at)?.trim_end().trim_end_matches(['"', '\'']);
        let word = before.rsplit(|char: char| !(char.is_alphanumeric() || "_-".contains(char))).next()?;
        shape::is_secret_key(&["", word]).then_some(())?;
        let rest = line.get(at + 1..)?;
        Some((at + 1, rest))
    })
}

struct Hunt<'a> {
    text: &'a str,
    found: Vec<Finding>,
    /// Values that have been looked at.
    seen: Vec<Range<usize>>,
}

impl Hunt<'_> {
    /// `line` is where the key of this node begins if it has its line for itself, and is no list.
    fn walk(&mut self, node: &Node, path: &mut Vec<String>, place: Option<Place>) {
        match &node.datum {
            Datum::Text(value) => self.text_value(node, value, path, place.unwrap_or(Place::Inside)),
            Datum::List(items) => items.iter().for_each(|item| self.walk(item, path, Some(Place::Inside))),
            Datum::Table(entries) => {
                let inline = self.text.as_bytes().get(node.span.start) == Some(&b'{') && !path.is_empty();
                for entry in entries {
                    let inner = match &place {
                        Some(Place::Inside) => Place::Inside,
                        Some(Place::Inline) => Place::Inline,
                        _ if inline => Place::Inline,
                        _ => Place::Line { key: entry.key_span.start },
                    };
                    path.push(entry.key.clone());
                    self.walk(&entry.node, path, Some(inner));
                    path.pop();
                }
            }
            _ => {}
        }
    }

    fn text_value(&mut self, node: &Node, value: &str, path: &[String], place: Place) {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let hits = shape::scan(value);
        let whole = hits.iter().find(|(range, _)| value.trim().len() == range.len());
        let known = keys::find(&keys::dotted(path)).is_some();
        if whole.is_some() || (!known && !value.trim().is_empty() && shape::is_secret_key(&names)) {
            let shape = whole.map(|(_, shape)| *shape);
            self.push(shape::name(shape, &names), value.trim(), node.span.clone(), path, place);
        } else {
            for (range, shape) in hits {
                self.hit(node, value.get(range).unwrap_or_default(), shape, path);
            }
        }
        self.seen.push(node.span.clone());
    }

    /// A secret within a value. Where escapes hide it from the eye, the whole value is its place.
    fn hit(&mut self, node: &Node, secret: &str, shape: Shape, path: &[String]) {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let raw = self.text.get(node.span.clone()).unwrap_or_default();
        let span = raw
            .find(secret)
            .map_or(node.span.clone(), |at| node.span.start + at..node.span.start + at + secret.len());
        self.push(shape::name(Some(shape), &names), secret, span, path, Place::Inside);
    }

    fn push(&mut self, name: String, value: &str, span: Range<usize>, path: &[String], place: Place) {
        let value = SecretString::new(value.to_owned());
        self.found.push(Finding { name, value, span, path: path.to_vec(), place });
    }
}
