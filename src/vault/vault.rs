// SPDX-License-Identifier: MIT OR Apache-2.0
//! The vault: its three states, and everything that can be done in them.

use crate::cipher::Key;
use crate::error::VaultError;
use crate::header;
use crate::kdf::KdfParams;
use crate::rules::{MAX_PASSPHRASE_BYTES, MAX_SECRETS, check_name, check_new_passphrase, check_value};
use blufio_core::control::{SecretName, VaultState, VaultStatus};
use blufio_core::secret::{SecretRecord, SecretRecords, SecretString};
use blufio_core::time::Clock;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard, RwLock, watch};
use tokio::task::{spawn, spawn_blocking};

/// How long a failed attempt at the passphrase holds up its answer, and with it the next attempt.
pub const FAILURE_DELAY: Duration = Duration::from_secs(1);

/// The vault. Cheap to clone; all clones are the same vault.
///
/// Every method may be dropped at any await: what it does then happens as a whole or not at all, except that an
/// attempt at the passphrase which has begun is carried out (and holds up the next one) also when nobody waits for
/// its answer any more.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    records: Arc<dyn SecretRecords>,
    clock: Arc<dyn Clock>,
    /// The data key while unsealed. Whoever reads rows to open them holds the lock meanwhile, so that rows and key
    /// always belong together; whoever changes rows or key holds it for writing.
    key: RwLock<Option<Key>>,
    unsealed: watch::Sender<bool>,
    /// One attempt at the passphrase at a time.
    attempts: Arc<Mutex<()>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("unsealed", &self.is_unsealed()).finish_non_exhaustive()
    }
}

impl Vault {
    /// A vault over these rows. It starts sealed, or uninitialised where there is no header.
    #[must_use]
    pub fn new(records: Arc<dyn SecretRecords>, clock: Arc<dyn Clock>) -> Self {
        let inner = Inner {
            records,
            clock,
            key: RwLock::new(None),
            unsealed: watch::Sender::new(false),
            attempts: Arc::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Whether the key is in memory. Never waits.
    #[must_use]
    pub fn is_unsealed(&self) -> bool {
        *self.inner.unsealed.borrow()
    }

    /// Says whether the vault is unsealed, and every change of it. Sealing a sealed vault, or unsealing an open one,
    /// is no change.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.inner.unsealed.subscribe()
    }

    /// Waits until the vault is unsealed; returns at once if it is.
    pub async fn wait_unsealed(&self) {
        // It cannot fail: `self` holds the sending side.
        let _ = self.watch().wait_for(|unsealed| *unsealed).await;
    }

    /// How the vault stands.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub async fn status(&self) -> Result<VaultStatus, VaultError> {
        let key = self.inner.key.read().await;
        let state = match (&*key, self.inner.records.vault_header().await?) {
            (_, None) => VaultState::Uninitialised,
            (None, Some(_)) => VaultState::Sealed,
            (Some(_), Some(_)) => VaultState::Unsealed,
        };
        Ok(VaultStatus { state, secrets: self.inner.records.secrets().await?.len() })
    }

    /// Makes a vault and leaves it unsealed.
    ///
    /// # Errors
    /// [`VaultError::AlreadyInitialised`], [`VaultError::HeaderLost`], a refused passphrase or parameters, or the
    /// storage.
    pub async fn init(&self, passphrase: SecretString, params: KdfParams) -> Result<(), VaultError> {
        check_new_passphrase(passphrase.expose())?;
        params.check().map_err(|reason| VaultError::BadParams { reason })?;
        self.attempt(move |inner| async move {
            if inner.records.vault_header().await?.is_some() {
                return Err(VaultError::AlreadyInitialised);
            }
            let now = inner.clock.now();
            let (data_key, header) = blocking(move || {
                let data_key = Key::random()?;
                let header = header::wrap(&data_key, passphrase.expose(), params, now)?;
                Ok((data_key, header))
            })
            .await?;
            let mut key = inner.key.write().await;
            let orphans = inner.records.secrets().await?.len();
            if orphans > 0 {
                return Err(VaultError::HeaderLost { secrets: orphans });
            }
            inner.records.replace_vault(header, Vec::new()).await?;
            *key = Some(data_key);
            inner.tell(true);
            Ok(())
        })
        .await
    }

