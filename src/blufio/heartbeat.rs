// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio heartbeat`: whether the agent looks around unasked, and letting it go on after it was stopped.

use crate::global::Global;
use crate::money::here;
use crate::operator;
use crate::paths;
use blufio_core::control::Told;
use clap::Subcommand;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Whether it is on, and whether something holds it up
    Status,
    /// Let it go on after the provider's spend limit has stopped it
    Resume,
}

pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let place = paths::find(global)?;
    if matches!(args.action, Some(Action::Resume)) {
        operator::ask(&place, json!({ "ask": "background_resume" }))?;
    }
    let Told::Budget(report) = operator::ask(&place, json!({ "ask": "budget" }))? else {
        anyhow::bail!("the daemon answered something else; it may be of another version");
    };
    let heartbeat = &place.config.heartbeat;
    if global.json {
        let object = json!({
            "enabled": heartbeat.enabled,
            "interval_s": heartbeat.interval.as_secs(),
            "watch": heartbeat.watch.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "standstill": report.standstill,
        });
        println!("{object}");
        return Ok(());
    }
    if !heartbeat.enabled {
        println!("Off: nothing is done unasked but reminders. heartbeat.enabled turns it on.");
    } else if report.standstill.is_none() {
        println!(
            "On: every {} minutes, {} things watched.",
            heartbeat.interval.as_secs() / 60,
            heartbeat.watch.len()
        );
    }
    if let Some(standstill) = &report.standstill {
        let (zone, _) = here(&place);
        println!("Stopped: {} (since {})", standstill.reason, zone.describe(standstill.at));
        println!("When that is put right: blufio heartbeat resume");
    }
    Ok(())
}
