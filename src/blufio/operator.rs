// SPDX-License-Identifier: MIT OR Apache-2.0
//! Asks the daemon over its socket, or the state itself when none runs.

use crate::assemble::{
    self,
    client::{ClientError, LocalClient},
};
use crate::desk::Desk;
use crate::paths::Place;
use anyhow::Context as _;
use blufio_core::control::{Ask, Control as _, Told};
use blufio_net::Redactor;
use blufio_vault::KdfParams;
use serde_json::Value;
use std::sync::Arc;

/// Asks whoever can answer: the daemon if one runs, otherwise the state file.
pub(crate) fn ask(place: &Place, ask: Value) -> anyhow::Result<Told> {
    runtime()?.block_on(async {
        match LocalClient::connect(&place.socket).await {
            Ok(client) => client.ask(ask).await.map_err(told),
            Err(ClientError::NoDaemon { .. }) => alone(place, ask).await,
            Err(error) => Err(error.into()),
        }
    })
}

/// Asks the daemon; without one the question makes no sense.
pub(crate) fn ask_daemon(place: &Place, ask: Value) -> anyhow::Result<Told> {
    runtime()?.block_on(async { LocalClient::connect(&place.socket).await?.ask(ask).await.map_err(told) })
}

async fn alone(place: &Place, ask: Value) -> anyhow::Result<Told> {
    let ask: Ask = serde_json::from_value(ask).context("the question is not understood")?;
    let state = assemble::state(&place.database)?;
    let vault = &place.config.vault;
    let kdf = KdfParams { memory_kib: vault.memory_kib, passes: vault.passes, lanes: vault.lanes };
    let desk = Desk::new(state.storage, state.vault, state.clock, kdf, Arc::new(Redactor::new()));
    Ok(desk.ask(ask).await?)
}

/// A refusal keeps its kind, which is its exit code.
fn told(error: ClientError) -> anyhow::Error {
    match error {
        ClientError::Refused(refusal) => refusal.into(),
        other => other.into(),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")
}
