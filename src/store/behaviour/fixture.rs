// SPDX-License-Identifier: MIT OR Apache-2.0
//! A store in a folder of its own, and messages to put in.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use crate::{Store, StoreOptions};
use blufio_core::channel::{Inbound, Sender};
use blufio_core::content::{Block, Message};
use blufio_core::embedding::EmbeddingModel;
use blufio_core::ids::{Conversation, MessageId, QueueId, ReservationId, SessionId};
use blufio_core::memory::{MemoryKind, MemoryScope, MemoryTrust, NewMemory, NewPassage};
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::storage::{
    Arrival, CallRecord, Claim, Feature, Ledger, Limit, Postponement, Queue, RecallQuery, Reservation,
    Reserved, Scope, Sessions, Settlement, TurnOutcome, TurnRecord,
};
use blufio_core::time::Timestamp;
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) const CHANNEL: &str = "telegram";

/// A store that goes away with its folder.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) path: PathBuf,
    pub(crate) folder: TempDir,
}

pub(crate) fn fresh() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    Fixture { store: Store::open(&path, StoreOptions::default()).unwrap(), path, folder }
}

pub(crate) fn chat(name: impl ToString) -> Conversation {
    Conversation::new(CHANNEL, name.to_string())
}

pub(crate) fn message(chat_name: impl ToString, external_id: impl ToString) -> Inbound {
    Inbound {
        external_id: external_id.to_string(),
        conversation: chat(chat_name),
        sender: Sender { id: "7".into(), name: "Ada".into() },
        private: true,
        text: format!("message {}", external_id.to_string()),
        files: Vec::new(),
        group: None,
        not_before: None,
        notices: Vec::new(),
        sent_at: Timestamp(1),
    }
}

/// A picture of an album.
pub(crate) fn picture(
    chat_name: impl ToString,
    external_id: impl ToString,
    group: &str,
    not_before: i64,
) -> Inbound {
    Inbound {
        group: Some(group.into()),
        not_before: Some(Timestamp(not_before)),
        ..message(chat_name, external_id)
    }
}

pub(crate) async fn accept(store: &Store, messages: Vec<Inbound>, now: i64) -> Vec<bool> {
    store.accept(CHANNEL, queued(messages), None, Timestamp(now)).await.unwrap()
}

/// As messages come that are no commands.
pub(crate) fn queued(messages: Vec<Inbound>) -> Vec<Arrival> {
    messages.into_iter().map(Arrival::from).collect()
}

/// The channels in use.
pub(crate) fn here() -> Vec<String> {
    vec![CHANNEL.to_owned()]
}

pub(crate) async fn claim(store: &Store, chat_name: impl ToString, now: i64) -> Option<Claim> {
    store.claim(&chat(chat_name), Timestamp(now)).await.unwrap()
}

pub(crate) fn ids(claim: &Claim) -> Vec<&str> {
    claim.messages.iter().map(|message| message.external_id.as_str()).collect()
}

/// The plainest end of a turn.
pub(crate) fn settlement(id: QueueId) -> Settlement {
    Settlement {
        id,
        outcome: TurnOutcome::Answered,
        session: None,
        transcript: Vec::new(),
        end_session: false,
        decision: None,
        outbox: Vec::new(),
        once: Vec::new(),
        told: Vec::new(),
        forgets: false,
    }
}

pub(crate) async fn settle(store: &Store, id: QueueId, now: i64) {
    store.settle(settlement(id), Timestamp(now)).await.unwrap();
}

pub(crate) fn postponement(id: QueueId, until: i64) -> Postponement {
    Postponement {
        id,
        until: Timestamp(until),
        reason: "Claude cannot be reached".into(),
        turn: TurnRecord::default(),
        outbox: Vec::new(),
    }
}

pub(crate) fn said(text: &str) -> Message {
    Message::user(vec![Block::text(text)])
}

/// What only the person who writes may be reminded of.
pub(crate) fn person(sender: impl ToString) -> MemoryScope {
    MemoryScope::Person { channel: CHANNEL.into(), sender: sender.to_string() }
}

/// Something that the person 7 has told.
pub(crate) fn memory(text: &str) -> NewMemory {
    NewMemory {
        text: text.into(),
        kind: MemoryKind::Fact,
        scope: person(7),
        trust: MemoryTrust::Gathered,
        confidence: 70,
        source: None,
        also: Vec::new(),
        learned_at: Timestamp(100),
        replaces: Vec::new(),
    }
}

/// A whole turn: the person says something, the agent answers. Names its messages too.
pub(crate) struct Turn {
    pub(crate) id: QueueId,
    pub(crate) session: SessionId,
    pub(crate) messages: Vec<MessageId>,
}

