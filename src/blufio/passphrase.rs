// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the vault's passphrase comes from: a file descriptor, a systemd credential, a prompt. Never the command line
//! and never an environment variable, which other processes can read.

use crate::exit::Coded;
use anyhow::Context as _;
use blufio_core::secret::SecretString;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use zeroize::Zeroize as _;

/// Name of the credential.
pub(crate) const CREDENTIAL: &str = "vault-passphrase";
/// Longest passphrase that is read.
const LIMIT: u64 = 4_096;

/// How a passphrase is handed over.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Source {
    /// Read the passphrase from this file descriptor, up to its end or the first line break
    #[arg(long, value_name = "N")]
    pub(crate) passphrase_fd: Option<u32>,
}

impl Source {
    /// From the file descriptor or the credential; `None` when neither is there.
    pub(crate) fn without_asking(&self) -> anyhow::Result<Option<SecretString>> {
        match self.passphrase_fd {
            Some(fd) => from_fd(fd).map(Some),
            None => credential(),
        }
    }

    /// The passphrase that holds now; asked for when there is nothing else.
    pub(crate) fn get(&self, prompt: &str) -> anyhow::Result<SecretString> {
        match self.without_asking()? {
            Some(passphrase) => Ok(passphrase),
            None => ask(prompt),
        }
    }

    /// A new passphrase; asked for twice when there is nothing else.
    pub(crate) fn get_new(&self) -> anyhow::Result<SecretString> {
        match self.without_asking()? {
            Some(passphrase) => Ok(passphrase),
            None => ask_new(),
        }
    }
}

/// Asks for a new passphrase, twice.
pub(crate) fn ask_new() -> anyhow::Result<SecretString> {
    let first = ask("New passphrase: ")?;
    if ask("Once more: ")? == first {
        Ok(first)
    } else {
        Err(Coded::usage("the two were not the same; nothing was changed"))
    }
}

/// The passphrase that systemd handed over.
pub(crate) fn credential() -> anyhow::Result<Option<SecretString>> {
    crate::secrets::credential(CREDENTIAL)
}

fn from_fd(fd: u32) -> anyhow::Result<SecretString> {
    // Through the proc file system: taking over a raw descriptor would need unsafe code.
    let path = format!("/proc/self/fd/{fd}");
    let file = std::fs::File::open(Path::new(&path)).with_context(|| {
        format!("file descriptor {fd} cannot be read; open it as in: blufio … --passphrase-fd 3 3<FILE")
    })?;
    read_secret(file).with_context(|| format!("file descriptor {fd}"))
}

/// Reads one secret: up to the end, without the line break that editors add.
pub(crate) fn read_secret(source: impl std::io::Read) -> anyhow::Result<SecretString> {
    let mut text = String::new();
    source.take(LIMIT + 1).read_to_string(&mut text).context("not readable as UTF-8 text")?;
    if text.len() as u64 > LIMIT {
        text.zeroize();
        anyhow::bail!("longer than {LIMIT} bytes");
    }
    let kept = text.trim_end_matches(['\n', '\r']).len();
    text.truncate(kept);
    Ok(SecretString::new(text))
}

fn ask(prompt: &str) -> anyhow::Result<SecretString> {
    if !std::io::stdin().is_terminal() {
        return Err(Coded::usage(format!(
            "a passphrase is needed and there is no terminal to ask on; use --passphrase-fd N, or the systemd credential {CREDENTIAL}"
        )));
    }
    Ok(SecretString::new(rpassword::prompt_password(prompt).context("the terminal cannot be read")?))
}

/// A secret's value: asked for on a terminal without showing it, otherwise read from standard input.
pub(crate) fn secret_value(name: &str) -> anyhow::Result<SecretString> {
    if std::io::stdin().is_terminal() {
        ask(&format!("Value of {name}: "))
    } else {
        read_secret(std::io::stdin()).context("standard input")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_break_at_the_end_is_not_part_of_the_secret() {
        assert_eq!(read_secret("pass phrase \r\n".as_bytes()).unwrap().expose(), "pass phrase ");
        assert!(read_secret([b'x'; 5_000].as_slice()).is_err());
        assert!(read_secret([0xFF].as_slice()).is_err());
    }
}