    /// Brings the key into memory. An open vault checks the passphrase all the same and stays open.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`], after [`FAILURE_DELAY`]; [`VaultError::Uninitialised`], a header that is
    /// damaged or too new, or the storage.
    pub async fn unseal(&self, passphrase: SecretString) -> Result<(), VaultError> {
        self.attempt(move |inner| async move {
            // The header cannot be replaced before the key is in place: whoever does so takes this turn, too.
            let data_key = inner.try_passphrase(passphrase).await?;
            let mut key = inner.key.write().await;
            *key = Some(data_key);
            inner.tell(true);
            Ok(())
        })
        .await
    }

    /// Wipes the key from memory. Waits for whoever is just reading or writing a secret.
    pub async fn seal(&self) {
        let mut key = self.inner.key.write().await;
        *key = None;
        self.inner.tell(false);
    }

    /// Throws the vault away, with every secret in it, open or sealed. Needs no key: it is for those who have lost theirs.
    ///
    /// # Errors
    /// [`VaultError::Uninitialised`] where there is nothing, or the storage.
    pub async fn discard(&self) -> Result<(), VaultError> {
        self.attempt(move |inner| async move {
            let mut key = inner.key.write().await;
            if inner.records.vault_header().await?.is_none() && inner.records.secrets().await?.is_empty() {
                return Err(VaultError::Uninitialised);
            }
            inner.records.remove_vault().await?;
            *key = None;
            inner.tell(false);
            Ok(())
        })
        .await
    }

    /// Opens one secret; `None` where there is none of this name.
    ///
    /// # Errors
    /// [`VaultError::Sealed`], [`VaultError::Uninitialised`], [`VaultError::BadName`],
    /// [`VaultError::SecretDamaged`], or the storage.
    pub async fn get(&self, name: &str) -> Result<Option<SecretString>, VaultError> {
        check_name(name)?;
        let guard = self.inner.key.read().await;
        let Some(key) = &*guard else { return Err(self.inner.closed().await) };
        let records = self.inner.records.secrets().await?;
        records.iter().find(|record| record.name == name).map(|record| open(key, record)).transpose()
    }

    /// Stores one secret, new or not.
    ///
    /// # Errors
    /// [`VaultError::Sealed`], [`VaultError::Uninitialised`], [`VaultError::BadName`], [`VaultError::BadValue`],
    /// [`VaultError::TooMany`], or the storage.
    pub async fn set(&self, name: &str, value: SecretString) -> Result<(), VaultError> {
        check_name(name)?;
        check_value(name, value.expose())?;
        let guard = self.inner.key.write().await;
        let Some(key) = &*guard else { return Err(self.inner.closed().await) };
        let records = self.inner.records.secrets().await?;
        if records.len() >= MAX_SECRETS && !records.iter().any(|record| record.name == name) {
            return Err(VaultError::TooMany { limit: MAX_SECRETS });
        }
        let record = seal(key, name, value.expose(), self.inner.clock.as_ref())?;
        Ok(self.inner.records.put_secret(record).await?)
    }

    /// Takes one secret out; says whether it was there. Needs no key, so that a damaged one can be taken out, too.
    ///
    /// # Errors
    /// [`VaultError::BadName`], or the storage.
    pub async fn remove(&self, name: &str) -> Result<bool, VaultError> {
        check_name(name)?;
        let _guard = self.inner.key.write().await;
        Ok(self.inner.records.remove_secret(name).await?)
    }

