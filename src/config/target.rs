// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is watched: files, folders and pages.

use serde::{Deserialize, Deserializer};
use std::fmt;
use url::Url;

/// Something that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchTarget {
    /// A file or a folder, by its absolute path.
    Path(String),
    /// A page.
    Page(Url),
}

impl WatchTarget {
    /// Reads one. The error continues a sentence that begins with the name of the key, and does not repeat the text.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.contains('\0') {
            return Err("contains a NUL character".to_owned());
        }
        if text.starts_with('/') {
            return Ok(Self::Path(text.to_owned()));
        }
        if text.starts_with('~') {
            return Err("holds a path that starts with `~`, which is not expanded here".to_owned());
        }
        let Ok(url) = Url::parse(text) else {
            return Err("holds something that is neither an absolute path nor a URL".to_owned());
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("holds a URL that begins with `{}:`, not with `https:`", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a URL with a user name or a password".to_owned());
        }
        Ok(Self::Page(url))
    }

    /// The URL, where it is a page.
    #[must_use]
    pub fn page(&self) -> Option<&Url> {
        match self {
            Self::Path(_) => None,
            Self::Page(url) => Some(url),
        }
    }
}

impl fmt::Display for WatchTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Page(url) => f.write_str(url.as_str()),
        }
    }
}

impl<'de> Deserialize<'de> for WatchTarget {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_paths_and_urls_are_taken_and_shown_again() {
        for text in ["/", "/srv/to do.md", "https://example.org/news?page=1", "http://127.0.0.1:9/x"] {
            assert_eq!(WatchTarget::parse(text).unwrap().to_string(), text);
        }
        assert!(WatchTarget::parse("https://example.org").unwrap().page().is_some());
        assert!(WatchTarget::parse("/https://example.org").unwrap().page().is_none());
    }

    #[test]
    fn everything_else_is_refused_without_repeating_it() {
        for text in [
            "",
            "todo.md",
            "./todo.md",
            "~/todo.md",
            "ftp://x/y",
            "file:///etc",
            "https://me:pw@x.example",
            "a\0b",
            "/a\0",
        ] {
            let message = WatchTarget::parse(text).unwrap_err();
            assert!(text.is_empty() || !message.contains(text), "{message}");
        }
    }
}
