// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where things go on the machine.

use crate::provision::handed::{Handed, Text};
use crate::provision::report::Report;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The places below the machine's root.
#[derive(Debug)]
pub(crate) struct Machine {
    root: PathBuf,
    shipped: Option<PathBuf>,
}

impl Machine {
    pub(crate) fn at(root: &Path, shipped: Option<PathBuf>) -> Self {
        Self { root: root.to_owned(), shipped }
    }

    /// The configuration that the daemon reads.
    pub(crate) fn settings(&self) -> PathBuf {
        self.root.join("etc/blufio/blufio.toml")
    }

    /// The configuration that the system brings along.
    pub(crate) fn shipped(&self) -> Option<&Path> {
        self.shipped.as_deref()
    }

    /// A secret, encrypted for this machine, where systemd looks for it on behalf of the daemon's unit.
    pub(crate) fn sealed(&self, name: &str) -> PathBuf {
        self.store().join(format!("blufio.{name}"))
    }

    /// Where all of them are.
    pub(crate) fn store(&self) -> PathBuf {
        self.root.join("etc/credstore.encrypted")
    }

    /// A credential of the machine that stands there as it is.
    pub(crate) fn given(&self, name: &str) -> Option<PathBuf> {
        self.given_below("@system").map(|folder| folder.join(name)).find(|path| path.exists())
    }

    /// One that is encrypted.
    pub(crate) fn given_encrypted(&self, name: &str) -> Option<PathBuf> {
        self.given_below("@encrypted").map(|folder| folder.join(name)).find(|path| path.exists())
    }

    /// Where systemd keeps them. It hides that from our units, which have it bound to the second place.
    pub(crate) fn given_below<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = PathBuf> + 'a {
        ["run/credentials", "run/blufio-provision/credentials"]
            .into_iter()
            .map(move |folder| self.root.join(folder).join(kind))
    }

    /// Whether the hypervisor or the firmware hands over a secret, at each boot.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        let name = format!("blufio.{name}");
        self.given(&name).is_some() || self.given_encrypted(&name).is_some()
    }

    /// Who may log in over SSH.
    pub(crate) fn authorized_keys(&self) -> PathBuf {
        self.root.join("var/config/ssh/authorized_keys")
    }

    /// What somebody put onto the machine and was taken before, as it was: taken twice, it would undo what the operator
    /// has changed since.
    pub(crate) fn taken_before(&self, name: &str) -> PathBuf {
        self.root.join("var/config/provisioned").join(name)
    }

    /// Where it is, nothing is taken from where others than the operator can put something.
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("etc/blufio/locked")
    }

    /// Also when that cannot be told.
    pub(crate) fn is_locked(&self) -> bool {
        !matches!(self.lock().try_exists(), Ok(false))
    }

    /// The network of the last boot that took one, for a machine that is locked.
    pub(crate) fn kept_network(&self) -> PathBuf {
        self.taken_before("network.network")
    }

    /// The operator's mark that a secret is not to be kept: it is not missing.
    pub(crate) fn forgotten(&self, name: &str) -> PathBuf {
        self.taken_before(&format!("forgotten.{name}"))
    }

    /// Where a configuration lies while it is tried: in memory, since it may hold what does not belong into it.
    pub(crate) fn trial(&self) -> PathBuf {
        self.root.join("run/blufio-provision/trial/blufio.toml")
    }

    /// Where a file is that a configuration on trial names.
    pub(crate) fn below_root(&self, file: &Path) -> PathBuf {
        let (trial, settings) = (self.trial(), self.settings());
        match file.strip_prefix(trial.parent().unwrap_or(&self.root)) {
            // One that was named relative to the configuration.
            Ok(beside) => settings.with_file_name("").join(beside),
            Err(_) => self.root.join(file.strip_prefix("/").unwrap_or(file)),
        }
    }

    /// What is wrong.
    pub(crate) fn problems(&self) -> PathBuf {
        self.root.join("run/blufio-provision/problems")
    }

    /// What the machine says about its maker.
    pub(crate) fn maker(&self, file: &str) -> String {
        std::fs::read_to_string(self.root.join("sys/class/dmi/id").join(file)).unwrap_or_default()
    }

    /// The network of this boot: it stays where it was handed over. There is a copy, in case that the machine is locked.
    pub(crate) fn take_network(&self, sources: &[Handed], report: &mut Report) {
        let Some(Text { place, text }) = sources.iter().find_map(|source| source.network.as_ref()) else {
            return;
        };
        if !text.lines().any(|line| line.trim() == "[Network]") {
            return report.problem(
                place,
                "this is no file of systemd-networkd: it has no section [Network]; see `man systemd.network`",
            );
        }
        // After those that the hypervisor has handed over, before the one that the system brings along.
        let to = self.root.join("run/systemd/network/60-provisioned.network");
        match write(&to, text.as_bytes(), 0o644) {
            Ok(()) => report.taken(format!("the network, from {place}")),
            Err(error) => report.problem(place, format_args!("{} cannot be written: {error}", to.display())),
        }
        let kept = self.kept_network();
        if std::fs::read(&kept).is_ok_and(|kept| kept == text.as_bytes()) {
            return;
        }
        if let Err(error) = write(&kept, text.as_bytes(), 0o600) {
            report.problem(kept.display(), format_args!("cannot be written: {error}"));
        }
    }

    /// No network lies in the folder any more.
    pub(crate) fn forget_network(&self, report: &mut Report) {
        let kept = self.kept_network();
        if let Err(error) = std::fs::remove_file(&kept)
            && error.kind() != io::ErrorKind::NotFound
        {
            report.problem(kept.display(), format_args!("cannot be removed: {error}"));
        }
    }

    /// The cloud has been asked and need not be asked again.
    pub(crate) fn note_cloud(&self, report: &mut Report) {
        let file = self.taken_before("cloud");
        if let Err(error) = write(&file, b"", 0o600) {
            report.problem(file.display(), format_args!("cannot be written: {error}"));
        }
    }
}

/// Writes a file so that it is the old one or the new one at every moment, also after a loss of power. Folders that are
/// missing are made.
pub(crate) fn write(file: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    // What everybody may read lies where everybody may look.
    let folder_mode = if mode & 0o044 == 0 { 0o700 } else { 0o755 };
    std::fs::DirBuilder::new().recursive(true).mode(folder_mode).create(folder)?;
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = folder.join(name);
    if let Err(error) = std::fs::remove_file(&new)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let written = fill(&new, content, mode).and_then(|()| std::fs::rename(&new, file));
    if let Err(error) = written {
        return Err(match std::fs::remove_file(&new) {
            Err(left) if left.kind() != io::ErrorKind::NotFound => io::Error::new(
                error.kind(),
                format!("{error}; and {} could not be removed: {left}", new.display()),
            ),
            _ => error,
        });
    }
    std::fs::File::open(folder)?.sync_all()
}

fn fill(new: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut to = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(new)?;
    // The mask of the process is for files whose mode nobody has thought about.
    to.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    to.write_all(content)?;
    to.sync_all()
}
