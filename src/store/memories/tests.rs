// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{
    Fixture, accept, chat, claim, fresh, memory, message, person, query, said, turn,
};
use blufio_core::ids::MemoryId;
use blufio_core::memory::{
    Item, LONGEST_MEMORY, Memory, MemoryKind, MemoryScope, MemorySource, MemoryTrust, NewMemory, Replaced,
};
use blufio_core::storage::{Memories, MemoryFilter, Remembered, Storage, StorageError};
use blufio_core::time::Timestamp;

async fn remember(f: &Fixture, new: NewMemory) -> Remembered {
    f.store.remember(new, Timestamp(500)).await.unwrap()
}

async fn texts(f: &Fixture, filter: MemoryFilter) -> Vec<String> {
    let found = f.store.memories(MemoryFilter { limit: filter.limit.max(1), ..filter }).await.unwrap();
    found.into_iter().map(|memory| memory.text).collect()
}

fn all() -> MemoryFilter {
    MemoryFilter { limit: 99, ..MemoryFilter::default() }
}

#[tokio::test]
async fn a_memory_is_stored_as_it_was_told() {
    let f = fresh();
    let told = turn(&f.store, "7", vec![said("I have a dog")], 90).await;
    accept(&f.store, vec![message(8, "a")], 95).await;
    let running = claim(&f.store, 8, 95).await.unwrap().id;
    let sources = [None, Some(MemorySource::Message(told.messages[0])), Some(MemorySource::Turn(running))];
    let scopes = [MemoryScope::Agent, person(7), MemoryScope::Conversation(chat(8))];
    for (number, ((kind, source), scope)) in MemoryKind::ALL
        .into_iter()
        .zip(sources.into_iter().cycle())
        .zip(scopes.into_iter().cycle())
        .enumerate()
    {
        let text = format!("fact {number}");
        let new = NewMemory { kind, source, scope: scope.clone(), text: format!(" {text}\n"), ..memory("") };
        let Remembered { memory: stored, new } = remember(&f, new).await;
        let expected = Memory {
            id: stored.id,
            text,
            kind,
            scope,
            trust: MemoryTrust::Gathered,
            confidence: 70,
            source,
            learned_at: Timestamp(100),
            used_at: None,
            uses: 0,
            replaced: None,
        };
        assert_eq!((&stored, new), (&expected, true));
        assert_eq!(f.store.memory(stored.id).await.unwrap(), Some((expected, vec![])));
    }
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().memories, 6);
    assert_eq!(f.store.memory(MemoryId(99)).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_and_too_much_are_no_memories() {
    let f = fresh();
    for text in [String::new(), " \n".into(), "x".repeat(LONGEST_MEMORY + 1)] {
        let refused = f.store.remember(memory(&text), Timestamp(1)).await;
        assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{refused:?}");
    }
    remember(&f, memory(&"ü".repeat(LONGEST_MEMORY))).await;
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().memories, 1);
}

#[tokio::test]
async fn the_same_words_in_the_same_scope_are_one_memory() {
    let f = fresh();
    let first = remember(&f, NewMemory { confidence: 90, ..memory("Max is  a dog.") }).await.memory;
    let again =
        NewMemory { trust: MemoryTrust::Told, learned_at: Timestamp(300), ..memory(" max IS a Dog!") };
    let Remembered { memory: same, new } = remember(&f, again).await;
    assert!(!new);
    let expected = Memory { trust: MemoryTrust::Told, learned_at: Timestamp(300), ..first.clone() };
    assert_eq!(same, expected);
    assert_eq!(f.store.memory(first.id).await.unwrap(), Some((expected, vec![])));
    // Nothing is lost by an older, weaker word.
    let weaker = remember(&f, NewMemory { learned_at: Timestamp(1), ..memory("Max is a dog") }).await;
    assert_eq!((weaker.memory.learned_at, weaker.memory.confidence, weaker.new), (Timestamp(300), 90, false));
    assert!(remember(&f, NewMemory { scope: person(8), ..memory("Max is a dog.") }).await.new);
    assert!(remember(&f, memory("Max is a cat.")).await.new);
}

#[tokio::test]
async fn what_holds_no_more_is_history_and_may_hold_again() {
    let f = fresh();
    let ghent = remember(&f, memory("lives in Ghent")).await.memory.id;
    let stranger = remember(&f, NewMemory { scope: person(8), ..memory("lives in Rome") }).await.memory.id;
    let porto =
        remember(&f, NewMemory { replaces: vec![ghent, stranger, MemoryId(77)], ..memory("lives in Porto") })
            .await
            .memory
            .id;
    let oslo = f
        .store
        .remember(
            NewMemory { replaces: vec![porto, ghent], learned_at: Timestamp(300), ..memory("lives in Oslo") },
            Timestamp(600),
        )
        .await
        .unwrap()
        .memory
        .id;
    let (now, earlier) = f.store.memory(oslo).await.unwrap().unwrap();
    assert_eq!(now.replaced, None);
    let history: Vec<_> = earlier.iter().map(|memory| (memory.id, memory.replaced)).collect();
    let replaced = |by, at| Some(Replaced { by, at: Timestamp(at) });
    assert_eq!(history, [(porto, replaced(oslo, 300)), (ghent, replaced(porto, 100))]);
    assert_eq!(texts(&f, all()).await, ["lives in Oslo", "lives in Rome"]);
    assert_eq!(texts(&f, MemoryFilter { replaced: true, ..all() }).await.len(), 4);
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().memories, 2);

    let back = remember(&f, NewMemory { replaces: vec![oslo], ..memory("Lives in Ghent") }).await;
    assert!(back.new && back.memory.id != ghent);
    assert_eq!(f.store.memory(back.memory.id).await.unwrap().unwrap().1.len(), 3);
    // What is told again never replaces itself.
    let same = remember(&f, NewMemory { replaces: vec![back.memory.id], ..memory("lives in Ghent") }).await;
    assert_eq!(same.memory.replaced, None);
}

