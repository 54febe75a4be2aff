// SPDX-License-Identifier: MIT OR Apache-2.0
//! Blufio: an always-on personal AI agent that you own.
//!
//! | room | holds |
//! |---|---|
//! | [`cli`], [`global`] | the command line, as clap reads it; what every command takes |
//! | [`serve`], [`shell`], [`demo`], [`status`], [`healthcheck`], [`config`], [`vault`], [`pair`], [`outbox`], [`cost`], [`budget`], [`why`], [`heartbeat`], [`memory`], [`backup`] | one file a command |
//! | [`provision`] | takes what a machine was handed over, before the daemon starts |
//! | [`assemble`] | the one place that knows every adapter |
//! | [`daemon`], [`desk`] | the running daemon; what answers the operator, with a daemon or without |
//! | [`upkeep`] | backups that the daemon makes by itself, copies that were kept long enough |
//! | [`trial`], [`notices`] | holding back until a new version stays; what others say about this machine |
//! | [`operator`] | asks the daemon over its socket, or the state itself when none runs |
//! | [`secrets`], [`passphrase`] | where secrets come from |
//! | [`logging`], [`systemd`] | logs without secrets; readiness and the watchdog |
//! | [`paths`], [`clock`], [`exit`], [`terminal`], [`money`] | where things lie; the time; exit codes; what is shown; amounts |

mod assemble;
mod backup;
mod budget;
mod cli;
mod clock;
mod config;
mod cost;
mod daemon;
mod demo;
mod desk;
mod exit;
mod global;
mod healthcheck;
mod heartbeat;
mod logging;
mod memory;
mod money;
mod notices;
mod operator;
mod outbox;
mod pair;
mod passphrase;
mod paths;
mod provision;
mod secrets;
mod serve;
mod shell;
mod status;
mod systemd;
mod terminal;
mod trial;
mod upkeep;
mod vault;
mod why;

/// One allocator everywhere, so that what is measured in tests is what runs.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    exit::on_panic(std::panic::take_hook());
    exit::report(cli::run())
}
