// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{
    Fixture, accept, chat, claim, fresh, memory, message, model, passage, person, query, said, turn,
};
use blufio_core::ids::{MemoryId, MessageId, PassageId};
use blufio_core::memory::{ItemId, MemoryScope, MemorySource, NewMemory, NewPassage};
use blufio_core::storage::{Candidate, Candidates, Embedded, Memories, RecallQuery};
use blufio_core::time::Timestamp;
use proptest::prelude::*;
use std::sync::OnceLock;

async fn remember(f: &Fixture, new: NewMemory) -> ItemId {
    ItemId::Memory(f.store.remember(new, Timestamp(500)).await.unwrap().memory.id)
}

async fn embed(f: &Fixture, id: ItemId, text: [f32; 3], around: Option<[f32; 3]>) {
    let around = around.map(|around| around.to_vec());
    f.store.embed(&model("m"), vec![Embedded { id, text: text.to_vec(), around }]).await.unwrap();
}

async fn ask(f: &Fixture, query: RecallQuery) -> Candidates {
    f.store.candidates(query).await.unwrap()
}

fn ids(found: &Candidates) -> Vec<ItemId> {
    let mut ids: Vec<_> = found.candidates.iter().map(|found| found.item.id()).collect();
    ids.sort();
    ids
}

fn one(found: &Candidates, id: ItemId) -> &Candidate {
    found.candidates.iter().find(|found| found.item.id() == id).unwrap()
}

#[tokio::test]
async fn words_are_found_by_their_stems_without_accents_and_case() {
    let f = fresh();
    let dog = remember(&f, memory("Her DOGS are called Max and Zoë")).await;
    let both = remember(&f, memory("The dog Max")).await;
    remember(&f, memory("The cat")).await;
    let found = ask(&f, query(&["dog", "max", "zoe", "bird"], None)).await;
    assert_eq!(ids(&found), [dog, both]);
    assert_eq!((found.occurrences.as_slice(), found.rows), (&[2, 2, 1, 0][..], 3));
    assert_eq!(
        (one(&found, dog).found.as_slice(), one(&found, both).found.as_slice()),
        (&[0, 1, 2][..], &[0, 1][..])
    );
    assert!(one(&found, dog).keyword > one(&found, both).keyword && one(&found, both).keyword > 0.0);
    assert!(found.candidates.iter().all(|found| found.trigram == 0.0 && found.cosine.is_none()));
    // Of what has the same words, the shorter has more of them.
    let long = remember(&f, memory(&format!("The dog Max {}", "and so on ".repeat(30)))).await;
    let found = ask(&f, query(&["dog", "max"], None)).await;
    assert!(one(&found, both).keyword > one(&found, long).keyword);
}

#[tokio::test]
async fn words_that_stems_do_not_serve_are_found_by_their_letters() {
    let f = fresh();
    let dog = remember(&f, memory("Мою собаку зовут Макс")).await;
    let black = remember(&f, memory("我的狗叫小黑")).await;
    let inu = remember(&f, memory("私は犬を飼っています")).await;
    let puppy = remember(&f, memory("강아지가 아파요")).await;
    for (word, expected) in [
        ("собака", dog),
        ("собаки", dog),
        ("小黑", black),
        ("狗叫什", black),
        ("犬", inu),
        ("강아지는", puppy),
    ] {
        let found = ask(&f, query(&[word], None)).await;
        assert_eq!(ids(&found), [expected], "{word}");
        let Candidate { keyword, trigram, found: positions, .. } = one(&found, expected);
        assert!(*keyword == 0.0 && *trigram > 0.0 && *positions == [0], "{word}");
        assert!(found.occurrences[0] >= 1);
    }
    // A word that is there as it is counts once.
    let found = ask(&f, query(&["собаку"], None)).await;
    assert!(one(&found, dog).keyword > 0.0 && one(&found, dog).trigram == 0.0);
    assert_eq!(ask(&f, query(&["кошка", "猫", "고양이"], None)).await.candidates, []);
}

