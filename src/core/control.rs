// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the operator may ask: over the local socket of a running daemon, or of the state itself when none runs.

use crate::checkup::Checkup;
use crate::ids::{Conversation, MemoryId, PassageId};
use crate::memory::{ItemId, Memory, MemoryKind, MemoryScope, MemorySource, MemoryTrust, Passage};
use crate::money::NanoUsd;
use crate::recall::Recalled;
use crate::secret::SecretString;
use crate::storage::{
    Answer, Backup, Cost, Forgotten, OutboxRow, Peer, Remembered, Standing, Standstill, StoreStats,
};
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// What the operator asks.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// How things stand.
    Status,
    /// Whether the daemon is well: the self-test.
    CheckUp,
    /// Whether there is a vault, and whether it is open.
    VaultStatus,
    /// Makes a vault.
    VaultInit {
        /// Its passphrase.
        passphrase: SecretString,
    },
    /// Opens the vault.
    VaultUnseal {
        /// Its passphrase.
        passphrase: SecretString,
    },
    /// Closes the vault; the daemon stops answering.
    VaultSeal,
    /// Throws the vault away, with every secret in it. Takes no passphrase: it is for those who have lost theirs.
    VaultDiscard,
    /// Names of the secrets, never their values.
    VaultList,
    /// Stores a secret. The passphrase is needed only where the vault is not open already.
    VaultSet {
        /// Its name.
        name: String,
        /// Its value.
        value: SecretString,
        /// The vault's passphrase.
        #[serde(default)]
        passphrase: Option<SecretString>,
    },
    /// Removes a secret.
    VaultRemove {
        /// Its name.
        name: String,
    },
    /// A new passphrase, a new data key, every secret sealed anew.
    VaultRotate {
        /// The passphrase that holds now.
        passphrase: SecretString,
        /// The passphrase that shall hold.
        new_passphrase: SecretString,
    },
    /// Who may talk to the agent, and who asked to.
    Peers,
    /// Lets the person in who was given this code.
    PairApprove {
        /// The code, as the person read it out.
        code: String,
    },
    /// Shuts a person out again.
    PeerRemove {
        /// Name of the channel.
        channel: String,
        /// The person's id on it.
        sender: String,
    },
    /// Answers that could not be delivered.
    DeadLetters,
    /// What was spent.
    Costs {
        /// Since when.
        since: Timestamp,
        /// Added up by what.
        by: CostsBy,
    },
    /// The newest answers and how they came about.
    Answers {
        /// How many at most.
        limit: usize,
    },
    /// How the limits stand.
    Budget,
    /// Raises a limit until it resets.
    BudgetRaise {
        /// `daily`, `monthly` or `heartbeat`.
        limit: String,
        /// By how much.
        by: NanoUsd,
    },
    /// Lets background work go on after the provider's spend limit has stopped it.
    BackgroundResume,
    /// Stores a memory.
    MemoryAdd {
        /// One statement.
        text: String,
        /// What it is about.
        kind: MemoryKind,
        /// Who may be reminded of it; `None`: everybody who talks to the agent.
        #[serde(default)]
        scope: Option<MemoryScope>,
    },
    /// Memories, newest first.
    MemoryList {
        /// Also those that were replaced.
        #[serde(default)]
        replaced: bool,
        /// Those stored before this one.
        #[serde(default)]
        before: Option<MemoryId>,
        /// At most so many; a thousand at the most.
        limit: usize,
    },
    /// What fits a text, of all scopes.
    MemorySearch {
        /// The text.
        text: String,
        /// At most so many.
        limit: usize,
    },
    /// A memory with its history.
    MemoryShow {
        /// Which.
        id: MemoryId,
    },
    /// Deletes memories and past words for good.
    MemoryForget {
        /// Which.
        items: Vec<ItemId>,
    },
    /// Memories, history included, with all that is known of them; newest first.
    MemoryExport {
        /// Those stored before this one.
        #[serde(default)]
        before: Option<MemoryId>,
        /// At most so many; a thousand at the most.
        limit: usize,
    },
    /// What people have said, as it is found again; newest first.
    PastWords {
        /// Those stored before these.
        #[serde(default)]
        before: Option<PassageId>,
        /// At most so many; a thousand at the most.
        limit: usize,
    },
    /// Stores memories that were exported. Those that are known already are left as they are.
    MemoryImport {
        /// The memories, replaced ones before what took their place; a thousand at the most.
        memories: Vec<ImportedMemory>,
    },
    /// Makes a backup.
    BackUp,
    /// Tries an undeliverable answer once more.
    Redeliver {
        /// The outbox row.
        id: crate::ids::OutboxId,
    },
}

