// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio outbox`: answers that could not be delivered.

use crate::global::Global;
use crate::operator;
use crate::paths;
use crate::terminal::beginning;
use blufio_core::control::Told;
use clap::Subcommand;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Messages that were given up, newest first
    List,
    /// Try one of them once more
    Retry {
        /// Its number, as `list` shows it
        id: i64,
    },
}

pub(crate) fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let place = paths::find(global)?;
    let ask = match args.action {
        Action::List => json!({ "ask": "dead_letters" }),
        Action::Retry { id } => json!({ "ask": "redeliver", "id": id }),
    };
    let told = operator::ask(&place, ask)?;
    if global.json {
        println!("{}", serde_json::to_string(&told)?);
        return Ok(());
    }
    match told {
        Told::DeadLetters { letters } if letters.is_empty() => println!("Everything was delivered."),
        Told::DeadLetters { letters } => {
            for letter in letters {
                let text = letter.payload.get("text").and_then(|text| text.as_str()).unwrap_or_default();
                let error = letter.error.as_deref().unwrap_or("unknown");
                println!("{:>6}  {}  {}", letter.id, letter.conversation, beginning(error, 120));
                println!("        {}", beginning(text, 60));
            }
        }
        _ => println!("It is on its way again."),
    }
    Ok(())
}
