// SPDX-License-Identifier: MIT OR Apache-2.0
//! Secrets are planted, everything is made to go wrong at the most talkative level of the log, and then they are looked
//! for wherever the program has left a trace. Children and neighbours cannot get at them either.

mod canary;

use crate::house::{ADA, House};
use blufio_simulator::anthropic::Fault;
use blufio_simulator::telegram::Fault as Trouble;
use canary::Canary;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const KEY: &str = "sk-ant-canary-api03-Zx9+kQ/7vLw2==mPq";
const TOKEN: &str = "7000000007:AAcanary-Tq8_vWm3LzR5nKx1JpYd6HbGsEc";
const PASSPHRASE: &str = "canary passphrase: ünder the blue stone, 47 steps";
const SPARE: &str = "spare-canary-4f!Bq&8?zT#mY%2w";
/// Somebody who is nobody.
const NOBODY: u32 = 65_534;

fn canaries() -> [Canary; 4] {
    [
        Canary::new("the API key", KEY),
        Canary::new("the bot token", TOKEN),
        Canary::new("the passphrase", PASSPHRASE),
        Canary::new("the spare secret", SPARE),
    ]
}

/// Prints all that a child of the daemon can get hold of.
const SPY: &str = r#"["sh", "-c", "cat >/dev/null; env; cat /proc/self/environ | tr '\\0' ' '; cat /proc/$PPID/cmdline | tr '\\0' ' '; ls /proc/self/fd"]"#;

async fn vaulted() -> House {
    let mut house = House::plan()
        .without_secrets()
        .idle()
        .with_log_file()
        .set("log.level", "\"trace\"")
        .set("anthropic.max_retries", "1")
        .set("transcription.command", SPY)
        .build()
        .await;
    house.sim.telegram.set_token(TOKEN);
    house.sim.anthropic.accept_key(KEY);
    let folder = house.credentials(&[("vault-passphrase", PASSPHRASE)]);
    house.env("CREDENTIALS_DIRECTORY", Some(&folder));
    house.blufio(&["vault", "init"], "").await.ok();
    for (name, value) in [("anthropic-api-key", KEY), ("telegram-bot-token", TOKEN), ("spare", SPARE)] {
        house.blufio(&["vault", "set", name], value).await.ok();
    }
    house
}

/// A conversation in which all sorts of things go wrong.
async fn live_through_everything(house: &mut House) {
    house.spawn();
    house.wait_ready().await;
    house.ask(ADA, "Good morning. **What** time is it?").await;
    house.ask(ADA, "[sim:tool teleport {\"to\": \"the moon\"}]").await;
    house.ask(ADA, "[sim:markdown 7]").await;
    let faults = [
        Fault::Status { status: 529 },
        Fault::HtmlBadGateway,
        Fault::Reset,
        Fault::CutInCharacter,
        Fault::Malformed { after_events: 2 },
    ];
    for fault in faults {
        house.sim.anthropic.fault(fault, 1);
        house.ask(ADA, "And now?").await;
    }
    house.sim.anthropic.fault(Fault::Status { status: 401 }, 1);
    house.ask(ADA, "Are you allowed to?").await;
    for trouble in [Trouble::Html { status: 502 }, Trouble::ResetBefore, Trouble::Truncated] {
        house.sim.telegram.fail("sendMessage", trouble);
        house.ask(ADA, "Do you hear me?").await;
    }
    // A service that repeats the token in its refusal, which is told to the person, to the model and to the log.
    let refusal = Trouble::Refuse { code: 400, description: format!("Bad Request: no file for bot{TOKEN}") };
    house.sim.telegram.fail("getFile", refusal);
    house.sim.telegram.send_document(ADA, ADA, "notes.txt", "text/plain", "Some notes.", "Read this");
    house.until("an answer to a file", |telegram| telegram.messages(ADA).len() >= 13).await;
    house.sim.telegram.send_document(ADA, ADA, "notes.txt", "text/plain", "Some notes.", "And this");
    house.until("an answer to a file", |telegram| telegram.messages(ADA).len() >= 14).await;
    house.sim.telegram.send_voice(ADA, ADA, "OggS");
    house.until("an answer to a voice note", |telegram| telegram.messages(ADA).len() >= 15).await;
    house.sim.telegram.send_text(4_711, 4_711, "Let me in.");
    house.replies(4_711, 1).await;
}