/// A turn with this transcript, settled at `now`.
pub(crate) async fn turn(store: &Store, chat_name: &str, said: Vec<Message>, now: i64) -> Turn {
    let session = store.session(&chat(chat_name), Timestamp(now)).await.unwrap();
    let text = said.first().map(Message::plain_text).unwrap_or_default();
    let inbound = Inbound { text, ..message(chat_name, format!("{chat_name}-{now}")) };
    accept(store, vec![inbound], now).await;
    let id = claim(store, chat_name, now).await.unwrap().id;
    let before = store.transcript(session, 10_000).await.unwrap().messages.len();
    let settlement = Settlement { session: Some(session), transcript: said, ..settlement(id) };
    store.settle(settlement, Timestamp(now)).await.unwrap();
    let messages = store.transcript(session, 10_000).await.unwrap().messages;
    Turn { id, session, messages: messages.iter().skip(before).map(|stored| stored.id).collect() }
}

/// The first message of a turn as it can be found again.
pub(crate) fn passage(turn: &Turn, text: &str, around: &str) -> NewPassage {
    NewPassage {
        message: turn.messages[0],
        session: turn.session,
        scope: person(7),
        text: text.into(),
        around: around.into(),
        at: Timestamp(100),
    }
}

/// A model with short vectors.
pub(crate) fn model(name: &str) -> EmbeddingModel {
    EmbeddingModel { name: name.into(), revision: "1".into(), dimension: 3 }
}

/// A search of the person 7 by words and by meaning.
pub(crate) fn query(words: &[&str], vector: Option<[f32; 3]>) -> RecallQuery {
    RecallQuery {
        scopes: vec![person(7)],
        words: words.iter().map(ToString::to_string).collect(),
        vector: vector.map(|vector| (model("m"), vector.to_vec())),
        passages: true,
        shown: None,
        limit: 10,
    }
}

/// A call that ended at `at`.
pub(crate) fn call(feature: Feature, cost: i64, at: i64) -> CallRecord {
    CallRecord {
        feature,
        intended: "intended-model".into(),
        model: "some-model".into(),
        class: "ok".into(),
        price_version: "2026-01".into(),
        usage: Usage { input: 1, output: 2, cache_read: 3, cache_write_5m: 4, cache_write_1h: 5 },
        cost: NanoUsd(cost),
        overhead: 8,
        took_ms: 6,
        at: Timestamp(at),
    }
}

/// Room for a call that can cost `worst`.
pub(crate) fn reservation(feature: Feature, worst: i64, limits: Vec<Limit>) -> Reservation {
    Reservation {
        feature,
        turn: None,
        session: None,
        intended: "intended-model".into(),
        model: "some-model".into(),
        price_version: "2026-01".into(),
        worst: NanoUsd(worst),
        limits,
    }
}

/// A limit of a period that has no end.
pub(crate) fn limit(scope: Scope, value: i64) -> Limit {
    Limit {
        name: "daily".into(),
        key: "budget.daily_usd".into(),
        scope,
        value: NanoUsd(value),
        from: Timestamp(0),
        until: None,
    }
}

/// Reserves, which must succeed.
pub(crate) async fn reserve(store: &Store, reservation: Reservation, now: i64) -> ReservationId {
    match store.reserve(reservation, Timestamp(now)).await.unwrap() {
        Reserved::Granted(id) => id,
        Reserved::Refused(standing) => panic!("{standing:?}"),
    }
}

/// Enters a call of a session into the ledger.
pub(crate) async fn enter(store: &Store, session: Option<SessionId>, call: CallRecord) {
    let reservation = Reservation { session, ..reservation(call.feature, call.cost.0, Vec::new()) };
    let id = reserve(store, reservation, call.at.0).await;
    store.settle_call(id, Some(call)).await.unwrap();
}

/// The messages of a transcript.
pub(crate) async fn transcript(store: &Store, session: SessionId, limit: usize) -> Vec<Message> {
    let transcript = store.transcript(session, limit).await.unwrap();
    transcript.messages.into_iter().map(|stored| stored.message).collect()
}

/// One number from the database, read with a connection of the store.
pub(crate) async fn number(store: &Store, sql: &'static str) -> i64 {
    store.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.unwrap()
}

/// From now on the database may have this many pages: a disk that is full, at will.
pub(crate) async fn limit_pages(store: &Store, pages: u32) {
    let limit = move |connection: &rusqlite::Connection| {
        Ok(connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?)
    };
    store.write(crate::writer::Durability::Now, limit).await.unwrap();
}
