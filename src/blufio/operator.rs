// SPDX-License-Identifier: MIT OR Apache-2.0
//! Asks the daemon over its socket, or the state itself when none runs.

use crate::assemble::{
    self,
    client::{ClientError, LocalClient},
};
use crate::desk::Desk;
use crate::paths::Place;
use anyhow::Context as _;
use blufio_core::control::{Ask, Control as _, Told, VaultState, VaultStatus};
use blufio_net::Redactor;
use blufio_vault::KdfParams;
use serde_json::Value;
use std::sync::Arc;

/// Where the daemon listens as a system service with `RuntimeDirectory=blufio`.
const SERVICE_SOCKET: &str = "/run/blufio/blufio.sock";

/// Asks whoever can answer: the daemon if one runs, otherwise the state file.
pub(crate) fn ask(place: &Place, ask: Value) -> anyhow::Result<Told> {
    runtime()?.block_on(async {
        match connect(place).await {
            Ok(client) => client.ask(ask).await.map_err(told),
            Err(ClientError::NoDaemon { .. }) => alone(place, ask).await,
            Err(error) => Err(error.into()),
        }
    })
}

/// Asks the daemon; without one the question makes no sense.
pub(crate) fn ask_daemon(place: &Place, ask: Value) -> anyhow::Result<Told> {
    runtime()?.block_on(async { connect(place).await?.ask(ask).await.map_err(told) })
}

/// Finds the daemon: where the configuration says, otherwise where a system service has its socket. Where the configuration
/// names a state that nobody has, a daemon that answers has another one, and is not the one that is meant.
pub(crate) async fn connect(place: &Place) -> Result<LocalClient, ClientError> {
    let own = LocalClient::connect(&place.socket).await;
    let found = match own {
        Err(ClientError::NoDaemon { .. }) if place.config.gateway.socket.is_none() => {
            LocalClient::connect(SERVICE_SOCKET).await.or(own)
        }
        own => own,
    };
    // Looked at once somebody answers, who has a lock by then: to look takes a free one for a moment, which must not be that of
    // a daemon about to start.
    if found.is_ok() && place.config.store.path.is_some() && assemble::in_use(&place.database) == Some(false)
    {
        return Err(ClientError::NoDaemon { path: place.socket.clone() });
    }
    found
}

/// Answers from the state file. A question about state that is not there does not make it.
async fn alone(place: &Place, ask: Value) -> anyhow::Result<Told> {
    let ask: Ask = serde_json::from_value(ask).context("the question is not understood")?;
    if !place.database.exists() {
        match ask {
            // What is handed over makes the state in which it is kept.
            Ask::VaultInit { .. } | Ask::MemoryAdd { .. } | Ask::MemoryImport { .. } => {}
            Ask::VaultStatus => {
                return Ok(Told::Vault(VaultStatus { state: VaultState::Uninitialised, secrets: 0 }));
            }
            _ => anyhow::bail!(
                "no daemon that has it answers at {}, and there is no state at {}. If it runs elsewhere, set gateway.socket and \
                 store.path to where it has them",
                place.socket.display(),
                place.database.display()
            ),
        }
    }
    let state = assemble::state(&place.database, &place.config.memory)?;
    let vault = &place.config.vault;
    let kdf = KdfParams { memory_kib: vault.memory_kib, passes: vault.passes, lanes: vault.lanes };
    let (spending, keep) = (assemble::spending(&place.config), place.config.backup.keep);
    Ok(Desk::new(&state, kdf, Arc::new(Redactor::new()), Vec::new(), spending, keep).ask(ask).await?)
}

/// A refusal keeps its kind, which is its exit code.
fn told(error: ClientError) -> anyhow::Error {
    match error {
        ClientError::Refused(refusal) => refusal.into(),
        other => other.into(),
    }
}

/// A runtime for one question.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")
}
