// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio why`: how the last answers came about.

use crate::global::Global;
use crate::money::{dollars, here};
use crate::operator;
use crate::paths;
use blufio_core::control::Told;
use blufio_core::money::{NanoUsd, Usage};
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many of the last answers
    #[arg(short = 'n', long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    last: u16,
}

pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let place = paths::find(global)?;
    let Told::Answers { answers } = operator::ask(&place, json!({ "ask": "answers", "limit": args.last }))?
    else {
        anyhow::bail!("the daemon answered something else; it may be of another version");
    };
    if global.json {
        println!("{}", serde_json::to_string(&answers)?);
        return Ok(());
    }
    if answers.is_empty() {
        println!("Nothing was answered yet.");
    }
    let (zone, _) = here(&place);
    for answer in &answers {
        let decision = &answer.decision;
        let used = answer.calls.iter().fold(Usage::default(), |sum, call| sum + call.usage);
        let cost: NanoUsd = answer.calls.iter().map(|call| call.cost).sum();
        let model = decision.answered_by.as_ref().unwrap_or(&decision.model);
        println!("{}  {}", zone.describe(answer.at), answer.conversation);
        println!("  route     {} ({model})", decision.route);
        println!("  because   {}", decision.reasons.join("; "));
        if !decision.memories.is_empty() {
            println!("  recalled  {}", decision.memories.join("; "));
        }
        println!(
            "  tokens    {} in ({} from the cache), {} out, in {}",
            used.prompt(),
            used.cache_read,
            used.output,
            if answer.calls.len() == 1 {
                "one call".to_owned()
            } else {
                format!("{} calls", answer.calls.len())
            }
        );
        println!("  cost      {}", dollars(cost));
        println!("  time      {} ms from the message to the answer", answer.took_ms);
    }
    Ok(())
}
