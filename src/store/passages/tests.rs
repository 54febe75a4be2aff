// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{fresh, number, passage, query, said, turn};
use blufio_core::ids::{MessageId, PassageId};
use blufio_core::memory::{Item, ItemId, NewPassage, Passage};
use blufio_core::storage::{Forgetting, Memories, Storage, StorageError};
use blufio_core::time::Timestamp;

#[tokio::test]
async fn messages_are_looked_at_once_from_the_beginning() {
    let f = fresh();
    let one = turn(&f.store, "1", vec![said("alpha"), said("beta")], 10).await;
    let two = turn(&f.store, "2", vec![said("gamma")], 20).await;
    let said = f.store.unindexed(9).await.unwrap();
    let ids: Vec<_> = said.iter().map(|said| said.id).collect();
    assert_eq!(ids, [one.messages[0], one.messages[1], two.messages[0]]);
    assert_eq!(f.store.unindexed(2).await.unwrap(), said[..2]);
    assert_eq!((said[2].session, said[2].at), (two.session, Timestamp(20)));

    let passages = vec![passage(&one, "alpha", "near")];
    f.store.index(one.messages[0], passages.clone()).await.unwrap();
    assert_eq!(f.store.unindexed(9).await.unwrap(), said[1..]);
    // Somebody else was as far: nothing is there twice, and nothing goes back.
    f.store.index(one.messages[0], passages.clone()).await.unwrap();
    f.store.index(two.messages[0], vec![]).await.unwrap();
    f.store.index(one.messages[0], passages).await.unwrap();
    assert_eq!(f.store.unindexed(9).await.unwrap(), []);
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().passages, 1);
    let found = f.store.candidates(query(&["alpha"], None)).await.unwrap().candidates;
    let NewPassage { message, session, scope, text, around, at } = passage(&one, "alpha", "near");
    let expected = Passage { id: PassageId(1), message, session, scope, text, around, at };
    assert_eq!(found.iter().map(|found| found.item.clone()).collect::<Vec<_>>(), [Item::Passage(expected)]);
}

#[tokio::test]
async fn a_message_is_not_indexed_out_of_order() {
    let f = fresh();
    let one = turn(&f.store, "1", vec![said("alpha")], 10).await;
    let two = turn(&f.store, "1", vec![said("beta")], 20).await;
    let refused = f.store.index(one.messages[0], vec![passage(&two, "beta", "")]).await;
    assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{refused:?}");
    assert_eq!(f.store.unindexed(9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_was_forgotten_meanwhile_is_not_indexed_nor_told_around_others() {
    let f = fresh();
    let mut turns = Vec::new();
    for at in 0..20 {
        turns.push(turn(&f.store, "1", vec![said(&format!("said {at}"))], 10 + at).await);
    }
    let elsewhere = turn(&f.store, "2", vec![said("elsewhere")], 40).await;
    f.store.index(turns[0].messages[0], vec![passage(&turns[0], "said 0", "")]).await.unwrap();
    let what = Forgetting { scopes: None, items: vec![ItemId::Passage(PassageId(1))] };
    f.store.forget(what, Timestamp(50)).await.unwrap();
    let left = f.store.unindexed(99).await.unwrap();
    assert_eq!((left.len(), left[0].id), (20, turns[1].messages[0]));
    let passages = turns.iter().chain([&elsewhere]).map(|turn| passage(turn, "x", "around")).collect();
    f.store.index(MessageId(99), passages).await.unwrap();
    assert_eq!(number(&f.store, "SELECT count(*) FROM passages").await, 20);
    assert_eq!(number(&f.store, "SELECT max(message) FROM passages WHERE around = ''").await, 9);
}

#[tokio::test]
async fn whose_words_they_are_is_known_as_long_as_that_can_be_told() {
    let f = fresh();
    let one = turn(&f.store, "1", vec![said("alpha")], 10).await;
    let by = || async { f.store.said(one.session, None, one.messages[0], 1).await.unwrap()[0].by.clone() };
    let forget_payloads = |sql: &'static str| {
        f.store.write(crate::writer::Durability::Now, move |db| Ok(db.execute(sql, []).map(|_| ())?))
    };
    let known = by().await.unwrap();
    assert_eq!((known.0.id.as_str(), known.0.name.as_str(), known.1), ("7", "Ada", true));
    forget_payloads("UPDATE queue SET payload = NULL").await.unwrap();
    // In private only one person speaks.
    let known = by().await.unwrap();
    assert_eq!((known.0.id.as_str(), known.0.name.as_str(), known.1), ("7", "", true));
    forget_payloads("DELETE FROM private_answers").await.unwrap();
    assert_eq!(by().await, None);
}

#[tokio::test]
async fn a_batch_ends_where_it_is_large_and_what_cannot_be_read_does_not_stop_it() {
    let f = fresh();
    let one =
        turn(&f.store, "1", vec![said("alpha"), said(&"b".repeat(5000)), said("gamma"), said("d")], 10).await;
    let ids = |limit, bytes| {
        let read = f.store.read(move |connection| super::up_to(connection, limit, bytes));
        async { read.await.unwrap().iter().map(|said| said.id).collect::<Vec<_>>() }
    };
    assert_eq!(ids(9, 0).await, one.messages[..1], "at least one");
    assert_eq!(ids(9, 4000).await, one.messages[..2]);
    assert_eq!(ids(3, 1 << 20).await, one.messages[..3]);
    f.store
        .write(crate::writer::Durability::Now, |db| {
            Ok(db.execute("UPDATE messages SET content = 'x' WHERE id <= 2", []).map(|_| ())?)
        })
        .await
        .unwrap();
    let left: Vec<_> = f.store.unindexed(1).await.unwrap().iter().map(|said| said.id).collect();
    assert_eq!(left, one.messages[2..3]);
    f.store.index(one.messages[2], vec![]).await.unwrap();
    assert_eq!(ids(9, 1 << 20).await, one.messages[3..]);
}
