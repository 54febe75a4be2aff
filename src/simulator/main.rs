// SPDX-License-Identifier: MIT OR Apache-2.0
//! The simulator as a program of its own.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
};

use blufio_simulator::Simulator;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "Usage: blufio-simulator [--anthropic ADDRESS:PORT] [--telegram ADDRESS:PORT]

Stand-ins for the Anthropic and Telegram APIs. Without an address each listens on a free port of 127.0.0.1.
When both listen, one line of JSON with their URLs is printed. Ends on SIGTERM and Ctrl-C.";

fn main() -> ExitCode {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (mut anthropic, mut telegram) = (any, any);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let place = match argument.as_str() {
            "--anthropic" => &mut anthropic,
            "--telegram" => &mut telegram,
            "--help" | "-h" => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            other => return wrong(&format!("unknown argument {other:?}")),
        };
        let value = arguments.next().unwrap_or_default();
        match value.parse() {
            Ok(address) => *place = address,
            Err(error) => {
                return wrong(&format!(
                    "{argument} {value:?}: {error}; expected something like 127.0.0.1:9101"
                ));
            }
        }
    }
    let served = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .and_then(|runtime| runtime.block_on(serve(anthropic, telegram)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("blufio-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn wrong(message: &str) -> ExitCode {
    eprintln!("blufio-simulator: {message}\n\n{USAGE}");
    ExitCode::from(2)
}

async fn serve(anthropic: SocketAddr, telegram: SocketAddr) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let simulator = Simulator::bind(anthropic, telegram).await.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("cannot listen on {anthropic} and {telegram}: {error}; choose other ports"),
        )
    })?;
    let urls =
        serde_json::json!({ "anthropic": simulator.anthropic_url(), "telegram": simulator.telegram_url() });
    {
        let mut out = io::stdout().lock();
        writeln!(out, "{urls}")?;
        out.flush()?;
    }
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    simulator.shutdown().await;
    Ok(())
}
