// SPDX-License-Identifier: MIT OR Apache-2.0
//! systemd's credentials: from the hypervisor, the firmware, or encrypted files on the boot partition. Secrets among them
//! go to the daemon without our help, at each boot anew.

use crate::provision::handed::{Handed, LONGEST, Place, Text};
use crate::provision::report::Report;
use std::path::{Path, PathBuf};

/// Where they are for this process.
pub(crate) fn given() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

pub(crate) fn read(folder: &Path, report: &mut Report) -> Handed {
    let mut find = |name: &'static str| {
        let path = folder.join(name);
        if !path.exists() {
            return None;
        }
        match super::folder::text(&path, LONGEST) {
            Ok(text) => Some(Text { place: Place::Credential(name), text }),
            Err(why) => {
                report.problem(Place::Credential(name), why);
                None
            }
        }
    };
    Handed {
        settings: find("blufio.toml"),
        // The first name is systemd's own for this.
        keys: find("ssh.authorized_keys.root").or_else(|| find("blufio.authorized-keys")),
        ..Handed::default()
    }
}
