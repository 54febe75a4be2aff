// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two hundred messages that have nothing to do with anybody's life, held against all that each of four people has told over
//! months: nothing is recalled.

use blufio_core::embedding::{Embedding, Patience};
use blufio_core::ids::{Conversation, MessageId};
use blufio_core::memory::{MemoryKind, MemoryScope, MemoryTrust, NewMemory, NewPassage};
use blufio_core::recall::{ByMeaning, Question, Recall, Recalled};
use blufio_core::storage::{Embedded, Memories, Queue, Sessions, Settlement, TurnOutcome};
use blufio_core::time::Timestamp;
use blufio_memory::{Embedder, Options, Recaller, Source};
use blufio_store::{Store, StoreOptions};
use serde_json::Value;
use std::sync::Arc;

const NOW: Timestamp = Timestamp(1_780_000_000_000);
/// The first of each part of the set.
const PEOPLE: [&str; 4] = ["tune-1", "tune-2", "held-1", "held-2"];

fn people() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/memory/");
    let read = |name: &&str| std::fs::read_to_string(format!("{folder}{name}.json")).unwrap();
    let first = |text: String| serde_json::from_str::<Vec<Value>>(&text).unwrap().swap_remove(0);
    PEOPLE.iter().map(read).map(first).collect()
}

fn memory(text: &str) -> NewMemory {
    NewMemory {
        text: text.into(),
        kind: MemoryKind::Fact,
        scope: MemoryScope::Agent,
        trust: MemoryTrust::Gathered,
        confidence: 90,
        source: None,
        also: Vec::new(),
        learned_at: NOW,
        replaces: vec![],
    }
}

fn unrelated() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/memory/");
    let read = |name: &&str| std::fs::read_to_string(format!("{folder}{name}.txt")).unwrap();
    let text: String = ["unrelated-1", "unrelated-2"].iter().map(read).collect();
    text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

async fn fill(store: &Store, sample: &Value) {
    for fact in sample["facts"].as_array().unwrap() {
        store.remember(memory(fact["text"].as_str().unwrap()), NOW).await.unwrap();
    }
    let session = store.session(&Conversation::new("test", "1"), NOW).await.unwrap();
    let conversation = sample["conversation"].as_object().unwrap();
    let turns = conversation.values().filter_map(Value::as_array).flatten();
    let own = turns.filter(|turn| turn["speaker"] == conversation["speaker_a"]);
    let turns = own.map(|turn| turn["text"].as_str().unwrap().to_owned()).collect();
    let passages = passages(store, session, turns).await;
    let last = passages.last().unwrap().message;
    store.index(last, passages).await.unwrap();
}

/// Messages of a transcript, and what can be found of them.
async fn passages(
    store: &Store,
    session: blufio_core::ids::SessionId,
    turns: Vec<String>,
) -> Vec<NewPassage> {
    use blufio_core::channel::{Inbound, Sender};
    use blufio_core::content::{Block, Message};
    let conversation = Conversation::new("test", "1");
    let message = Inbound {
        external_id: "1".into(),
        conversation: conversation.clone(),
        sender: Sender { id: "1".into(), name: "Ada".into() },
        private: true,
        text: "x".into(),
        files: vec![],
        group: None,
        not_before: None,
        notices: vec![],
        sent_at: NOW,
    };
    store.accept("test", vec![message.into()], None, NOW).await.unwrap();
    let claim = store.claim(&conversation, NOW).await.unwrap().unwrap();
    let transcript = turns.iter().map(|text| Message::user(vec![Block::text(text.as_str())])).collect();
    let settlement = Settlement {
        id: claim.id,
        outcome: TurnOutcome::Answered,
        session: Some(session),
        transcript,
        end_session: false,
        decision: None,
        outbox: vec![],
        once: vec![],
        told: vec![],
        forgets: false,
    };
    store.settle(settlement, NOW).await.unwrap();
    let stored = store.transcript(session, turns.len()).await.unwrap().messages;
    let ids: Vec<MessageId> = stored.into_iter().map(|stored| stored.id).collect();
    assert_eq!(ids.len(), turns.len());
    let passages = turns.iter().zip(ids).enumerate().map(|(at, (text, message))| NewPassage {
        message,
        session,
        scope: MemoryScope::Agent,
        text: text.clone(),
        around: blufio_recall::around(
            at.checked_sub(1).map(|at| ("person", turns[at].as_str())),
            text,
            turns.get(at + 1).map(|text| ("person", text.as_str())),
        ),
        at: NOW,
    });
    passages.collect()
}

async fn embed(store: &Store, embedder: &Embedder) {
    loop {
        let items = store.unembedded(embedder.model(), 64).await.unwrap();
        if items.is_empty() {
            return;
        }
        let mut embedded = Vec::new();
        for item in items {
            let text = embedder.embed(&[&item.text], Patience::Unhurried).await.unwrap().remove(0);
            let around = match &item.around {
                Some(around) => Some(embedder.embed(&[around], Patience::Unhurried).await.unwrap().remove(0)),
                None => None,
            };
            embedded.push(Embedded { id: item.id, text, around });
        }
        store.embed(embedder.model(), embedded).await.unwrap();
    }
}

/// What somebody has told over months: what was written down of it, and every word.
struct Life {
    _folder: tempfile::TempDir,
    store: Arc<Store>,
    recaller: Recaller,
}

async fn life(sample: &Value, embedder: &Arc<Embedder>) -> Life {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&folder.path().join("blufio.db"), StoreOptions::default()).unwrap());
    fill(&store, sample).await;
    embed(&store, embedder).await;
    let recaller = Recaller::new(Arc::clone(&store) as _, Some(Arc::clone(embedder) as _));
    Life { _folder: folder, store, recaller }
}

async fn ask(life: &Life, text: &str) -> Recalled {
    let question = Question {
        text: text.into(),
        before: String::new(),
        scopes: vec![MemoryScope::Agent],
        passages: true,
        shown: None,
        now: NOW,
        limit: 10,
        loosely: false,
    };
    life.recaller.recall(&question, Patience::Unhurried).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_unrelated_messages_recall_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let embedder = Arc::new(Embedder::open(Options::new(Source::Inside, scratch.path().into())).unwrap());
    let messages = unrelated();
    assert!(messages.len() >= 200, "{}", messages.len());
    let (mut loaded, mut by_meaning) = (Vec::new(), 0);
    for sample in &people() {
        let life = life(sample, &embedder).await;
        for message in &messages {
            let recalled = ask(&life, message).await;
            by_meaning += usize::from(recalled.by_meaning == ByMeaning::Yes);
            let first = recalled.found.first();
            loaded.extend(first.map(|found| format!("{message} → {:.2} {}", found.score, found.item.text())));
        }
        // It is not that nothing can be recalled.
        let fact = "The person is allergic to walnuts.";
        life.store.remember(memory(fact), NOW).await.unwrap();
        let recalled = ask(&life, "Am I allergic to walnuts?").await;
        assert!(recalled.found.iter().any(|found| found.item.text() == fact), "{recalled:?}");
    }
    // Greetings and the like are not even looked for.
    let asked = messages.len() * PEOPLE.len();
    assert!(by_meaning >= asked * 3 / 4, "{by_meaning} of {asked}");
    assert!(loaded.is_empty(), "{} of {asked}: {loaded:#?}", loaded.len());
}
