// SPDX-License-Identifier: MIT OR Apache-2.0
//! What Blufio adds: `cargo bench -p blufio`.
//!
//! The real program runs against the stand-ins for both services on this machine. Between them and the program stand two
//! taps that pass everything on and note when it went by, so that what is measured is what the program adds, whatever the
//! stand-ins take for themselves:
//!
//! | number | is |
//! |---|---|
//! | start to ready | from the start of the process to the first `GET /health` with 200, looked for each millisecond |
//! | key derivation | Argon2id alone, with the parameters that the program has by default, timed in this process |
//! | flush of the disk | 4 KiB appended and `fsync`ed in the folder of temporary files: a turn waits for three of these |
//! | added latency | from the update leaving the tap to the request for the model, plus from the last byte of the model's answer to the message for Telegram |
//! | turns per second | 64 conversations, each of which says the next thing as soon as it has its answer |
//!
//! The state lies in the folder of temporary files; `TMPDIR=/dev/shm` shows what is left without a disk.
//! `BLUFIO_BIN` names the program to measure (the static release build, say); without it, it is the one that cargo built
//! for this bench. The table goes to standard error, one JSON object to standard output.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice)]

mod daemon;
mod report;
mod tap;

use blufio_simulator::Simulator;
use daemon::{Daemon, Vaulted};
use report::{Memory, Report, Spread};
use std::time::{Duration, Instant};
use tap::Tap;

/// Starts of each kind.
const STARTS: usize = 20;
/// Turns of one conversation, for the latency.
const TURNS: usize = 300;
/// Turns that are not counted: connections come about, caches fill.
const WARM: usize = 20;
/// Conversations side by side, for the throughput.
const CHATS: i64 = 64;
/// Turns of each of them.
const ROUNDS: usize = 20;
/// Quiet before memory is read.
const IDLE: Duration = Duration::from_secs(5);
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

struct Bench {
    simulator: Simulator,
    telegram: Tap,
    anthropic: Tap,
}

#[tokio::main]
async fn main() {
    let simulator = Simulator::start(None).await.expect("the simulator listens");
    let telegram = Tap::start(simulator.telegram_addr()).await;
    let anthropic = Tap::start(simulator.anthropic_addr()).await;
    let bench = Bench { simulator, telegram, anthropic };

    let sealed = bench.starts(Vaulted::Yes).await;
    let open = bench.starts(Vaulted::No).await;
    let derivation = Spread::of((0..5).map(|_| derivation()).collect());
    let flush = Spread::of(flushes());
    let mut daemon = Daemon::start(&bench.telegram, &bench.anthropic, Vaulted::Yes).await;
    daemon.ready().await;
    tokio::time::sleep(IDLE).await;
    let idle = Memory::of(daemon.pid());
    bench.latencies(100).await;
    tokio::time::sleep(IDLE).await;
    let after = Memory::of(daemon.pid());
    let added = bench.latencies(TURNS).await;
    let rate = bench.throughput().await;
    let loaded = Memory::of(daemon.pid());
    daemon.stop().await;

    let report = Report {
        binary: daemon::binary().display().to_string(),
        start_with_vault: sealed,
        start_without_vault: open,
        key_derivation: derivation,
        flush,
        idle,
        after_100_turns: after,
        after_all_turns: loaded,
        added_latency: Spread::of(added.iter().map(|(before, after)| *before + *after).collect()),
        added_before_the_model: Spread::of(added.iter().map(|(before, _)| *before).collect()),
        added_after_the_model: Spread::of(added.iter().map(|(_, after)| *after).collect()),
        turns_per_second: rate,
    };
    eprintln!("{}", report.table());
    println!("{}", report.json());
}

/// Argon2id as the program would ask for it. The salt and the passphrase are of no consequence.
fn derivation() -> Duration {
    let [memory_kib, passes, lanes] =
        ["vault.memory_kib", "vault.passes", "vault.lanes"].map(daemon::default_of);
    let params = argon2::Params::new(memory_kib, passes, lanes, Some(32)).expect("the vault's parameters");
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut key = [0; 32];
    let begin = Instant::now();
    argon2.hash_password_into(b"passphrase", &[7; 16], &mut key).expect("a key");
    begin.elapsed()
}

/// How long this disk takes to keep what it was given.
fn flushes() -> Vec<Duration> {
    let mut file = tempfile::tempfile().expect("a file");
    let mut once = || {
        std::io::Write::write_all(&mut file, &[1; 4096]).expect("it is written");
        let begin = Instant::now();
        file.sync_all().expect("it is kept");
        begin.elapsed()
    };
    (0..200).map(|_| once()).collect()
}

impl Bench {
    /// Starts the daemon again and again on a state that exists already.
    async fn starts(&self, vaulted: Vaulted) -> Spread {
        let mut daemon = Daemon::start(&self.telegram, &self.anthropic, vaulted).await;
        daemon.ready().await;
        let mut took = Vec::new();
        for _ in 0..STARTS {
            daemon.stop().await;
            let begin = Instant::now();
            daemon.spawn();
            daemon.ready().await;
            took.push(begin.elapsed());
        }
        daemon.stop().await;
        Spread::of(took)
    }

    /// One conversation; for each turn the time that is the program's, before and after the model.
    async fn latencies(&self, turns: usize) -> Vec<(Duration, Duration)> {
        let mut added = Vec::new();
        for turn in 0..turns + WARM {
            self.telegram.forget();
            self.anthropic.forget();
            let answer = self.say(1, turn).await;
            let update = self.telegram.answered(&answer.0);
            let asked = self.anthropic.first_asked();
            let answered = self.anthropic.last_answered();
            let sent = self.telegram.asked(&answer.1);
            if turn >= WARM {
                let before = asked.saturating_duration_since(update);
                added.push((before, sent.saturating_duration_since(answered)));
            }
            // Between two things that a person says there is time; the daemon may put its papers in order.
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        added
    }

    /// Says something and waits for the answer; returns what was said and what was answered.
    async fn say(&self, chat: i64, turn: usize) -> (String, String) {
        let answer = format!("This is answer {turn} to {chat}.");
        let said = format!("[sim:say {answer}]");
        let telegram = &self.simulator.telegram;
        telegram.send_text(chat, chat, &said);
        let arrived = |telegram: &blufio_simulator::telegram::Telegram| {
            telegram.last_message(chat).is_some_and(|last| last.text == answer)
        };
        assert!(telegram.wait_for(PATIENCE, arrived).await, "no answer in chat {chat}");
        (said, answer)
    }

    async fn throughput(&self) -> f64 {
        let begin = Instant::now();
        let talks = (1..=CHATS).map(async |chat| {
            for round in 0..ROUNDS {
                self.say(chat, 1_000_000 + round).await;
            }
        });
        futures_util::future::join_all(talks).await;
        let turns = CHATS as f64 * ROUNDS as f64;
        turns / begin.elapsed().as_secs_f64()
    }
}
