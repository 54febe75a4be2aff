// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rows of the vault. Nothing in them is secret without the passphrase; still, what is replaced or removed is
//! overwritten in the file like everything else, so that an old passphrase that leaked opens nothing.

use crate::error::RowError;
use crate::store::Store;
use crate::writer::Durability;
use async_trait::async_trait;
use blufio_core::secret::{SecretRecord, SecretRecords, VaultHeader};
use blufio_core::storage::StorageError;
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

#[cfg(test)]
mod tests;

const HEADER: &str =
    "SELECT version, memory_kib, passes, lanes, salt, nonce, wrapped_key, created_at FROM vault_header";

const PUT_HEADER: &str = "INSERT INTO vault_header
    (id, version, memory_kib, passes, lanes, salt, nonce, wrapped_key, created_at)
    VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

const PUT_SECRET: &str = "INSERT INTO secrets (name, nonce, sealed, updated_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (name) DO UPDATE
    SET nonce = excluded.nonce, sealed = excluded.sealed, updated_at = excluded.updated_at";

#[async_trait]
impl SecretRecords for Store {
    async fn vault_header(&self) -> Result<Option<VaultHeader>, StorageError> {
        self.read(|connection| Ok(connection.prepare_cached(HEADER)?.query_row([], header).optional()?)).await
    }

    async fn secrets(&self) -> Result<Vec<SecretRecord>, StorageError> {
        self.read(|connection| {
            let mut all = connection
                .prepare_cached("SELECT name, nonce, sealed, updated_at FROM secrets ORDER BY name")?;
            let records = all.query_map([], secret)?.collect::<Result<_, _>>()?;
            Ok(records)
        })
        .await
    }

    async fn replace_vault(
        &self,
        header: VaultHeader,
        records: Vec<SecretRecord>,
    ) -> Result<(), StorageError> {
        self.write(Durability::Now, move |connection| {
            connection.prepare_cached("DELETE FROM secrets")?.execute([])?;
            connection.prepare_cached("DELETE FROM vault_header")?.execute([])?;
            connection.prepare_cached(PUT_HEADER)?.execute(params![
                header.version,
                header.memory_kib,
                header.passes,
                header.lanes,
                header.salt,
                header.nonce,
                header.wrapped_key,
                header.created_at.0,
            ])?;
            records.iter().try_for_each(|record| put(connection, record))
        })
        .await
    }

    async fn remove_vault(&self) -> Result<(), StorageError> {
        self.write(Durability::Now, move |connection| {
            connection.prepare_cached("DELETE FROM secrets")?.execute([])?;
            connection.prepare_cached("DELETE FROM vault_header")?.execute([])?;
            Ok(())
        })
        .await
    }

    async fn put_secret(&self, record: SecretRecord) -> Result<(), StorageError> {
        self.write(Durability::Now, move |connection| put(connection, &record)).await
    }

    async fn remove_secret(&self, name: &str) -> Result<bool, StorageError> {
        let name = name.to_owned();
        self.write(Durability::Now, move |connection| {
            Ok(connection.prepare_cached("DELETE FROM secrets WHERE name = ?1")?.execute([name])? == 1)
        })
        .await
    }
}

fn put(connection: &Connection, record: &SecretRecord) -> Result<(), RowError> {
    let SecretRecord { name, nonce, sealed, updated_at } = record;
    connection.prepare_cached(PUT_SECRET)?.execute(params![name, nonce, sealed, updated_at.0])?;
    Ok(())
}

fn header(row: &Row<'_>) -> rusqlite::Result<VaultHeader> {
    Ok(VaultHeader {
        version: row.get(0)?,
        memory_kib: row.get(1)?,
        passes: row.get(2)?,
        lanes: row.get(3)?,
        salt: row.get(4)?,
        nonce: row.get(5)?,
        wrapped_key: row.get(6)?,
        created_at: Timestamp(row.get(7)?),
    })
}

fn secret(row: &Row<'_>) -> rusqlite::Result<SecretRecord> {
    Ok(SecretRecord {
        name: row.get(0)?,
        nonce: row.get(1)?,
        sealed: row.get(2)?,
        updated_at: Timestamp(row.get(3)?),
    })
}
