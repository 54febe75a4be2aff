// SPDX-License-Identifier: MIT OR Apache-2.0
//! The environment as an argument, so that tests need not change that of the process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Environment variables.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// A folder that a variable names. Empty and relative values count as unset, as the XDG specification asks. Of a
    /// list with colons, as systemd gives it, the first.
    #[must_use]
    pub fn folder(&self, name: &str) -> Option<PathBuf> {
        let value = self.get(name)?;
        let first = match value.to_str() {
            Some(text) => PathBuf::from(text.split(':').next().unwrap_or(text)),
            None => PathBuf::from(value),
        };
        first.is_absolute().then_some(first)
    }

    /// Variables whose name begins with `BLUFIO_` and holds two underscores in a row: name, path of the key, value.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&str, String, &OsStr)> {
        self.variables.iter().filter_map(|(name, value)| {
            let name = name.to_str()?;
            let (section, key) = name.strip_prefix("BLUFIO_")?.split_once("__")?;
            let path = format!("{section}.{}", key.replace("__", ".")).to_ascii_lowercase();
            Some((name, path, value.as_os_str()))
        })
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self { variables: variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_variables_with_a_section_belong_to_the_configuration() {
        let environment = Environment::from_iter([
            ("BLUFIO_AGENT__NAME", "m"),
            ("BLUFIO_PASSPHRASE_FD", "3"),
            ("OTHER_AGENT__NAME", "n"),
        ]);
        let settings: Vec<_> = environment.settings().map(|(name, path, _)| (name, path)).collect();
        assert_eq!(settings, [("BLUFIO_AGENT__NAME", "agent.name".to_owned())]);
    }

    #[test]
    fn folders_are_absolute_and_the_first_of_a_list() {
        let environment = Environment::from_iter([("A", "/a:/b"), ("B", "relative"), ("C", "")]);
        assert_eq!(environment.folder("A"), Some("/a".into()));
        assert_eq!(environment.folder("B"), None);
        assert_eq!(environment.folder("C"), None);
    }
}
