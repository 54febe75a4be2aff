// SPDX-License-Identifier: MIT OR Apache-2.0
//! The vault over rows in memory: what holds for a person, whatever hand was in the rows.

use crate::{FAILURE_DELAY, KdfParams, MAX_SECRETS, Vault, VaultError};
use async_trait::async_trait;
use blufio_core::control::{Refusal, RefusalKind, VaultState};
use blufio_core::secret::{SecretRecord, SecretRecords, SecretString, VaultHeader};
use blufio_core::storage::StorageError;
use blufio_core::time::{Clock, Timestamp};
use proptest::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PASSPHRASE: &str = "correct horse battery";
const OTHER: &str = "another passphrase altogether";
const FAST: KdfParams = KdfParams::MINIMUM;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000)
    }
}

#[derive(Default)]
struct Rows {
    header: Mutex<Option<VaultHeader>>,
    secrets: Mutex<Vec<SecretRecord>>,
    broken: AtomicBool,
}

impl Rows {
    fn check(&self) -> Result<(), StorageError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(StorageError::Full { path: "blufio.db".into() });
        }
        Ok(())
    }

    fn alter(&self, name: &str, change: impl FnOnce(&mut SecretRecord)) {
        change(self.secrets.lock().unwrap().iter_mut().find(|record| record.name == name).unwrap());
    }
}

#[async_trait]
impl SecretRecords for Rows {
    async fn vault_header(&self) -> Result<Option<VaultHeader>, StorageError> {
        Ok(self.header.lock().unwrap().clone())
    }

    async fn secrets(&self) -> Result<Vec<SecretRecord>, StorageError> {
        Ok(self.secrets.lock().unwrap().clone())
    }

    async fn replace_vault(
        &self,
        header: VaultHeader,
        records: Vec<SecretRecord>,
    ) -> Result<(), StorageError> {
        self.check()?;
        *self.header.lock().unwrap() = Some(header);
        *self.secrets.lock().unwrap() = records;
        Ok(())
    }

    async fn remove_vault(&self) -> Result<(), StorageError> {
        self.check()?;
        *self.header.lock().unwrap() = None;
        self.secrets.lock().unwrap().clear();
        Ok(())
    }

    async fn put_secret(&self, record: SecretRecord) -> Result<(), StorageError> {
        self.check()?;
        let mut rows = self.secrets.lock().unwrap();
        rows.retain(|row| row.name != record.name);
        rows.push(record);
        Ok(())
    }

    async fn remove_secret(&self, name: &str) -> Result<bool, StorageError> {
        self.check()?;
        let mut rows = self.secrets.lock().unwrap();
        let before = rows.len();
        rows.retain(|row| row.name != name);
        Ok(rows.len() < before)
    }
}

fn secret(text: &str) -> SecretString {
    SecretString::new(text.to_owned())
}

fn empty() -> (Arc<Rows>, Vault) {
    let rows = Arc::new(Rows::default());
    (Arc::clone(&rows), Vault::new(rows, Arc::new(Noon)))
}

/// An open vault with two secrets.
async fn open() -> (Arc<Rows>, Vault) {
    let (rows, vault) = empty();
    vault.init(secret(PASSPHRASE), FAST).await.unwrap();
    vault.set("claude", secret("sk-ant-canary")).await.unwrap();
    vault.set("telegram", secret("12345:canary")).await.unwrap();
    (rows, vault)
}

async fn read(vault: &Vault, name: &str) -> Result<String, VaultError> {
    vault.get(name).await.map(|value| value.unwrap().expose().to_owned())
}

async fn state(vault: &Vault) -> VaultState {
    vault.status().await.unwrap().state
}

