// SPDX-License-Identifier: MIT OR Apache-2.0
//! The running daemon: sealed, waiting, on trial, running, draining.

use crate::assemble::{self, Doors, State, Unready};
use crate::desk::{Desk, Phase};
use crate::exit::Coded;
use crate::paths::Place;
use crate::trial::Trial;
use crate::upkeep::Upkeep;
use crate::{notices, passphrase, secrets, systemd};
use anyhow::Context as _;
use blufio_agent::Agent;
use blufio_core::channel::Channel;
use blufio_core::control::VaultState;
use blufio_core::observe::Observability;
use blufio_core::secret::SecretString;
use blufio_core::storage::StorageError;
use blufio_net::Redactor;
use blufio_vault::KdfParams;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How long whoever has the state may keep it: a command of the operator has it for a moment where no daemon runs.
const IN_USE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(100);

/// A daemon whose doors are open.
pub(crate) struct Daemon {
    place: Place,
    state: State,
    desk: Arc<Desk>,
    observe: Arc<dyn Observability>,
    redactor: Arc<Redactor>,
    local: Arc<dyn Channel>,
    with_telegram: bool,
    trial: Option<Trial>,
    /// Whether there is always something to say about this machine, so that a daemon must be there to say it.
    stays: bool,
    /// Why the passphrase at hand did not open the vault.
    unopened: Mutex<Option<String>>,
}

/// What a daemon is started with, beside its configuration.
#[derive(Default)]
pub(crate) struct Orders {
    /// Nothing is received or sent until this is over.
    pub(crate) trial: Option<Trial>,
    /// A file with what others have to say about this machine. Where there is one, a secret that is missing is waited for: what
    /// was handed over wrongly shall be read in `/health`, and mended while the daemon runs.
    pub(crate) notices: Option<PathBuf>,
}

