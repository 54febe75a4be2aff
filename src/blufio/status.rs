// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio status`: how the running agent stands. Exit code 1 when it does not run, 4 when it is sealed.

use crate::assemble;
use crate::exit::Coded;
use crate::global::Global;
use crate::operator;
use crate::paths;
use crate::terminal::visible;
use blufio_calendar::Zone;
use blufio_core::control::{Status, Told, VaultState};
use serde_json::json;

pub(crate) fn run(global: &Global) -> anyhow::Result<()> {
    let place = paths::find(global)?;
    let Told::Status(status) = operator::ask(&place, json!({ "ask": "status" }))? else {
        anyhow::bail!("the daemon answered something else; it may be of another version");
    };
    if global.json {
        println!("{}", serde_json::to_string(&status)?);
    } else {
        print(&status, &assemble::zone(&place.config));
    }
    match (status.health.ready, status.health.sealed) {
        (true, _) => Ok(()),
        (false, true) => Err(Coded::silent(4)),
        (false, false) => Err(Coded::silent(1)),
    }
}

fn print(status: &Status, zone: &Zone) {
    let runs = if status.pid == 0 { "not running".to_owned() } else { format!("process {}", status.pid) };
    println!("Blufio {} – {runs}", status.version);
    println!("  health      {}", status.health.reason);
    for notice in &status.health.notices {
        println!("  notice      {}", visible(notice));
    }
    let vault = match status.vault.state {
        VaultState::Uninitialised => "none".to_owned(),
        VaultState::Sealed => format!("sealed, {} secrets", status.vault.secrets),
        VaultState::Unsealed => format!("open, {} secrets", status.vault.secrets),
    };
    println!("  vault       {vault}");
    if !status.channels.is_empty() {
        println!("  channels    {}", status.channels.join(", "));
    }
    let store = &status.store;
    println!("  queue       {} waiting, {} being answered", store.queue_depth, status.running.len());
    println!("  outbox      {} on the way, {} undeliverable", store.outbox_depth, store.dead_letters);
    println!("  transcripts {} sessions, {} messages", store.sessions, store.messages);
    println!("  remembers   {} memories, {} pieces of what was said", store.memories, store.passages);
    println!(
        "  state file  {:.1} MB, log {:.1} MB, schema {}",
        megabytes(store.file_bytes),
        megabytes(store.wal_bytes),
        store.schema_version
    );
    match store.newest_backup {
        Some(newest) => println!("  backup      {}", zone.describe(newest)),
        None => println!("  backup      none yet; `blufio backup create` makes one"),
    }
    if store.dead_letters > 0 {
        println!("See `blufio outbox list` for what could not be delivered.");
    }
}

#[allow(clippy::cast_precision_loss)]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
