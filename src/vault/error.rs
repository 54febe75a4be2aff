// SPDX-License-Identifier: MIT OR Apache-2.0
use blufio_core::control::{Refusal, RefusalKind};
use blufio_core::storage::StorageError;

/// Why the vault did not do something. Whatever it was, what is stored has not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no vault.
    #[error("there is no vault yet; make one with `blufio vault init`")]
    Uninitialised,
    /// There is one already.
    #[error("there is a vault already; change its passphrase with `blufio vault rotate`")]
    AlreadyInitialised,
    /// Secrets are there, but the header that held their key is gone. Making a new vault would bury them.
    #[error(
        "the vault's header is missing while {secrets} sealed secret(s) are there; restore a backup of the state \
         file. If there is none they cannot be opened any more: throw them away with `blufio vault discard`, \
         then make a new vault"
    )]
    HeaderLost {
        /// How many.
        secrets: usize,
    },
    /// Its key is not in memory.
    #[error("the vault is sealed; open it with `blufio vault unseal`")]
    Sealed,
    /// The passphrase does not open it. A wrong passphrase and an altered header cannot be told apart, neither by
    /// us nor by someone who guesses.
    #[error(
        "the passphrase does not open the vault. Check it and try again; if you are sure of it, the vault's header \
         was altered: restore a backup of the state file"
    )]
    WrongPassphrase,
    /// The header cannot be one of ours.
    #[error("the vault's header is damaged ({reason}); restore a backup of the state file")]
    HeaderDamaged {
        /// Which field, and what is wrong with it.
        reason: String,
    },
    /// The vault was written by a newer program.
    #[error("the vault has layout {found}, this program knows {known}; use the newer program")]
    HeaderTooNew {
        /// Layout of the vault.
        found: u32,
        /// Layout that is known.
        known: u32,
    },
    /// One secret does not open.
    #[error(
        "the secret {name:?} is damaged: its row was truncated or altered. The others are not affected. Store it \
         anew with `blufio vault set`, or restore a backup of the state file"
    )]
    SecretDamaged {
        /// Its name.
        name: String,
    },
    /// The passphrase is too easy or not typable.
    #[error("this passphrase is refused: {reason}")]
    WeakPassphrase {
        /// What it must have.
        reason: &'static str,
    },
    /// The name cannot be one.
    #[error(
        "a secret's name has 1 to 64 of the characters a-z, 0-9, '.', '_' and '-', and starts with a letter or a \
         digit; {name:?} has not"
    )]
    BadName {
        /// The name, cut short if it is long.
        name: String,
    },
    /// The value cannot be stored.
    #[error("the value of {name:?} is refused: {reason}")]
    BadValue {
        /// The secret's name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No room for another secret.
    #[error(
        "the vault holds {limit} secrets, which is the most it can; remove one first with `blufio vault remove`"
    )]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// The parameters of the key derivation are out of bounds.
    #[error("the key derivation is refused: {reason}")]
    BadParams {
        /// Which one, and its bounds.
        reason: String,
    },
    /// There is not enough memory to derive the key.
    #[error(
        "deriving the key needs {kib} KiB of memory, which this machine did not give; free some and try again"
    )]
    OutOfMemory {
        /// How much it needs, KiB.
        kib: u32,
    },
    /// The control group does not allow enough memory to derive the key.
    #[error(
        "deriving the key needs {kib} KiB of memory, and the control group of this process may have {limit_kib} KiB \
         altogether. Raise the unit's MemoryMax (`systemctl edit blufio`); or stop the daemon, set vault.memory_kib to \
         less, and run `blufio vault rotate`"
    )]
    BeyondLimit {
        /// How much it needs, KiB.
        kib: u32,
        /// How much there may be, KiB.
        limit_kib: u64,
    },
    /// The system gave no random bytes, or the program is stopping.
    #[error("the vault could not work: {0}")]
    System(String),
    /// The rows could not be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl VaultError {
    /// Whether the same call may succeed later without anyone changing it.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Storage(error) => error.is_retryable(),
            Self::Sealed | Self::OutOfMemory { .. } | Self::System(_) => true,
            _ => false,
        }
    }
}

impl From<VaultError> for Refusal {
    fn from(error: VaultError) -> Self {
        let kind = match &error {
            VaultError::Sealed => RefusalKind::Sealed,
            VaultError::WeakPassphrase { .. } => RefusalKind::Policy,
            VaultError::BadName { .. } | VaultError::BadValue { .. } | VaultError::BadParams { .. } => {
                RefusalKind::Usage
            }
            _ => RefusalKind::Failed,
        };
        Self { kind, message: error.to_string() }
    }
}
