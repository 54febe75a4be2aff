// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{fresh, limit_pages, memory};
use blufio_core::memory::ItemId;
use blufio_core::secret::{SecretRecord, SecretRecords, VaultHeader};
use blufio_core::storage::{Forgetting, Memories, StorageError};
use blufio_core::time::Timestamp;

fn header(mark: u8) -> VaultHeader {
    VaultHeader {
        version: 1,
        memory_kib: 19_456,
        passes: 2,
        lanes: 1,
        salt: vec![mark; 16],
        nonce: vec![mark; 12],
        wrapped_key: vec![mark; 48],
        created_at: Timestamp(5),
    }
}

fn record(name: &str, mark: u8) -> SecretRecord {
    SecretRecord {
        name: name.into(),
        nonce: vec![mark; 12],
        sealed: vec![mark; 40],
        updated_at: Timestamp(6),
    }
}

#[tokio::test]
async fn header_and_secrets_come_back_as_they_were() {
    let f = fresh();
    assert_eq!(f.store.vault_header().await.unwrap(), None);
    assert_eq!(f.store.secrets().await.unwrap(), []);
    f.store.replace_vault(header(1), vec![record("b", 2), record("a", 3)]).await.unwrap();
    f.store.put_secret(record("c", 4)).await.unwrap();
    f.store.put_secret(record("b", 5)).await.unwrap();
    assert_eq!(f.store.vault_header().await.unwrap(), Some(header(1)));
    assert_eq!(f.store.secrets().await.unwrap(), [record("a", 3), record("b", 5), record("c", 4)]);
    assert!(f.store.remove_secret("a").await.unwrap());
    assert!(!f.store.remove_secret("a").await.unwrap());
    f.store.replace_vault(header(7), vec![record("b", 8)]).await.unwrap();
    assert_eq!(f.store.vault_header().await.unwrap(), Some(header(7)));
    assert_eq!(f.store.secrets().await.unwrap(), [record("b", 8)]);
    f.store.remove_vault().await.unwrap();
    assert_eq!((f.store.vault_header().await.unwrap(), f.store.secrets().await.unwrap()), (None, Vec::new()));
}

#[tokio::test]
async fn a_rotation_that_fails_halfway_changes_nothing() {
    let f = fresh();
    f.store.replace_vault(header(1), vec![record("a", 2)]).await.unwrap();
    limit_pages(&f.store, 64).await;
    let too_large = SecretRecord { sealed: vec![9; 1 << 20], ..record("b", 9) };
    let refused = f.store.replace_vault(header(9), vec![record("c", 9), too_large]).await;
    assert!(matches!(refused, Err(StorageError::Full { .. })), "{refused:?}");
    assert_eq!(f.store.vault_header().await.unwrap(), Some(header(1)));
    assert_eq!(f.store.secrets().await.unwrap(), [record("a", 2)]);
}

#[tokio::test]
async fn what_was_replaced_or_removed_is_no_longer_in_the_files() {
    let f = fresh();
    let old = [0xa5_u8; 40];
    let records = (0..50).map(|number| record(&format!("secret-{number}"), 0xa5)).collect();
    f.store.replace_vault(header(0xa5), records).await.unwrap();
    f.store.put_secret(record("one", 0xa5)).await.unwrap();
    f.store.replace_vault(header(1), vec![record("one", 2), record("two", 0xa5)]).await.unwrap();
    assert!(f.store.remove_secret("two").await.unwrap());
    f.store.close();
    let bytes = std::fs::read(&f.path).unwrap();
    assert!(!bytes.windows(old.len()).any(|window| window == old));
}

#[tokio::test]
async fn what_is_forgotten_after_a_secret_was_stored_is_no_longer_in_the_files() {
    const WORD: &[u8] = b"zanzibarek";
    let f = fresh();
    f.store.replace_vault(header(1), Vec::new()).await.unwrap();
    f.store.put_secret(record("a", 2)).await.unwrap();
    let mut items = Vec::new();
    for number in 0..50 {
        let text = format!("cat {number} is called zanzibarek");
        let kept = f.store.remember(memory(&text), Timestamp(7)).await.unwrap();
        items.push(ItemId::Memory(kept.memory.id));
    }
    assert!(f.store.remove_secret("a").await.unwrap());
    f.store.forget(Forgetting { scopes: None, items }, Timestamp(8)).await.unwrap();
    f.store.close();
    let bytes = std::fs::read(&f.path).unwrap();
    assert!(!bytes.windows(WORD.len()).any(|window| window.eq_ignore_ascii_case(WORD)));
}
