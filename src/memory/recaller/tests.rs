// SPDX-License-Identifier: MIT OR Apache-2.0
//! The recaller over memories that answer as they are told.

use super::*;
use blufio_core::ids::{MemoryId, MessageId, PassageId, SessionId};
use blufio_core::memory::{
    MemoryKind, MemoryScope, MemorySource, MemoryTrust, NewMemory, NewPassage, Passage, Replaced,
};
use blufio_core::storage::{
    Candidate, Embedded, Forgetting, Forgotten, Lesson, MemoryFilter, Quiet, Remembered, Said, Unembedded,
};
use blufio_core::time::Timestamp;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

const SOON: Patience = Patience::Within(Duration::from_millis(250));

/// What is stored, and what was asked.
#[derive(Default)]
struct Shelf {
    candidates: Vec<Candidate>,
    memories: HashMap<MemoryId, (Memory, Vec<Memory>)>,
    asked: Mutex<Vec<RecallQuery>>,
}

impl Shelf {
    fn with(items: Vec<(Item, &[usize], Option<f32>)>) -> Self {
        let mut shelf = Self::default();
        for (item, found, cosine) in items {
            if let Item::Memory(memory) = &item {
                shelf.memories.insert(memory.id, (memory.clone(), Vec::new()));
            }
            let keyword = if found.is_empty() { 0.0 } else { 3.0 };
            let found = found.to_vec();
            shelf.candidates.push(Candidate { item, keyword, trigram: 0.0, found, cosine, around: None });
        }
        shelf
    }
}

fn never<T>() -> Result<T, StorageError> {
    panic!("the recaller only reads")
}

#[async_trait]
impl Memories for Shelf {
    async fn candidates(&self, query: RecallQuery) -> Result<Candidates, StorageError> {
        let mut candidates = self.candidates.clone();
        if query.vector.is_none() {
            candidates.iter_mut().for_each(|candidate| candidate.cosine = None);
        }
        let occurrences = vec![1; query.words.len()];
        let rows = u64::try_from(candidates.len()).unwrap();
        self.asked.lock().unwrap().push(query);
        Ok(Candidates { candidates, occurrences, rows })
    }

    async fn memory(&self, id: MemoryId) -> Result<Option<(Memory, Vec<Memory>)>, StorageError> {
        Ok(self.memories.get(&id).cloned())
    }

    async fn sources(&self, _: MemoryId) -> Result<Vec<MemorySource>, StorageError> {
        never()
    }
    async fn passages(&self, _: Option<PassageId>, _: usize) -> Result<Vec<Passage>, StorageError> {
        never()
    }
    async fn scopes(&self) -> Result<Vec<MemoryScope>, StorageError> {
        never()
    }
    async fn remember(&self, _: NewMemory, _: Timestamp) -> Result<Remembered, StorageError> {
        never()
    }
    async fn memories(&self, _: MemoryFilter) -> Result<Vec<Memory>, StorageError> {
        never()
    }
    async fn used(&self, _: Vec<MemoryId>, _: Timestamp) -> Result<(), StorageError> {
        never()
    }
    async fn forget(&self, _: Forgetting, _: Timestamp) -> Result<Forgotten, StorageError> {
        never()
    }
    async fn unembedded(&self, _: &EmbeddingModel, _: usize) -> Result<Vec<Unembedded>, StorageError> {
        never()
    }
    async fn embed(&self, _: &EmbeddingModel, _: Vec<Embedded>) -> Result<(), StorageError> {
        never()
    }
    async fn unindexed(&self, _: usize) -> Result<Vec<Said>, StorageError> {
        never()
    }
    async fn index(&self, _: MessageId, _: Vec<NewPassage>) -> Result<(), StorageError> {
        never()
    }
    async fn quiet(&self, _: Timestamp, _: usize) -> Result<Vec<Quiet>, StorageError> {
        never()
    }
    async fn said(
        &self,
        _: SessionId,
        _: Option<MessageId>,
        _: MessageId,
        _: usize,
    ) -> Result<Vec<Said>, StorageError> {
        never()
    }
    async fn learn(&self, _: Lesson, _: Timestamp) -> Result<bool, StorageError> {
        never()
    }
}

/// Answers every text alike, and keeps what it was asked.
struct Model {
    identity: EmbeddingModel,
    answer: Result<Vec<f32>, EmbedError>,
    asked: Mutex<Vec<String>>,
}

