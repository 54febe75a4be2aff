// SPDX-License-Identifier: MIT OR Apache-2.0
//! A value with the place it was read from, whether that was a file or an environment variable.

use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and the bytes it was read from.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) datum: Datum,
}

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Datum {
    Text(String),
    Integer(i64),
    /// A number that does not fit.
    Huge,
    Float(f64),
    Boolean(bool),
    Datetime(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key of a table and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Range<usize>,
    pub(crate) node: Node,
}

impl Node {
    /// What `DeTable::parse` or its recoverable form has read.
    pub(crate) fn of_table(table: &Spanned<DeTable<'_>>) -> Self {
        Self { span: table.span(), datum: entries(table.get_ref()) }
    }

    /// A value that stands alone.
    pub(crate) fn of_value(value: &Spanned<DeValue<'_>>) -> Self {
        let datum = match value.get_ref() {
            DeValue::String(text) => Datum::Text(text.to_string()),
            DeValue::Integer(integer) => {
                i64::from_str_radix(integer.as_str(), integer.radix()).map_or(Datum::Huge, Datum::Integer)
            }
            DeValue::Float(float) => match float.as_str().parse::<f64>() {
                Ok(number) if number.is_finite() || float.as_str().contains("inf") => Datum::Float(number),
                Ok(number) if number.is_nan() => Datum::Float(number),
                _ => Datum::Huge,
            },
            DeValue::Boolean(boolean) => Datum::Boolean(*boolean),
            DeValue::Datetime(datetime) => Datum::Datetime(datetime.to_string()),
            DeValue::Array(array) => Datum::List(array.iter().map(Self::of_value).collect()),
            DeValue::Table(table) => entries(table),
        };
        Self { span: value.span(), datum }
    }

    /// A text that no file holds.
    pub(crate) fn of_text(text: &str) -> Self {
        Self { span: 0..text.len(), datum: Datum::Text(text.to_owned()) }
    }

    /// What the value is, with its article, for messages.
    pub(crate) fn what(&self) -> &'static str {
        match self.datum {
            Datum::Text(_) => "a text",
            Datum::Integer(_) => "a whole number",
            Datum::Huge => "a number that is too large",
            Datum::Float(_) => "a number with a fraction",
            Datum::Boolean(_) => "true or false",
            Datum::Datetime(_) => "a date",
            Datum::List(_) => "a list",
            Datum::Table(_) => "a section",
        }
    }

    /// The value without its places.
    pub(crate) fn plain(&self) -> toml::Value {
        match &self.datum {
            Datum::Text(text) => toml::Value::String(text.clone()),
            Datum::Integer(integer) => toml::Value::Integer(*integer),
            Datum::Huge => toml::Value::Integer(i64::MAX),
            Datum::Float(float) => toml::Value::Float(*float),
            Datum::Boolean(boolean) => toml::Value::Boolean(*boolean),
            Datum::Datetime(text) => {
                text.parse().map_or_else(|_| toml::Value::String(text.clone()), toml::Value::Datetime)
            }
            Datum::List(nodes) => toml::Value::Array(nodes.iter().map(Self::plain).collect()),
            Datum::Table(entries) => toml::Value::Table(
                entries.iter().map(|entry| (entry.key.clone(), entry.node.plain())).collect(),
            ),
        }
    }
}

fn entries(table: &DeTable<'_>) -> Datum {
    Datum::Table(
        table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                key_span: key.span(),
                node: Node::of_value(value),
            })
            .collect(),
    )
}