/// What the operator is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum Told {
    /// To `Status`.
    Status(Box<Status>),
    /// To `CheckUp`.
    Checkup(Checkup),
    /// To the questions about the vault that change its state or ask for it.
    Vault(VaultStatus),
    /// To `VaultList`.
    Secrets {
        /// The secrets, without values.
        secrets: Vec<SecretName>,
    },
    /// To `Peers`.
    Peers {
        /// Everyone known.
        peers: Vec<Peer>,
    },
    /// To `PairApprove`.
    Paired(Peer),
    /// To `DeadLetters`.
    DeadLetters {
        /// The rows.
        letters: Vec<OutboxRow>,
    },
    /// To `Costs`.
    Costs(CostReport),
    /// To `Answers`: oldest first.
    Answers {
        /// The answers.
        answers: Vec<Answer>,
    },
    /// To `Budget` and `BudgetRaise`.
    Budget(BudgetReport),
    /// To `MemoryAdd`.
    Remembered(Remembered),
    /// To `MemoryList`.
    Memories {
        /// The memories.
        memories: Vec<Memory>,
    },
    /// To `MemorySearch`.
    Recalled(Recalled),
    /// To `MemoryShow`.
    Memory {
        /// The memory.
        memory: Memory,
        /// What it replaced, newest first.
        earlier: Vec<Memory>,
        /// Every place where it was said, the first one first. Forgetting it reaches them all.
        #[serde(default)]
        sources: Vec<MemorySource>,
    },
    /// To `MemoryExport`.
    MemoriesExported {
        /// The memories; empty where there are no more.
        memories: Vec<ExportedMemory>,
    },
    /// To `PastWords`.
    PastWords {
        /// The words; empty where there are no more.
        past_words: Vec<Passage>,
    },
    /// To `MemoryForget`.
    Forgotten(Forgotten),
    /// To `MemoryImport`.
    Imported {
        /// How many were new.
        new: usize,
    },
    /// To `BackUp`.
    BackedUp(Backup),
    /// Done; there is nothing to tell.
    Done,
}

/// What costs are added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostsBy {
    /// One line a session.
    Session,
    /// One line a model.
    Model,
    /// One line a feature.
    Feature,
    /// One line a day, in the configured time zone.
    Day,
}

/// What was spent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CostReport {
    /// Since when.
    pub since: Timestamp,
    /// The parts.
    pub lines: Vec<Cost>,
    /// Their sum.
    pub total: Cost,
}

/// How the limits stand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BudgetReport {
    /// Each limit.
    pub standings: Vec<Standing>,
    /// Why background work stands still, if it does.
    pub standstill: Option<Standstill>,
}

/// A memory for an export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportedMemory {
    /// The memory.
    #[serde(flatten)]
    pub memory: Memory,
    /// Every place where it was said, the first one first.
    pub said_in: Vec<MemorySource>,
}

/// A memory out of an export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedMemory {
    /// One statement.
    pub text: String,
    /// What it is about.
    pub kind: MemoryKind,
    /// Who may be reminded of it.
    pub scope: MemoryScope,
    /// Whose word it is.
    pub trust: MemoryTrust,
    /// How sure it is, hundredths.
    pub confidence: u8,
    /// When it was said.
    pub learned_at: Timestamp,
    /// Position, in the same list, of what took its place; behind this one.
    #[serde(default)]
    pub replaced_by: Option<usize>,
}

/// Name of a secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecretName {
    /// Its name.
    pub name: String,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// State of the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VaultState {
    /// None has been made.
    Uninitialised,
    /// There is one; its key is not in memory.
    Sealed,
    /// Its key is in memory.
    Unsealed,
}

/// The vault from outside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VaultStatus {
    /// Its state.
    pub state: VaultState,
    /// How many secrets it holds.
    pub secrets: usize,
}

/// Health: what `GET /health` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The process runs and its loops move.
    pub live: bool,
    /// It accepts messages and answers them.
    pub ready: bool,
    /// It waits for the vault's passphrase.
    pub sealed: bool,
    /// It is shutting down.
    pub draining: bool,
    /// It is on trial: whole, and holding messages back until somebody says that it stays.
    #[serde(default)]
    pub trial: bool,
    /// Why it is not ready, or `"ok"`.
    pub reason: String,
    /// What the operator should know about this machine: at most 20 lines of at most 300 characters.
    #[serde(default)]
    pub notices: Vec<String>,
}

/// How a daemon stands: what `blufio status` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// Process id; zero where no daemon runs.
    pub pid: u32,
    /// When it started; zero where no daemon runs.
    pub started_at: Timestamp,
    /// Its health.
    pub health: Health,
    /// The vault.
    pub vault: VaultStatus,
    /// The state file.
    pub store: StoreStats,
    /// Conversations with a turn running now.
    pub running: Vec<Conversation>,
    /// Names of the channels that are in use.
    pub channels: Vec<String>,
}

/// Why the operator was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What kind.
    pub kind: RefusalKind,
    /// What happened and what to do.
    pub message: String,
}

/// Kinds of refusal; each has its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// It failed. Exit code 1.
    Failed,
    /// The question was wrong. Exit code 2.
    Usage,
    /// It is not allowed. Exit code 3.
    Policy,
    /// The vault is sealed. Exit code 4.
    Sealed,
}

/// Answers the operator.
#[async_trait]
pub trait Control: Send + Sync {
    /// Answers one question. Dropping the future leaves the state as before or as after, never in between.
    ///
    /// # Errors
    /// A [`Refusal`] that says what to do.
    async fn ask(&self, ask: Ask) -> Result<Told, Refusal>;

    /// The health, from memory: answers also while the disk or the database hangs.
    fn health(&self) -> Health;
}
