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
//! | without memory, with 50 memories | a program that remembers nothing, and one that has the sentence model look for what fits each message |
//!
//! The state lies in the folder of temporary files; `TMPDIR=/dev/shm` shows what is left without a disk.
//! `BLUFIO_BIN` names the program to measure (the static release build, say); without it, it is the one that cargo built
//! for this bench. The table goes to standard error, one JSON object to standard output.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice)]

mod daemon;
mod report;
mod tap;
mod work;

use blufio_simulator::Simulator;
use daemon::{Daemon, Remembers, Vaulted};
use report::{Report, Spread};
use std::time::{Duration, Instant};
use tap::Tap;

/// Starts of each kind.
const STARTS: usize = 20;
/// Conversations side by side, for the throughput.
const CHATS: i64 = 64;
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

    let report = Report {
        binary: daemon::binary().display().to_string(),
        start_with_vault: bench.starts(Vaulted::Yes).await,
        start_without_vault: bench.starts(Vaulted::No).await,
        key_derivation: Spread::of((0..5).map(|_| derivation()).collect()),
        flush: Spread::of(flushes()),
        forgetful: bench.work(Remembers::Nothing).await,
        remembering: bench.work(Remembers::Something).await,
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
        let mut daemon = Daemon::start(&self.telegram, &self.anthropic, vaulted, Remembers::Nothing).await;
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
}
