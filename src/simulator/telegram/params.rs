// SPDX-License-Identifier: MIT OR Apache-2.0
//! Parameters of a call, from wherever they came: query, form, JSON or multipart.

use super::error::ApiError;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most bytes of all parameters without files, as at the service.
const LIMIT: usize = 1 << 20;

/// A file in a multipart body.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) media_type: Option<String>,
    pub(super) bytes: Bytes,
}

/// The parameters of one call.
#[derive(Clone, Debug, Default)]
pub(super) struct Params {
    values: Map<String, Value>,
    files: BTreeMap<String, Upload>,
}

impl Params {
    /// Reads query and body.
    ///
    /// # Errors
    /// A body that is not what its type says. The service would go on without parameters; here it is told.
    pub(super) fn read(query: Option<&str>, content_type: &str, body: &Bytes) -> Result<Params, ApiError> {
        let mut params = Params::default();
        params.read_form(query.unwrap_or_default())?;
        let (media_type, detail) = content_type.split_once(';').unwrap_or((content_type, ""));
        let media_type = media_type.trim().to_ascii_lowercase();
        let is_multipart = media_type == "multipart/form-data";
        if !is_multipart && body.len() > LIMIT {
            return Err(ApiError::new(413, "Request Entity Too Large: too many parameters"));
        }
        match media_type.as_str() {
            _ if body.is_empty() => {}
            "application/json" => params.read_json(body)?,
            "application/x-www-form-urlencoded" => {
                let text = std::str::from_utf8(body).map_err(|_| ApiError::bad("the form is not UTF-8"))?;
                params.read_form(text)?;
            }
            "multipart/form-data" => {
                let boundary = detail
                    .split(';')
                    .find_map(|part| part.trim().strip_prefix("boundary="))
                    .map(|boundary| boundary.trim_matches('"'))
                    .filter(|boundary| !boundary.is_empty())
                    .ok_or_else(|| ApiError::bad("boundary value not found"))?;
                params.read_multipart(body, boundary)?;
            }
            _ => {
                return Err(ApiError::bad(format!("a body of type {media_type:?} is not understood")));
            }
        }
        Ok(params)
    }

    fn read_form(&mut self, form: &str) -> Result<(), ApiError> {
        for pair in form.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decode =
                |text| decode(text, true).ok_or_else(|| ApiError::bad("Strings must be encoded in UTF-8"));
            self.values.insert(decode(name)?, decode(value)?.into());
        }
        Ok(())
    }

    fn read_json(&mut self, body: &Bytes) -> Result<(), ApiError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(values)) => {
                self.values.extend(values);
                Ok(())
            }
            Ok(_) => Err(ApiError::bad("JSON object expected")),
            Err(why) => Err(ApiError::bad(format!("can't parse the request body as JSON: {why}"))),
        }
    }

    fn read_multipart(&mut self, body: &Bytes, boundary: &str) -> Result<(), ApiError> {
        let delimiter = format!("--{boundary}");
        let mut place = find(body, delimiter.as_bytes(), 0)
            .ok_or_else(|| ApiError::bad("boundary not found"))?
            + delimiter.len();
        let between = format!("\r\n{delimiter}");
        let mut size = 0_usize;
        while body.get(place..).is_some_and(|rest| rest.starts_with(b"\r\n")) {
            let head_end = find(body, b"\r\n\r\n", place)
                .ok_or_else(|| ApiError::bad("headers in multipart/form-data are empty"))?;
            let end = find(body, between.as_bytes(), head_end + 2)
                .ok_or_else(|| ApiError::bad("unexpected end of request content"))?;
            let head = String::from_utf8_lossy(body.get(place..head_end).unwrap_or_default()).into_owned();
            let content = body.slice((head_end + 4).min(end)..end);
            let name = disposition(&head, "name")
                .ok_or_else(|| ApiError::bad("field name in multipart/form-data not found"))?;
            if let Some(file_name) = disposition(&head, "filename") {
                let media_type = head.lines().find_map(|line| {
                    let (header, value) = line.split_once(':')?;
                    header.eq_ignore_ascii_case("content-type").then(|| value.trim().to_owned())
                });
                self.files.insert(name, Upload { name: file_name, media_type, bytes: content });
            } else {
                size += content.len();
                if size > LIMIT {
                    return Err(ApiError::new(
                        413,
                        "Request Entity Too Large: too many parameters in form data",
                    ));
                }
                let text = std::str::from_utf8(&content)
                    .map_err(|_| ApiError::bad("Strings must be encoded in UTF-8"))?;
                self.values.insert(name, text.into());
            }
            place = end + between.len();
        }
        Ok(())
    }

    /// For the log: everything but the content of files.
    pub(super) fn to_log(&self) -> Map<String, Value> {
        let mut log = self.values.clone();
        for (name, file) in &self.files {
            log.insert(name.clone(), format!("file {:?}, {} bytes", file.name, file.bytes.len()).into());
        }
        log
    }

    /// The names of parameters that are not among the known ones.
    pub(super) fn unknown<'a>(&'a self, known: &'a [&str]) -> impl Iterator<Item = &'a str> {
        self.values.keys().map(String::as_str).filter(|name| !known.contains(name))
    }

    pub(super) fn file(&self, name: &str) -> Option<&Upload> {
        self.files.get(name)
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    /// A text; empty when there is none.
    pub(super) fn text(&self, name: &str) -> Result<&str, ApiError> {
        match self.get(name) {
            None => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(wrong(name, "a String")),
        }
    }

    /// A whole number.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        number.map(Some).ok_or_else(|| wrong(name, "an Integer"))
    }

    /// A chat: a number, or a `@name`.
    pub(super) fn chat_id(&self) -> Result<String, ApiError> {
        match self.get("chat_id") {
            None => Ok(String::new()),
            Some(Value::Number(number)) if number.is_i64() => Ok(number.to_string()),
            Some(Value::String(text)) => Ok(text.trim().to_owned()),
            Some(_) => Err(wrong("chat_id", "an Integer or a String")),
        }
    }

    /// A yes or no; no when there is none.
    pub(super) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(true),
                "false" | "no" | "0" => Ok(false),
                _ => Err(wrong(name, "a Boolean")),
            },
            Some(_) => Err(wrong(name, "a Boolean")),
        }
    }

    /// An object or array: as such, or as a string of JSON. The inner error is a string that is no JSON.
    pub(super) fn json(&self, name: &str) -> Option<Result<Value, serde_json::Error>> {
        match self.get(name)? {
            Value::String(text) => Some(serde_json::from_str(text)),
            value => Some(Ok(value.clone())),
        }
    }
}

fn wrong(name: &str, kind: &str) -> ApiError {
    ApiError::bad(format!("parameter \"{name}\" must be {kind}"))
}

fn find(body: &[u8], what: &[u8], from: usize) -> Option<usize> {
    let place = body.get(from..)?.windows(what.len()).position(|window| window == what)?;
    Some(from + place)
}

/// `name="…"` in the header `Content-Disposition`.
fn disposition(head: &str, name: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    line.split(';').find_map(|part| {
        let value = part.trim().strip_prefix(name)?.strip_prefix('=')?;
        Some(value.trim_matches('"').to_owned())
    })
}

/// Undoes percent-encoding; nothing if the result is not UTF-8. `form` makes a space of a plus sign.
pub(super) fn decode(text: &str, form: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) if form => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => {
                match (char::from(*high).to_digit(16), char::from(*low).to_digit(16)) {
                    (Some(high), Some(low)) => {
                        bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                        rest = after;
                    }
                    _ => bytes.push(b'%'),
                }
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).ok()
}