impl Model {
    fn answering(answer: Result<Vec<f32>, EmbedError>) -> Arc<Self> {
        let identity = EmbeddingModel { name: "test".into(), revision: "1".into(), dimension: 2 };
        Arc::new(Self { identity, answer, asked: Mutex::default() })
    }
}

#[async_trait]
impl Embedding for Model {
    fn model(&self) -> &EmbeddingModel {
        &self.identity
    }

    async fn embed(&self, texts: &[&str], _: Patience) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.asked.lock().unwrap().extend(texts.iter().map(|text| (*text).to_owned()));
        self.answer.clone().map(|vector| vec![vector; texts.len()])
    }
}

fn memory(id: i64, text: &str, replaced: Option<i64>) -> Memory {
    Memory {
        id: MemoryId(id),
        text: text.into(),
        kind: MemoryKind::Fact,
        scope: MemoryScope::Agent,
        trust: MemoryTrust::Told,
        confidence: 90,
        source: None,
        learned_at: Timestamp(id),
        used_at: None,
        uses: 0,
        replaced: replaced.map(|by| Replaced { by: MemoryId(by), at: Timestamp(by) }),
    }
}

fn passage(id: i64, text: &str) -> Item {
    Item::Passage(Passage {
        id: PassageId(id),
        message: MessageId(id),
        session: SessionId(1),
        scope: MemoryScope::Agent,
        text: text.into(),
        around: text.into(),
        at: Timestamp(id),
    })
}

fn question(text: &str) -> Question {
    Question {
        text: text.into(),
        before: String::new(),
        scopes: vec![MemoryScope::Agent],
        passages: true,
        shown: None,
        now: Timestamp(100),
        limit: 5,
        loosely: false,
    }
}

const MAX: &str = "The person's dog is called Max.";
const DOG: &str = "What is the name of my dog?";

fn dog() -> Shelf {
    Shelf::with(vec![
        (Item::Memory(memory(1, MAX, None)), &[0, 1], Some(0.7)),
        (Item::Memory(memory(2, "The train to Lyon leaves at seven.", None)), &[], Some(0.02)),
    ])
}

fn texts(recalled: &Recalled) -> Vec<&str> {
    recalled.found.iter().map(|found| found.item.text()).collect()
}

async fn recalled(shelf: Shelf, question: &Question) -> Recalled {
    let model = Model::answering(Ok(vec![1.0, 0.0]));
    Recaller::new(Arc::new(shelf), Some(model)).recall(question, SOON).await.unwrap()
}

#[tokio::test]
async fn what_fits_is_found_with_its_reasons_and_nothing_else() {
    let recalled = recalled(dog(), &question(DOG)).await;
    assert_eq!(recalled.by_meaning, ByMeaning::Yes);
    assert_eq!(texts(&recalled), [MAX]);
    assert!(recalled.found[0].score > THRESHOLD);
    assert_eq!(recalled.found[0].reasons, ["meaning 0.70", "words: name, dog"]);
}

#[tokio::test]
async fn people_who_search_are_shown_what_fits_badly_too() {
    let loosely = Question { loosely: true, ..question(DOG) };
    assert_eq!(texts(&recalled(dog(), &loosely).await).len(), 2);
    let one = Question { limit: 1, ..loosely };
    assert_eq!(texts(&recalled(dog(), &one).await), [MAX]);
}

