// SPDX-License-Identifier: MIT OR Apache-2.0
//! Secrets: strings that are wiped and never printed, and the rows in which the vault keeps them.

use crate::storage::StorageError;
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// A string that is wiped when dropped and that `Debug` never shows. It can be read in from JSON or TOML, and it
/// cannot be serialised by accident: there is no `Serialize`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretString(Zeroizing<String>);

impl SecretString {
    /// Takes ownership; the caller keeps no copy.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The secret itself. Call it at the edge, where the secret leaves for its one purpose.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretString(…)")
    }
}

impl<'de> Deserialize<'de> for SecretString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// How the key-encryption key is derived from the passphrase, and the data key that it wraps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultHeader {
    /// Version of this layout; 1.
    pub version: u32,
    /// Argon2id memory, KiB.
    pub memory_kib: u32,
    /// Argon2id passes.
    pub passes: u32,
    /// Argon2id lanes.
    pub lanes: u32,
    /// Salt, random, 16 bytes.
    pub salt: Vec<u8>,
    /// Nonce of the wrapped key, 12 bytes.
    pub nonce: Vec<u8>,
    /// The data key under AES-256-GCM with the header's other fields as associated data, 32 + 16 bytes.
    pub wrapped_key: Vec<u8>,
    /// When the vault was made or its passphrase last changed.
    pub created_at: Timestamp,
}

/// One sealed secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRecord {
    /// Its name, which is also authenticated.
    pub name: String,
    /// Nonce, 12 bytes, random for each write.
    pub nonce: Vec<u8>,
    /// The secret under AES-256-GCM, with 16 bytes of tag at the end.
    pub sealed: Vec<u8>,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// Where the vault keeps its rows. Nothing in them is secret without the passphrase.
#[async_trait]
pub trait SecretRecords: Send + Sync {
    /// The header, or `None` where no vault has been made.
    ///
    /// # Errors
    /// When the rows cannot be read.
    async fn vault_header(&self) -> Result<Option<VaultHeader>, StorageError>;

    /// All sealed secrets, by name.
    ///
    /// # Errors
    /// When the rows cannot be read.
    async fn secrets(&self) -> Result<Vec<SecretRecord>, StorageError>;

    /// Replaces header and rows together, in one transaction.
    ///
    /// # Errors
    /// When the transaction fails; then nothing has changed.
    async fn replace_vault(
        &self,
        header: VaultHeader,
        records: Vec<SecretRecord>,
    ) -> Result<(), StorageError>;

    /// Removes the header and all rows together, in one transaction.
    ///
    /// # Errors
    /// When the transaction fails; then nothing has changed.
    async fn remove_vault(&self) -> Result<(), StorageError>;

    /// Writes one secret, new or not.
    ///
    /// # Errors
    /// When the transaction fails; then nothing has changed.
    async fn put_secret(&self, record: SecretRecord) -> Result<(), StorageError>;

    /// Removes one secret; says whether it was there.
    ///
    /// # Errors
    /// When the transaction fails; then nothing has changed.
    async fn remove_secret(&self, name: &str) -> Result<bool, StorageError>;
}
