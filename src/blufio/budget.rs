// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio budget`: how the limits stand; raising one until it resets.

use crate::global::Global;
use crate::money::{amount, dollars, here};
use crate::operator;
use crate::paths;
use blufio_calendar::Zone;
use blufio_core::control::{BudgetReport, Told};
use clap::Subcommand;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Allow more until a limit resets; what waits for it is answered now
    Raise {
        /// Which limit: daily, monthly or heartbeat
        limit: String,
        /// By how many dollars
        dollars: String,
    },
}

pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let place = paths::find(global)?;
    let ask = match &args.action {
        None => json!({ "ask": "budget" }),
        Some(Action::Raise { limit, dollars }) => {
            json!({ "ask": "budget_raise", "limit": limit, "by": amount(dollars)? })
        }
    };
    let Told::Budget(report) = operator::ask(&place, ask)? else {
        anyhow::bail!("the daemon answered something else; it may be of another version");
    };
    if global.json {
        println!("{}", serde_json::to_string(&report)?);
        return Ok(());
    }
    let (zone, _) = here(&place);
    print(&report, &zone);
    Ok(())
}

/// Prints how the limits stand.
pub(crate) fn print(report: &BudgetReport, zone: &Zone) {
    if report.standings.is_empty() {
        println!("No limit is set. See budget.daily_usd and budget.monthly_usd in `blufio config show`.");
    }
    for standing in &report.standings {
        let limit = &standing.limit;
        let raised = if standing.raised.0 > 0 {
            format!(" (raised by {})", dollars(standing.raised))
        } else {
            String::new()
        };
        println!(
            "  {:<10} {:>12} of {}{raised}, {} %",
            limit.name,
            dollars(standing.spent),
            dollars(standing.allowed()),
            standing.percent(),
        );
        let reserved = match standing.reserved.0 {
            0 => String::new(),
            _ => format!("; calls that run now may cost up to {}", dollars(standing.reserved)),
        };
        let until = limit.until.map(|until| format!("resets {}", zone.describe(until))).unwrap_or_default();
        println!("             {}, {until}{reserved}", limit.key);
    }
    if let Some(standstill) = &report.standstill {
        println!(
            "Nothing is done in the background: {} (since {})",
            standstill.reason,
            zone.describe(standstill.at)
        );
        println!("When that is put right: blufio heartbeat resume");
    }
}
