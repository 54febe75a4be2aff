// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio shell`: talk to the agent in the terminal. Ctrl-C stops the answer, Ctrl-D leaves.
//!
//! It always speaks to a daemon over the local socket. Where none runs, it runs one itself, without Telegram, for as
//! long as the shell is open.

use crate::assemble::client::{ClientError, LocalClient, LocalStream};
use crate::assemble::wire::{LocalMessage, StreamEvent};
use crate::daemon::{Daemon, Orders};
use crate::global::Global;
use crate::logging::{self, Shape};
use crate::operator;
use crate::passphrase::Source;
use crate::paths::{self, Place};
use crate::serve;
use crate::terminal::visible;
use anyhow::Context as _;
use blufio_core::control::{Refusal, RefusalKind, Told, VaultState, VaultStatus};
use blufio_net::Redactor;
use rustyline::error::ReadlineError;
use rustyline::{DefaultEditor, ExternalPrinter as _};
use serde_json::json;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Longest text that is read from standard input.
const INPUT_LIMIT: u64 = 128 * 1024;
/// How long a one-time question waits for answers that were still to be delivered.
const BACKLOG: Duration = Duration::from_millis(150);
/// Events that may wait to be printed.
const EVENTS: usize = 64;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Say this and leave with the answer; without it and without a terminal, standard input is said
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Which conversation to go on with
    #[arg(long, default_value = "default", value_name = "NAME")]
    conversation: String,
    #[command(flatten)]
    passphrase: Source,
}

pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let place = paths::find(global)?;
    let runtime = serve::runtime()?;
    let own = runtime.block_on(connect(&place, args))?;
    let talk = || -> anyhow::Result<()> {
        let client = runtime.block_on(operator::connect(&place))?;
        let stream = runtime.block_on(client.stream(&args.conversation))?;
        match said(args)? {
            Some(text) => runtime.block_on(once(global, args, &client, stream, text)),
            None => converse(&runtime, &place, args, &client, stream),
        }
    };
    let talked = talk();
    if let Some(own) = own {
        runtime.block_on(own.end())?;
    }
    talked
}

/// A daemon that this shell runs itself.
struct Own {
    shutdown: CancellationToken,
    doors_end: CancellationToken,
    working: tokio::task::JoinHandle<anyhow::Result<()>>,
    doors: tokio::task::JoinHandle<()>,
}

impl Own {
    async fn end(self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        let worked = self.working.await.context("the agent ended badly")?;
        self.doors_end.cancel();
        self.doors.await.context("the gateway ended badly")?;
        worked
    }
}

