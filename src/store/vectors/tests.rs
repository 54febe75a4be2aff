// SPDX-License-Identifier: MIT OR Apache-2.0
use super::block::{ENTRIES, Layout, Sought};
use crate::behaviour::fixture::{Fixture, fresh, memory, model, number, passage, person, query, said, turn};
use blufio_core::embedding::EmbeddingModel;
use blufio_core::ids::{MemoryId, PassageId};
use blufio_core::memory::{ItemId, NewMemory};
use blufio_core::storage::{Embedded, Forgetting, Memories, StorageError};
use blufio_core::time::Timestamp;
use proptest::prelude::*;

async fn memories(f: &Fixture, count: i64, sender: i64) {
    for number in 0..count {
        let new = NewMemory { scope: person(sender), ..memory(&format!("{sender}: {number}")) };
        f.store.remember(new, Timestamp(1)).await.unwrap();
    }
}

fn vectors(ids: impl Iterator<Item = i64>, text: [f32; 3]) -> Vec<Embedded> {
    ids.map(|id| Embedded { id: ItemId::Memory(MemoryId(id)), text: text.to_vec(), around: None }).collect()
}

async fn without(f: &Fixture, model: &EmbeddingModel) -> Vec<ItemId> {
    f.store.unembedded(model, 999).await.unwrap().into_iter().map(|item| item.id).collect()
}

#[tokio::test]
async fn what_has_no_vector_is_told_memories_first_newest_first() {
    let f = fresh();
    let told = turn(&f.store, "1", vec![said("a")], 1).await;
    f.store
        .index(told.messages[0], vec![passage(&told, "a", ""), passage(&told, "b", "near")])
        .await
        .unwrap();
    memories(&f, 2, 7).await;
    let found = f.store.unembedded(&model("m"), 9).await.unwrap();
    let found: Vec<_> =
        found.iter().map(|item| (item.id, item.text.as_str(), item.around.as_deref())).collect();
    let (m, p) = (|id| ItemId::Memory(MemoryId(id)), |id| ItemId::Passage(PassageId(id)));
    let expected = [(m(2), "7: 1", None), (m(1), "7: 0", None), (p(2), "b", Some("near")), (p(1), "a", None)];
    assert_eq!(found, expected);
    assert_eq!(f.store.unembedded(&model("m"), 3).await.unwrap().len(), 3);

    let gone = ItemId::Passage(PassageId(99));
    let of = |id, around: Option<[f32; 3]>| Embedded {
        id,
        text: vec![1.0, 0.0, 0.0],
        around: around.map(|around| around.to_vec()),
    };
    let vectors = vec![
        of(m(1), None),
        of(gone, None),
        of(p(2), Some([0.0, 1.0, 0.0])),
        of(p(1), Some([0.0, 0.0, 1.0])),
    ];
    f.store.embed(&model("m"), vectors).await.unwrap();
    assert_eq!(without(&f, &model("m")).await, [m(2)]);
    let near = f.store.candidates(query(&[], Some([0.0, 1.0, 0.0]))).await.unwrap().candidates;
    let around = near.iter().find(|near| near.item.id() == p(2)).unwrap().around.unwrap();
    assert!((around - 1.0).abs() < 0.01, "{around}");
    let around = near.iter().find(|near| near.item.id() == p(1)).unwrap().around;
    assert_eq!(around, None, "nothing was said around it");
}

#[tokio::test]
async fn another_model_begins_anew_and_takes_over_one_by_one() {
    let f = fresh();
    memories(&f, 3, 7).await;
    f.store.embed(&model("m"), vectors(1..4, [1.0, 0.0, 0.0])).await.unwrap();
    assert_eq!(without(&f, &model("m")).await, []);
    let others = [
        model("other"),
        EmbeddingModel { revision: "2".into(), ..model("m") },
        EmbeddingModel { dimension: 4, ..model("m") },
    ];
    for other in &others {
        assert_eq!(without(&f, other).await.len(), 3, "{other:?}");
    }
    f.store.embed(&others[0], vectors(2..3, [1.0, 0.0, 0.0])).await.unwrap();
    let (m, nearest) = (|id| ItemId::Memory(MemoryId(id)), query(&[], Some([1.0, 0.0, 0.0])));
    assert_eq!(without(&f, &others[0]).await, [m(3), m(1)]);
    assert_eq!(without(&f, &model("m")).await, [m(2)], "the old vector is gone");
    let found = f.store.candidates(nearest.clone()).await.unwrap().candidates;
    assert_eq!(found.iter().map(|found| found.item.id()).collect::<Vec<_>>(), [m(1), m(3)]);
    f.store.embed(&others[0], vectors(1..4, [0.0, 1.0, 0.0])).await.unwrap();
    assert_eq!(f.store.candidates(nearest).await.unwrap().candidates, []);
    assert_eq!(number(&f.store, "SELECT count(*) FROM vectors").await, 1);
    assert_eq!(number(&f.store, "SELECT sum(count) FROM vectors").await, 3);
}

