// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio demo`: the real program at work, without an account, a network or a configuration.
//!
//! It starts the very daemon that `serve` is, in a temporary folder, against stand-ins for the two APIs on loopback,
//! plays a conversation through the Telegram side, kills the daemon in the middle, and says what held and what did
//! not.
//!
//! | room | holds |
//! |---|---|
//! | [`stage`] | the folder, the stand-ins, the daemon as a child process |
//! | [`acts`] | what is played |
//! | [`report`] | turns and checks, for people and as JSON |
//! | [`interactive`] | the person types |

mod acts;
mod interactive;
mod report;
mod stage;

use crate::exit::Coded;
use crate::global::Global;
use anyhow::Context as _;
use report::Report;
use stage::Stage;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Type to the agent yourself, as if in Telegram
    #[arg(long)]
    interactive: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    runtime.block_on(async {
        let mut stage = Stage::set_up().await.context("the stage cannot be set up")?;
        if args.interactive {
            return interactive::play(&mut stage).await;
        }
        let mut report = Report::new(global.json);
        let played = acts::play(&mut stage, &mut report).await;
        if let Err(error) = &played {
            report.check("the play came to its end", false, &format!("{error:#}"));
        }
        let passed = report.finish(&stage)?;
        if passed { Ok(()) } else { Err(Coded::silent(1)) }
    })
}
