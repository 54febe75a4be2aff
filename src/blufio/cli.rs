// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line, as clap reads it.

use crate::global::Global;
use crate::{
    backup, budget, config, cost, demo, healthcheck, heartbeat, memory, outbox, pair, provision, serve,
    shell, status, vault, why,
};
use clap::{CommandFactory as _, Parser, Subcommand};

/// An always-on personal AI agent that you own.
#[derive(Debug, Parser)]
#[command(name = "blufio", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 refused by policy, 4 sealed, 5 nobody there yet."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the agent: in the foreground, until it is told to stop
    Serve(serve::Args),
    /// Talk to the agent here in the terminal
    Shell(shell::Args),
    /// See it work: the real program against stand-ins on this machine; no account, no network
    Demo(demo::Args),
    /// How the running agent stands
    Status,
    /// Whether the running agent is well: a self-test
    Healthcheck(healthcheck::Args),
    /// Read, write and check the configuration
    Config(config::Args),
    /// Secrets at rest: make the vault, open and close it, put secrets in
    Vault(vault::Args),
    /// Who may talk to the agent
    #[command(alias = "device")]
    Pair(pair::Args),
    /// Answers that could not be delivered
    Outbox(outbox::Args),
    /// What was spent, on what
    Cost(cost::Args),
    /// What may be spent: how the limits stand, raising one
    Budget(budget::Args),
    /// How the last answers came about: route, reasons, tokens, cost
    Why(why::Args),
    /// What the agent does unasked
    Heartbeat(heartbeat::Args),
    /// Copies of the whole state, and back
    Backup(backup::Args),
    /// What the agent remembers: look, add, search, forget, export, import
    Memory(memory::Args),
    /// Take what this machine was handed over by its hypervisor, its boot partition or its provider
    #[command(hide = true)]
    Provision(provision::Args),
    /// Completion for your shell: eval "$(blufio completions bash)"
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// Reads the command line and does what it says.
pub(crate) fn run() -> anyhow::Result<()> {
    shield();
    let Cli { global, command } = Cli::parse();
    match command {
        Command::Serve(args) => serve::run(&global, &args),
        Command::Shell(args) => shell::run(&global, &args),
        Command::Demo(args) => demo::run(&global, &args),
        Command::Status => status::run(&global),
        Command::Healthcheck(args) => healthcheck::run(&global, &args),
        Command::Config(args) => config::run(&global, args),
        Command::Vault(args) => vault::run(&global, args),
        Command::Pair(args) => pair::run(&global, args),
        Command::Outbox(args) => outbox::run(&global, args),
        Command::Cost(args) => cost::run(&global, &args),
        Command::Budget(args) => budget::run(&global, &args),
        Command::Why(args) => why::run(&global, &args),
        Command::Heartbeat(args) => heartbeat::run(&global, &args),
        Command::Backup(args) => backup::run(&global, args),
        Command::Memory(args) => memory::run(&global, args),
        Command::Provision(args) => provision::run(&global, &args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "blufio", &mut script);
            print!("{}", String::from_utf8_lossy(&script));
            Ok(())
        }
    }
}

/// No other process of this user may read our memory or environment, and no core dump is written: every command may hold
/// a secret. The children of the transcription hook are such processes.
fn shield() {
    if let Err(error) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
    {
        eprintln!("blufio: this process cannot be shielded from others of the same user: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
