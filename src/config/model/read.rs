// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the texts of the file to the types of the program.

use super::{Duration, Hours, NanoUsd, PathBuf, Route, Switch, Url, Zone};
use crate::dollars;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    crate::duration::parse(&text).ok_or_else(|| D::Error::custom("not a span of time"))
}

/// A span, or `None` where it says so.
pub(super) fn period<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    if text == crate::duration::NONE {
        return Ok(None);
    }
    crate::duration::parse(&text).map(Some).ok_or_else(|| D::Error::custom("not a span of time"))
}

pub(super) fn url<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    Url::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

pub(super) fn optional_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(from)?).filter(|text| !text.is_empty()))
}

pub(super) fn optional_path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    Ok(optional_text(from)?.map(PathBuf::from))
}

pub(super) fn optional_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    optional_text(from)?.map(|text| Url::parse(&text).map_err(D::Error::custom)).transpose()
}

pub(super) fn zone<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Zone>, D::Error> {
    optional_text(from)?.map(|name| Zone::named(&name).map_err(D::Error::custom)).transpose()
}

pub(super) fn hours<'de, D: Deserializer<'de>>(from: D) -> Result<Hours, D::Error> {
    Hours::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

pub(super) fn mode<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Route>, D::Error> {
    match String::deserialize(from)?.as_str() {
        "auto" => Ok(None),
        name => Route::named(name).map(Some).ok_or_else(|| D::Error::custom("not a route")),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Whole(i64),
    Number(f64),
    Text(String),
}

/// An amount, or `None` where it says that there is no limit.
pub(super) fn limit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NanoUsd>, D::Error> {
    let amount = match NumberOrText::deserialize(from)? {
        NumberOrText::Whole(whole) => dollars::of_integer(whole),
        NumberOrText::Number(number) => dollars::of_float(number),
        NumberOrText::Text(text) if text == dollars::NONE => return Ok(None),
        NumberOrText::Text(_) => Err("is no amount of dollars"),
    };
    amount.map(Some).map_err(D::Error::custom)
}

pub(super) fn dollars<'de, D: Deserializer<'de>>(from: D) -> Result<NanoUsd, D::Error> {
    limit(from)?.ok_or_else(|| D::Error::custom("is no amount of dollars"))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum BooleanOrText {
    Boolean(bool),
    Text(String),
}

pub(super) fn switch<'de, D: Deserializer<'de>>(from: D) -> Result<Switch, D::Error> {
    match BooleanOrText::deserialize(from)? {
        BooleanOrText::Boolean(true) => Ok(Switch::On),
        BooleanOrText::Boolean(false) => Ok(Switch::Off),
        BooleanOrText::Text(text) if text == "auto" => Ok(Switch::Auto),
        BooleanOrText::Text(_) => Err(D::Error::custom("neither true, false nor \"auto\"")),
    }
}