#[tokio::test]
async fn it_goes_from_uninitialised_to_unsealed_to_sealed_and_back() {
    let (rows, vault) = empty();
    assert_eq!(state(&vault).await, VaultState::Uninitialised);
    assert_eq!(vault.get("claude").await, Err(VaultError::Uninitialised));
    assert_eq!(vault.unseal(secret(PASSPHRASE)).await, Err(VaultError::Uninitialised));

    vault.init(secret(PASSPHRASE), FAST).await.unwrap();
    vault.set("claude", secret("sk-ant-canary")).await.unwrap();
    assert_eq!(state(&vault).await, VaultState::Unsealed);
    assert_eq!(read(&vault, "claude").await.unwrap(), "sk-ant-canary");
    assert_eq!(vault.get("absent").await, Ok(None));
    assert_eq!(vault.init(secret(OTHER), FAST).await, Err(VaultError::AlreadyInitialised));

    // The next start of the program.
    let vault = Vault::new(rows, Arc::new(Noon));
    assert_eq!(state(&vault).await, VaultState::Sealed);
    assert_eq!(vault.get("claude").await, Err(VaultError::Sealed));
    assert_eq!(vault.set("claude", secret("x")).await, Err(VaultError::Sealed));
    assert_eq!(vault.list().await.unwrap().len(), 1);

    vault.unseal(secret(PASSPHRASE)).await.unwrap();
    assert_eq!(read(&vault, "claude").await.unwrap(), "sk-ant-canary");
    vault.seal().await;
    assert_eq!(vault.get("claude").await, Err(VaultError::Sealed));
    assert!(vault.remove("claude").await.unwrap());
    assert!(!vault.remove("claude").await.unwrap());
}

#[tokio::test]
async fn whoever_waits_for_the_vault_goes_on_once_it_is_open() {
    let (rows, first) = open().await;
    first.wait_unsealed().await;
    let vault = Vault::new(rows, Arc::new(Noon));
    let mut changes = vault.watch();
    assert!(!*changes.borrow());
    let waiting = tokio::spawn({
        let vault = vault.clone();
        async move { vault.wait_unsealed().await }
    });
    vault.unseal(secret(PASSPHRASE)).await.unwrap();
    waiting.await.unwrap();
    vault.seal().await;
    changes.changed().await.unwrap();
    assert!(!*changes.borrow_and_update());
}