#[tokio::test]
async fn memories_are_listed_newest_first_in_pages_and_by_scope() {
    let f = fresh();
    for number in 0..6 {
        remember(&f, NewMemory { scope: person(number % 3), ..memory(&format!("m{number}")) }).await;
    }
    assert_eq!(texts(&f, MemoryFilter { limit: 2, ..all() }).await, ["m5", "m4"]);
    let before = MemoryFilter { limit: 2, before: Some(MemoryId(5)), ..all() };
    assert_eq!(texts(&f, before).await, ["m3", "m2"]);
    let of = |scopes| MemoryFilter { scopes: Some(scopes), ..all() };
    assert_eq!(texts(&f, of(vec![person(0), person(2), person(0)])).await, ["m5", "m3", "m2", "m0"]);
    assert_eq!(
        texts(&f, MemoryFilter { limit: 3, ..of(vec![person(0), person(2)]) }).await,
        ["m5", "m3", "m2"]
    );
    assert_eq!(texts(&f, of(vec![person(9)])).await, Vec::<String>::new());
    assert_eq!(texts(&f, of(vec![])).await, Vec::<String>::new());
    assert_eq!(f.store.scopes().await.unwrap(), [person(0), person(1), person(2)]);
}

#[tokio::test]
async fn uses_are_counted() {
    let f = fresh();
    let id = remember(&f, memory("a")).await.memory.id;
    f.store.used(vec![id, MemoryId(99)], Timestamp(30)).await.unwrap();
    f.store.used(vec![id], Timestamp(20)).await.unwrap();
    let (used, _) = f.store.memory(id).await.unwrap().unwrap();
    assert_eq!((used.uses, used.used_at), (2, Some(Timestamp(30))));
}

#[tokio::test]
async fn what_is_replaced_holds_no_more_since_the_other_was_told() {
    let f = fresh();
    let told = turn(&f.store, "7", vec![said("a")], 90).await;
    for (learned_at, since) in [(250, 250), (20, 100)] {
        let old = remember(&f, memory(&format!("lives in Ghent {learned_at}"))).await.memory.id;
        let older = remember(&f, memory(&format!("works in Ghent {learned_at}"))).await.memory.id;
        let text = format!("lives in Oslo {learned_at}");
        let new = NewMemory { replaces: vec![old], learned_at: Timestamp(learned_at), ..memory(&text) };
        remember(&f, new.clone()).await;
        let new = NewMemory { replaces: vec![older], ..new };
        let lesson = blufio_core::storage::Lesson {
            session: told.session,
            upto: told.messages[0],
            memories: vec![new],
            again: Vec::new(),
        };
        f.store
            .write(crate::writer::Durability::Now, |db| {
                Ok(db.execute("UPDATE sessions SET learned_upto = NULL", []).map(|_| ())?)
            })
            .await
            .unwrap();
        assert!(f.store.learn(lesson, Timestamp(900)).await.unwrap());
        for id in [old, older] {
            let replaced = f.store.memory(id).await.unwrap().unwrap().0.replaced;
            assert_eq!(replaced.map(|replaced| replaced.at), Some(Timestamp(since)));
        }
    }
}

#[tokio::test]
async fn however_often_something_has_changed_what_holds_now_is_found_and_its_newest_history() {
    let f = fresh();
    let (mut replaces, mut last) = (vec![], MemoryId(0));
    for change in 0..300 {
        let new = NewMemory {
            replaces,
            learned_at: Timestamp(1_000 + change),
            ..memory(&format!("The mood of number{change} is good."))
        };
        last = remember(&f, new).await.memory.id;
        replaces = vec![last];
    }
    let found = f.store.candidates(query(&["number7", "number299"], None)).await.unwrap().candidates;
    let by = found.iter().map(|found| match &found.item {
        Item::Memory(memory) => memory.replaced.map(|replaced| replaced.by),
        Item::Passage(_) => None,
    });
    assert_eq!(by.collect::<Vec<_>>(), [Some(last), None]);
    let (_, earlier) = f.store.memory(last).await.unwrap().unwrap();
    let ids: Vec<i64> = earlier.iter().map(|memory| memory.id.0).collect();
    assert_eq!(ids, (200..300).rev().collect::<Vec<_>>());
    // The row itself still says what took its place.
    let row = f.store.memory(MemoryId(8)).await.unwrap().unwrap().0;
    assert_eq!(row.replaced.map(|replaced| replaced.by), Some(MemoryId(9)));
}
