// SPDX-License-Identifier: MIT OR Apache-2.0
//! Secrets, encrypted for this machine alone and put where systemd finds them for the daemon.

use crate::passphrase;
use crate::provision::handed::{Handed, LONGEST, Place, Secret};
use crate::provision::machine::{self, Machine};
use crate::provision::report::Report;
use crate::provision::wipe;
use crate::secrets::{ANTHROPIC, TELEGRAM};
use anyhow::Context as _;
use blufio_core::secret::SecretString;
use std::fmt::Display;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Who encrypts.
pub(crate) trait Seal {
    /// Encrypts a secret for this machine under a name. Only somebody who can be this machine reads it again.
    fn seal(&self, name: &str, value: &SecretString) -> anyhow::Result<Vec<u8>>;

    /// Decrypts a text, which is no secret, that was encrypted under a name.
    fn open(&self, name: &str, file: &Path) -> anyhow::Result<String>;

    /// Whether this machine can still read what was encrypted under a name.
    fn opens(&self, name: &str, file: &Path) -> anyhow::Result<()>;
}

/// systemd-creds: with the TPM where there is one, otherwise with a key on the disk that only root reads.
pub(crate) struct SystemdCreds;

impl Seal for SystemdCreds {
    fn seal(&self, name: &str, value: &SecretString) -> anyhow::Result<Vec<u8>> {
        let quiet = |program: &mut Command| program.stdout(Stdio::null()).stderr(Stdio::null()).status();
        let tpm = quiet(Command::new("systemd-creds").args(["has-tpm2", "--quiet"]))
            .is_ok_and(|status| status.success());
        if tpm {
            match encrypt("tpm2", name, value) {
                Ok(sealed) => return Ok(sealed),
                // A TPM that does not work must not keep the secret on the boot partition.
                Err(error) => eprintln!("blufio: the TPM does not encrypt, the host's key does: {error:#}"),
            }
        }
        encrypt("host", name, value)
    }

    fn open(&self, name: &str, file: &Path) -> anyhow::Result<String> {
        let text = String::from_utf8(decrypt(name, file, Stdio::piped())?).context("it is no UTF-8 text")?;
        anyhow::ensure!(text.len() <= LONGEST, "it is longer than {LONGEST} bytes");
        Ok(text)
    }

    fn opens(&self, name: &str, file: &Path) -> anyhow::Result<()> {
        decrypt(name, file, Stdio::null()).map(drop)
    }
}

fn decrypt(name: &str, file: &Path, to: Stdio) -> anyhow::Result<Vec<u8>> {
    let done = Command::new("systemd-creds")
        .args(["decrypt", "--quiet", &format!("--name={name}")])
        .args([file, Path::new("-")])
        .stdin(Stdio::null())
        .stdout(to)
        .stderr(Stdio::piped())
        .output()
        .context("systemd-creds cannot be run")?;
    anyhow::ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr).trim());
    Ok(done.stdout)
}

