// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was answered survives `kill -9` at any moment. The victim is this very program, run again.

use super::fixture::{CHANNEL, accept, chat, here, message, said, settlement};
use crate::{Store, StoreOptions};
use blufio_core::storage::{Queue, Sessions, Settlement};
use blufio_core::time::Timestamp;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PATH: &str = "BLUFIO_STORE_TEST_CRASH";
const KILLS: u64 = 12;

/// The victim: turn after turn, each step told on standard output once it was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn turn_after_turn_until_killed() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let path = PathBuf::from(path);
    let options = StoreOptions { idle_checkpoint: Duration::from_millis(1), ..StoreOptions::default() };
    let store = Store::open(&path, options).unwrap();
    store.recover(Timestamp(1)).await.unwrap();
    let run = std::process::id();
    let talks = (0..4).map(|name| tokio::spawn(talk(store.clone(), format!("{run}-{name}"))));
    for talk in talks.collect::<Vec<_>>() {
        talk.await.unwrap();
    }
}

async fn talk(store: Store, name: String) {
    let tell = |line: String| {
        let mut out = std::io::stdout().lock();
        out.write_all(line.as_bytes()).unwrap();
        out.flush().unwrap();
    };
    let session = store.session(&chat(&name), Timestamp(1)).await.unwrap();
    for number in 0_u64.. {
        let id = format!("{name}-{number}");
        accept(&store, vec![message(&name, &id)], 1).await;
        tell(format!("\naccepted {id}\n"));
        let turn = store.claim(&chat(&name), Timestamp(1)).await.unwrap().unwrap();
        let settlement = Settlement {
            session: Some(session),
            transcript: vec![said(&id)],
            outbox: vec![json!(id)],
            ..settlement(turn.id)
        };
        store.settle(settlement, Timestamp(1)).await.unwrap();
        tell(format!("\nsettled {id}\n"));
        if number % 16 == 0 {
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }
}

/// Runs the victim on `path` for a while and kills it. Returns what it was answered.
fn run_and_kill(path: &Path, lifetime: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "behaviour::crash::turn_after_turn_until_killed", "--nocapture"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = Vec::new();
    // The first word: it is at work. From here on the moment of death is anybody's guess.
    while told.is_empty() {
        told.extend(lines.next().unwrap().ok().filter(|line| line.starts_with("accepted ")));
    }
    let reading = std::thread::spawn(move || {
        told.extend(lines.map_while(Result::ok));
        told
    });
    let begun = Instant::now();
    std::thread::sleep(lifetime.saturating_sub(begun.elapsed()));
    child.kill().unwrap();
    child.wait().unwrap();
    let mut told = reading.join().unwrap();
    told.retain(|line| line.starts_with("accepted ") || line.starts_with("settled "));
    told
}

#[tokio::test]
async fn everything_that_was_answered_survives_being_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    let mut told = Vec::new();
    for kill in 0..KILLS {
        // Spread over the idle checkpoints and the commits, by odd microseconds.
        told.extend(run_and_kill(&path, Duration::from_micros(kill * kill * 937 % 40_000)));
    }
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    store.recover(Timestamp(1)).await.unwrap();
    let find = |sql: &'static str, id: String| {
        let store = store.clone();
        async move {
            let count = move |connection: &rusqlite::Connection| {
                Ok(connection.query_row(sql, [id], |row| row.get::<_, i64>(0))?)
            };
            store.read(count).await.unwrap()
        }
    };
    for line in &told {
        let (step, id) = line.split_once(' ').unwrap();
        assert_eq!(
            find("SELECT count(*) FROM queue WHERE external_id = ?1", id.to_owned()).await,
            1,
            "{line} was lost"
        );
        let quoted = json!(id).to_string();
        let answers = find("SELECT count(*) FROM outbox WHERE payload = ?1", quoted).await;
        assert!(answers == 1 || (answers == 0 && step == "accepted"), "{line}: {answers} answers");
    }
    // What was not settled is there to be taken again; nothing is half-settled.
    let (due, _) = store.due(Timestamp(1), &here(), &[], 1000).await.unwrap();
    for conversation in due {
        assert_eq!(conversation.channel, CHANNEL);
        let turn = store.claim(&conversation, Timestamp(1)).await.unwrap().unwrap();
        let id = json!(turn.messages[0].external_id).to_string();
        assert_eq!(find("SELECT count(*) FROM outbox WHERE payload = ?1", id).await, 0);
    }
}
