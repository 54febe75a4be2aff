// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{
    Fixture, accept, chat, claim, fresh, memory, message, said, settlement, turn,
};
use blufio_core::content::{Block, Message};
use blufio_core::ids::{MessageId, SessionId};
use blufio_core::memory::{ItemId, MemorySource, NewMemory};
use blufio_core::storage::{Forgetting, Lesson, Memories, Queue, Quiet, Settlement, Storage, StorageError};
use blufio_core::time::Timestamp;

fn lesson(session: SessionId, upto: MessageId, texts: &[&str]) -> Lesson {
    let memories = texts.iter().map(|text| memory(text)).collect();
    Lesson { session, upto, memories, again: Vec::new() }
}

async fn quiet(f: &Fixture, before: i64) -> Vec<Quiet> {
    f.store.quiet(Timestamp(before), 9).await.unwrap()
}

#[tokio::test]
async fn a_session_is_quiet_once_its_newest_message_is_old_or_it_has_ended() {
    let f = fresh();
    let one = turn(&f.store, "1", vec![said("a"), Message::assistant(vec![Block::text("b")])], 100).await;
    let two = turn(&f.store, "2", vec![said("c")], 50).await;
    let of =
        |session, chat_name: i64, after, upto| Quiet { session, conversation: chat(chat_name), after, upto };
    let expected = [of(two.session, 2, None, two.messages[0]), of(one.session, 1, None, one.messages[1])];
    assert_eq!(quiet(&f, 50).await, []);
    assert_eq!(quiet(&f, 100).await, expected[..1]);
    assert_eq!(quiet(&f, 101).await, expected);
    assert_eq!(f.store.quiet(Timestamp(101), 1).await.unwrap(), expected[..1]);

    accept(&f.store, vec![message(1, "new")], 110).await;
    let id = claim(&f.store, 1, 110).await.unwrap().id;
    let end = Settlement { end_session: true, ..settlement(id) };
    f.store.settle(end, Timestamp(110)).await.unwrap();
    assert_eq!(quiet(&f, 0).await, expected[1..], "ended");

    assert!(f.store.learn(lesson(one.session, one.messages[0], &[]), Timestamp(120)).await.unwrap());
    assert_eq!(quiet(&f, 0).await, [of(one.session, 1, Some(one.messages[0]), one.messages[1])]);
    assert!(f.store.learn(lesson(one.session, one.messages[1], &[]), Timestamp(120)).await.unwrap());
    assert_eq!(quiet(&f, 0).await, []);
    turn(&f.store, "2", vec![said("d")], 130).await;
    assert_eq!(quiet(&f, 130).await, [], "somebody speaks there");
}

#[tokio::test]
async fn what_was_said_is_told_with_who_asked_for_it() {
    let f = fresh();
    let turn =
        turn(&f.store, "1", vec![said("a"), Message::assistant(vec![Block::text("b")]), said("c")], 100)
            .await;
    let ids = |said: &[blufio_core::storage::Said]| said.iter().map(|said| said.id).collect::<Vec<_>>();
    let all = f.store.said(turn.session, None, turn.messages[2], 9).await.unwrap();
    assert_eq!(ids(&all), turn.messages);
    let (sender, private) = all[0].by.clone().unwrap();
    assert_eq!((sender.id.as_str(), sender.name.as_str(), private), ("7", "Ada", true));
    assert_eq!(
        (all[1].message.clone(), all[1].at),
        (Message::assistant(vec![Block::text("b")]), Timestamp(100))
    );
    assert_eq!((all[0].session, all[0].conversation.clone()), (turn.session, chat(1)));
    let part = f.store.said(turn.session, Some(turn.messages[0]), turn.messages[1], 9).await.unwrap();
    assert_eq!(ids(&part), turn.messages[1..2]);
    assert_eq!(
        ids(&f.store.said(turn.session, None, turn.messages[2], 1).await.unwrap()),
        turn.messages[..1]
    );
}

#[tokio::test]
async fn a_lesson_is_learned_once_and_as_a_whole() {
    let f = fresh();
    let turn = turn(&f.store, "1", vec![said("a"), said("b")], 100).await;
    let known = f.store.remember(memory("known"), Timestamp(5)).await.unwrap().memory.id;
    let first = Lesson { again: vec![known], ..lesson(turn.session, turn.messages[1], &["x", "y"]) };
    let broken = Lesson { memories: vec![memory("z"), memory(" ")], ..first.clone() };
    let refused = f.store.learn(broken, Timestamp(200)).await;
    assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{refused:?}");
    assert_eq!(f.store.stats().await.unwrap().memories, 1);

    assert!(f.store.learn(first.clone(), Timestamp(200)).await.unwrap());
    assert_eq!(f.store.memory(known).await.unwrap().unwrap().0.learned_at, Timestamp(100));
    for late in [first, lesson(turn.session, turn.messages[0], &["w"])] {
        assert!(!f.store.learn(late, Timestamp(201)).await.unwrap());
    }
    assert_eq!(f.store.stats().await.unwrap().memories, 3);
    for (session, upto) in [(turn.session, MessageId(99)), (SessionId(99), turn.messages[0])] {
        let refused = f.store.learn(lesson(session, upto, &[]), Timestamp(1)).await;
        assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn nothing_is_learned_from_words_that_were_forgotten_meanwhile() {
    let f = fresh();
    let turn = turn(&f.store, "1", vec![said("a"), said("b")], 100).await;
    let of = |source| NewMemory { source: Some(source), ..memory("secret") };
    let sources = [MemorySource::Message(turn.messages[0]), MemorySource::Turn(turn.id)];
    let id = f.store.remember(of(sources[0]), Timestamp(1)).await.unwrap().memory.id;
    let what = Forgetting { scopes: None, items: vec![ItemId::Memory(id)] };
    f.store.forget(what, Timestamp(2)).await.unwrap();
    let memories = sources.into_iter().map(of).chain([memory("other")]).collect();
    let late = Lesson { session: turn.session, upto: turn.messages[1], memories, again: vec![id] };
    assert!(f.store.learn(late, Timestamp(3)).await.unwrap());
    assert_eq!(f.store.stats().await.unwrap().memories, 1);
    assert_eq!(f.store.said(turn.session, None, turn.messages[1], 9).await.unwrap(), []);
}
