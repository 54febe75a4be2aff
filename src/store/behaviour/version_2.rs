// SPDX-License-Identifier: MIT OR Apache-2.0
//! A database of the second version is taken over: everything that was said can be found, and nothing is learned from it unasked.

use super::fixture::{chat, memory, number, person, said, turn};
use crate::lock::beside;
use crate::migrations::STEPS;
use crate::{Store, StoreOptions};
use blufio_core::content::Block;
use blufio_core::ids::{MessageId, SessionId};
use blufio_core::memory::{ItemId, MemorySource, NewMemory};
use blufio_core::storage::{Forgetting, Memories, Quiet, Sessions, Storage};
use blufio_core::time::Timestamp;
use rusqlite::Connection;
use std::path::Path;

/// As the second version left it: two sessions of a person, one of them ended, one of a group, and one in which nothing was said; a
/// summary; and a message that is thirty days old.
const ROWS: &str = r#"
INSERT INTO sessions (id, channel, chat, thread, started_at, ended_at) VALUES
    (1, 'telegram', '1', '', 5, 50), (2, 'telegram', '1', '', 51, NULL), (3, 'telegram', '2', '', 60, NULL),
    (4, 'telegram', '3', '', 60, NULL);
INSERT INTO queue (id, channel, external_id, chat, thread, not_before, state, attempts, payload, outcome, received_at,
                   finished_at) VALUES
    (1, 'telegram', 'a', '1', '', 0, 'done', 1, NULL, 'answered', 10, 20),
    (2, 'telegram', 'b', '1', '', 0, 'done', 1, '{"sender":{"id":"7","name":"Ada"},"private":true}', 'answered', 30, 40),
    (3, 'telegram', 'c', '2', '', 0, 'done', 1, '{"sender":{"id":"8","name":"Bob"},"private":false}', 'answered', 60, 70);
INSERT INTO messages (id, session, turn, role, content, at) VALUES
    (1, 1, 1, 'user', '[{"type":"text","text":"I live in Ghent"}]', 20),
    (2, 1, 1, 'assistant', '[{"type":"text","text":"nice"}]', 20),
    (7, 2, 2, 'user', '[{"type":"text","text":"I have a dog"}]', 40),
    (9, 3, 3, 'user', '[{"type":"text","text":"hello all"}]', 70);
INSERT INTO summaries (session, upto, text, at) VALUES (1, 2, 'It lives in Ghent.', 21);
INSERT INTO private_answers (channel, sender, chat, thread, turn) VALUES ('telegram', '7', '1', '', 2);
INSERT INTO once (key, at) VALUES ('a dropped secret', 1);
DELETE FROM once;
"#;

fn left_by_version_2(path: &Path) {
    static SECOND: &[&str] = STEPS.split_at(2).0;
    Store::open_with_schema(path, StoreOptions::default(), SECOND).unwrap().close();
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection.execute_batch(ROWS).unwrap();
}

#[tokio::test]
async fn everything_that_was_said_can_be_found_and_nothing_is_learned_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    left_by_version_2(&path);
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    assert!(beside(&path, ".before-v3").exists());
    let stats = store.stats(Timestamp(0)).await.unwrap();
    assert_eq!((stats.schema_version, stats.messages, stats.memories, stats.passages), (3, 4, 0, 0));
    let said_before = store.unindexed(9).await.unwrap();
    let whose: Vec<_> = said_before
        .iter()
        .map(|said| (said.id.0, said.by.as_ref().map(|(sender, private)| (sender.id.as_str(), *private))))
        .collect();
    let expected =
        [(1, Some(("7", true))), (2, Some(("7", true))), (7, Some(("7", true))), (9, Some(("8", false)))];
    assert_eq!(whose, expected);
    assert_eq!(store.quiet(Timestamp(i64::MAX), 9).await.unwrap(), []);

    // What is said from now on is learned from.
    let new = turn(&store, "1", vec![said("I have moved to Porto")], 100).await;
    let upto = new.messages[0];
    let quiet = Quiet { session: SessionId(2), conversation: chat(1), after: Some(MessageId(7)), upto };
    assert_eq!(store.quiet(Timestamp(101), 9).await.unwrap(), [quiet]);
    let first = turn(&store, "3", vec![said("first words")], 110).await;
    assert_eq!(store.quiet(Timestamp(111), 9).await.unwrap()[1].after, None);
    assert_eq!(store.unindexed(9).await.unwrap().last().map(|said| said.id), Some(first.messages[0]));
    assert_eq!(number(&store, "SELECT count(*) FROM pragma_foreign_key_check").await, 0);
}

#[tokio::test]
async fn old_words_can_be_forgotten_and_what_was_deleted_before_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    left_by_version_2(&path);
    let holds =
        |word: &str| std::fs::read(&path).unwrap().windows(word.len()).any(|bytes| bytes == word.as_bytes());
    assert!(holds("a dropped secret") && holds("Ghent"));
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    let source = Some(MemorySource::Message(MessageId(1)));
    let new = NewMemory { source, scope: person(7), ..memory("lives in Ghent") };
    let id = store.remember(new, Timestamp(1)).await.unwrap().memory.id;
    let what = Forgetting { scopes: None, items: vec![ItemId::Memory(id)] };
    assert_eq!(store.forget(what, Timestamp(2)).await.unwrap().messages, 2);
    let transcript = store.transcript(SessionId(1), 9).await.unwrap();
    assert_eq!((transcript.summary, transcript.messages.len()), (None, 2));
    assert!(matches!(transcript.messages[0].message.content[..], [Block::Text { .. }]));
    store.close();
    assert!(!holds("a dropped secret") && !holds("Ghent"));
}