/// What becomes of an agent that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        orders: Orders,
        doors_end: CancellationToken,
    ) -> anyhow::Result<(Self, impl Future<Output = ()> + Send + 'static)> {
        let problems = assemble::check(&place.config);
        if !problems.is_empty() {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return Err(Coded::usage(problems.join("\n\n")));
        }
        let opening = AbortOnDropHandle::new(tokio::spawn(systemd::opening()));
        let state = state(&place).await?;
        drop(opening);
        let vault = &place.config.vault;
        let kdf = KdfParams { memory_kib: vault.memory_kib, passes: vault.passes, lanes: vault.lanes };
        let mut used = vec![secrets::ANTHROPIC.to_owned(), secrets::TELEGRAM.to_owned()];
        used.extend(place.config.transcription.secret.clone());
        let desk = Arc::new(Desk::new(
            &state,
            kdf,
            Arc::clone(&redactor),
            used,
            assemble::spending(&place.config),
            place.config.backup.keep,
        ));
        desk.enter(Phase::Starting);
        let observe = assemble::metrics(&place.config, &state.clock)?;
        let Doors { gateway, local } =
            assemble::doors(&place, Arc::clone(&desk) as _, Arc::clone(&observe), Arc::clone(&state.clock))
                .await?;
        tracing::info!(address = %gateway.local_addr(), socket = %place.socket.display(), "the doors are open");
        let stays = orders.notices.is_some();
        if let Some(file) = orders.notices {
            tokio::spawn(notices::follow(file, Arc::clone(&desk), doors_end.clone()));
        }
        let doors = gateway.serve(doors_end.cancelled_owned());
        let trial = orders.trial;
        Ok((
            Self {
                place,
                state,
                desk,
                observe,
                redactor,
                local,
                with_telegram,
                trial,
                stays,
                unopened: Mutex::default(),
            },
            doors,
        ))
    }

    /// Opens the vault with the passphrase that was given, or that is at hand without asking anybody.
    pub(crate) async fn unseal(&self, given: Option<SecretString>) -> anyhow::Result<()> {
        if self.state.vault.status().await?.state != VaultState::Sealed {
            return Ok(());
        }
        let opened = match given.map_or_else(passphrase::credential, |given| Ok(Some(given))) {
            Ok(Some(passphrase)) => self.state.vault.unseal(passphrase).await.map_err(anyhow::Error::from),
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = opened {
            // Sealed is a state that the operator can mend; a daemon that restarts in a loop is not.
            let error = format!("{error:#}");
            tracing::error!(error, "the vault stays sealed");
            *self.unopened.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
        Ok(())
    }

    /// Works until `shutdown`, and drains.
    ///
    /// # Errors
    /// When the daemon cannot do its work at all.
    pub(crate) async fn run(&self, shutdown: &CancellationToken) -> anyhow::Result<()> {
        let _watching = AbortOnDropHandle::new(tokio::spawn(systemd::report(Arc::clone(&self.desk))));
        // Subscribed once and looked at before each decision, so that no change falls between two looks.
        let mut vault = self.state.vault.watch();
        // Whoever throws the vault away is about to make another.
        let mut waits = self.stays;
        while !shutdown.is_cancelled() {
            vault.borrow_and_update();
            let status = self.state.vault.status().await?;
            waits |= status.state != VaultState::Uninitialised;
            if status.state == VaultState::Sealed {
                tracing::warn!("sealed: nothing is answered until `blufio vault unseal`");
                let mut reason = "sealed: waiting for `blufio vault unseal`".to_owned();
                // True of the start alone: whoever closes the vault later has another reason.
                if let Some(unopened) = self.unopened.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    reason = format!("{reason}; the passphrase at hand was of no use: {unopened}");
                }
                self.wait(Phase::Sealed(reason), &mut vault, shutdown).await;
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
                Ok((agent, channels)) => {
                    if !self.on_trial(&mut vault, shutdown).await {
                        continue;
                    }
                    if self.work(agent, channels, &mut vault, shutdown).await? == Next::End {
                        break;
                    }
                }
                Err(Unready::Missing(reason)) if !waits => return Err(Coded::usage(reason)),
                Err(Unready::Missing(reason)) => {
                    tracing::warn!("{reason}");
                    self.wait(Phase::Waiting(reason), &mut vault, shutdown).await;
                }
                Err(Unready::Broken(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits until the operator has done something, or the process is to end.
    async fn wait(&self, phase: Phase, vault: &mut watch::Receiver<bool>, shutdown: &CancellationToken) {
        if matches!(phase, Phase::Sealed(_)) {
            // What is sealed shall not stay in memory for the sake of the logs.
            self.redactor.clear();
        }
        self.desk.enter(phase);
        tokio::select! {
            () = shutdown.cancelled() => {}
            _ = vault.changed() => self.desk.enter(Phase::Starting),
            () = self.desk.secrets_changed() => self.desk.enter(Phase::Starting),
        }
    }

    /// Holds everything back while the trial goes on. False: something has changed, look again.
    async fn on_trial(&self, vault: &mut watch::Receiver<bool>, shutdown: &CancellationToken) -> bool {
        let Some(trial) = &self.trial else { return true };
        let Some(reason) = trial.reason().await else { return true };
        tracing::warn!("{reason}");
        self.desk.enter(Phase::Trial(reason));
        systemd::ready(&self.desk.status_line());
        // Says early in the log what would be found, and holds nobody up: loading the sentence model may take a minute.
        let tested = async {
            for point in self.desk.check_up().await.failed() {
                tracing::error!("on trial, {} is not well: {}", point.name, point.says);
            }
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            () = trial.over() => {
                tracing::info!("the trial is over");
                self.desk.enter(Phase::Starting);
                true
            }
            never = tested => match never {},
            () = shutdown.cancelled() => false,
            _ = vault.changed() => false,
            () = self.desk.secrets_changed() => false,
        }
    }

    async fn work(
        &self,
        agent: Agent,
        channels: Vec<String>,
        vault: &mut watch::Receiver<bool>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Next> {
        if let Err(error) = self.state.storage.begin().await {
            // Only whoever goes back needs it; those who write now need an answer.
            tracing::error!(%error, "that the work has begun cannot be noted; after going back, messages may be answered twice");
        }
        let agent = Arc::new(agent);
        let stop = CancellationToken::new();
        let mut working = {
            let (agent, stop) = (Arc::clone(&agent), stop.clone());
            tokio::spawn(async move { agent.run(stop).await })
        };
        tokio::select! {
            () = agent.started() => {}
            ended = &mut working => {
                ended.context("the agent ended badly")??;
                anyhow::bail!("the agent ended by itself");
            }
        }
        tracing::info!(channels = channels.join(", "), "ready");
        self.desk.run(Arc::clone(&agent), channels);
        systemd::ready(&self.desk.status_line());

        let upkeep = Upkeep::new(
            Arc::clone(&self.state.storage),
            Arc::clone(&self.state.clock),
            Arc::clone(&self.observe),
            self.place.config.backup,
        );
        let _upkeep = AbortOnDropHandle::new(tokio::spawn(upkeep.run()));
        let mut next = tokio::select! {
            () = shutdown.cancelled() => Next::End,
            _ = vault.changed() => Next::Again,
            () = self.desk.secrets_changed() => Next::Again,
            ended = &mut working => {
                ended.context("the agent ended badly")??;
                anyhow::bail!("the agent ended by itself");
            }
        };
        stop.cancel();
        self.desk.drain(next == Next::End);
        if next == Next::Again {
            tracing::info!("the vault or a secret has changed; running turns may finish");
            tokio::select! {
                ended = &mut working => {
                    ended.context("the agent ended badly")??;
                    self.desk.enter(Phase::Starting);
                    return Ok(next);
                }
                () = shutdown.cancelled() => next = Next::End,
            }
            self.desk.drain(true);
        }
        systemd::stopping(self.place.config.agent.drain_timeout);
        working.await.context("the agent ended badly")??;
        Ok(next)
    }
}

/// Opens the state.
async fn state(place: &Place) -> anyhow::Result<State> {
    let until = Instant::now() + IN_USE;
    loop {
        match assemble::state(&place.database, &place.config.memory) {
            Err(error)
                if matches!(error.downcast_ref(), Some(StorageError::InUse { .. }))
                    && Instant::now() < until =>
            {
                tokio::time::sleep(LOOK).await;
            }
            opened => return opened,
        }
    }
}