#[tokio::test]
async fn where_nothing_is_stored_the_model_is_left_alone() {
    let model = Model::answering(Ok(vec![1.0, 0.0]));
    let recaller = Recaller::new(Arc::new(Shelf::default()), Some(Arc::clone(&model) as _));
    let recalled = recaller.recall(&question(DOG), SOON).await.unwrap();
    assert_eq!(recalled, Recalled { found: vec![], by_meaning: ByMeaning::Needless });
    assert!(model.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_greeting_or_a_thank_you_does_not_even_ask_the_store() {
    let shelf = Arc::new(dog());
    let recaller = Recaller::new(Arc::clone(&shelf) as _, None);
    for text in ["thank you!", "Good morning, how are you?", "🙂", ""] {
        let question = Question { before: "my dog is ill".into(), ..question(text) };
        let recalled = recaller.recall(&question, SOON).await.unwrap();
        assert_eq!(recalled.by_meaning, ByMeaning::Needless, "{text}");
    }
    assert!(shelf.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn words_alone_count_where_the_vector_is_late_or_there_is_none() {
    let late = EmbedError::NotInTime(Duration::from_millis(250));
    for (error, expected) in [
        (late, ByMeaning::Late),
        (EmbedError::Full, ByMeaning::Late),
        (EmbedError::Unusable("broken".into()), ByMeaning::Off),
        (EmbedError::Closed, ByMeaning::Off),
    ] {
        let recaller = Recaller::new(Arc::new(dog()), Some(Model::answering(Err(error))));
        let recalled = recaller.recall(&question(DOG), SOON).await.unwrap();
        assert_eq!((recalled.by_meaning, texts(&recalled)), (expected, vec![MAX]));
    }
    let recalled = Recaller::new(Arc::new(dog()), None).recall(&question(DOG), SOON).await.unwrap();
    assert_eq!((recalled.by_meaning, texts(&recalled)), (ByMeaning::Off, vec![MAX]));
}

#[tokio::test]
async fn what_took_the_place_of_a_memory_stands_for_it_with_its_history() {
    let (ghent, gouda, porto) = (
        memory(1, "Lives in Ghent.", Some(2)),
        memory(2, "Lives in Gouda.", Some(3)),
        memory(3, "Lives in Porto.", None),
    );
    let mut shelf = Shelf::with(vec![
        (Item::Memory(ghent.clone()), &[0, 1], Some(0.8)),
        (Item::Memory(porto.clone()), &[0], Some(0.7)),
    ]);
    shelf.memories.insert(gouda.id, (gouda.clone(), vec![ghent.clone()]));
    shelf.memories.insert(porto.id, (porto.clone(), vec![gouda.clone(), ghent.clone()]));
    let recalled = recalled(shelf, &question("Since when do I live in my house in Ghent?")).await;
    assert_eq!(texts(&recalled), ["Lives in Porto."]);
    assert_eq!(recalled.found[0].earlier, [gouda, ghent]);
}

#[tokio::test]
async fn a_memory_whose_successor_is_gone_or_goes_in_circles_is_left_out() {
    let mut shelf = Shelf::with(vec![
        (Item::Memory(memory(1, "The dog is called Rex.", Some(9))), &[0, 1], Some(0.9)),
        (Item::Memory(memory(2, "The dog is called Tom.", Some(3))), &[0, 1], Some(0.9)),
    ]);
    shelf.memories.insert(MemoryId(3), (memory(3, "The dog is called Ben.", Some(2)), vec![]));
    assert_eq!(texts(&recalled(shelf, &question(DOG)).await), [""; 0]);
}

#[tokio::test]
async fn what_was_said_twice_is_shown_once() {
    let said = "My dog Max has his name from my grandfather";
    let shelf = Shelf::with(vec![
        (passage(1, said), &[0, 1], Some(0.7)),
        (passage(2, &said.to_uppercase()), &[0, 1], Some(0.7)),
    ]);
    assert_eq!(texts(&recalled(shelf, &question(DOG)).await).len(), 1);
}

#[tokio::test]
async fn a_short_question_takes_over_what_was_said_before() {
    let model = Model::answering(Ok(vec![1.0, 0.0]));
    let shelf = Arc::new(dog());
    let recaller = Recaller::new(Arc::clone(&shelf) as _, Some(Arc::clone(&model) as _));
    let follow_up =
        Question { before: "we talked about my dog and the vet".into(), ..question("And where?") };
    recaller.recall(&follow_up, SOON).await.unwrap();
    assert_eq!(model.asked.lock().unwrap()[0], "And where?\nwe talked about my dog and the vet");
    let words = shelf.asked.lock().unwrap().last().unwrap().words.clone();
    assert!(words.contains(&"dog".to_owned()) && words.contains(&"vet".to_owned()), "{words:?}");
    let long = Question { before: "my cat".into(), ..question(DOG) };
    recaller.recall(&long, SOON).await.unwrap();
    assert_eq!(model.asked.lock().unwrap()[1], DOG);
}

#[tokio::test]
async fn of_endless_messages_only_so_many_words_are_looked_for() {
    let shelf = Arc::new(dog());
    let text: String = (0..5000).map(|at| format!("word{at} ")).collect();
    Recaller::new(Arc::clone(&shelf) as _, None).recall(&question(&text), SOON).await.unwrap();
    assert_eq!(shelf.asked.lock().unwrap().last().unwrap().words.len(), WORDS);
}
