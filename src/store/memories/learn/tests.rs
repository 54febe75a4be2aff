// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{
    Fixture, accept, chat, claim, fresh, memory, message, said, settlement, turn,
};
use blufio_core::content::{Block, Message};
use blufio_core::ids::{MemoryId, MessageId, SessionId};
use blufio_core::memory::{ItemId, MemorySource, NewMemory};
use blufio_core::storage::{
    Forgetting, Lesson, Memories, Queue, Quiet, SaidAgain, Settlement, Storage, StorageError,
};
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
    let again = vec![SaidAgain { memory: known, message: turn.messages[0] }];
    let first = Lesson { again, ..lesson(turn.session, turn.messages[1], &["x", "y"]) };
    let broken = Lesson { memories: vec![memory("z"), memory(" ")], ..first.clone() };
    let refused = f.store.learn(broken, Timestamp(200)).await;
    assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{refused:?}");
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().memories, 1);

    assert!(f.store.learn(first.clone(), Timestamp(200)).await.unwrap());
    assert_eq!(f.store.memory(known).await.unwrap().unwrap().0.learned_at, Timestamp(100));
    for late in [first, lesson(turn.session, turn.messages[0], &["w"])] {
        assert!(!f.store.learn(late, Timestamp(201)).await.unwrap());
    }
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().memories, 3);
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
    let again = vec![SaidAgain { memory: id, message: turn.messages[0] }];
    let late = Lesson { session: turn.session, upto: turn.messages[1], memories, again };
    assert!(f.store.learn(late, Timestamp(3)).await.unwrap());
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().memories, 1);
    assert_eq!(f.store.said(turn.session, None, turn.messages[1], 9).await.unwrap(), []);
}

#[tokio::test]
async fn every_message_that_says_a_memory_is_known_once() {
    let f = fresh();
    let turn = turn(&f.store, "1", vec![said("a"), said("b"), said("c"), said("d")], 100).await;
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| turn.messages[at]);
    let new =
        NewMemory { source: Some(MemorySource::Message(a)), also: vec![b, a, b], ..memory("a and b say it") };
    let known = f.store.remember(memory("entered by hand"), Timestamp(5)).await.unwrap().memory.id;
    let again = |message| SaidAgain { memory: known, message };
    let gone = SaidAgain { memory: MemoryId(99), message: c };
    let memories = vec![new];
    let lesson = Lesson {
        session: turn.session,
        upto: d,
        memories,
        again: vec![again(c), again(d), again(c), gone, again(MessageId(99))],
    };
    assert!(f.store.learn(lesson, Timestamp(200)).await.unwrap());
    let said_in = async |id| f.store.sources(id).await.unwrap();
    let messages = |messages: &[MessageId]| -> Vec<_> {
        messages.iter().map(|message| MemorySource::Message(*message)).collect()
    };
    assert_eq!(said_in(known).await, messages(&[c, d]));
    assert_eq!(said_in(MemoryId(2)).await, messages(&[a, b]));
    assert_eq!(said_in(MemoryId(99)).await, []);
    // Its own turn is one more place.
    let told = NewMemory { source: Some(MemorySource::Turn(turn.id)), ..memory("entered by hand") };
    for _ in 0..2 {
        f.store.remember(told.clone(), Timestamp(300)).await.unwrap();
    }
    assert_eq!(said_in(known).await[2..], [MemorySource::Turn(turn.id)]);
}

#[tokio::test]
async fn what_is_read_is_bounded_and_a_row_that_cannot_be_read_stops_nothing() {
    let f = fresh();
    let large = "b".repeat(9 << 20);
    let turn = turn(&f.store, "1", [&large, &large, "c", "d", "e"].map(said).to_vec(), 100).await;
    let ids = async |after| {
        let said = f.store.said(turn.session, after, turn.messages[4], 2).await.unwrap();
        said.iter().map(|said| said.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None).await, turn.messages[..1], "a large one alone");
    assert_eq!(ids(Some(turn.messages[0])).await, turn.messages[1..2]);
    assert_eq!(ids(Some(turn.messages[1])).await, turn.messages[2..4]);
    f.store
        .write(crate::writer::Durability::Now, |db| {
            db.execute("UPDATE messages SET content = 'x' WHERE id < 5", [])?;
            Ok(db.execute("UPDATE queue SET payload = 'x'", []).map(|_| ())?)
        })
        .await
        .unwrap();
    assert_eq!(ids(None).await, turn.messages[4..], "however many stand before it");
    assert_eq!(ids(Some(turn.messages[4])).await, []);
    let said = f.store.said(turn.session, None, turn.messages[4], 9).await.unwrap();
    assert_eq!(
        said[0].by.as_ref().map(|(sender, private)| (sender.id.as_str(), *private)),
        Some(("7", true))
    );
}

#[tokio::test]
async fn nothing_is_learned_where_one_of_the_messages_was_forgotten_meanwhile() {
    let f = fresh();
    let turns =
        [turn(&f.store, "1", vec![said("a")], 100).await, turn(&f.store, "1", vec![said("b")], 110).await];
    let [a, b] = [0, 1].map(|at| turns[at].messages[0]);
    let of = |message, text| NewMemory { source: Some(MemorySource::Message(message)), ..memory(text) };
    let doomed = f.store.remember(of(b, "secret"), Timestamp(1)).await.unwrap().memory.id;
    let known = f.store.remember(memory("known"), Timestamp(1)).await.unwrap().memory.id;
    let what = Forgetting { scopes: None, items: vec![ItemId::Memory(doomed)] };
    f.store.forget(what, Timestamp(2)).await.unwrap();
    let memories = vec![NewMemory { also: vec![b], ..of(a, "both say it") }];
    let again = vec![SaidAgain { memory: known, message: b }];
    let lesson = Lesson { session: turns[0].session, upto: b, memories, again };
    assert!(f.store.learn(lesson, Timestamp(3)).await.unwrap());
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().memories, 1);
    assert_eq!(f.store.sources(known).await.unwrap(), []);
}
