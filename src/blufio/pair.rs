// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio pair`: who may talk to the agent.

use crate::global::Global;
use crate::operator;
use crate::paths;
use blufio_core::control::Told;
use blufio_core::storage::Peer;
use clap::Subcommand;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Everyone who may talk to the agent, and who asked to
    List,
    /// Let the person in who was given this code
    Approve {
        /// The code, as the agent told it to the person
        code: String,
    },
    /// Shut a person out again
    Remove {
        /// The channel, for example telegram
        channel: String,
        /// The person's id, as `list` shows it
        sender: String,
    },
}

pub(crate) fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let place = paths::find(global)?;
    let ask = match args.action {
        Action::List => json!({ "ask": "peers" }),
        Action::Approve { code } => json!({ "ask": "pair_approve", "code": code.trim().to_uppercase() }),
        Action::Remove { channel, sender } => {
            json!({ "ask": "peer_remove", "channel": channel, "sender": sender })
        }
    };
    let told = operator::ask(&place, ask)?;
    if global.json {
        println!("{}", serde_json::to_string(&told)?);
        return Ok(());
    }
    match told {
        Told::Peers { peers } if peers.is_empty() => {
            println!("Nobody yet. Write to the agent to get a pairing code.")
        }
        Told::Peers { peers } => peers.iter().for_each(print),
        Told::Paired(peer) => {
            println!("{} ({} {}) may now talk to the agent.", peer.name, peer.channel, peer.sender)
        }
        _ => println!("Done."),
    }
    Ok(())
}

fn print(peer: &Peer) {
    let state = match (&peer.approved_at, &peer.code) {
        (Some(_), _) => "paired".to_owned(),
        (None, Some(code)) => format!("asks, code {code}"),
        (None, None) => "asked, the code has expired".to_owned(),
    };
    println!("{:<10} {:<14} {:<24} {state}", peer.channel, peer.sender, peer.name);
}