fn encrypt(key: &str, name: &str, value: &SecretString) -> anyhow::Result<Vec<u8>> {
    let mut child = Command::new("systemd-creds")
        .args(["encrypt", "--quiet", &format!("--with-key={key}"), &format!("--name={name}"), "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("systemd-creds cannot be run")?;
    // It reads all of its input before it writes, and takes less than a pipe holds or says so.
    let given = child.stdin.take().map(|mut pipe| pipe.write_all(value.expose().as_bytes()));
    let done = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    anyhow::ensure!(done.status.success(), "systemd-creds: {}", said.trim());
    given.unwrap_or(Ok(()))?;
    anyhow::ensure!(!done.stdout.is_empty(), "systemd-creds has written nothing");
    Ok(done.stdout)
}

/// Seals what was handed over, and wipes it from where it lay.
pub(crate) fn take(machine: &Machine, sources: &[Handed], seal: &dyn Seal, report: &mut Report) {
    let known = known(machine);
    let mut done: Vec<&str> = Vec::new();
    for source in sources {
        for secret in &source.secrets {
            let Secret { name, value, place, .. } = secret;
            if !known.contains(name) {
                let known = known.join(", ");
                report.problem(
                    place,
                    format_args!("no secret has this name; there are {known}. It still lies there"),
                );
                continue;
            }
            if let Some(why) = unfit(value) {
                report.problem(place, why);
                continue;
            }
            let is_there = machine.is_given(name) || machine.sealed(name).exists();
            if source.only_fills && (is_there || machine.forgotten(name).exists()) {
                continue;
            }
            // An earlier source has the last word; what a later one brings is wiped all the same.
            if !done.contains(&name.as_str()) {
                let to = machine.sealed(name);
                let sealed = seal
                    .seal(&format!("blufio.{name}"), value)
                    .and_then(|sealed| Ok(machine::write(&to, &sealed, 0o600)?));
                if let Err(error) = sealed {
                    report.problem(place, format_args!("cannot be sealed: {error:#}. It still lies there"));
                    continue;
                }
                done.push(name);
                report.taken(format!("{name}, sealed for this machine, from {place}"));
            }
            clear(secret, report);
        }
    }
}

/// What this machine cannot read any more would keep the daemon from starting at all; set aside, it starts, sealed or
/// waiting, and says what it lacks. What can be read again comes back.
pub(crate) fn set_stored_aside(machine: &Machine, seal: &dyn Seal, report: &mut Report) {
    for path in files(&machine.store()) {
        set_one_aside(&path, path.display(), "hand the secret over again", seal, report);
    }
}

/// So it is with what the machine is handed over encrypted, at each boot anew. What is set aside is missing, and others may
/// hand it over.
pub(crate) fn set_given_aside(machine: &Machine, seal: &dyn Seal, report: &mut Report) {
    for path in machine.given_below("@encrypted").flat_map(|folder| files(&folder)) {
        let name = path.file_name().unwrap_or_default().display();
        set_one_aside(
            &path,
            format_args!("credential {name}"),
            "encrypt it on this very machine",
            seal,
            report,
        );
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(folder).into_iter().flatten();
    listed.flatten().map(|entry| entry.path()).collect()
}

fn set_one_aside(path: &Path, place: impl Display, remedy: &str, seal: &dyn Seal, report: &mut Report) {
    const ASIDE: &str = "unreadable.";
    let Some(found) = path.file_name().and_then(|name| name.to_str()) else { return };
    let name = found.strip_prefix(ASIDE).unwrap_or(found);
    if !name.starts_with("blufio.") || name.ends_with(".new") {
        return;
    }
    let is_aside = name != found;
    let to = if is_aside { path.with_file_name(name) } else { path.with_file_name(format!("{ASIDE}{name}")) };
    let moved = match seal.opens(name, path) {
        Ok(()) if is_aside && !to.exists() => std::fs::rename(path, &to),
        Err(error) if !is_aside => {
            report
                .problem(&place, format_args!("this machine cannot read it any more ({error:#}); {remedy}"));
            std::fs::rename(path, &to)
        }
        _ => Ok(()),
    };
    if let Err(error) = moved {
        report.problem(place, format_args!("cannot be renamed: {error}"));
    }
}

/// Only after the sealed one is on the disk: who dies in between finds both at the next boot, and does the same again.
fn clear(secret: &Secret, report: &mut Report) {
    if let (true, Place::File(path)) = (secret.wipe, &secret.place)
        && let Err(error) = wipe::wipe(path)
    {
        report.problem(
            path.display(),
            format_args!("is sealed and could not be wiped: {error}; remove it yourself"),
        );
    }
}

/// The names that somebody asks for.
fn known(machine: &Machine) -> Vec<String> {
    let mut known = vec![ANTHROPIC.to_owned(), TELEGRAM.to_owned(), passphrase::CREDENTIAL.to_owned()];
    if let Ok(loaded) = super::settings::load(&machine.settings()) {
        known.extend(loaded.config.transcription.secret.clone());
    }
    known
}

fn unfit(value: &SecretString) -> Option<&'static str> {
    let value = value.expose();
    if value.trim().is_empty() {
        return Some("is empty; write the secret into it");
    }
    value
        .chars()
        .any(char::is_control)
        .then_some("has more than one line; a secret has one. It still lies there")
}
