// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio provision`: puts what a machine was handed over where it belongs, once a boot, before the daemon starts.
//!
//! | room | holds |
//! |---|---|
//! | [`handed`] | what a source hands over: settings, secrets, keys for SSH, a network |
//! | [`credentials`], [`folder`], [`userdata`], [`cloud`] | the sources: systemd, a folder on the boot partition, the text of a cloud and who has it |
//! | [`lock`] | when nothing of the folder and the texts is taken |
//! | [`machine`] | where things go |
//! | [`settings`], [`start`], [`seal`], [`keys`] | what is checked and written; secrets encrypted for this machine |
//! | [`late`] | the daemon begins anew with what comes after it |
//! | [`wipe`] | taking a secret off the boot partition |
//! | [`report`] | what was taken, and what is wrong |

mod cloud;
mod credentials;
mod folder;
mod handed;
mod keys;
mod late;
mod lock;
mod machine;
mod report;
mod seal;
mod settings;
mod start;
mod userdata;
mod wipe;

#[cfg(test)]
mod tests;

use crate::exit::Coded;
use crate::global::Global;
use cloud::Answer;
use machine::Machine;
use report::Report;
use seal::{Seal, SystemdCreds};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Exit code of somebody who was asked and not there: the unit asks again.
const NOBODY: u8 = 5;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The boot partition; what is in its folder blufio/ is taken
    #[arg(long, value_name = "DIR")]
    esp: Option<PathBuf>,
    /// A mounted NoCloud seed; its file user-data is taken
    #[arg(long, value_name = "DIR")]
    seed: Option<PathBuf>,
    /// Ask the metadata service of the provider, if the machine says that it is one of those that are known
    #[arg(long)]
    metadata: bool,
    /// Where the machine's files are
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// The configuration that the system brings along: where it says something and what was handed over does not, it holds
    #[arg(long, value_name = "FILE")]
    shipped: Option<PathBuf>,
    /// Another place of the metadata service, on loopback
    #[arg(long, hide = true, value_name = "ADDRESS", default_value_t = blufio_net::METADATA_SERVICE)]
    metadata_service: SocketAddr,
}

/// Whatever is wrong with what was handed over is said and written down, and what is right is used: a machine that does
/// not start cannot be mended from afar.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let machine = Machine::at(&args.root, args.shipped.clone());
    let (report, answer) = provision(&machine, args, &SystemdCreds);
    report.print(global.json)?;
    // Asking the cloud comes second: what was wrong before still is.
    report.write(&machine.problems(), args.metadata)?;
    if args.metadata && args.root == Path::new("/") && report.has_taken() {
        late::renew();
    }
    match answer {
        Answer::Nobody => Err(Coded::silent(NOBODY)),
        Answer::Had | Answer::Wrong => Ok(()),
    }
}

/// The sources in their order. The earlier one has the last word on what two of them bring.
fn provision(machine: &Machine, args: &Args, seal: &dyn Seal) -> (Report, Answer) {
    let mut report = Report::default();
    let mut sources = Vec::new();
    if !args.metadata {
        seal::set_given_aside(machine, seal, &mut report);
        sources.push(credentials::read(machine, seal, &mut report));
    }
    // Until somebody was asked, nobody has answered, and nobody is to be asked again.
    let mut answer = Answer::Wrong;
    if machine.is_locked() {
        sources.push(lock::read(machine, args, &mut report));
    } else {
        if let Some(esp) = &args.esp {
            let folder = esp.join("blufio");
            let handed = folder::read(&folder, &mut report);
            if handed.network.is_none() && folder.is_dir() {
                machine.forget_network(&mut report);
            }
            sources.push(handed);
        }
        if let Some(seed) = &args.seed {
            sources.extend(userdata::of_seed(seed, &mut report));
        }
        if args.metadata {
            let (came, handed) = cloud::ask(args.metadata_service, machine, &mut report);
            sources.extend(handed);
            answer = came;
        }
    }
    settings::take(machine, &sources, &mut report);
    keys::take(machine, &sources, &mut report);
    machine.take_network(&sources, &mut report);
    seal::take(machine, &sources, seal, &mut report);
    seal::set_stored_aside(machine, seal, &mut report);
    // An answer that was wrong is asked for again at the next boot.
    if answer == Answer::Had && report.problems() == 0 {
        machine.note_cloud(&mut report);
    }
    (report, answer)
}
