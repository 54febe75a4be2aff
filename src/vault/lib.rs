// SPDX-License-Identifier: MIT OR Apache-2.0
//! Secrets at rest: AES-256-GCM under a key derived by Argon2id.
//!
//! A passphrase opens the vault. Argon2id derives a key from it, that key wraps a random data key, and the data key
//! seals each secret together with its name. Passphrase and keys live in wiped memory only; what is stored is worth
//! nothing without the passphrase. A new passphrase means a new salt, a new data key, and every secret sealed anew.
//!
//! | room | holds |
//! |---|---|
//! | [`vault`](Vault) | the three states, and everything that can be done in them |
//! | [`kdf`](KdfParams) | how hard the passphrase is to guess: parameters, their bounds, the derivation |
//! | `limit` | how much memory the derivation may use at all |
//! | `header` | the wrapped data key and what is bound to it |
//! | `cipher` | one seal: nonce, text, tag; and the key in its wiped box |
//! | `rules` | what a passphrase, a name and a value may look like |
//! | [`error`](VaultError) | what can go wrong, and what to do about it |
//!
//! ```
//! # use blufio_core::{secret::{SecretRecords, SecretString}, time::Clock};
//! # use blufio_vault::{KdfParams, Vault, VaultError};
//! # use std::sync::Arc;
//! # async fn example(records: Arc<dyn SecretRecords>, clock: Arc<dyn Clock>) -> Result<(), VaultError> {
//! let vault = Vault::new(records, clock);
//! let passphrase = SecretString::new("correct horse battery".into());
//! vault.init(passphrase, KdfParams::default()).await?;
//! vault.set("anthropic-api-key", SecretString::new("sk-ant-…".into())).await?;
//! assert!(vault.get("anthropic-api-key").await?.is_some());
//! vault.seal().await;
//! assert!(matches!(vault.get("anthropic-api-key").await, Err(VaultError::Sealed)));
//! # Ok(())
//! # }
//! ```

mod cipher;
mod error;
mod header;
mod kdf;
mod limit;
mod rules;
mod vault;

pub use error::VaultError;
pub use kdf::KdfParams;
pub use rules::{MAX_NAME_CHARS, MAX_PASSPHRASE_BYTES, MAX_SECRETS, MAX_VALUE_BYTES, MIN_PASSPHRASE_CHARS};
pub use vault::{FAILURE_DELAY, Vault};

#[cfg(test)]
mod tests;
