// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the operator's questions are answered: the same desk in a running daemon and without one.

mod checkup;
mod memories;
mod spending;

use crate::assemble::State;
use async_trait::async_trait;
use blufio_agent::{Agent, AgentOptions};
use blufio_core::control::{Ask, Control, Health, Refusal, RefusalKind, Status, Told, VaultStatus};
use blufio_core::embedding::Embedding;
use blufio_core::recall::Recall;
use blufio_core::secret::SecretString;
use blufio_core::storage::{Storage, StorageError};
use blufio_core::time::{Clock, Timestamp};
use blufio_net::Redactor;
use blufio_vault::{KdfParams, Vault, VaultError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How many answers are explained at once.
const ANSWERS: usize = 1_000;
/// How many dead letters are shown.
const LETTERS: usize = 200;
/// What is said of a daemon that is ready.
const WELL: &str = "ok";
/// A loop that has not moved for this long hangs.
const HANGS: Duration = Duration::from_secs(30);

/// Where the daemon stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No daemon runs.
    #[default]
    Absent,
    /// Putting itself together.
    Starting,
    /// Waits for the vault's passphrase: the reason says so, and why the one that was at hand was of no use.
    Sealed(String),
    /// Waits for the operator: the reason says for what.
    Waiting(String),
    /// Everything is there, and nothing is received, answered or sent: the reason says until when.
    Trial(String),
    /// Accepts and answers.
    Running,
    /// Takes up what the operator has changed; running turns may finish first.
    Reloading,
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
    /// Names of the secrets that the daemon works with.
    used: Vec<String>,
    secrets_changed: Notify,
    /// What may be spent, and when it resets.
    spending: AgentOptions,
    /// Finds what fits.
    recall: Arc<dyn Recall>,
    /// What others have to say about this machine.
    notices: Mutex<Vec<String>>,
    /// Whether meaning is to count.
    remembers: bool,
    /// The sentence model.
    embedding: Option<Arc<dyn Embedding>>,
    /// When the self-test last had a sentence embedded.
    embedded: Mutex<Option<Timestamp>>,
    /// How many backups are kept.
    backups: usize,
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
        state: &State,
        kdf: KdfParams,
        redactor: Arc<Redactor>,
        used: Vec<String>,
        spending: AgentOptions,
        backups: usize,
    ) -> Self {
        Self {
            storage: Arc::clone(&state.storage),
            vault: Arc::clone(&state.vault),
            clock: Arc::clone(&state.clock),
            kdf,
            redactor,
            started_at: state.clock.now(),
            live: Mutex::default(),
            used,
            secrets_changed: Notify::new(),
            spending,
            recall: Arc::clone(&state.recall),
            notices: Mutex::default(),
            remembers: state.remembers,
            embedding: state.embedding.clone(),
            embedded: Mutex::default(),
            backups,
        }
    }

    /// What the operator should know about this machine, in place of what was said before.
    pub(crate) fn note(&self, notices: Vec<String>) {
        *self.notices.lock().unwrap_or_else(PoisonError::into_inner) = notices;
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

    /// The agent finishes what it has begun: for good, or to start again with what was changed.
    pub(crate) fn drain(&self, for_good: bool) {
        self.live().phase = if for_good { Phase::Draining } else { Phase::Reloading };
    }

    /// Where the daemon stands.
    pub(crate) fn phase(&self) -> Phase {
        self.live().phase.clone()
    }

    /// Whether the loops of the agent move, if there is one.
    pub(crate) fn moves(&self) -> bool {
        self.live().agent.as_ref().is_none_or(|agent| agent.still() < HANGS)
    }

    /// A line for the service manager.
    pub(crate) fn status_line(&self) -> String {
        let health = self.health();
        if health.ready { format!("Answering on {}", self.live().channels.join(", ")) } else { health.reason }
    }

    /// Returns when a secret that the daemon works with has got another value, or none.
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
        let store = self.storage.stats(self.clock.now()).await.map_err(refused)?;
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

    /// Stores a secret. Opens the vault for it where it is not open, and closes it again.
    async fn store_secret(
        &self,
        passphrase: Option<SecretString>,
        name: &str,
        value: SecretString,
    ) -> Result<(), Refusal> {
        self.redactor.add(&value);
        if self.vault.is_unsealed() {
            // A damaged row is no reason not to replace it.
            let same = self.vault.get(name).await.is_ok_and(|old| old.as_ref() == Some(&value));
            self.vault.set(name, value).await?;
            if !same {
                self.changed(name);
            }
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

impl Desk {
    fn changed(&self, name: &str) {
        if !self.used.iter().any(|used| used == name) {
            return;
        }
        self.look_again();
    }

    /// Has the daemon look for its secrets once more.
    fn look_again(&self) {
        {
            let mut live = self.live();
            // Who stores what the daemon waits for and then asks how it is must not be told that it is still missing.
            if matches!(live.phase, Phase::Waiting(_) | Phase::Sealed(_)) {
                live.phase = Phase::Starting;
            }
        }
        self.secrets_changed.notify_one();
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
            Ask::CheckUp => Ok(Told::Checkup(self.check_up().await)),
            Ask::VaultStatus => self.vault_status().await,
            Ask::VaultInit { passphrase } => {
                self.vault.init(passphrase, self.kdf).await?;
                self.vault_status().await
            }
            Ask::VaultUnseal { passphrase } => {
                self.vault.unseal(passphrase).await?;
                self.vault_status().await
            }
            Ask::VaultSeal => {
                self.vault.seal().await;
                self.vault_status().await
            }
            Ask::VaultDiscard => {
                let open = self.vault.is_unsealed();
                self.vault.discard().await?;
                // An open vault says itself that it was closed.
                if !open {
                    self.look_again();
                }
                self.vault_status().await
            }
            Ask::VaultList => Ok(Told::Secrets { secrets: self.vault.list().await? }),
            Ask::VaultSet { name, value, passphrase } => {
                self.store_secret(passphrase, &name, value).await?;
                Ok(Told::Done)
            }
            Ask::VaultRemove { name } => {
                if !self.vault.remove(&name).await? {
                    return Err(usage(format!("the vault holds no {name}; see `blufio vault list`")));
                }
                self.changed(&name);
                Ok(Told::Done)
            }
            Ask::VaultRotate { passphrase, new_passphrase } => {
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
            Ask::Costs { since, by } => self.costs(since, by).await,
            Ask::Answers { limit } => {
                let answers = self.storage.answers(None, limit.min(ANSWERS)).await.map_err(refused)?;
                Ok(Told::Answers { answers })
            }
            Ask::Budget => self.budget().await,
            Ask::BudgetRaise { limit, by } => self.raise(&limit, by).await,
            Ask::BackgroundResume => {
                self.storage.set_standstill(None).await.map_err(refused)?;
                Ok(Told::Done)
            }
            Ask::MemoryAdd { text, kind, scope } => self.remember(text, kind, scope).await,
            Ask::MemoryList { replaced, before, limit } => self.memories(replaced, before, limit).await,
            Ask::MemorySearch { text, limit } => self.search(text, limit).await,
            Ask::MemoryShow { id } => self.memory(id).await,
            Ask::MemoryForget { items } => self.forget(items).await,
            Ask::MemoryExport { before, limit } => self.export(before, limit).await,
            Ask::PastWords { before, limit } => self.past_words(before, limit).await,
            Ask::MemoryImport { memories } => self.import(memories).await,
            Ask::BackUp => {
                let made = self.storage.back_up(self.backups, self.clock.now()).await;
                made.map(Told::BackedUp).map_err(refused)
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
        let moves = self.moves();
        let live = self.live();
        let trouble = live.agent.as_ref().map(|agent| agent.trouble()).unwrap_or_default();
        let reason = match &live.phase {
            Phase::Absent => "no daemon is running; start it with `blufio serve`".to_owned(),
            Phase::Starting => "starting".to_owned(),
            Phase::Sealed(reason) | Phase::Waiting(reason) | Phase::Trial(reason) => reason.clone(),
            Phase::Reloading => "taking up a changed secret; running turns may finish".to_owned(),
            Phase::Draining => "shutting down".to_owned(),
            _ if !moves => "a main loop hangs".to_owned(),
            Phase::Running if trouble.is_empty() => WELL.to_owned(),
            Phase::Running => trouble.join("; "),
        };
        Health {
            live: live.phase != Phase::Absent && moves,
            ready: live.phase == Phase::Running && trouble.is_empty() && moves,
            sealed: matches!(live.phase, Phase::Sealed(_)),
            draining: live.phase == Phase::Draining,
            trial: matches!(live.phase, Phase::Trial(_)),
            reason,
            notices: self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}
