// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may talk to the agent, and who asked to.

use crate::error::RowError;
use crate::store::Store;
use crate::writer::Durability;
use async_trait::async_trait;
use blufio_core::storage::{Pairing, Peer, Peers, StorageError};
use blufio_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

#[cfg(test)]
mod tests;

/// Strangers whose code has expired that are still remembered, so that the operator sees who knocked. Beyond that the
/// oldest are forgotten: strangers must not be able to fill the disk.
const REMEMBERED_STRANGERS: i64 = 100;

const IS_APPROVED: &str =
    "SELECT 1 FROM peers WHERE channel = ?1 AND sender = ?2 AND approved_at IS NOT NULL";

const EXPIRE: &str =
    "UPDATE peers SET code = NULL, code_expires_at = NULL WHERE code IS NOT NULL AND code_expires_at <= ?1";

const KNOWN: &str = "SELECT approved_at IS NOT NULL, code FROM peers WHERE channel = ?1 AND sender = ?2";

const WAITING_STRANGERS: &str = "SELECT count(*) FROM peers WHERE code IS NOT NULL";

const ASK: &str = "INSERT INTO peers (channel, sender, name, asked_at, code, code_expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (channel, sender) DO UPDATE
    SET name = excluded.name, code = excluded.code, code_expires_at = excluded.code_expires_at";

const FORGET_STRANGERS: &str = "DELETE FROM peers WHERE (channel, sender) IN
    (SELECT channel, sender FROM peers WHERE approved_at IS NULL AND code IS NULL
     ORDER BY asked_at DESC LIMIT -1 OFFSET ?1)";

const APPROVE: &str = "UPDATE peers SET approved_at = ?2, code = NULL, code_expires_at = NULL
    WHERE code = ?1 AND code_expires_at > ?2
    RETURNING channel, sender, name, asked_at, approved_at, code";

const EVERYONE: &str = "SELECT channel, sender, name, asked_at, approved_at,
    CASE WHEN code_expires_at > ?1 THEN code END FROM peers ORDER BY asked_at DESC, channel, sender";

#[async_trait]
impl Peers for Store {
    async fn is_approved(&self, channel: &str, sender: &str) -> Result<bool, StorageError> {
        let (channel, sender) = (channel.to_owned(), sender.to_owned());
        self.read(move |connection| Ok(connection.prepare_cached(IS_APPROVED)?.exists([channel, sender])?))
            .await
    }

    async fn ask_pairing(
        &self,
        peer: Peer,
        expires: Timestamp,
        most: usize,
        now: Timestamp,
    ) -> Result<Pairing, StorageError> {
        self.write(Durability::Now, move |connection| ask(connection, peer, expires, most, now)).await
    }

    async fn approve(&self, code: &str, now: Timestamp) -> Result<Option<Peer>, StorageError> {
        let code = code.to_owned();
        self.write(Durability::Now, move |connection| {
            Ok(connection.prepare_cached(APPROVE)?.query_row(params![code, now.0], peer).optional()?)
        })
        .await
    }

    async fn remove_peer(&self, channel: &str, sender: &str) -> Result<bool, StorageError> {
        let (channel, sender) = (channel.to_owned(), sender.to_owned());
        self.write(Durability::Now, move |connection| {
            let mut remove =
                connection.prepare_cached("DELETE FROM peers WHERE channel = ?1 AND sender = ?2")?;
            Ok(remove.execute([channel, sender])? == 1)
        })
        .await
    }

    async fn peers(&self, now: Timestamp) -> Result<Vec<Peer>, StorageError> {
        self.read(move |connection| {
            let mut everyone = connection.prepare_cached(EVERYONE)?;
            let peers = everyone.query_map([now.0], peer)?.collect::<Result<_, _>>()?;
            Ok(peers)
        })
        .await
    }
}

fn ask(
    connection: &Connection,
    stranger: Peer,
    expires: Timestamp,
    most: usize,
    now: Timestamp,
) -> Result<Pairing, RowError> {
    let Peer { channel, sender, name, code, .. } = stranger;
    let code = code.ok_or_else(|| RowError::Refused("a stranger came without a pairing code".to_owned()))?;
    connection.prepare_cached(EXPIRE)?.execute([now.0])?;
    let known: Option<(bool, Option<String>)> = connection
        .prepare_cached(KNOWN)?
        .query_row([&channel, &sender], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match known {
        Some((true, _)) => return Ok(Pairing::Approved),
        Some((false, Some(code))) => return Ok(Pairing::Pending { code }),
        Some((false, None)) | None => {}
    }
    let waiting: i64 = connection.prepare_cached(WAITING_STRANGERS)?.query_row([], |row| row.get(0))?;
    if usize::try_from(waiting).unwrap_or(usize::MAX) >= most {
        return Ok(Pairing::Full);
    }
    connection.prepare_cached(ASK)?.execute(params![channel, sender, name, now.0, code, expires.0])?;
    connection.prepare_cached(FORGET_STRANGERS)?.execute([REMEMBERED_STRANGERS])?;
    Ok(Pairing::New { code })
}

fn peer(row: &Row<'_>) -> rusqlite::Result<Peer> {
    Ok(Peer {
        channel: row.get(0)?,
        sender: row.get(1)?,
        name: row.get(2)?,
        asked_at: Timestamp(row.get(3)?),
        approved_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
        code: row.get(5)?,
    })
}
