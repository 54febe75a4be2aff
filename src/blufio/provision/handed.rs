// SPDX-License-Identifier: MIT OR Apache-2.0
//! What one source hands over.

use blufio_core::secret::SecretString;
use std::path::PathBuf;

/// Most bytes of a text that is handed over.
pub(crate) const LONGEST: usize = 64 * 1024;

/// What one source hands over. Nothing of it has been checked, except that it is text of a bounded size.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    /// Whether it only fills what is missing. Otherwise somebody has put it there on purpose, and something new in it
    /// replaces what the machine has.
    pub(crate) only_fills: bool,
    /// The text of a blufio.toml.
    pub(crate) settings: Option<Text>,
    /// The lines of an authorized_keys.
    pub(crate) keys: Option<Text>,
    /// A file of systemd-networkd.
    pub(crate) network: Option<Text>,
    /// Secrets that are to be sealed.
    pub(crate) secrets: Vec<Secret>,
}

/// A text, and where it stood.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// Where something stood, for people.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A file, or what is one to its reader.
    File(PathBuf),
    /// A credential of systemd.
    Credential(&'static str),
    /// A part of a text that has another form.
    Part(String),
}

impl Place {
    /// Where a secret belongs that stands here.
    pub(crate) fn of_secret(&self, name: &str) -> String {
        match self {
            Self::File(_) => format!("put it into secrets/{name}"),
            Self::Credential(_) => format!("hand it over as the credential blufio.{name}"),
            Self::Part(_) => format!("put it below [secrets], as {name}"),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Credential(name) => write!(f, "credential {name}"),
            Self::Part(name) => f.write_str(name),
        }
    }
}

/// A secret, and where it stood.
#[derive(Debug)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) value: SecretString,
    pub(crate) place: Place,
    /// Whether the place is to be wiped once the secret is sealed.
    pub(crate) wipe: bool,
}
