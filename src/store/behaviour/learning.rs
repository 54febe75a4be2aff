// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is learned is there as a whole or not at all, with its keywords and vectors, whatever happens beside it.

use super::fixture::{
    Fixture, fresh, limit_pages, memory, model, number, passage, person, query, said, turn,
};
use crate::writer::Durability;
use blufio_core::ids::MemoryId;
use blufio_core::memory::{ItemId, NewMemory};
use blufio_core::storage::{Embedded, Forgetting, Lesson, Memories, MemoryFilter, Storage, StorageError};
use blufio_core::time::Timestamp;

/// The indices agree with themselves and have as many entries as there are texts.
async fn is_sound(f: &Fixture) {
    let check = |connection: &rusqlite::Connection| {
        for index in ["stems", "grams"] {
            connection.execute(&format!("INSERT INTO {index} ({index}) VALUES ('integrity-check')"), [])?;
        }
        Ok(())
    };
    f.store.write(Durability::Now, check).await.unwrap();
    let stats = f.store.stats(Timestamp(0)).await.unwrap();
    let all = f.store.memories(MemoryFilter { replaced: true, limit: 9999, ..MemoryFilter::default() });
    let rows = u64::try_from(all.await.unwrap().len()).unwrap() + stats.passages;
    let entries = number(&f.store, "SELECT count(*) FROM stems_docsize").await;
    assert_eq!(u64::try_from(entries).unwrap(), rows);
    let misplaced = "SELECT count(*) FROM memories WHERE block IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM vectors WHERE vectors.id = block AND vectors.model = memories.model)";
    assert_eq!(number(&f.store, misplaced).await, 0);
    let vectors = "SELECT (SELECT count(*) FROM memories WHERE block IS NOT NULL)
        + (SELECT count(*) FROM passages WHERE block IS NOT NULL) - coalesce((SELECT sum(count) FROM vectors), 0)";
    assert_eq!(number(&f.store, vectors).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_writers_at_once_each_has_stored_all_or_nothing() {
    let f = fresh();
    let mut sessions = Vec::new();
    for name in 0..24 {
        sessions.push(turn(&f.store, &name.to_string(), vec![said("x")], 10).await);
    }
    let lessons: Vec<_> = sessions
        .into_iter()
        .enumerate()
        .map(|(name, turn)| {
            let store = f.store.clone();
            tokio::spawn(async move {
                let breaks = name % 3 == 0;
                let texts = ["собака number", "everybody says this", if breaks { " " } else { "last" }];
                let memories = texts.map(|text| {
                    let text = text.replace("number", &format!("n{name}"));
                    NewMemory { text, ..memory("") }
                });
                let upto = turn.messages[0];
                let lesson =
                    Lesson { session: turn.session, upto, memories: memories.to_vec(), again: vec![] };
                let learned = store.learn(lesson.clone(), Timestamp(20)).await;
                assert_eq!(learned.is_err(), breaks, "{learned:?}");
                if !breaks {
                    assert!(!store.learn(lesson, Timestamp(20)).await.unwrap());
                }
                let items = store.unembedded(&model("m"), 5).await.unwrap().into_iter();
                let vectors =
                    items.map(|item| Embedded { id: item.id, text: vec![1.0, 0.0, 0.0], around: None });
                store.embed(&model("m"), vectors.collect()).await.unwrap();
                if name % 4 == 1 {
                    let id = i64::try_from(name).unwrap();
                    let items = vec![ItemId::Memory(MemoryId(id)), ItemId::Memory(MemoryId(id + 1))];
                    store.forget(Forgetting { scopes: None, items }, Timestamp(30)).await.unwrap();
                }
            })
        })
        .collect();
    for lesson in lessons {
        lesson.await.unwrap();
    }
    is_sound(&f).await;
    let found = f.store.candidates(query(&["n0", "n3", "n21"], None)).await.unwrap();
    assert_eq!(found.occurrences, [0, 0, 0], "of lessons that were not stored");
    let all = f.store.memories(MemoryFilter { limit: 999, ..MemoryFilter::default() }).await.unwrap();
    assert!(all.iter().filter(|memory| memory.text == "everybody says this").count() <= 1);
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_learned_indexed_or_embedded_by_halves() {
    let f = fresh();
    let told = turn(&f.store, "1", (0..300).map(|_| said("x")).collect(), 10).await;
    let known = f.store.remember(memory("known before"), Timestamp(1)).await.unwrap().memory.id;
    limit_pages(&f.store, 1).await;
    let texts = (0..300).map(|number| format!("word{number} {}", "long ".repeat(60)));
    let memories: Vec<_> =
        texts.clone().map(|text| NewMemory { scope: person(9), ..memory(&text) }).collect();
    let lesson = Lesson { session: told.session, upto: told.messages[299], memories, again: vec![] };
    let passages: Vec<_> = texts
        .zip(&told.messages)
        .map(|(text, message)| blufio_core::memory::NewPassage {
            message: *message,
            ..passage(&told, &text, "")
        })
        .collect();
    let full = |result: Result<(), StorageError>| {
        assert!(matches!(result, Err(StorageError::Full { .. })), "{result:?}")
    };
    full(f.store.learn(lesson.clone(), Timestamp(2)).await.map(|_| ()));
    full(f.store.index(told.messages[299], passages.clone()).await);
    let large = blufio_core::embedding::EmbeddingModel { dimension: 60_000, ..model("large") };
    let vector = vec![Embedded { id: ItemId::Memory(known), text: vec![1.0; 60_000], around: None }];
    full(f.store.embed(&large, vector.clone()).await);
    assert_eq!(f.store.candidates(query(&["word7", "known"], None)).await.unwrap().occurrences, [0, 1]);
    assert_eq!(f.store.unindexed(999).await.unwrap().len(), 300);

    limit_pages(&f.store, 1 << 20).await;
    is_sound(&f).await;
    assert!(f.store.learn(lesson, Timestamp(3)).await.unwrap());
    f.store.index(told.messages[299], passages).await.unwrap();
    f.store.embed(&large, vector).await.unwrap();
    assert_eq!(f.store.candidates(query(&["word7"], None)).await.unwrap().occurrences, [2]);
    is_sound(&f).await;
}
