// SPDX-License-Identifier: MIT OR Apache-2.0
//! Turns and checks, for people and as JSON.

use super::stage::Stage;
use crate::assemble;
use crate::terminal::beginning;
use anyhow::Context as _;
use blufio_core::ids::QueueId;
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::storage::CostBy;
use blufio_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How much of a text is shown.
const SHOWN: usize = 96;

/// One turn of the play.
#[derive(Debug, Serialize)]
struct Turn {
    said: String,
    answered: String,
    /// Which model slot was chosen, and why. Null for a turn without the model.
    route: Option<String>,
    reasons: Vec<String>,
    model: Option<String>,
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cost_usd: f64,
    latency_ms: u64,
    memories: Vec<String>,
    #[serde(skip)]
    id: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    pass: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

pub(super) struct Report {
    json: bool,
    began: Instant,
    turns: Vec<Turn>,
    checks: Vec<Check>,
    /// Tokens of a prompt that are neither the person's words nor history, on average.
    overhead: u64,
    cache_hit_ratio: f64,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            began: Instant::now(),
            turns: Vec::new(),
            checks: Vec::new(),
            overhead: 0,
            cache_hit_ratio: 0.0,
        }
    }

    /// Tells a person what is going on.
    pub(super) fn tell(&self, text: &str) {
        if !self.json {
            println!("{:>6.2} s  {text}", self.began.elapsed().as_secs_f64());
        }
    }

    /// A heading.
    pub(super) fn act(&self, text: &str) {
        if !self.json {
            println!("\n{text}");
        }
    }

    pub(super) fn check(&mut self, name: &'static str, pass: bool, detail: &str) {
        let mark = if pass { "✓" } else { "✗" };
        self.tell(&format!("{mark} {name}"));
        if !pass && !detail.is_empty() {
            self.tell(&format!("  {detail}"));
        }
        let detail = if pass { String::new() } else { detail.to_owned() };
        self.checks.push(Check { name, pass, detail });
    }

    /// One check over several things: it is noted once, and holds only if all of them do.
    pub(super) fn check_once(&mut self, name: &'static str, pass: bool, detail: &str) {
        match self.checks.iter_mut().find(|check| check.name == name) {
            Some(check) if !pass && check.pass => {
                check.pass = false;
                check.detail = detail.to_owned();
                self.tell(&format!("✗ {name}: {detail}"));
            }
            Some(_) => {}
            None => self.check(name, pass, detail),
        }
    }

    /// A turn is over. `id` is its number in the queue, by which its calls are found in the ledger.
    pub(super) fn turn(&mut self, id: Option<i64>, said: &str, answered: &str, latency: Duration) {
        self.tell(&format!("Ada     {}", beginning(said, SHOWN)));
        self.tell(&format!("Blufio  {}  ({} ms)", beginning(answered, SHOWN), latency.as_millis()));
        self.turns.push(Turn {
            said: said.to_owned(),
            answered: answered.to_owned(),
            route: None,
            reasons: Vec::new(),
            model: None,
            input_tokens: 0,
            output_tokens: 0,
            cache_read_tokens: 0,
            cost_usd: 0.0,
            latency_ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
            memories: Vec::new(),
            id,
        });
    }

    /// Reads from the daemon's own ledger what each turn used, and holds it against the bill of the stand-in. The
    /// daemon must have ended.
    pub(super) async fn reckon(&mut self, stage: &Stage) -> anyhow::Result<()> {
        let storage = assemble::storage(&stage.file("blufio.db")).context("the state cannot be opened")?;
        let answers = storage.answers(None, 10_000).await?;
        for turn in &mut self.turns {
            let id = turn.id.map(QueueId);
            let Some(answer) = answers.iter().find(|answer| Some(answer.turn) == id) else { continue };
            let used = answer.calls.iter().fold(Usage::default(), |sum, call| sum + call.usage);
            let decision = &answer.decision;
            turn.route = Some(decision.route.name().to_owned());
            turn.reasons.clone_from(&decision.reasons);
            turn.memories.clone_from(&decision.memories);
            turn.model = Some(decision.answered_by.as_ref().unwrap_or(&decision.model).clone());
            turn.input_tokens = used.prompt();
            turn.output_tokens = used.output;
            turn.cache_read_tokens = used.cache_read;
            turn.cost_usd = answer.calls.iter().map(|call| call.cost).sum::<NanoUsd>().as_usd();
        }
        let routes = |route| self.turns.iter().any(|turn| turn.route.as_deref() == Some(route));
        let chosen = routes("fast") && routes("standard") && routes("deep");
        let (_, total) = storage.costs(Timestamp(0), CostBy::Feature).await?;
        // The end of the call that was running when the daemon was killed was seen by nobody: its worst case is in the
        // ledger, and no more than that is on the bill.
        let (ledger, worst) = (total.cost.0 - total.estimated.0, total.estimated.0);
        let bill = i64::try_from(stage.simulator.anthropic.bill().nano_usd)?;
        let lost = i64::try_from(stage.lost_nano_usd)?;
        let adds_up = ledger + lost == bill && lost <= worst;
        self.overhead = total.overhead_per_call();
        self.cache_hit_ratio = total.cache_hit_ratio();
        let detail =
            format!("nano-dollars: ledger {ledger}, killed call {lost} (at most {worst}), bill {bill}");
        self.check("each message took the model that it needs", chosen, "a route was never taken");
        self.check("the ledger and the provider's bill agree to the nano-dollar", adds_up, &detail);
        Ok(())
    }

    /// Prints what there is to print; says whether everything held.
    pub(super) fn finish(self, stage: &Stage) -> anyhow::Result<bool> {
        let passed = self.checks.iter().all(|check| check.pass);
        let seconds = self.began.elapsed().as_secs_f64();
        if self.json {
            let object: Value = json!({
                "passed": passed,
                "seconds": seconds,
                "turns": self.turns,
                "checks": self.checks,
                "overhead_tokens_per_call": self.overhead,
                "cache_hit_ratio": self.cache_hit_ratio,
            });
            println!("{object}");
            return Ok(passed);
        }
        println!("\n  route     tokens in  (cached)  tokens out       cost   latency  turn");
        for turn in &self.turns {
            println!(
                "  {:<8}  {:>9}  {:>8}  {:>10}  ${:.6}  {:>5} ms  {}",
                turn.route.as_deref().unwrap_or("-"),
                turn.input_tokens,
                turn.cache_read_tokens,
                turn.output_tokens,
                turn.cost_usd,
                turn.latency_ms,
                beginning(&turn.said, SHOWN),
            );
            if !turn.reasons.is_empty() {
                println!("            because: {}", beginning(&turn.reasons.join("; "), SHOWN));
            }
        }
        println!(
            "\n  {:.0} % of the prompt tokens came from the cache; {} tokens a prompt were overhead.",
            self.cache_hit_ratio * 100.0,
            self.overhead
        );
        let held = self.checks.iter().filter(|check| check.pass).count();
        println!("\n{held} of {} checks held, in {seconds:.1} s.", self.checks.len());
        if passed {
            println!("Type to it yourself: blufio demo --interactive. Set it up for real: see README.md.");
        } else {
            println!("The end of the daemon's log:\n{}", stage.log_tail());
        }
        Ok(passed)
    }
}
