// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was answered survives `kill -9` at any moment. The victim is this very program, run again.

use super::fixture::{
    CHANNEL, accept, call, chat, here, limit, message, reservation, reserve, said, settlement,
};
use crate::{Store, StoreOptions};
use blufio_core::ids::SessionId;
use blufio_core::storage::{CallRecord, Feature, Ledger, Queue, Reservation, Scope, Sessions, Settlement};
use blufio_core::time::Timestamp;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PATH: &str = "BLUFIO_STORE_TEST_CRASH";
const KILLS: u64 = 12;
/// What a call of the victim can cost, and what it does cost.
const WORST: i64 = 1_000;
const COST: i64 = 7;
/// What the victim tells.
const STEPS: [&str; 4] = ["accepted ", "reserved ", "entered ", "settled "];

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
        let of_turn = Reservation {
            turn: Some(turn.id),
            session: Some(session),
            model: id.clone(),
            ..reservation(Feature::Turn, WORST, vec![limit(Scope::Agent, i64::MAX)])
        };
        let reserved = reserve(&store, of_turn, 1).await;
        tell(format!("\nreserved {id}\n"));
        let record = CallRecord { model: id.clone(), ..call(Feature::Turn, COST, 1) };
        store.settle_call(reserved, Some(record)).await.unwrap();
        tell(format!("\nentered {id}\n"));
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
    told.retain(|line| STEPS.iter().any(|step| line.starts_with(step)));
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
        assert!(answers == 1 || (answers == 0 && step != "settled"), "{line}: {answers} answers");
        let calls = find("SELECT count(*) FROM ledger WHERE model = ?1", id.to_owned()).await;
        assert!(calls == 1 || (calls == 0 && step == "accepted"), "{line}: {calls} calls in the ledger");
        let seen = "SELECT count(*) FROM ledger WHERE model = ?1 AND class = 'ok'";
        let ended = find(seen, id.to_owned()).await;
        assert!(ended == 1 || matches!(step, "accepted" | "reserved"), "{line}: its end was seen");
    }
    totals_are_what_the_rows_add_up_to(&store).await;
    // What was not settled is there to be taken again; nothing is half-settled.
    let (due, _) = store.due(Timestamp(1), &here(), &[], 1000).await.unwrap();
    for conversation in due {
        assert_eq!(conversation.channel, CHANNEL);
        let turn = store.claim(&conversation, Timestamp(1)).await.unwrap().unwrap();
        let id = json!(turn.messages[0].external_id).to_string();
        assert_eq!(find("SELECT count(*) FROM outbox WHERE payload = ?1", id).await, 0);
    }
}

/// Also after all those deaths; and what was cut off is there at its worst.
async fn totals_are_what_the_rows_add_up_to(store: &Store) {
    let sums = |connection: &rusqlite::Connection| {
        let wrong = "SELECT count(*) FROM ledger WHERE cost_nano_usd <> iif(class = 'interrupted', ?1, ?2)";
        let wrong = connection.query_row(wrong, [WORST, COST], |row| row.get::<_, i64>(0))?;
        let mut by_session =
            connection.prepare("SELECT session, sum(cost_nano_usd) FROM ledger GROUP BY session")?;
        let rows = by_session.query_map([], |row| Ok((SessionId(row.get(0)?), row.get::<_, i64>(1)?)))?;
        Ok((wrong, rows.collect::<Result<Vec<_>, _>>()?))
    };
    let (wrong, sums) = store.read(sums).await.unwrap();
    assert_eq!(wrong, 0);
    assert!(!sums.is_empty());
    let mut limits: Vec<_> = sums.iter().map(|(session, _)| limit(Scope::Session(*session), 0)).collect();
    limits.push(limit(Scope::Agent, 0));
    let standings = store.standings(&limits).await.unwrap();
    assert!(standings.iter().all(|standing| standing.reserved.0 == 0));
    let spent: Vec<_> = standings.iter().map(|standing| standing.spent.0).collect();
    let mut expected: Vec<_> = sums.iter().map(|(_, sum)| *sum).collect();
    expected.push(expected.iter().sum());
    assert_eq!(spent, expected);
}
