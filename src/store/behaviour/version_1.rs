// SPDX-License-Identifier: MIT OR Apache-2.0
//! A database of the first version, with everything that was in use then, is taken over.

use super::fixture::{chat, number, transcript};
use crate::lock::beside;
use crate::{Store, StoreOptions, ledger};
use blufio_core::content::{Block, Message};
use blufio_core::ids::{Conversation, MessageId, QueueId, SessionId};
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::storage::{
    Background, CallRecord, CostBy, Feature, Ledger, Limit, Queue, Scope, Sessions, Storage,
};
use blufio_core::time::Timestamp;
use rusqlite::Connection;
use std::path::Path;

const FIRST: &str = include_str!("../migrations/0001_state.sql");

/// As the first version left it: one turn that is answered, one that runs and has paid for two calls, one that waits
/// with a call, and a command.
const ROWS: &str = r#"
INSERT INTO sessions (id, channel, chat, thread, started_at, ended_at) VALUES
    (1, 'telegram', '1', '', 5, 50), (2, 'telegram', '1', '', 51, NULL), (3, 'telegram', '2', '', 60, NULL);
INSERT INTO queue (id, channel, external_id, chat, thread, not_before, state, merged_into, attempts, payload, turn,
                   outcome, received_at, finished_at) VALUES
    (1, 'telegram', 'a', '1', '', 0, 'done', NULL, 1, NULL, NULL, 'answered', 10, 20),
    (2, 'telegram', 'b', '1', '', 0, 'done', NULL, 1, '{"sender":{"id":"7","name":"A"},"private":true}', NULL,
        'answered', 30, 40),
    (3, 'telegram', 'c', '1', '', 0, 'running', NULL, 1, '{"sender":{"id":"7","name":"A"},"private":true}',
        '{"steps":[],"started":["t"],"calls":[
            {"model":"m1","class":"overloaded","usage":{"input":9,"output":0},"cost":500,"took_ms":3,"at":899999},
            {"model":"m1","class":"ok","usage":{"input":9,"output":8,"cache_read":7,"cache_write_5m":6,
             "cache_write_1h":5},"cost":600,"took_ms":4,"at":900000}],
          "told":true,"broken":0,"stopped":false}', NULL, 60, NULL),
    (4, 'telegram', 'd', '2', '', 99, 'waiting', NULL, 1, '{"sender":{"id":"8","name":"B"},"private":true}',
        '{"calls":[{"model":"m2","class":"ok","usage":{"input":1},"cost":7,"took_ms":1,"at":70}]}', NULL, 61, NULL),
    (5, 'telegram', 'e', '2', '', 0, 'waiting', NULL, 0, '{"sender":{"id":"8","name":"B"},"private":true}', NULL,
        NULL, 62, NULL),
    (6, 'telegram', 'f', '3', '', 0, 'done', NULL, 1, '{"sender":{"id":"9","name":"C"},"private":false}', NULL,
        'answered', 63, 64),
    (7, 'telegram', 'g', '4', 'x', 0, 'done', NULL, 1, '{"sender":{"id":"10","name":"D"},"private":true}', NULL,
        'answered', 63, 64),
    (8, 'telegram', 'h', '5', '', 0, 'done', NULL, 1, '{"sender":{"id":"10","name":"D"},"private":true}', NULL,
        'command', 65, 66);
INSERT INTO messages (id, session, turn, role, content, at) VALUES
    (1, 1, 1, 'user', '[{"type":"text","text":"one"}]', 20),
    (2, 1, 1, 'assistant', '[{"type":"text","text":"two"}]', 20),
    (7, 1, 2, 'user', '[{"type":"text","text":"three"}]', 40);
INSERT INTO calls (id, session, turn, model, class, input_tokens, output_tokens, cache_read_tokens,
                   cache_write_5m_tokens, cache_write_1h_tokens, cost_nano_usd, took_ms, at) VALUES
    (4, 1, 1, 'm1', 'ok', 1, 2, 3, 4, 5, 1000, 6, 15),
    (5, NULL, 2, 'm1', 'timeout', 1, 0, 0, 0, 0, 10, 9, 1800000);
"#;

fn left_by_version_1(path: &Path) {
    Store::open_with_schema(path, StoreOptions::default(), &[FIRST]).unwrap().close();
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection.execute_batch(ROWS).unwrap();
}

fn call(model: &str, class: &str, cost: i64, took_ms: u64, at: i64, usage: Usage) -> CallRecord {
    CallRecord {
        feature: Feature::Turn,
        intended: model.into(),
        model: model.into(),
        class: class.into(),
        price_version: "before".into(),
        usage,
        cost: NanoUsd(cost),
        overhead: 0,
        took_ms,
        at: Timestamp(at),
    }
}

