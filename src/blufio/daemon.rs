// SPDX-License-Identifier: MIT OR Apache-2.0
//! The running daemon: sealed, waiting, running, draining.

use crate::assemble::{self, Doors, State, Unready};
use crate::desk::{Desk, Phase};
use crate::exit::Coded;
use crate::paths::Place;
use crate::{passphrase, systemd};
use anyhow::Context as _;
use blufio_agent::Agent;
use blufio_core::channel::Channel;
use blufio_core::control::{Control as _, VaultState};
use blufio_core::observe::Observability;
use blufio_core::secret::SecretString;
use blufio_net::Redactor;
use blufio_vault::KdfParams;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A loop that has not moved for this long hangs: the watchdog is no longer fed.
const HANGS: Duration = Duration::from_secs(30);

/// A daemon whose doors are open.
pub(crate) struct Daemon {
    place: Place,
    state: State,
    desk: Arc<Desk>,
    observe: Arc<dyn Observability>,
    redactor: Arc<Redactor>,
    local: Arc<dyn Channel>,
    with_telegram: bool,
}

/// What becomes of an agent that has ended.
enum Next {
    /// The process ends.
    End,
    /// The vault was closed or a secret was changed: look again.
    Again,
}

impl Daemon {
    /// Opens the state and the doors. The returned future keeps the doors open until the token is cancelled.
    pub(crate) async fn open(
        place: Place,
        redactor: Arc<Redactor>,
        with_telegram: bool,
        doors_end: CancellationToken,
    ) -> anyhow::Result<(Self, impl Future<Output = ()> + Send + 'static)> {
        let state = assemble::state(&place.database)?;
        let vault = &place.config.vault;
        let kdf = KdfParams { memory_kib: vault.memory_kib, passes: vault.passes, lanes: vault.lanes };
        let desk = Arc::new(Desk::new(
            Arc::clone(&state.storage),
            Arc::clone(&state.vault),
            Arc::clone(&state.clock),
            kdf,
            Arc::clone(&redactor),
        ));
        desk.enter(Phase::Starting);
        let observe = assemble::metrics(&place.config, &state.clock)?;
        let Doors { gateway, local } =
            assemble::doors(&place, Arc::clone(&desk) as _, Arc::clone(&observe), Arc::clone(&state.clock))
                .await?;
        tracing::info!(address = %gateway.local_addr(), socket = %place.socket.display(), "the doors are open");
        let doors = gateway.serve(doors_end.cancelled_owned());
        Ok((Self { place, state, desk, observe, redactor, local, with_telegram }, doors))
    }

    /// Opens the vault with a passphrase that is at hand without asking anybody.
    pub(crate) async fn unseal(&self, given: Option<SecretString>) -> anyhow::Result<()> {
        if self.state.vault.status().await?.state != VaultState::Sealed {
            return Ok(());
        }
        let Some(passphrase) = given.map_or_else(passphrase::credential, |given| Ok(Some(given)))? else {
            return Ok(());
        };
        self.redactor.add(&passphrase);
        if let Err(error) = self.state.vault.unseal(passphrase).await {
            // Sealed is a state that the operator can mend; a daemon that restarts in a loop is not.
            tracing::error!(%error, "the vault stays sealed");
        }
        Ok(())
    }

    /// Works until `shutdown`, and drains.
    ///
    /// # Errors
    /// When the daemon cannot do its work at all.
    pub(crate) async fn run(&self, shutdown: &CancellationToken) -> anyhow::Result<()> {
        while !shutdown.is_cancelled() {
            let vault = self.state.vault.status().await?;
            if vault.state == VaultState::Sealed {
                tracing::warn!("sealed: nothing is answered until `blufio vault unseal`");
                self.wait(Phase::Sealed, "Sealed: waiting for blufio vault unseal", shutdown).await;
                continue;
            }
            let assembled = assemble::agent(
                &self.place.config,
                &self.state,
                &self.observe,
                &self.redactor,
                &self.local,
                self.with_telegram,
            );
            match assembled.await {
                Ok((agent, channels)) => match self.work(agent, channels, shutdown).await? {
                    Next::End => break,
                    Next::Again => {}
                },
                Err(Unready::Missing(reason)) if vault.state == VaultState::Uninitialised => {
                    return Err(Coded::usage(reason));
                }
                Err(Unready::Missing(reason)) => {
                    tracing::warn!("{reason}");
                    self.wait(Phase::Waiting(reason.clone()), &reason, shutdown).await;
                }
                Err(Unready::Broken(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits until the operator has done something, or the process is to end.
    async fn wait(&self, phase: Phase, status: &str, shutdown: &CancellationToken) {
        self.desk.enter(phase);
        let mut vault = self.state.vault.watch();
        vault.mark_unchanged();
        loop {
            systemd::still_starting(status);
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = vault.changed() => return,
                () = self.desk.secrets_changed() => return,
                () = tokio::time::sleep(systemd::EXTEND_EVERY) => {}
            }
        }
    }

    async fn work(
        &self,
        agent: Agent,
        channels: Vec<String>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Next> {
        let agent = Arc::new(agent);
        let stop = CancellationToken::new();
        let mut vault = self.state.vault.watch();
        vault.mark_unchanged();
        let working = {
            let (agent, stop) = (Arc::clone(&agent), stop.clone());
            tokio::spawn(async move { agent.run(stop).await })
        };
        tracing::info!(channels = channels.join(", "), "ready");
        let status = format!("Answering on {}", channels.join(", "));
        self.desk.run(Arc::clone(&agent), channels);
        systemd::ready(&status);

        let mut working = working;
        let next = tokio::select! {
            () = shutdown.cancelled() => Next::End,
            _ = vault.changed() => Next::Again,
            () = self.desk.secrets_changed() => Next::Again,
            () = self.feed_watchdog(&agent) => Next::Again,
            ended = &mut working => {
                ended.context("the agent ended badly")??;
                anyhow::bail!("the agent ended by itself");
            }
        };
        self.desk.drain();
        if matches!(next, Next::End) {
            systemd::stopping(self.place.config.agent.drain_timeout);
        }
        stop.cancel();
        working.await.context("the agent ended badly")??;
        self.desk.enter(Phase::Starting);
        Ok(next)
    }

    /// Feeds systemd's watchdog while the agent's loops move. Never returns.
    async fn feed_watchdog(&self, agent: &Agent) {
        let Some(interval) = systemd::watchdog_interval() else {
            return std::future::pending().await;
        };
        loop {
            if self.state.clock.now().since(agent.last_moved()) < HANGS {
                systemd::alive();
            } else {
                tracing::error!("a main loop hangs; the watchdog is not fed");
            }
            let health = self.desk.health();
            if !health.ready {
                systemd::status(&health.reason);
            }
            tokio::time::sleep(interval).await;
        }
    }
}
