// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the operator's questions are answered: the same desk in a running daemon and without one.

use async_trait::async_trait;
use blufio_agent::Agent;
use blufio_core::control::{Ask, Control, Health, Refusal, RefusalKind, Status, Told, VaultStatus};
use blufio_core::secret::SecretString;
use blufio_core::storage::{Storage, StorageError};
use blufio_core::time::{Clock, Timestamp};
use blufio_net::Redactor;
use blufio_vault::{KdfParams, Vault, VaultError};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// How many dead letters are shown.
const LETTERS: usize = 200;

/// Where the daemon stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No daemon runs.
    #[default]
    Absent,
    /// Putting itself together.
    Starting,
    /// Waits for the vault's passphrase.
    Sealed,
    /// Waits for the operator: the reason says for what.
    Waiting(String),
    /// Accepts and answers.
    Running,
    /// Is shutting down.
    Draining,
}

/// Answers the operator.
pub(crate) struct Desk {
    storage: Arc<dyn Storage>,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    kdf: KdfParams,
    redactor: Arc<Redactor>,
    started_at: Timestamp,
    live: Mutex<Live>,
    secrets_changed: Notify,
}

#[derive(Default)]
struct Live {
    phase: Phase,
    agent: Option<Arc<Agent>>,
    channels: Vec<String>,
}

impl Desk {
    /// A desk without a daemon behind it. [`Desk::enter`] puts one there.
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        vault: Arc<Vault>,
        clock: Arc<dyn Clock>,
        kdf: KdfParams,
        redactor: Arc<Redactor>,
    ) -> Self {
        let started_at = clock.now();
        Self {
            storage,
            vault,
            clock,
            kdf,
            redactor,
            started_at,
            live: Mutex::default(),
            secrets_changed: Notify::new(),
        }
    }

    fn live(&self) -> std::sync::MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The daemon enters a phase without an agent.
    pub(crate) fn enter(&self, phase: Phase) {
        *self.live() = Live { phase, agent: None, channels: Vec::new() };
    }

    /// The daemon has an agent at work.
    pub(crate) fn run(&self, agent: Arc<Agent>, channels: Vec<String>) {
        *self.live() = Live { phase: Phase::Running, agent: Some(agent), channels };
    }

    /// The agent finishes what it has begun.
    pub(crate) fn drain(&self) {
        self.live().phase = Phase::Draining;
    }

    /// Returns when a secret was stored or removed.
    pub(crate) async fn secrets_changed(&self) {
        self.secrets_changed.notified().await;
    }

    fn agent(&self) -> Option<Arc<Agent>> {
        self.live().agent.clone()
    }

    async fn vault_status(&self) -> Result<Told, Refusal> {
        Ok(Told::Vault(self.vault.status().await?))
    }

    async fn status(&self) -> Result<Told, Refusal> {
        let vault = self
            .vault
            .status()
            .await
            .unwrap_or(VaultStatus { state: blufio_core::control::VaultState::Sealed, secrets: 0 });
        let store = self.storage.stats().await.map_err(refused)?;
        let (running, channels, here) = {
            let live = self.live();
            let running = live.agent.as_ref().map(|agent| agent.running()).unwrap_or_default();
            (running, live.channels.clone(), live.phase != Phase::Absent)
        };
        Ok(Told::Status(Box::new(Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: if here { std::process::id() } else { 0 },
            started_at: if here { self.started_at } else { Timestamp(0) },
            health: self.health(),
            vault,
            store,
            running,
            channels,
        })))
    }

    /// Opens the vault for one change where it is not open, and closes it again.
    async fn with_open_vault(
        &self,
        passphrase: Option<SecretString>,
        name: &str,
        value: SecretString,
    ) -> Result<(), Refusal> {
        self.redactor.add(&value);
        if self.vault.is_unsealed() {
            self.vault.set(name, value).await?;
            return Ok(());
        }
        let passphrase = passphrase.ok_or(Refusal::from(VaultError::Sealed))?;
        if self.live().phase != Phase::Absent {
            // In a daemon, opening the vault means that it starts to answer: that is the operator's own decision.
            return Err(Refusal {
                kind: RefusalKind::Sealed,
                message:
                    "the running daemon is sealed; open it with `blufio vault unseal`, then set the secret"
                        .into(),
            });
        }
        self.vault.unseal(passphrase).await?;
        let stored = self.vault.set(name, value).await;
        self.vault.seal().await;
        Ok(stored?)
    }
}

