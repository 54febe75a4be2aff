// SPDX-License-Identifier: MIT OR Apache-2.0
//! Secrets, encrypted for this machine alone and put where systemd finds them for the daemon.

use crate::passphrase;
use crate::provision::handed::{Handed, Place, Secret};
use crate::provision::machine::{self, Machine};
use crate::provision::report::Report;
use crate::provision::wipe;
use crate::secrets::{ANTHROPIC, TELEGRAM};
use anyhow::Context as _;
use blufio_core::secret::SecretString;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Who encrypts.
pub(crate) trait Seal {
    /// Encrypts a secret for this machine under a name. Only somebody who can be this machine reads it again.
    fn seal(&self, name: &str, value: &SecretString) -> anyhow::Result<Vec<u8>>;

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

    fn opens(&self, name: &str, file: &Path) -> anyhow::Result<()> {
        let done = Command::new("systemd-creds")
            .args(["decrypt", "--quiet", &format!("--name={name}")])
            .args([file, Path::new("-")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .context("systemd-creds cannot be run")?;
        anyhow::ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr).trim());
        Ok(())
    }
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
            if source.only_fills && (machine.is_given(name) || machine.sealed(name).exists()) {
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
pub(crate) fn set_aside(machine: &Machine, seal: &dyn Seal, report: &mut Report) {
    const ASIDE: &str = "unreadable.";
    let Ok(listed) = std::fs::read_dir(machine.store()) else { return };
    for path in listed.flatten().map(|entry| entry.path()) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()).map(ToOwned::to_owned) else {
            continue;
        };
        let (name, to) = match name.strip_prefix(ASIDE) {
            Some(name) => (name.to_owned(), machine.store().join(name)),
            None => (name.clone(), machine.store().join(format!("{ASIDE}{name}"))),
        };
        if !name.starts_with("blufio.") || name.ends_with(".new") {
            continue;
        }
        let is_aside = to.ends_with(&name);
        let moved = match seal.opens(&name, &path) {
            Ok(()) if is_aside && !to.exists() => std::fs::rename(&path, &to),
            Err(error) if !is_aside => {
                report.problem(
                    path.display(),
                    format_args!(
                        "this machine cannot read it any more ({error:#}); hand the secret over again"
                    ),
                );
                std::fs::rename(&path, &to)
            }
            _ => Ok(()),
        };
        if let Err(error) = moved {
            report.problem(path.display(), format_args!("cannot be renamed: {error}"));
        }
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