#[tokio::test]
async fn everything_is_known_of_what_is_found_by_whatever_signal() {
    let f = fresh();
    let talk = turn(&f.store, "1", vec![said("x"), said("y"), said("z")], 10).await;
    let at = |number: usize, text: &str| NewPassage {
        message: talk.messages[number],
        ..passage(&talk, text, "around")
    };
    f.store
        .index(talk.messages[2], vec![at(0, "by meaning"), at(1, "by keyword"), at(2, "nothing")])
        .await
        .unwrap();
    let [near, word, around] = [1, 2, 3].map(|id| ItemId::Passage(PassageId(id)));
    let fact = remember(&f, memory("keyword too")).await;
    embed(&f, near, [1.0, 0.0, 0.0], Some([0.0, 0.0, 1.0])).await;
    embed(&f, word, [0.0, 1.0, 0.0], Some([0.0, -1.0, 0.0])).await;
    embed(&f, around, [-1.0, 0.0, 0.0], Some([0.6, 0.8, 0.0])).await;
    let few = RecallQuery { limit: 1, ..query(&["keyword"], Some([1.0, 0.0, 0.0])) };
    let found = ask(&f, few).await;
    assert_eq!(ids(&found), [fact, near, word, around]);
    let close = |value: Option<f32>, expected: f32| (value.unwrap() - expected).abs() < 0.01;
    let word = one(&found, word);
    assert!(close(word.cosine, 0.0) && close(word.around, 0.0) && word.keyword > 0.0 && word.found == [0]);
    assert!(close(one(&found, near).cosine, 1.0) && close(one(&found, near).around, 0.0));
    assert!(close(one(&found, around).cosine, -1.0) && close(one(&found, around).around, 0.6));
    let fact = one(&found, fact);
    assert!(fact.cosine.is_none() && fact.around.is_none() && fact.keyword > 0.0, "no vector yet");
    let memories = RecallQuery { passages: false, ..query(&["keyword"], Some([1.0, 0.0, 0.0])) };
    assert_eq!(ids(&ask(&f, memories).await), [fact.item.id()]);
}

#[tokio::test]
async fn what_was_replaced_is_a_candidate_too() {
    let f = fresh();
    let old = remember(&f, memory("lives in Ghent")).await;
    let ItemId::Memory(id) = old else { panic!("no memory") };
    let new = remember(&f, NewMemory { replaces: vec![id], ..memory("lives in Porto") }).await;
    assert_eq!(ids(&ask(&f, query(&["ghent", "porto"], None)).await), [old, new]);
}

#[tokio::test]
async fn strangers_are_not_told_and_push_nobody_out() {
    let f = fresh();
    let own = remember(&f, memory("the dog of the house")).await;
    embed(&f, own, [0.0, 1.0, 0.0], None).await;
    for number in 0..80 {
        let scope = if number % 2 == 0 { person(8) } else { MemoryScope::Conversation(chat(7)) };
        let id = remember(&f, NewMemory { scope, ..memory(&format!("dog {number}")) }).await;
        embed(&f, id, [1.0, 0.0, 0.0], None).await;
    }
    let found = ask(&f, query(&["dog"], Some([1.0, 0.0, 0.0]))).await;
    assert_eq!((ids(&found), found.occurrences, found.rows), (vec![own], vec![81], 81));
    let all = RecallQuery {
        scopes: vec![person(7), person(8), MemoryScope::Agent],
        limit: 99,
        ..query(&["dog"], Some([1.0, 0.0, 0.0]))
    };
    assert_eq!(ask(&f, all).await.candidates.len(), 41);
    for scopes in [vec![], vec![person(9)]] {
        let found = ask(&f, RecallQuery { scopes, ..query(&["dog"], Some([1.0, 0.0, 0.0])) }).await;
        assert_eq!((found.candidates, found.rows), (vec![], 81));
    }
}

