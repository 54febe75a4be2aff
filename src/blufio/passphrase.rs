// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the vault's passphrase comes from: a file descriptor, a systemd credential, a prompt. Never the command line
//! and never an environment variable, which other processes can read.

use crate::exit::Coded;
use crate::secrets::{LONGEST, read_one};
use anyhow::Context as _;
use blufio_core::secret::SecretString;
use std::io::IsTerminal as _;

/// Name of the credential.
pub(crate) const CREDENTIAL: &str = "vault-passphrase";
/// Longest passphrase that is read, bytes.
const LIMIT: usize = 4_096;

/// How a passphrase is handed over.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Source {
    /// Read the passphrase from this file descriptor, up to its end
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

/// Reads the passphrase from an inherited descriptor, and closes it: no child process shall find it there.
fn from_fd(fd: u32) -> anyhow::Result<SecretString> {
    let raw = i32::try_from(fd).context("no such file descriptor")?;
    let hint =
        || format!("file descriptor {fd} cannot be read; open it as in: blufio … --passphrase-fd 3 3<FILE");
    let secret = match duplicate(raw) {
        Ok(file) => read_one(file, LIMIT),
        // An old kernel. Opened anew, a pipe is still the same pipe.
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {
            read_one(std::fs::File::open(format!("/proc/self/fd/{fd}")).with_context(hint)?, LIMIT)
        }
        Err(error) => Err(error).with_context(hint),
    };
    // Standard input stays: the terminal may be needed for another answer.
    if fd > 2 {
        nix::unistd::close(raw).with_context(hint)?;
    }
    secret.with_context(|| format!("file descriptor {fd}"))
}

/// The same open file under a descriptor of our own, which is what safe code can read from.
fn duplicate(raw: i32) -> rustix::io::Result<std::fs::File> {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    let own = pidfd_open(getpid(), PidfdFlags::empty())?;
    pidfd_getfd(own, raw, PidfdGetfdFlags::empty()).map(std::fs::File::from)
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
        read_one(std::io::stdin(), LONGEST).context("standard input")
    }
}