#[tokio::test]
async fn watchers_are_told_of_changes_and_of_nothing_else() {
    let (_, vault) = open().await;
    let mut changes = vault.watch();
    vault.unseal(secret(PASSPHRASE)).await.unwrap();
    assert!(!changes.has_changed().unwrap(), "it was open already");
    vault.rotate(secret(PASSPHRASE), secret(OTHER), FAST).await.unwrap();
    assert!(!changes.has_changed().unwrap(), "it stayed open");
    vault.seal().await;
    assert!(changes.has_changed().unwrap() && !*changes.borrow_and_update());
    vault.seal().await;
    assert!(!changes.has_changed().unwrap(), "it was sealed already");
    vault.unseal(secret(OTHER)).await.unwrap();
    assert!(changes.has_changed().unwrap() && *changes.borrow_and_update());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_passphrase_is_refused_after_a_pause_and_opens_nothing() {
    let (rows, _) = open().await;
    let vault = Vault::new(rows, Arc::new(Noon));
    for wrong in ["", "correct horse batter", "Correct horse battery", &"x".repeat(5000)] {
        let before = tokio::time::Instant::now();
        assert_eq!(vault.unseal(secret(wrong)).await, Err(VaultError::WrongPassphrase));
        assert!(before.elapsed() >= FAILURE_DELAY);
        assert!(!vault.is_unsealed());
    }
    vault.unseal(secret(PASSPHRASE)).await.unwrap();
    // A wrong guess at an open vault does not close it.
    assert_eq!(vault.unseal(secret(OTHER)).await, Err(VaultError::WrongPassphrase));
    assert_eq!(read(&vault, "claude").await.unwrap(), "sk-ant-canary");
}

#[tokio::test(start_paused = true)]
async fn guesses_go_one_after_the_other_and_hanging_up_does_not_speed_them() {
    let (rows, _) = open().await;
    let vault = Vault::new(rows, Arc::new(Noon));
    let before = tokio::time::Instant::now();
    for _ in 0..3 {
        let guess = tokio::spawn({
            let vault = vault.clone();
            async move { vault.unseal(secret(OTHER)).await }
        });
        // Long enough to begin, too short to see the answer; then the line goes dead.
        tokio::time::sleep(Duration::from_millis(1)).await;
        guess.abort();
    }
    vault.unseal(secret(PASSPHRASE)).await.unwrap();
    assert!(before.elapsed() >= FAILURE_DELAY, "the right one had to wait for the wrong one before it");
}

#[tokio::test(start_paused = true)]
async fn an_altered_header_never_opens_and_says_nothing_that_a_wrong_passphrase_does_not() {
    let (rows, _) = open().await;
    let sound = rows.header.lock().unwrap().clone().unwrap();
    let vault = Vault::new(Arc::clone(&rows) as Arc<dyn SecretRecords>, Arc::new(Noon));
    let altered = |change: &dyn Fn(&mut VaultHeader)| {
        let mut header = sound.clone();
        change(&mut header);
        header
    };
    let mut unclear = vec![
        altered(&|h| h.memory_kib += 1),
        altered(&|h| h.passes += 1),
        altered(&|h| h.lanes += 1),
        altered(&|h| h.created_at.0 += 1),
    ];
    for at in [0, 7, 15] {
        unclear.push(altered(&|h| h.salt[at] ^= 1));
    }
    for at in [0, 11] {
        unclear.push(altered(&|h| h.nonce[at] ^= 0x80));
    }
    for at in [0, 31, 32, 47] {
        unclear.push(altered(&|h| h.wrapped_key[at] ^= 1));
    }
    for header in unclear {
        *rows.header.lock().unwrap() = Some(header.clone());
        assert_eq!(vault.unseal(secret(PASSPHRASE)).await, Err(VaultError::WrongPassphrase), "{header:?}");
    }

    let plainly_damaged = [
        altered(&|h| h.version = 0),
        altered(&|h| h.memory_kib = 8),
        altered(&|h| h.memory_kib = 100_000_000),
        altered(&|h| h.passes = 0),
        altered(&|h| h.passes = u32::MAX),
        altered(&|h| h.lanes = 0),
        altered(&|h| h.lanes = 1_000),
        altered(&|h| h.salt.truncate(15)),
        altered(&|h| h.salt.clear()),
        altered(&|h| h.nonce.push(0)),
        altered(&|h| h.nonce.truncate(3)),
        altered(&|h| h.wrapped_key.truncate(47)),
        altered(&|h| h.wrapped_key.clear()),
    ];
    for header in plainly_damaged {
        *rows.header.lock().unwrap() = Some(header.clone());
        // The same with the right passphrase and with a wrong one.
        let with_right = vault.unseal(secret(PASSPHRASE)).await.unwrap_err();
        assert!(matches!(with_right, VaultError::HeaderDamaged { .. }), "{header:?}: {with_right}");
        assert_eq!(vault.unseal(secret(OTHER)).await.unwrap_err(), with_right);
    }
    *rows.header.lock().unwrap() = Some(altered(&|h| h.version = 2));
    assert_eq!(vault.unseal(secret(PASSPHRASE)).await, Err(VaultError::HeaderTooNew { found: 2, known: 1 }));

    // Nothing was lost by any of it.
    *rows.header.lock().unwrap() = Some(sound);
    vault.unseal(secret(PASSPHRASE)).await.unwrap();
    assert_eq!(read(&vault, "telegram").await.unwrap(), "12345:canary");
}

#[tokio::test]
async fn an_altered_or_truncated_row_is_named_and_the_others_stay_readable() {
    let (rows, vault) = open().await;
    let sound = rows.secrets.lock().unwrap().clone();
    let row = sound.iter().find(|row| row.name == "claude").unwrap().clone();
    let mut damaged = Vec::new();
    for at in 0..row.sealed.len() {
        damaged.push(row.clone());
        damaged.last_mut().unwrap().sealed[at] ^= 1;
        damaged.push(row.clone());
        damaged.last_mut().unwrap().sealed.truncate(at);
    }
    for at in 0..row.nonce.len() {
        damaged.push(row.clone());
        damaged.last_mut().unwrap().nonce[at] ^= 1;
        damaged.push(row.clone());
        damaged.last_mut().unwrap().nonce.truncate(at);
    }
    for bad in damaged {
        rows.alter("claude", |row| *row = bad);
        let error = read(&vault, "claude").await.unwrap_err();
        assert_eq!(error, VaultError::SecretDamaged { name: "claude".into() });
        let said = error.to_string();
        assert!(
            said.contains("\"claude\"") && said.contains("vault set") && said.contains("backup"),
            "{said}"
        );
        assert_eq!(read(&vault, "telegram").await.unwrap(), "12345:canary");
    }
    vault.set("claude", secret("anew")).await.unwrap();
    assert_eq!(read(&vault, "claude").await.unwrap(), "anew");
}

#[tokio::test]
async fn a_row_put_in_the_place_of_another_does_not_open() {
    let (rows, vault) = open().await;
    rows.alter("claude", |row| row.name = "swap".into());
    rows.alter("telegram", |row| row.name = "claude".into());
    rows.alter("swap", |row| row.name = "telegram".into());
    for name in ["claude", "telegram"] {
        assert_eq!(vault.get(name).await, Err(VaultError::SecretDamaged { name: name.into() }));
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_replaces_everything_and_the_old_passphrase_is_worth_nothing() {
    let (rows, vault) = open().await;
    let header = rows.header.lock().unwrap().clone().unwrap();
    let secrets = rows.secrets.lock().unwrap().clone();
    assert_eq!(vault.rotate(secret(OTHER), secret(OTHER), FAST).await, Err(VaultError::WrongPassphrase));
    assert!(matches!(
        vault.rotate(secret(PASSPHRASE), secret("short"), FAST).await,
        Err(VaultError::WeakPassphrase { .. })
    ));
    assert_eq!(*rows.header.lock().unwrap(), Some(header.clone()));

    vault.rotate(secret(PASSPHRASE), secret(OTHER), FAST).await.unwrap();
    assert_eq!(read(&vault, "claude").await.unwrap(), "sk-ant-canary");
    let now = rows.header.lock().unwrap().clone().unwrap();
    assert!(now.salt != header.salt && now.nonce != header.nonce && now.wrapped_key != header.wrapped_key);
    for (was, is) in secrets.iter().zip(rows.secrets.lock().unwrap().iter()) {
        assert_eq!((&was.name, was.updated_at), (&is.name, is.updated_at));
        assert!(was.nonce != is.nonce && was.sealed != is.sealed);
    }

    vault.seal().await;
    assert_eq!(vault.unseal(secret(PASSPHRASE)).await, Err(VaultError::WrongPassphrase));
    // Rotating a sealed vault leaves it sealed.
    vault.rotate(secret(OTHER), secret(PASSPHRASE), FAST).await.unwrap();
    assert!(!vault.is_unsealed());
    vault.unseal(secret(PASSPHRASE)).await.unwrap();
    assert_eq!(read(&vault, "telegram").await.unwrap(), "12345:canary");
}

#[tokio::test]
async fn a_rotation_takes_the_parameters_it_is_given_and_refuses_weak_ones() {
    let (rows, vault) = open().await;
    let before = rows.header.lock().unwrap().clone();
    let weak = KdfParams { memory_kib: 1024, ..FAST };
    let refused = vault.rotate(secret(PASSPHRASE), secret(OTHER), weak).await;
    assert!(matches!(refused, Err(VaultError::BadParams { .. })), "{refused:?}");
    assert_eq!(*rows.header.lock().unwrap(), before);

    let harder = KdfParams { memory_kib: 20_000, passes: 3, lanes: 2 };
    vault.rotate(secret(PASSPHRASE), secret(OTHER), harder).await.unwrap();
    let now = rows.header.lock().unwrap().clone().unwrap();
    assert_eq!((now.memory_kib, now.passes, now.lanes), (20_000, 3, 2));
    let vault = Vault::new(rows, Arc::new(Noon));
    vault.unseal(secret(OTHER)).await.unwrap();
    assert_eq!(read(&vault, "claude").await.unwrap(), "sk-ant-canary");
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_cannot_be_stored_changes_nothing() {
    let (rows, vault) = open().await;
    rows.broken.store(true, Ordering::SeqCst);
    let error = vault.rotate(secret(PASSPHRASE), secret(OTHER), FAST).await.unwrap_err();
    assert!(matches!(error, VaultError::Storage(_)) && error.is_retryable());
    assert_eq!(read(&vault, "claude").await.unwrap(), "sk-ant-canary");
    let error = vault.set("claude", secret("lost?")).await.unwrap_err();
    assert!(matches!(error, VaultError::Storage(_)));
    rows.broken.store(false, Ordering::SeqCst);

    let vault = Vault::new(rows, Arc::new(Noon));
    assert_eq!(vault.unseal(secret(OTHER)).await, Err(VaultError::WrongPassphrase));
    vault.unseal(secret(PASSPHRASE)).await.unwrap();
    assert_eq!(read(&vault, "claude").await.unwrap(), "sk-ant-canary");
}

#[tokio::test]
async fn a_rotation_over_a_damaged_row_is_refused_instead_of_losing_it() {
    let (rows, vault) = open().await;
    rows.alter("claude", |row| row.sealed[0] ^= 1);
    let before = rows.secrets.lock().unwrap().clone();
    assert_eq!(
        vault.rotate(secret(PASSPHRASE), secret(OTHER), FAST).await,
        Err(VaultError::SecretDamaged { name: "claude".into() })
    );
    assert_eq!(*rows.secrets.lock().unwrap(), before);
    vault.remove("claude").await.unwrap();
    vault.rotate(secret(PASSPHRASE), secret(OTHER), FAST).await.unwrap();
    assert_eq!(read(&vault, "telegram").await.unwrap(), "12345:canary");
}

#[tokio::test]
async fn a_rotation_runs_to_its_end_when_nobody_waits_for_it_any_more() {
    let (rows, vault) = open().await;
    let before = rows.header.lock().unwrap().clone();
    let task = tokio::spawn({
        let vault = vault.clone();
        async move { vault.rotate(secret(PASSPHRASE), secret(OTHER), FAST).await }
    });
    tokio::time::sleep(Duration::from_millis(2)).await;
    task.abort();
    // The next attempt waits for the one that was left alone.
    vault.unseal(secret(OTHER)).await.unwrap();
    assert_ne!(*rows.header.lock().unwrap(), before);
    assert_eq!(read(&vault, "claude").await.unwrap(), "sk-ant-canary");
}

#[tokio::test]
async fn reading_while_rotating_never_finds_key_and_rows_apart() {
    let (_, vault) = open().await;
    let reader = tokio::spawn({
        let vault = vault.clone();
        async move {
            for _ in 0..2_000 {
                assert_eq!(read(&vault, "claude").await.unwrap(), "sk-ant-canary");
                tokio::task::yield_now().await;
            }
        }
    });
    vault.rotate(secret(PASSPHRASE), secret(OTHER), FAST).await.unwrap();
    reader.await.unwrap();
}

#[tokio::test]
async fn secrets_without_a_header_are_not_buried_under_a_new_vault() {
    let (rows, _) = open().await;
    *rows.header.lock().unwrap() = None;
    let vault = Vault::new(Arc::clone(&rows) as Arc<dyn SecretRecords>, Arc::new(Noon));
    assert_eq!(vault.init(secret(PASSPHRASE), FAST).await, Err(VaultError::HeaderLost { secrets: 2 }));
    assert_eq!(rows.secrets.lock().unwrap().len(), 2);
    for name in ["claude", "telegram"] {
        vault.remove(name).await.unwrap();
    }
    vault.init(secret(PASSPHRASE), FAST).await.unwrap();
}

#[tokio::test]
async fn only_sound_names_values_and_passphrases_get_in_and_not_without_bound() {
    let (rows, vault) = empty();
    for weak in ["", "hunter2"] {
        assert!(matches!(vault.init(secret(weak), FAST).await, Err(VaultError::WeakPassphrase { .. })));
    }
    let weak = KdfParams { memory_kib: 1024, ..FAST };
    assert!(matches!(vault.init(secret(PASSPHRASE), weak).await, Err(VaultError::BadParams { .. })));
    assert!(rows.header.lock().unwrap().is_none());

    vault.init(secret(PASSPHRASE), FAST).await.unwrap();
    for name in ["", "Claude", "../x", "a\nb"] {
        assert!(matches!(vault.set(name, secret("x")).await, Err(VaultError::BadName { .. })));
        assert!(matches!(vault.get(name).await, Err(VaultError::BadName { .. })));
    }
    assert!(matches!(vault.set("a", secret("")).await, Err(VaultError::BadValue { .. })));
    assert!(matches!(vault.set("a", secret(&"x".repeat(65_537))).await, Err(VaultError::BadValue { .. })));
    let largest = "x".repeat(65_536);
    vault.set("a", secret(&largest)).await.unwrap();
    assert_eq!(read(&vault, "a").await.unwrap(), largest);

    for number in 1..MAX_SECRETS {
        vault.set(&format!("n{number}"), secret("x")).await.unwrap();
    }
    assert_eq!(vault.set("one-more", secret("x")).await, Err(VaultError::TooMany { limit: MAX_SECRETS }));
    vault.set("n1", secret("changed")).await.unwrap();
}

#[tokio::test]
async fn nothing_that_is_stored_or_printed_holds_a_secret() {
    let (rows, vault) = open().await;
    let stored = format!("{:?}{:?}", rows.header.lock().unwrap(), rows.secrets.lock().unwrap());
    let bytes = |text: &str| format!("{:?}", text.as_bytes()).trim_matches(['[', ']']).to_owned();
    for secret in [PASSPHRASE, "sk-ant-canary", "12345:canary"] {
        assert!(!stored.contains(&bytes(secret)));
    }
    let printed = format!("{vault:?} {:?}", vault.get("claude").await.unwrap());
    assert!(!printed.contains("canary"), "{printed}");
}

#[tokio::test]
async fn a_vault_whose_passphrase_is_lost_can_be_thrown_away_and_made_anew() {
    let (rows, vault) = open().await;
    vault.seal().await;
    let watched = vault.watch();
    vault.discard().await.unwrap();
    assert!(rows.header.lock().unwrap().is_none() && rows.secrets.lock().unwrap().is_empty());
    assert_eq!(vault.status().await.unwrap().state, VaultState::Uninitialised);
    assert_eq!(vault.discard().await, Err(VaultError::Uninitialised));
    vault.init(secret("another horse battery staple"), FAST).await.unwrap();
    assert!(watched.has_changed().unwrap());
    // An open one, too; nothing of it stays in memory.
    vault.set("claude", secret("x")).await.unwrap();
    vault.discard().await.unwrap();
    assert_eq!(vault.get("claude").await, Err(VaultError::Uninitialised));
    assert!(!vault.is_unsealed());
}

#[test]
fn a_sealed_vault_has_its_own_kind_of_refusal() {
    assert_eq!(Refusal::from(VaultError::Sealed).kind, RefusalKind::Sealed);
    assert_eq!(Refusal::from(VaultError::WrongPassphrase).kind, RefusalKind::Failed);
    let refusal = Refusal::from(VaultError::BadName { name: "X".into() });
    assert_eq!(refusal.kind, RefusalKind::Usage);
    assert!(refusal.message.contains("\"X\""));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_stored_comes_back(
        values in proptest::collection::btree_map("[a-z0-9][a-z0-9._-]{0,63}", "\\PC{1,200}", 1..6),
    ) {
        thread_local! {
            // One derivation is enough for all cases.
            static OPEN: (tokio::runtime::Runtime, Vault) = {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let (_, vault) = runtime.block_on(open());
                (runtime, vault)
            };
        }
        OPEN.with(|(runtime, vault)| runtime.block_on(async {
            for (name, value) in &values {
                vault.set(name, secret(value)).await.unwrap();
            }
            for (name, value) in &values {
                assert_eq!(&read(vault, name).await.unwrap(), value);
            }
            for name in values.keys() {
                vault.remove(name).await.unwrap();
            }
        }));
    }
}
