// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio cost`: what was spent, on what, and how well the provider's cache served.

use crate::global::Global;
use crate::money::{dollars, here, since};
use crate::operator;
use crate::paths;
use blufio_core::control::{CostReport, Told};
use blufio_core::storage::Cost;
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Since when: today, month, all, a day (2026-11-22) or a span of hours, days or weeks (12h, 7d, 2w)
    #[arg(long, default_value = "month", value_name = "WHEN")]
    since: String,
    /// Added up by what
    #[arg(long, value_enum, default_value = "feature")]
    by: By,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum By {
    /// One line a session
    Session,
    /// One line a model
    Model,
    /// One line a feature: turns, tools, summaries, heartbeats
    Feature,
    /// One line a day
    Day,
}

impl By {
    fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Model => "model",
            Self::Feature => "feature",
            Self::Day => "day",
        }
    }
}

pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let place = paths::find(global)?;
    let (zone, now) = here(&place);
    let since = since(&args.since, &zone, now)?;
    let ask = json!({ "ask": "costs", "since": since, "by": args.by.name() });
    let Told::Costs(report) = operator::ask(&place, ask)? else {
        anyhow::bail!("the daemon answered something else; it may be of another version");
    };
    if global.json {
        println!("{}", as_json(&report, args.by));
        return Ok(());
    }
    if since.0 > 0 {
        println!("Since {}:\n", zone.describe(since));
    }
    print(&report, args.by);
    Ok(())
}

fn as_json(report: &CostReport, by: By) -> Value {
    let line = |cost: &Cost| {
        json!({
            "name": cost.name,
            "calls": cost.calls,
            "cost_usd": cost.cost.as_usd(),
            "cost_nano_usd": cost.cost.0,
            "estimated_usd": cost.estimated.as_usd(),
            "prompt_tokens": cost.usage.prompt(),
            "input_tokens": cost.usage.input,
            "cache_read_tokens": cost.usage.cache_read,
            "cache_write_tokens": cost.usage.cache_write_5m + cost.usage.cache_write_1h,
            "output_tokens": cost.usage.output,
            "cache_hit_ratio": cost.cache_hit_ratio(),
            "overhead_tokens_per_call": cost.overhead_per_call(),
        })
    };
    json!({
        "since_ms": report.since,
        "by": by.name(),
        "lines": report.lines.iter().map(line).collect::<Vec<_>>(),
        "total": line(&report.total),
    })
}

fn print(report: &CostReport, by: By) {
    let total = &report.total;
    if total.calls == 0 {
        println!("Nothing was spent.");
        return;
    }
    println!(
        "  {:>12}  {:>6}  {:>11}  {:>7}  {:>10}  {}",
        "cost",
        "calls",
        "tokens in",
        "cached",
        "tokens out",
        by.name()
    );
    // Days without a call say nothing.
    for cost in report.lines.iter().filter(|cost| cost.calls > 0).chain([total]) {
        println!(
            "  {:>12}  {:>6}  {:>11}  {:>6.1}%  {:>10}  {}",
            dollars(cost.cost),
            cost.calls,
            cost.usage.prompt(),
            cost.cache_hit_ratio() * 100.0,
            cost.usage.output,
            cost.name,
        );
    }
    println!(
        "\nOf each prompt, {} tokens were neither your words nor the conversation.",
        total.overhead_per_call()
    );
    if total.estimated.0 > 0 {
        println!(
            "{} of it is the worst case of calls that were cut off in the middle.",
            dollars(total.estimated)
        );
    }
}