fn refused(error: StorageError) -> Refusal {
    Refusal { kind: RefusalKind::Failed, message: error.to_string() }
}

fn usage(message: impl Into<String>) -> Refusal {
    Refusal { kind: RefusalKind::Usage, message: message.into() }
}

#[async_trait]
impl Control for Desk {
    async fn ask(&self, ask: Ask) -> Result<Told, Refusal> {
        match ask {
            Ask::Status => self.status().await,
            Ask::VaultStatus => self.vault_status().await,
            Ask::VaultInit { passphrase } => {
                self.redactor.add(&passphrase);
                self.vault.init(passphrase, self.kdf).await?;
                self.vault_status().await
            }
            Ask::VaultUnseal { passphrase } => {
                self.redactor.add(&passphrase);
                self.vault.unseal(passphrase).await?;
                self.vault_status().await
            }
            Ask::VaultSeal => {
                self.vault.seal().await;
                self.vault_status().await
            }
            Ask::VaultList => Ok(Told::Secrets { secrets: self.vault.list().await? }),
            Ask::VaultSet { name, value, passphrase } => {
                self.with_open_vault(passphrase, &name, value).await?;
                self.secrets_changed.notify_one();
                Ok(Told::Done)
            }
            Ask::VaultRemove { name } => {
                if !self.vault.remove(&name).await? {
                    return Err(usage(format!("the vault holds no {name}; see `blufio vault list`")));
                }
                self.secrets_changed.notify_one();
                Ok(Told::Done)
            }
            Ask::VaultRotate { passphrase, new_passphrase } => {
                self.redactor.add(&new_passphrase);
                self.vault.rotate(passphrase, new_passphrase, self.kdf).await?;
                self.vault_status().await
            }
            Ask::Peers => {
                let peers = self.storage.peers(self.clock.now()).await.map_err(refused)?;
                Ok(Told::Peers { peers })
            }
            Ask::PairApprove { code } => {
                match self.storage.approve(&code, self.clock.now()).await.map_err(refused)? {
                    Some(peer) => Ok(Told::Paired(peer)),
                    None => Err(usage(
                        "no such code, or it has expired; the person gets a new one by writing again",
                    )),
                }
            }
            Ask::PeerRemove { channel, sender } => {
                match self.storage.remove_peer(&channel, &sender).await.map_err(refused)? {
                    true => Ok(Told::Done),
                    false => {
                        Err(usage(format!("nobody is known as {channel} {sender}; see `blufio pair list`")))
                    }
                }
            }
            Ask::DeadLetters => {
                let letters = self.storage.dead_letters(LETTERS).await.map_err(refused)?;
                Ok(Told::DeadLetters { letters })
            }
            Ask::Redeliver { id } => {
                if !self.storage.redeliver(id).await.map_err(refused)? {
                    return Err(usage(format!(
                        "there is no undeliverable message {id}; see `blufio outbox list`"
                    )));
                }
                if let Some(agent) = self.agent() {
                    agent.wake_sender();
                }
                Ok(Told::Done)
            }
        }
    }

    fn health(&self) -> Health {
        let live = self.live();
        let trouble = live.agent.as_ref().map(|agent| agent.trouble()).unwrap_or_default();
        let reason = match &live.phase {
            Phase::Absent => "no daemon is running; start it with `blufio serve`".to_owned(),
            Phase::Starting => "starting".to_owned(),
            Phase::Sealed => "sealed: waiting for `blufio vault unseal`".to_owned(),
            Phase::Waiting(reason) => reason.clone(),
            Phase::Draining => "shutting down".to_owned(),
            Phase::Running if trouble.is_empty() => "ok".to_owned(),
            Phase::Running => trouble.join("; "),
        };
        Health {
            live: live.phase != Phase::Absent,
            ready: live.phase == Phase::Running && trouble.is_empty(),
            sealed: live.phase == Phase::Sealed,
            draining: live.phase == Phase::Draining,
            reason,
        }
    }
}