/// What is asked of the daemon, rightly and wrongly. Returns everything that came back.
async fn ask_everything(house: &House) -> Vec<(String, Vec<u8>)> {
    let mut told = Vec::new();
    for command in [
        vec!["status", "--json"],
        vec!["status"],
        vec!["vault", "status", "--json"],
        vec!["vault", "list"],
        vec!["vault", "set", "no/such name"],
        vec!["vault", "rotate", "--new-passphrase-fd", "99"],
        vec!["vault", "remove", "nothing"],
        vec!["outbox", "list", "--json"],
        vec!["pair", "list", "--json"],
        vec!["config", "get", "--json"],
        vec!["config", "validate"],
    ] {
        let output = house.blufio(&command, SPARE).await;
        let name = format!("blufio {command:?}");
        told.push((name, [output.stdout, output.stderr].concat().into_bytes()));
    }
    // The socket is asked in ways that it denies: the denial must not repeat what was asked.
    let socket = house.database().with_file_name("blufio.sock");
    for (path, body) in [
        ("/ask", format!(r#"{{"ask":"vault_unseal","passphrase":"{PASSPHRASE}","and":1}}"#)),
        ("/ask", format!(r#"{{"ask":"vault_set","name":"{SPARE}","value":7}}"#)),
        ("/ask", format!(r#"{{"ask":"{KEY}"}}"#)),
        ("/ask", format!("no JSON {TOKEN}")),
        ("/nowhere", KEY.to_owned()),
    ] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: blufio\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut stream = tokio::net::UnixStream::connect(&socket).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert!(!answer.is_empty());
        told.push((format!("the socket's answer to {path}"), answer));
    }
    told.push(("/health".into(), format!("{:?}", house.health().await).into_bytes()));
    told.push(("/metrics".into(), house.metrics().await.0.into_bytes()));
    let pid = house.pid();
    told.push(("the command line".into(), std::fs::read(format!("/proc/{pid}/cmdline")).unwrap()));
    told
}

/// What both services were told, but for the header and the path in which the secrets belong.
fn received(house: &House) -> Vec<(String, Vec<u8>)> {
    let mut received = Vec::new();
    for call in house.sim.anthropic.requests() {
        received.push(("a request to Claude".to_owned(), call.json().to_string().into_bytes()));
    }
    for call in house.sim.telegram.calls() {
        received.push((format!("{} to Telegram", call.method), serde_json::to_vec(&call).unwrap()));
    }
    for chat in [ADA, 4_711] {
        for message in house.sim.telegram.all_messages(chat) {
            received.push(("a message".to_owned(), serde_json::to_vec(&message).unwrap()));
        }
    }
    received
}

#[tokio::test]
async fn no_secret_is_found_anywhere_after_everything_went_wrong() {
    let mut house = vaulted().await;
    live_through_everything(&mut house).await;
    let mut traces = ask_everything(&house).await;
    house.terminate().await;

    // Where nobody listens, errors like to name the whole address, and the token is part of it.
    house.set("telegram.base_url", "\"http://127.0.0.1:9\"");
    house.set("anthropic.base_url", "\"http://127.0.0.1:9\"");
    house.spawn();
    house.wait_health("a daemon that reaches nobody", |_| true).await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    traces.push(("/health without a network".into(), house.health().await.body.into_bytes()));
    house.kill().await;

    traces.extend(received(&house));
    canary::files(house.folder(), &["credentials"], &mut traces);
    let log: usize = traces.iter().filter(|(name, _)| name.ends_with(".log")).map(|(_, log)| log.len()).sum();
    assert!(log > 10_000, "there is nothing in the log to look through: {log} bytes");
    assert!(traces.iter().any(|(name, _)| name.ends_with("blufio.db")));
    assert!(house.calls() > 10);
    let redacted =
        traces.iter().filter(|(_, bytes)| bytes.windows(10).any(|window| window == b"[redacted]")).count();
    assert!(redacted > 0, "no secret came near the log: the test puts nothing to the proof");

    let canaries = canaries();
    let mut finds = Vec::new();
    for (name, bytes) in &traces {
        finds.extend(
            canaries.iter().filter_map(|canary| Some(format!("{} in {name}", canary.seen_in(bytes)?))),
        );
    }
    println!(
        "{} traces, {} bytes, {} finds",
        traces.len(),
        traces.iter().map(|(_, b)| b.len()).sum::<usize>(),
        finds.len()
    );
    assert!(finds.is_empty(), "{finds:#?}");
}

#[tokio::test]
async fn a_child_of_the_daemon_is_given_no_secret() {
    let house = House::plan()
        .env("ANTHROPIC_API_KEY", KEY)
        .set("transcription.command", SPY)
        .set("log.level", "\"info\"")
        .build()
        .await;
    house.sim.telegram.send_voice(ADA, ADA, "OggS");
    house.replies(ADA, 1).await;
    let heard = house.last_prompt();
    assert!(heard.contains("PATH="), "the spy heard nothing: {heard}");
    for canary in [Canary::new("the key", KEY), Canary::new("the token", &house.sim.telegram.token())] {
        assert_eq!(canary.seen_in(heard.as_bytes()), None);
    }
}

/// A process of the same user reads the environment and the memory of every other one, but not of the daemon.
#[tokio::test]
async fn a_process_of_the_same_user_cannot_read_the_daemons_environment_or_memory() {
    let root = rustix::process::geteuid().is_root();
    let mut house = House::plan().idle().build().await;
    let program = house.folder().join("program");
    std::fs::copy(env!("CARGO_BIN_EXE_blufio"), &program).unwrap();
    // As root, both are run as somebody else: root may read everything.
    let run = |command: &mut Command| {
        if root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.current_dir("/").stdin(Stdio::null()).spawn().unwrap()
    };
    let reads = |pid: u32, what: &str| {
        let mut command = Command::new("head");
        command.args(["-c", "1", &format!("/proc/{pid}/{what}")]).stdout(Stdio::null()).stderr(Stdio::null());
        run(&mut command).wait().unwrap().success()
    };

    // Somebody who is not shielded: the test would see it.
    let mut other = run(Command::new("sleep").arg("60"));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(reads(other.id(), "environ"), "nobody can be read here: the test can show nothing");
    other.kill().unwrap();
    other.wait().unwrap();

    let home = house.folder().join("home");
    std::fs::create_dir(&home).unwrap();
    if root {
        for path in [house.folder(), &home, &house.config] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    house.set("gateway.listen", "\"127.0.0.1:0\"");
    let log = std::fs::File::create(house.folder().join("log")).unwrap();
    let mut daemon = Command::new(&program);
    daemon.arg("--config").arg(&house.config).arg("serve").env_clear().env("HOME", &home);
    daemon.env("ANTHROPIC_API_KEY", KEY).env("TELEGRAM_BOT_TOKEN", house.sim.telegram.token());
    let mut daemon = run(daemon.stdout(Stdio::null()).stderr(log));
    house.until("a daemon at work", |telegram| telegram.count_calls("getUpdates") > 0).await;
    let read: Vec<&str> =
        ["environ", "maps", "mem", "auxv"].into_iter().filter(|what| reads(daemon.id(), what)).collect();
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert!(read.is_empty(), "readable: {read:?}");
}
