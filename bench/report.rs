// SPDX-License-Identifier: MIT OR Apache-2.0
//! The numbers, as a table and as JSON, beside what is aimed at.

use serde_json::{Value, json};
use std::time::Duration;

/// How long something took, many times.
pub(crate) struct Spread(Vec<Duration>);

impl Spread {
    pub(crate) fn of(mut took: Vec<Duration>) -> Self {
        took.sort();
        Self(took)
    }

    /// Milliseconds that this share of all took at most.
    fn percentile(&self, percent: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let at = (last * percent).div_ceil(100);
        self.0.get(at).copied().unwrap_or_default().as_secs_f64() * 1e3
    }

    fn json(&self) -> Value {
        json!({ "p50_ms": round(self.percentile(50)), "p99_ms": round(self.percentile(99)), "count": self.0.len() })
    }
}

/// What a process holds.
pub(crate) struct Memory {
    rss: f64,
    pss: f64,
    private: f64,
}

impl Memory {
    pub(crate) fn of(pid: u32) -> Self {
        let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("the kernel tells");
        let field = |name: &str| {
            let lines = text.lines().filter(|line| line.starts_with(name));
            lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).sum::<f64>() / 1024.0
        };
        Self { rss: field("Rss:"), pss: field("Pss:"), private: field("Private_") }
    }

    fn json(&self) -> Value {
        json!({ "rss_mib": round(self.rss), "pss_mib": round(self.pss), "private_mib": round(self.private) })
    }
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// What a daemon at work costs.
pub(crate) struct Work {
    pub(crate) idle: Memory,
    pub(crate) after_100_turns: Memory,
    pub(crate) after_all_turns: Memory,
    pub(crate) added_latency: Spread,
    pub(crate) added_before_the_model: Spread,
    pub(crate) added_after_the_model: Spread,
    pub(crate) turns_per_second: f64,
}

impl Work {
    fn json(&self) -> Value {
        json!({
            "idle": self.idle.json(),
            "after_100_turns": self.after_100_turns.json(),
            "after_all_turns": self.after_all_turns.json(),
            "added_latency": self.added_latency.json(),
            "added_before_the_model": self.added_before_the_model.json(),
            "added_after_the_model": self.added_after_the_model.json(),
            "turns_per_second_64_conversations": round(self.turns_per_second),
        })
    }
}

pub(crate) struct Report {
    pub(crate) binary: String,
    pub(crate) start_with_vault: Spread,
    pub(crate) start_without_vault: Spread,
    pub(crate) key_derivation: Spread,
    pub(crate) flush: Spread,
    pub(crate) forgetful: Work,
    pub(crate) remembering: Work,
}

impl Report {
    pub(crate) fn json(&self) -> Value {
        json!({
            "binary": self.binary,
            "start_to_ready_with_vault": self.start_with_vault.json(),
            "start_to_ready_without_vault": self.start_without_vault.json(),
            "key_derivation": self.key_derivation.json(),
            "flush_of_the_disk": self.flush.json(),
            "without_memory": self.forgetful.json(),
            "with_memories": self.remembering.json(),
        })
    }

    pub(crate) fn table(&self) -> String {
        let time = |spread: &Spread| {
            format!("{:>7.1} ms p50 {:>7.1} ms p99", spread.percentile(50), spread.percentile(99))
        };
        let memory = |memory: &Memory| format!("{:>7.1} MiB RSS {:>6.1} MiB PSS", memory.rss, memory.pss);
        let rate = |work: &Work| format!("{:>7.0} turns a second", work.turns_per_second);
        let once = [
            ("start to ready, vault", time(&self.start_with_vault), "p50 at most 150 ms"),
            ("start to ready, no vault", time(&self.start_without_vault), ""),
            ("  key derivation alone", time(&self.key_derivation), ""),
            ("a flush of the disk", time(&self.flush), ""),
        ];
        let both = |of: &dyn Fn(&Work) -> String| [of(&self.forgetful), of(&self.remembering)];
        let twice = [
            ("", ["  without memory".to_owned(), "  with 50 memories".to_owned()], ""),
            ("idle", both(&|work| memory(&work.idle)), "at most 25 MiB RSS"),
            ("idle after 100 turns", both(&|work| memory(&work.after_100_turns)), ""),
            ("after all turns", both(&|work| memory(&work.after_all_turns)), ""),
            ("added latency of a turn", both(&|work| time(&work.added_latency)), "without: p50 at most 5 ms"),
            ("  before the model", both(&|work| time(&work.added_before_the_model)), ""),
            ("  after the model", both(&|work| time(&work.added_after_the_model)), ""),
            ("64 conversations", both(&rate), ""),
        ];
        let line = |name: &str, [first, second]: [&str; 2], aim: &str| {
            format!("{name:<26} {first:<34} {second:<34} {aim}").trim_end().to_owned()
        };
        let once = once.iter().map(|(name, value, aim)| line(name, [value, ""], aim));
        let twice = twice.iter().map(|(name, [off, on], aim)| line(name, [off, on], aim));
        let lines: Vec<String> = once.chain(twice).collect();
        format!("{}\n{}", self.binary, lines.join("\n"))
    }
}