    /// The names of the secrets. Needs no key.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub async fn list(&self) -> Result<Vec<SecretName>, VaultError> {
        let records = self.inner.records.secrets().await?;
        Ok(records
            .into_iter()
            .map(|SecretRecord { name, updated_at, .. }| SecretName { name, updated_at })
            .collect())
    }

    /// A new passphrase, a new salt, a new data key, every secret sealed anew, all in one transaction. From then on
    /// `params` say what a guess at the passphrase costs. The vault is as open or sealed afterwards as before.
    ///
    /// # Errors
    /// As [`Vault::unseal`]; a refused new passphrase or parameters; [`VaultError::SecretDamaged`] if one secret does
    /// not open (store it anew or remove it first). Then the old passphrase still holds and nothing has changed.
    pub async fn rotate(
        &self,
        old: SecretString,
        new: SecretString,
        params: KdfParams,
    ) -> Result<(), VaultError> {
        check_new_passphrase(new.expose())?;
        params.check().map_err(|reason| VaultError::BadParams { reason })?;
        self.attempt(move |inner| async move {
            let old_key = inner.try_passphrase(old).await?;
            let now = inner.clock.now();
            let (new_key, header) = blocking(move || {
                let new_key = Key::random()?;
                let header = header::wrap(&new_key, new.expose(), params, now)?;
                Ok((new_key, header))
            })
            .await?;
            let mut key = inner.key.write().await;
            let mut records = inner.records.secrets().await?;
            for record in &mut records {
                let value = open(&old_key, record)?;
                let (nonce, sealed) = new_key.seal(value.expose().as_bytes(), &bound(&record.name))?;
                (record.nonce, record.sealed) = (nonce, sealed);
            }
            inner.records.replace_vault(header, records).await?;
            if key.is_some() {
                *key = Some(new_key);
            }
            Ok(())
        })
        .await
    }

    /// Runs `work` when its turn has come, to its end even if nobody waits for it any more: a rotation must not stop
    /// between the rows and the key in memory, and an attempt must not lose its delay by hanging up.
    async fn attempt<F, W>(&self, work: W) -> Result<(), VaultError>
    where
        W: FnOnce(Arc<Inner>) -> F + Send + 'static,
        F: Future<Output = Result<(), VaultError>> + Send + 'static,
    {
        let turn: OwnedMutexGuard<()> = Arc::clone(&self.inner.attempts).lock_owned().await;
        let inner = Arc::clone(&self.inner);
        let task = spawn(async move {
            let result = work(inner).await;
            if result == Err(VaultError::WrongPassphrase) {
                tracing::warn!("a passphrase for the vault was refused");
                tokio::time::sleep(FAILURE_DELAY).await;
            }
            drop(turn);
            result
        });
        task.await
            .unwrap_or_else(|error| Err(VaultError::System(format!("the work was cut short ({error})"))))
    }
}

impl Inner {
    /// Opens the header with a passphrase.
    async fn try_passphrase(&self, passphrase: SecretString) -> Result<Key, VaultError> {
        let header = self.records.vault_header().await?.ok_or(VaultError::Uninitialised)?;
        if passphrase.expose().len() > MAX_PASSPHRASE_BYTES {
            return Err(VaultError::WrongPassphrase);
        }
        blocking(move || header::unwrap(&header, passphrase.expose())).await
    }

    /// Tells the watchers, and only of a change. Called while `key` is held for writing, so that they see the
    /// changes in their order.
    fn tell(&self, unsealed: bool) {
        self.unsealed.send_if_modified(|known| std::mem::replace(known, unsealed) != unsealed);
    }

    /// Why there is no key.
    async fn closed(&self) -> VaultError {
        match self.records.vault_header().await {
            Ok(Some(_)) => VaultError::Sealed,
            Ok(None) => VaultError::Uninitialised,
            Err(error) => error.into(),
        }
    }
}

/// Runs a key derivation where it holds up nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(VaultError::System(format!("the key derivation was cut short ({error})")))
    })
}

/// What is bound to a secret: its name, so that one row cannot be put in the place of another.
fn bound(name: &str) -> Vec<u8> {
    [b"blufio vault secret ".as_slice(), name.as_bytes()].concat()
}

fn seal(key: &Key, name: &str, value: &str, clock: &dyn Clock) -> Result<SecretRecord, VaultError> {
    let (nonce, sealed) = key.seal(value.as_bytes(), &bound(name))?;
    Ok(SecretRecord { name: name.to_owned(), nonce, sealed, updated_at: clock.now() })
}

fn open(key: &Key, record: &SecretRecord) -> Result<SecretString, VaultError> {
    let damaged = || VaultError::SecretDamaged { name: record.name.clone() };
    let mut plain = key.open(&record.nonce, &record.sealed, &bound(&record.name)).ok_or_else(damaged)?;
    // Moved, not copied; the bytes were a string when they were sealed.
    let value = String::from_utf8(std::mem::take(&mut *plain)).map_err(|_| damaged())?;
    Ok(SecretString::new(value))
}