#[tokio::test]
async fn a_vector_of_another_dimension_is_refused_with_all_beside_it() {
    let f = fresh();
    memories(&f, 3, 7).await;
    for wrong in [vec![1.0, 0.0], vec![f32::NAN, 0.0, 0.0], vec![]] {
        let mut vectors = vectors(1..3, [1.0, 0.0, 0.0]);
        vectors[1].text = wrong;
        let refused = f.store.embed(&model("m"), vectors).await;
        assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{refused:?}");
    }
    assert_eq!(without(&f, &model("m")).await.len(), 3);
    assert_eq!(number(&f.store, "SELECT count(*) FROM vectors").await, 0);
    let mut wrong = query(&[], Some([1.0, 0.0, 0.0]));
    wrong.vector = Some((model("m"), vec![1.0]));
    f.store.embed(&model("m"), vectors(1..2, [1.0, 0.0, 0.0])).await.unwrap();
    assert!(matches!(f.store.candidates(wrong).await, Err(StorageError::Unexpected(_))));
}

#[tokio::test]
async fn blocks_are_of_one_scope_fill_up_and_go_when_they_are_empty() {
    let f = fresh();
    let count = i64::try_from(ENTRIES).unwrap() + 10;
    memories(&f, count, 7).await;
    memories(&f, 5, 8).await;
    f.store.embed(&model("m"), vectors(1..count + 6, [1.0, 0.0, 0.0])).await.unwrap();
    let counts = "SELECT sum(count * 1000 + (SELECT count(DISTINCT scope) FROM vectors)) FROM vectors";
    assert_eq!(number(&f.store, "SELECT count(*) FROM vectors").await, 3);
    assert_eq!(number(&f.store, counts).await, (count + 5) * 1000 + 6);
    // The same again changes nothing but the order.
    f.store.embed(&model("m"), vectors(1..count + 6, [0.0, 1.0, 0.0])).await.unwrap();
    assert_eq!(number(&f.store, "SELECT sum(count) FROM vectors").await, count + 5);
    assert!(number(&f.store, "SELECT count(*) FROM vectors").await <= 4);
    let of_blocks = "SELECT count(*) FROM memories JOIN vectors AS v ON v.id = block
        AND v.model = memories.model AND v.scope = memories.scope";
    assert_eq!(number(&f.store, of_blocks).await, count + 5);

    let items = (1..count + 1).map(|id| ItemId::Memory(MemoryId(id))).collect();
    f.store.forget(Forgetting { scopes: None, items }, Timestamp(2)).await.unwrap();
    assert_eq!(number(&f.store, "SELECT count(*) FROM vectors").await, 1);
    assert_eq!(number(&f.store, "SELECT sum(count) FROM vectors").await, 5);
}

fn unit(numbers: &[f32]) -> Vec<f32> {
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt().max(1e-6);
    numbers.iter().map(|number| number / length).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_cosine_is_what_it_would_be_in_full_precision(
        a in proptest::collection::vec(-1.0_f32..1.0, 384),
        b in proptest::collection::vec(-1.0_f32..1.0, 384),
    ) {
        let (a, b) = (unit(&a), unit(&b));
        let layout = Layout::new(384, true);
        let mut block = Vec::new();
        layout.push(&mut block, 5, &b, Some(&a)).unwrap();
        layout.push(&mut block, -6, &a, None).unwrap();
        prop_assert_eq!(block.len(), 2 * layout.entry());
        let exact: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
        let found: Vec<_> = layout.compare(&block, &Sought::new(&a)).collect();
        prop_assert_eq!((found[0].0, found[1].0, found[1].2), (5, -6, None));
        prop_assert!((found[0].1 - exact).abs() < 0.005, "{} {}", found[0].1, exact);
        prop_assert!((found[0].2.unwrap() - 1.0).abs() < 0.005 && (found[1].1 - 1.0).abs() < 0.005);
        layout.clear_around(&mut block, 5);
        prop_assert_eq!(layout.compare(&block, &Sought::new(&a)).next().unwrap().2, None);
        prop_assert!(layout.remove(&mut block, 5) && !layout.remove(&mut block, 5));
        prop_assert_eq!(layout.compare(&block, &Sought::new(&a)).map(|found| found.0).collect::<Vec<_>>(), [-6]);
    }
}
