// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio serve`: the agent in the foreground, until it is told to stop.

use crate::daemon::{Daemon, Orders};
use crate::exit::{self, Coded};
use crate::global::Global;
use crate::logging::{self, Log, Shape};
use crate::passphrase::Source;
use crate::paths::{self, Place};
use crate::trial::Trial;
use anyhow::Context as _;
use blufio_config::{Config, LogFormat};
use blufio_net::Redactor;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Waiting is what the daemon does most; two threads serve hundreds of conversations.
const WORKERS: usize = 2;
/// Threads for name resolution and key derivation.
const BLOCKING: usize = 8;
/// So long is waited in the end for calls into the system that hang.
const HANGING: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    passphrase: Source,
    /// While this file exists, be on trial: put everything together, receive and send nothing
    #[arg(long, value_name = "FILE")]
    trial: Option<PathBuf>,
    /// Show the lines of this file in /health and `blufio status`
    #[arg(long, value_name = "FILE")]
    notices: Option<PathBuf>,
}

pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let place = paths::find(global)?;
    let redactor = Arc::new(Redactor::new());
    let log = &place.config.log;
    let has_file = log.file.is_some();
    let log = logging::start(&log.level, shape(&place.config), log.file.clone(), Arc::clone(&redactor))?;
    let given = args.passphrase.passphrase_fd.map_or(Ok(None), |_| args.passphrase.without_asking())?;
    let orders = Orders { trial: args.trial.clone().map(Trial::new), notices: args.notices.clone() };
    let runtime = runtime()?;
    let ended = runtime.block_on(async move {
        let shutdown = CancellationToken::new();
        tokio::spawn(signals(shutdown.clone(), log));
        let served = serve(place, Arc::clone(&redactor), given, orders, &shutdown).await;
        let Err(error) = served else {
            tracing::info!("stopped");
            return Ok(());
        };
        let text = format!("{error:#}");
        tracing::error!("{text}");
        if has_file {
            // Whoever started it looks at the terminal, not into the log.
            let _ = writeln!(std::io::stderr(), "blufio: {}", redactor.redact(&text));
        }
        Err(Coded::silent(exit::code(&error)))
    });
    // What hangs in the system (name resolution, a drive that has gone away) is not waited for.
    runtime.shutdown_timeout(HANGING);
    ended
}

/// The runtime of the daemon.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(BLOCKING)
        .enable_all()
        .build()
        .context("the runtime cannot be started")
}

fn shape(config: &Config) -> Shape {
    match config.log.format {
        LogFormat::Json => Shape::Json,
        LogFormat::Text => Shape::Text,
        LogFormat::Journal => Shape::Journal,
        LogFormat::Auto if config.log.file.is_none() && std::env::var_os("JOURNAL_STREAM").is_some() => {
            Shape::Journal
        }
        LogFormat::Auto => Shape::Text,
    }
}

async fn serve(
    place: Place,
    redactor: Arc<Redactor>,
    given: Option<blufio_core::secret::SecretString>,
    orders: Orders,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let doors_end = CancellationToken::new();
    let (daemon, doors) = Daemon::open(place, redactor, true, orders, doors_end.clone()).await?;
    let doors = tokio::spawn(doors);
    daemon.unseal(given).await?;
    let worked = daemon.run(shutdown).await;
    doors_end.cancel();
    doors.await.context("the gateway ended badly")?;
    worked
}

/// SIGTERM and SIGINT stop, a second one at once; SIGHUP reopens the log.
async fn signals(shutdown: CancellationToken, log: Log) {
    let has_terminal = std::io::stderr().is_terminal();
    let streams = (|| {
        Ok::<_, std::io::Error>((
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        ))
    })();
    let (mut terminate, mut interrupt, mut hangup) = match streams {
        Ok(streams) => streams,
        Err(error) => {
            tracing::error!(%error, "signals cannot be received");
            return;
        }
    };
    loop {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {
                if log.reopen() {
                    tracing::info!("the log was reopened");
                    continue;
                }
                // Without a log file a hangup means what it says: the terminal is gone.
                if !has_terminal {
                    continue;
                }
            }
        }
        if shutdown.is_cancelled() {
            // The state is safe at any point; whoever insists need not wait.
            tracing::warn!("stopping at once");
            std::process::exit(130);
        }
        tracing::info!("stopping: running turns may finish");
        shutdown.cancel();
    }
}