/// Makes sure that a daemon answers at the socket; starts one if there is none.
async fn connect(place: &Place, args: &Args) -> anyhow::Result<Option<Own>> {
    match operator::connect(place).await {
        Ok(_) => return Ok(None),
        Err(ClientError::NoDaemon { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let redactor = Arc::new(Redactor::new());
    logging::start("warn", Shape::Text, place.config.log.file.clone(), Arc::clone(&redactor))?;
    let mut place = place.clone();
    // The fixed port belongs to the service.
    place.config.gateway.listen.set_port(0);
    let (shutdown, doors_end) = (CancellationToken::new(), CancellationToken::new());
    let socket = place.socket.clone();
    let (daemon, doors) = Daemon::open(place, redactor, false, Orders::default(), doors_end.clone()).await?;
    let doors = tokio::spawn(doors);
    let client = LocalClient::connect(&socket).await?;
    if let Told::Vault(VaultStatus { state: VaultState::Sealed, .. }) =
        client.ask(json!({ "ask": "vault_status" })).await?
    {
        daemon.unseal(Some(args.passphrase.get("Passphrase of the vault: ")?)).await?;
    }
    let stop = shutdown.clone();
    let mut working = tokio::spawn(async move { daemon.run(&stop).await });
    // Until it is ready or has ended for a reason that must be shown.
    loop {
        let told = client.ask(json!({ "ask": "status" })).await?;
        let Told::Status(status) = told else { anyhow::bail!("the daemon answered something else") };
        if status.health.ready {
            return Ok(Some(Own { shutdown, doors_end, working, doors }));
        }
        if status.health.sealed {
            let message = "the vault is still sealed; check the passphrase".into();
            return Err(Refusal { kind: RefusalKind::Sealed, message }.into());
        }
        tokio::select! {
            ended = &mut working => {
                ended.context("the agent ended badly")??;
                anyhow::bail!("the agent ended by itself");
            }
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
    }
}

/// What is to be said without a conversation: the argument, or standard input when it is no terminal.
fn said(args: &Args) -> anyhow::Result<Option<String>> {
    if let Some(text) = &args.message {
        return Ok(Some(text.clone()));
    }
    if std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let mut text = String::new();
    std::io::stdin().take(INPUT_LIMIT).read_to_string(&mut text).context("standard input")?;
    Ok(Some(text))
}

fn message(args: &Args, text: String) -> LocalMessage {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let id = format!("{}-{}", std::process::id(), now.as_nanos());
    LocalMessage { conversation: args.conversation.clone(), text, id }
}

/// Says one thing and prints the answer.
async fn once(
    global: &Global,
    args: &Args,
    client: &LocalClient,
    mut stream: LocalStream,
    text: String,
) -> anyhow::Result<()> {
    // What waited for somebody to come is not the answer to what is said now.
    while let Ok(event) = tokio::time::timeout(BACKLOG, stream.next()).await {
        match event? {
            Some(StreamEvent::Message { text, .. }) => eprintln!("(earlier) {}", visible(&text)),
            Some(_) => {}
            None => anyhow::bail!("the daemon has ended"),
        }
    }
    client.post_message(&message(args, text)).await?;
    loop {
        let event = tokio::select! {
            event = stream.next() => event?,
            _ = tokio::signal::ctrl_c() => { client.stop(&args.conversation).await?; continue }
        };
        match event {
            Some(StreamEvent::Message { text, .. }) => {
                if global.json {
                    println!("{}", json!({ "text": text }));
                } else {
                    println!("{}", visible(&text));
                }
                return Ok(());
            }
            Some(_) => {}
            None => anyhow::bail!("the daemon has ended; the answer comes after its next start"),
        }
    }
}

/// The loop of reading, saying and showing.
fn converse(
    runtime: &tokio::runtime::Runtime,
    place: &Place,
    args: &Args,
    client: &LocalClient,
    mut stream: LocalStream,
) -> anyhow::Result<()> {
    let mut editor = DefaultEditor::new().context("the terminal cannot be used")?;
    let history = place.database.with_file_name("shell_history");
    // Not there at the first start.
    let _ = editor.load_history(&history);
    let mut printer = editor.create_external_printer().context("the terminal cannot be used")?;
    let waiting = Arc::new(AtomicBool::new(false));
    let (events, mut shown) = mpsc::channel(EVENTS);
    let is_waiting = Arc::clone(&waiting);
    let reading = runtime.spawn(async move {
        loop {
            match stream.next().await {
                // What comes while the person types, for example after a pause of the model, is shown above the prompt.
                Ok(Some(StreamEvent::Message { text, .. })) if !is_waiting.load(Ordering::SeqCst) => {
                    let _ = printer.print(format!("{}\n", visible(&text)));
                }
                Ok(Some(event)) if is_waiting.load(Ordering::SeqCst) => {
                    if events.send(Ok(event)).await.is_err() {
                        return;
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(error) => {
                    let _ = events.send(Err(error)).await;
                    return;
                }
            }
        }
    });
    println!("Ctrl-C stops an answer, Ctrl-D leaves, /help lists commands.");
    loop {
        match editor.readline("› ") {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                editor.add_history_entry(line.as_str())?;
                waiting.store(true, Ordering::SeqCst);
                let answered = runtime.block_on(async {
                    client.post_message(&message(args, line)).await?;
                    show(args, client, &mut shown).await
                });
                waiting.store(false, Ordering::SeqCst);
                answered?;
            }
            Err(ReadlineError::Interrupted) => println!("(Ctrl-D leaves.)"),
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error).context("the terminal cannot be read"),
        }
    }
    reading.abort();
    editor.save_history(&history).with_context(|| format!("{} cannot be written", history.display()))
}

/// Shows an answer while it grows.
async fn show(
    args: &Args,
    client: &LocalClient,
    shown: &mut mpsc::Receiver<Result<StreamEvent, ClientError>>,
) -> anyhow::Result<()> {
    let mut printed = String::new();
    loop {
        let event = tokio::select! {
            event = shown.recv() => event,
            _ = tokio::signal::ctrl_c() => {
                client.stop(&args.conversation).await?;
                continue;
            }
        };
        match event {
            Some(Ok(StreamEvent::Partial { text })) => grow(&mut printed, &visible(&text))?,
            Some(Ok(StreamEvent::Message { text, .. })) => {
                grow(&mut printed, &visible(&text))?;
                println!();
                return Ok(());
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
            None => anyhow::bail!("the daemon has ended; the answer comes after its next start"),
        }
    }
}

/// Prints what is new. When the text does not continue what was printed, it begins anew on its own line.
fn grow(printed: &mut String, text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match text.strip_prefix(printed.as_str()) {
        Some(more) => write!(out, "{more}")?,
        None => write!(out, "\n{text}")?,
    }
    out.flush()?;
    text.clone_into(printed);
    Ok(())
}