async fn calls_of(store: &Store, turn: i64) -> Vec<CallRecord> {
    store.read(move |connection| ledger::calls_of(connection, QueueId(turn))).await.unwrap()
}

fn usage(input: u64, output: u64, cache_read: u64, cache_write_5m: u64, cache_write_1h: u64) -> Usage {
    Usage { input, output, cache_read, cache_write_5m, cache_write_1h }
}

#[tokio::test]
async fn calls_become_the_ledger_also_those_of_turns_that_are_not_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    left_by_version_1(&path);
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    assert!(beside(&path, ".before-v3").exists());
    assert_eq!(calls_of(&store, 1).await, [call("m1", "ok", 1000, 6, 15, usage(1, 2, 3, 4, 5))]);
    assert_eq!(calls_of(&store, 2).await, [call("m1", "timeout", 10, 9, 1_800_000, usage(1, 0, 0, 0, 0))]);
    let running = [
        call("m1", "overloaded", 500, 3, 899_999, usage(9, 0, 0, 0, 0)),
        call("m1", "ok", 600, 4, 900_000, usage(9, 8, 7, 6, 5)),
    ];
    assert_eq!(calls_of(&store, 3).await, running);
    assert_eq!(calls_of(&store, 4).await, [call("m2", "ok", 7, 1, 70, usage(1, 0, 0, 0, 0))]);
    assert_eq!(
        number(&store, "SELECT count(*) FROM sqlite_schema WHERE name IN ('calls', 'new_messages')").await,
        0
    );

    let limit = |scope, from, until| Limit {
        name: "daily".into(),
        key: String::new(),
        scope,
        value: NanoUsd(1),
        from: Timestamp(from),
        until: Some(Timestamp(until)),
    };
    let standings = store
        .standings(&[
            limit(Scope::Agent, 0, 900_000),
            limit(Scope::Agent, 900_000, 1_800_000),
            limit(Scope::Agent, 0, 2_700_000),
            limit(Scope::Background, 0, 2_700_000),
            limit(Scope::Session(SessionId(1)), 0, 1),
            limit(Scope::Session(SessionId(2)), 0, 1),
            limit(Scope::Session(SessionId(3)), 0, 1),
        ])
        .await
        .unwrap();
    let spent: Vec<i64> = standings.iter().map(|standing| standing.spent.0).collect();
    assert_eq!(spent, [1507, 600, 2117, 0, 1000, 1100, 7]);
    let (_, total) = store.costs(Timestamp(0), CostBy::Model).await.unwrap();
    assert_eq!((total.calls, total.cost), (5, NanoUsd(2117)));
}

#[tokio::test]
async fn turns_go_on_and_transcripts_keep_their_ids() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    left_by_version_1(&path);
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    let stats = store.stats(Timestamp(0)).await.unwrap();
    assert_eq!((stats.queue_depth, stats.messages, stats.sessions, stats.open_jobs), (3, 3, 3, 0));
    let stored = store.transcript(SessionId(1), 9).await.unwrap();
    assert_eq!(stored.summary, None);
    let ids: Vec<_> = stored.messages.iter().map(|message| message.id).collect();
    assert_eq!(ids, [MessageId(1), MessageId(2), MessageId(7)]);
    assert_eq!(store.recover(Timestamp(100)).await.unwrap(), 1);

    // A message that nobody asked for has no turn, and its id is a new one.
    let said = Message::assistant(vec![Block::text("by the way")]);
    let append = {
        let said = said.clone();
        move |connection: &Connection| {
            crate::sessions::append(connection, SessionId(2), None, &[said], Timestamp(100))
        }
    };
    store.write(crate::writer::Durability::Now, append).await.unwrap();
    assert_eq!(transcript(&store, SessionId(2), 9).await, [said]);
    assert_eq!(number(&store, "SELECT id FROM messages WHERE turn IS NULL").await, 8);
    assert_eq!(number(&store, "SELECT count(*) FROM pragma_foreign_key_check").await, 0);
}

#[tokio::test]
async fn it_is_known_where_people_were_answered_in_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    left_by_version_1(&path);
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    let last = |sender: &str| {
        let (store, people) = (store.clone(), [("telegram".to_owned(), sender.to_owned())]);
        async move { store.last_private(&people).await.unwrap() }
    };
    assert_eq!(last("7").await, Some(chat(1)));
    assert_eq!(last("8").await, None, "not answered yet");
    assert_eq!(last("9").await, None, "in a group");
    let topic = Conversation { channel: "telegram".into(), chat: "4".into(), thread: "x".into() };
    assert_eq!(last("10").await, Some(topic.clone()), "a command is no answer");
    assert_eq!(last("").await, Some(topic));
}
