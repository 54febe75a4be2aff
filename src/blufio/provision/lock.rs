// SPDX-License-Identifier: MIT OR Apache-2.0
//! The operator's lock: nothing is taken any more from where others than the operator can put something. Whoever writes to
//! the disk writes to the boot partition; a machine that opens its data by itself would take a key for SSH from there.

use crate::provision::handed::{Handed, LONGEST, Place, Text};
use crate::provision::machine::Machine;
use crate::provision::report::Report;
use crate::provision::{Args, folder};

/// Says what is passed over, and hands over what has to last: without its network nobody could unlock the machine.
pub(crate) fn read(machine: &Machine, args: &Args, report: &mut Report) -> Handed {
    let esp = args.esp.iter().flat_map(|esp| folder::names(&esp.join("blufio")));
    let seed = args.seed.iter().map(|seed| seed.join("user-data")).filter(|seed| seed.exists());
    let mut found: Vec<String> = esp.chain(seed).map(|path| path.display().to_string()).collect();
    found.extend(args.metadata.then(|| "user-data of the provider, who is not asked".to_owned()));
    if !found.is_empty() {
        let lock = machine.lock();
        report.notice(format!(
            "{} is there, so that this is not taken: {}",
            lock.display(),
            found.join(", ")
        ));
    }
    let kept = machine.kept_network();
    let mut handed = Handed::default();
    if args.esp.is_some() && kept.exists() {
        match folder::text(&kept, LONGEST) {
            Ok(text) => handed.network = Some(Text { place: Place::File(kept), text }),
            Err(why) => report.problem(kept.display(), why),
        }
    }
    handed
}
