// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::Store;
use crate::behaviour::fixture::{accept, chat, claim, fresh, here, message, number, settlement};
use blufio_core::ids::OutboxId;
use blufio_core::storage::{Outbox, OutboxRow, OutboxState, Queue, Settlement, Storage, StorageError};
use blufio_core::time::Timestamp;
use serde_json::json;

/// Answers a message of `chat_name` with `parts`.
async fn answer(store: &Store, chat_name: u32, parts: &[&str], now: i64) {
    accept(store, vec![message(chat_name, format!("{chat_name}-{now}"))], now).await;
    let turn = claim(store, chat_name, now).await.unwrap();
    let outbox = parts.iter().map(|part| json!(part)).collect();
    store.settle(Settlement { outbox, ..settlement(turn.id) }, Timestamp(now)).await.unwrap();
}

async fn due(store: &Store, now: i64) -> Vec<OutboxRow> {
    store.outbox_due(Timestamp(now), &here(), &[], 9).await.unwrap().0
}

fn payloads(rows: &[OutboxRow]) -> Vec<&str> {
    rows.iter().map(|row| row.payload.as_str().unwrap()).collect()
}

#[tokio::test]
async fn rows_of_one_conversation_leave_in_order_and_conversations_side_by_side() {
    let f = fresh();
    answer(&f.store, 1, &["a1", "a2"], 10).await;
    answer(&f.store, 2, &["b1"], 11).await;
    let rows = due(&f.store, 12).await;
    assert_eq!(payloads(&rows), ["a1", "b1"]);
    assert_eq!(payloads(&f.store.outbox_due(Timestamp(12), &here(), &[chat(1)], 9).await.unwrap().0), ["b1"]);
    assert_eq!(payloads(&f.store.outbox_due(Timestamp(12), &here(), &[], 1).await.unwrap().0), ["a1"]);
    f.store.outbox_sent(rows[0].id, "77", Timestamp(13)).await.unwrap();
    assert_eq!(payloads(&due(&f.store, 14).await), ["a2", "b1"]);
}

#[tokio::test]
async fn a_failed_row_is_tried_later_and_holds_the_next_one_back() {
    let f = fresh();
    answer(&f.store, 1, &["a1", "a2"], 10).await;
    let row = due(&f.store, 10).await.remove(0);
    f.store.outbox_retry(row.id, Timestamp(50), "the network is down").await.unwrap();
    assert_eq!(
        f.store.outbox_due(Timestamp(49), &here(), &[], 9).await.unwrap(),
        (vec![], Some(Timestamp(50)))
    );
    let again = due(&f.store, 50).await.remove(0);
    assert_eq!((again.id, again.attempts), (row.id, 1));
    assert_eq!(again.error.as_deref(), Some("the network is down"));
    assert_eq!(again.state, OutboxState::Waiting);
}

#[tokio::test]
async fn a_row_that_is_given_up_can_be_seen_and_redelivered() {
    let f = fresh();
    answer(&f.store, 1, &["a1", "a2"], 10).await;
    let first = due(&f.store, 10).await.remove(0);
    f.store.outbox_dead(first.id, "blocked by the person").await.unwrap();
    let second = due(&f.store, 10).await.remove(0);
    assert_eq!(second.payload, json!("a2"), "the next one is not held back for ever");
    f.store.outbox_dead(second.id, "blocked by the person").await.unwrap();
    assert_eq!(due(&f.store, 99).await, []);
    let dead = f.store.dead_letters(9).await.unwrap();
    assert_eq!(payloads(&dead), ["a2", "a1"], "newest first");
    assert!(dead.iter().all(|row| row.state == OutboxState::Dead && row.attempts == 1));
    assert_eq!(f.store.dead_letters(1).await.unwrap().len(), 1);
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().dead_letters, 2);

    assert!(f.store.redeliver(first.id).await.unwrap());
    assert!(!f.store.redeliver(first.id).await.unwrap());
    assert!(!f.store.redeliver(OutboxId(99)).await.unwrap());
    let row = due(&f.store, 99).await.remove(0);
    assert_eq!((row.id, row.attempts), (first.id, 0), "all tries begin anew");
}

#[tokio::test]
async fn only_rows_that_exist_and_wait_can_fail() {
    let f = fresh();
    answer(&f.store, 1, &["a1"], 10).await;
    let row = due(&f.store, 10).await.remove(0);
    f.store.outbox_sent(row.id, "77", Timestamp(11)).await.unwrap();
    // Saying again that it was sent is harmless; that it failed after all is not.
    f.store.outbox_sent(row.id, "77", Timestamp(12)).await.unwrap();
    for refused in [
        f.store.outbox_retry(row.id, Timestamp(50), "x").await,
        f.store.outbox_dead(row.id, "x").await,
        f.store.outbox_sent(OutboxId(99), "x", Timestamp(50)).await,
    ] {
        assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{refused:?}");
    }
    assert_eq!(due(&f.store, 99).await, []);
    let stats = f.store.stats(Timestamp(0)).await.unwrap();
    assert_eq!((stats.outbox_depth, stats.outbox_oldest, stats.dead_letters), (0, None, 0));
}

#[tokio::test]
async fn what_speaks_of_what_is_forgotten_is_kept_until_it_is_sent_and_no_longer() {
    let f = fresh();
    accept(&f.store, vec![message(1, "forget")], 1).await;
    accept(&f.store, vec![message(2, "other")], 1).await;
    for (chat, forgets) in [(1, true), (2, false)] {
        let id = claim(&f.store, chat, 2).await.unwrap().id;
        let end = Settlement { outbox: vec![json!("a"), json!("b")], forgets, ..settlement(id) };
        f.store.settle(end, Timestamp(3)).await.unwrap();
    }
    assert_eq!(number(&f.store, "SELECT count(*) FROM queue WHERE payload IS NULL").await, 1);
    for at in 4..6 {
        let (due, _) = f.store.outbox_due(Timestamp(at), &here(), &[], 9).await.unwrap();
        assert_eq!(due.len(), 2, "each is there until it is sent");
        for row in due {
            assert!(row.payload.is_string());
            f.store.outbox_sent(row.id, "x", Timestamp(at)).await.unwrap();
        }
    }
    assert_eq!(number(&f.store, "SELECT count(*) FROM outbox WHERE payload = 'null'").await, 2);
    assert_eq!(number(&f.store, "SELECT count(*) FROM outbox WHERE state = 'sent'").await, 4);
}
