// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::Store;
use crate::behaviour::fixture::{accept, chat, claim, fresh, message, number, said, settlement, transcript};
use blufio_core::ids::{MessageId, SessionId};
use blufio_core::storage::{Compaction, Queue, Sessions, Settlement, StorageError, Summary};
use blufio_core::time::Timestamp;

/// Says `words` in a chat, one message each, in one turn.
async fn say(store: &Store, chat_name: u32, words: &[&str], end_session: bool) -> SessionId {
    accept(store, vec![message(chat_name, words.join(" "))], 1).await;
    let turn = claim(store, chat_name, 1).await.unwrap();
    let session = store.session(&chat(chat_name), Timestamp(1)).await.unwrap();
    let end = Settlement {
        session: Some(session),
        transcript: words.iter().map(|word| said(word)).collect(),
        end_session,
        ..settlement(turn.id)
    };
    store.settle(end, Timestamp(2)).await.unwrap();
    session
}

fn summary(upto: i64, text: &str) -> Summary {
    Summary { upto: MessageId(upto), text: text.into() }
}

async fn compact(store: &Store, session: SessionId, after: Option<i64>, summary: Summary) -> bool {
    let compaction = Compaction { session, after: after.map(MessageId), summary };
    store.compact(compaction, Timestamp(3)).await.unwrap()
}

#[tokio::test]
async fn a_summary_stands_for_the_older_part_which_stays_stored() {
    let f = fresh();
    let session = say(&f.store, 1, &["1", "2", "3", "4", "5"], false).await;
    assert!(compact(&f.store, session, None, summary(2, "two")).await);
    let shown = f.store.transcript(session, 9).await.unwrap();
    assert_eq!(shown.summary, Some(summary(2, "two")));
    assert_eq!(transcript(&f.store, session, 9).await, [said("3"), said("4"), said("5")]);
    assert_eq!(shown.messages[0].id, MessageId(3));
    assert_eq!(transcript(&f.store, session, 2).await, [said("4"), said("5")]);
    assert_eq!(f.store.transcript_length(session).await.unwrap(), 5);

    assert!(compact(&f.store, session, Some(2), summary(4, "four")).await);
    let shown = f.store.transcript(session, 9).await.unwrap();
    assert_eq!((shown.summary, shown.messages.len()), (Some(summary(4, "four")), 1));
    say(&f.store, 1, &["6"], false).await;
    assert_eq!(transcript(&f.store, session, 9).await, [said("5"), said("6")]);
}

#[tokio::test]
async fn the_oldest_messages_behind_the_summary_are_read_within_bounds() {
    let f = fresh();
    let session = say(&f.store, 1, &["1", "2", "3", "4", "5"], false).await;
    let read = async |limit, bytes| {
        let read = f.store.oldest(session, limit, bytes).await.unwrap();
        read.messages.iter().map(|stored| stored.id.0).collect::<Vec<_>>()
    };
    assert_eq!(read(3, usize::MAX).await, [1, 2, 3]);
    assert!(compact(&f.store, session, None, summary(2, "two")).await);
    assert_eq!(read(9, usize::MAX).await, [3, 4, 5]);
    assert_eq!(read(9, 0).await, [3], "one at least");
    let size = number(&f.store, "SELECT length(content) FROM messages WHERE id = 3").await;
    let size = usize::try_from(size).unwrap();
    assert_eq!(read(9, size).await, [3]);
    assert_eq!(read(9, size + 1).await, [3, 4]);
    let shown = f.store.oldest(session, 1, 1).await.unwrap();
    assert_eq!((shown.summary, shown.summarised_at), (Some(summary(2, "two")), Some(Timestamp(3))));
}

#[tokio::test]
async fn a_summary_that_was_overtaken_changes_nothing() {
    let f = fresh();
    let session = say(&f.store, 1, &["1", "2", "3", "4"], false).await;
    assert!(!compact(&f.store, session, Some(1), summary(2, "made from one that is not there")).await);
    assert!(compact(&f.store, session, None, summary(2, "two")).await);
    assert!(!compact(&f.store, session, None, summary(3, "three")).await);
    assert!(!compact(&f.store, session, Some(1), summary(3, "three")).await);
    assert_eq!(f.store.transcript(session, 9).await.unwrap().summary, Some(summary(2, "two")));
}

#[tokio::test]
async fn a_session_that_has_ended_is_not_summarised() {
    let f = fresh();
    let session = say(&f.store, 1, &["1", "2", "3"], true).await;
    assert!(!compact(&f.store, session, None, summary(2, "two")).await);
    assert!(!compact(&f.store, SessionId(99), None, summary(2, "two")).await);
    assert_eq!(f.store.transcript(session, 9).await.unwrap().summary, None);
}

#[tokio::test]
async fn a_summary_stands_for_messages_of_its_own_session_and_never_for_fewer_than_before() {
    let f = fresh();
    let one = say(&f.store, 1, &["1", "2"], false).await;
    say(&f.store, 2, &["3", "4"], false).await;
    let refused = |after: Option<i64>, upto| {
        let compaction =
            Compaction { session: one, after: after.map(MessageId), summary: summary(upto, "x") };
        let store = f.store.clone();
        async move { store.compact(compaction, Timestamp(3)).await }
    };
    assert!(matches!(refused(None, 3).await, Err(StorageError::Unexpected(_))));
    assert!(matches!(refused(None, 99).await, Err(StorageError::Unexpected(_))));
    assert!(compact(&f.store, one, None, summary(2, "two")).await);
    assert!(matches!(refused(Some(2), 1).await, Err(StorageError::Unexpected(_))));
    assert!(matches!(refused(Some(2), 2).await, Err(StorageError::Unexpected(_))));
}