#[tokio::test]
async fn what_the_model_is_shown_anyway_is_left_out_and_takes_no_place() {
    let f = fresh();
    let old = turn(&f.store, "1", vec![said("old")], 10).await;
    let new = turn(&f.store, "1", vec![said("new")], 20).await;
    let elsewhere = turn(&f.store, "2", vec![said("elsewhere")], 30).await;
    accept(&f.store, vec![message(1, "now")], 40).await;
    let running = claim(&f.store, 1, 40).await.unwrap().id;
    let passages = [&old, &new, &elsewhere].map(|turn| passage(turn, "dog", ""));
    f.store.index(elsewhere.messages[0], passages.to_vec()).await.unwrap();
    let mut memories = Vec::new();
    for (number, source) in [
        Some(MemorySource::Message(old.messages[0])),
        Some(MemorySource::Message(new.messages[0])),
        Some(MemorySource::Message(elsewhere.messages[0])),
        Some(MemorySource::Turn(old.id)),
        Some(MemorySource::Turn(new.id)),
        Some(MemorySource::Turn(elsewhere.id)),
        Some(MemorySource::Turn(running)),
        None,
    ]
    .into_iter()
    .enumerate()
    {
        memories.push(remember(&f, NewMemory { source, ..memory(&format!("dog {number}")) }).await);
    }
    let (p, m) = (|id| ItemId::Passage(PassageId(id)), |at: usize| memories[at]);
    for id in [p(1), p(2), p(3)].into_iter().chain(memories.iter().copied()) {
        embed(&f, id, [1.0, 0.0, 0.0], None).await;
    }
    let expected = vec![m(0), m(2), m(3), m(5), m(7), p(1), p(3)];
    let shown = Some((new.session, new.messages[0]));
    for (words, vector) in [(&["dog"][..], None), (&[], Some([1.0, 0.0, 0.0]))] {
        let query = RecallQuery { limit: 5, shown, ..query(words, vector) };
        assert_eq!(ids(&ask(&f, query.clone()).await), expected, "{words:?}");
        assert_eq!(ids(&ask(&f, RecallQuery { shown: None, limit: 20, ..query }).await).len(), 11);
    }
}

#[tokio::test]
async fn a_frequent_word_is_looked_for_only_where_there_is_no_rarer_one() {
    let f = fresh();
    let count = 1300_usize;
    let talk = turn(&f.store, "1", (0..count).map(|_| said("x")).collect(), 10).await;
    let scope = |number: usize| if number < 1250 { person(8) } else { person(7) };
    let passages = talk.messages.iter().enumerate().map(|(number, message)| {
        let text = format!("often собака {}", if number == 1270 { "seldom" } else { "" });
        NewPassage { message: *message, scope: scope(number), ..passage(&talk, &text, "") }
    });
    f.store.index(talk.messages[count - 1], passages.collect()).await.unwrap();
    let rows = u64::try_from(count).unwrap();
    // Ours are the last of many: they are found all the same, the newest first.
    let newest: Vec<_> = (1291..=1300).map(|id| ItemId::Passage(PassageId(id))).collect();
    // Of words in letters it is told how many rows of ours have them.
    for (word, least) in [("often", 1000), ("собаки", 50)] {
        let found = ask(&f, query(&[word], None)).await;
        assert_eq!(ids(&found), newest, "{word}");
        assert!((least..=rows).contains(&found.occurrences[0]));
        assert!(found.candidates.iter().all(|found| found.found == [0]));
    }
    let found = ask(&f, query(&["often", "seldom"], None)).await;
    assert_eq!(ids(&found), [ItemId::Passage(PassageId(1271))]);
    assert_eq!((found.occurrences, found.candidates[0].found.as_slice()), (vec![rows, 1], &[1][..]));
}

#[tokio::test]
async fn a_query_without_anything_finds_nothing() {
    let f = fresh();
    assert_eq!(
        ask(&f, query(&["dog"], Some([1.0, 0.0, 0.0]))).await,
        Candidates { occurrences: vec![0], ..Candidates::default() }
    );
    remember(&f, memory("dog")).await;
    assert_eq!(ask(&f, query(&[], None)).await.candidates, []);
    assert_eq!(
        ask(&f, query(&["cat"], Some([1.0, 0.0, 0.0]))).await.candidates,
        [],
        "a model without vectors"
    );
    assert_eq!(ask(&f, RecallQuery { limit: 0, ..query(&["dog"], None) }).await.candidates, []);
    let shown = Some((blufio_core::ids::SessionId(9), MessageId(9)));
    assert_eq!(
        ids(&ask(&f, RecallQuery { shown, ..query(&["dog"], None) }).await),
        [ItemId::Memory(MemoryId(1))]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn no_word_is_taken_for_the_syntax_of_a_query(
        words in proptest::collection::vec("\\PC{0,12}|[\"*()^:+\\-]{1,4}|NEAR|AND|OR|NOT|text:dog|\u{0}", 0..6),
    ) {
        static STORE: OnceLock<(tokio::runtime::Runtime, Fixture)> = OnceLock::new();
        let (runtime, f) = STORE.get_or_init(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let f = fresh();
            runtime.block_on(remember(&f, memory("dog near and or not text 我的 собака")));
            (runtime, f)
        });
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let found = runtime.block_on(ask(f, query(&words, None)));
        prop_assert_eq!(found.occurrences.len(), words.len());
        prop_assert!(found.candidates.iter().all(|found| found.found.iter().all(|at| *at < words.len())));
    }
}
