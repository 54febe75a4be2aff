// SPDX-License-Identifier: MIT OR Apache-2.0
//! systemd's credentials: from the hypervisor, the firmware, or encrypted files on the boot partition. Secrets among them
//! go to the daemon without our help, at each boot anew.
//!
//! They are looked for by hand. A unit that asks systemd for one which this machine cannot decrypt is not started at all.

use crate::provision::handed::{Handed, LONGEST, Place, Text};
use crate::provision::machine::Machine;
use crate::provision::report::Report;
use crate::provision::seal::Seal;

pub(crate) fn read(machine: &Machine, seal: &dyn Seal, report: &mut Report) -> Handed {
    let mut find = |name: &'static str| {
        let place = Place::Credential(name);
        let found = match (machine.given(name), machine.given_encrypted(name)) {
            (Some(path), _) => super::folder::text(&path, LONGEST),
            (None, Some(path)) => seal.open(name, &path).map_err(|error| {
                format!("this machine cannot read it ({error:#}); encrypt it on this very machine")
            }),
            (None, None) => return None,
        };
        match found {
            Ok(text) => Some(Text { place, text }),
            Err(why) => {
                report.problem(place, why);
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
