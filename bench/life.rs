// SPDX-License-Identifier: MIT OR Apache-2.0
//! What five years of one person cost in the store: `cargo bench -p blufio-store --bench life`.
//!
//! 30,000 messages of the person and as many answers; 30,000 past words; 5,000 memories, which are the values that 250 things have had
//! one after the other, so that 4,750 are history; one more thing that has changed 500 times. No vectors: forgetting overwrites theirs
//! in place, whatever their number. Times are whole calls, milliseconds. `BLUFIO_TURNS` names another number of messages.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use blufio_core::channel::{Inbound, Sender};
use blufio_core::content::{Block, Message};
use blufio_core::ids::{Conversation, MemoryId, MessageId, PassageId, SessionId};
use blufio_core::memory::{
    ItemId, MemoryKind, MemoryScope, MemorySource, MemoryTrust, NewMemory, NewPassage,
};
use blufio_core::route::Decision;
use blufio_core::storage::{
    Arrival, Forgetting, Memories, MemoryFilter, Outbox, Queue, Sessions, Settlement, Storage, TurnOutcome,
};
use blufio_core::time::Timestamp;
use blufio_store::{Store, StoreOptions};
use serde_json::json;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Turns that are settled together.
const BATCH: usize = 50;
const THINGS: usize = 250;
const CHANGES: usize = 20;
const LONGEST: usize = 500;

fn main() {
    let turns = std::env::var("BLUFIO_TURNS").map_or(30_000, |turns| turns.parse().expect("a number"));
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(live(turns));
}

async fn live(turns: usize) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("blufio.db"), StoreOptions::default()).unwrap();
    let begun = Instant::now();
    let session = store.session(&conversation(), Timestamp(0)).await.unwrap();
    for first in (0..turns).step_by(BATCH) {
        speak(&store, session, first).await;
    }
    let chain = remember(&store, turns).await;
    eprintln!(
        "lived in {:.0} s; the file has {} MB",
        begun.elapsed().as_secs_f64(),
        store.stats(Timestamp(0)).await.unwrap().file_bytes >> 20
    );

    let mut took = serde_json::Map::new();
    let newest =
        |limit, replaced| MemoryFilter { scopes: Some(vec![scope()]), replaced, before: None, limit };
    let begun = Instant::now();
    let page = store.memories(newest(11, false)).await.unwrap();
    for memory in &page {
        store.memory(memory.id).await.unwrap();
    }
    note(&mut took, "page_of_memories", begun);
    let begun = Instant::now();
    store.memories(newest(1_000, false)).await.unwrap();
    note(&mut took, "count_to_1000", begun);
    let begun = Instant::now();
    let (_, earlier) = store.memory(chain).await.unwrap().unwrap();
    note(&mut took, "longest_history", begun);
    assert!(earlier.len() <= 100, "{}", earlier.len());
    let begun = Instant::now();
    let (mut before, mut all) = (None, 0);
    loop {
        let filter = MemoryFilter { before, ..newest(100, true) };
        let page = store.memories(filter).await.unwrap();
        for memory in &page {
            store.sources(memory.id).await.unwrap();
        }
        all += page.len();
        before = page.last().map(|memory| memory.id);
        if before.is_none() {
            break;
        }
    }
    note(&mut took, "all_memories_with_sources", begun);
    assert_eq!(all, THINGS * CHANGES + LONGEST);
    let begun = Instant::now();
    let (mut before, mut all) = (None, 0);
    loop {
        let page = store.passages(before, 100).await.unwrap();
        all += page.len();
        before = page.last().map(|passage| passage.id);
        if before.is_none() {
            break;
        }
    }
    note(&mut took, "all_past_words", begun);
    assert_eq!(all, turns);
    for (name, item) in [
        ("forget_past_words", ItemId::Passage(PassageId(1_000))),
        ("forget_a_memory", ItemId::Memory(page[1].id)),
        ("forget_another", ItemId::Memory(page[2].id)),
        ("forget_the_longest_history", ItemId::Memory(chain)),
    ] {
        let begun = Instant::now();
        let what = Forgetting { scopes: None, items: vec![item] };
        let forgotten = store.forget(what, Timestamp(10)).await.unwrap();
        note(&mut took, name, begun);
        eprintln!("  {forgotten:?}");
        assert!(forgotten.memories > 0 || forgotten.messages > 0);
    }
    println!("{}", json!({ "life": took }));
}

fn note(took: &mut serde_json::Map<String, serde_json::Value>, name: &str, begun: Instant) {
    let milliseconds = begun.elapsed().as_secs_f64() * 1e3;
    eprintln!("{name:<28}{milliseconds:>10.1} ms");
    took.insert(name.into(), json!((milliseconds * 10.0).round() / 10.0));
}

fn conversation() -> Conversation {
    Conversation::new("telegram", "7")
}

fn scope() -> MemoryScope {
    MemoryScope::Person { channel: "telegram".into(), sender: "7".into() }
}

/// What the person says in a turn: sentences of common words, and some that are said once.
fn words(turn: usize) -> String {
    const COMMON: [&str; 16] = [
        "garden", "kitchen", "tomorrow", "really", "person", "called", "family", "weather", "coffee",
        "morning", "lives", "likes", "think", "street", "evening", "remember",
    ];
    let word = |at: usize| COMMON[turn.wrapping_mul(at * 2 + 3).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60];
    let common: Vec<&str> = (0..20).map(word).collect();
    format!(
        "{}. And number{turn} is {}, I {} so.",
        common[..12].join(" "),
        common[12],
        common[13..].join(" ")
    )
}

async fn speak(store: &Store, session: SessionId, first: usize) {
    let message = Inbound {
        external_id: first.to_string(),
        conversation: conversation(),
        sender: Sender { id: "7".into(), name: "Ada".into() },
        private: true,
        text: words(first),
        files: Vec::new(),
        group: None,
        not_before: None,
        notices: Vec::new(),
        sent_at: Timestamp(0),
    };
    store.accept("telegram", vec![Arrival::from(message)], None, Timestamp(1)).await.unwrap();
    let turn = store.claim(&conversation(), Timestamp(1)).await.unwrap().unwrap();
    let said = |turn| {
        [
            Message::user(vec![Block::text(words(turn))]),
            Message::assistant(vec![Block::text(format!("I see. {} {}", words(turn + 7), words(turn + 99)))]),
        ]
    };
    let settlement = Settlement {
        id: turn.id,
        outcome: TurnOutcome::Answered,
        session: Some(session),
        transcript: (first..first + BATCH).flat_map(said).collect(),
        end_session: false,
        decision: Some(Decision { memories: vec![words(first)], ..Decision::default() }),
        outbox: vec![json!({ "text": words(first + 7) })],
        once: Vec::new(),
        told: Vec::new(),
        forgets: false,
    };
    store.settle(settlement, Timestamp(2)).await.unwrap();
    let (due, _) = store.outbox_due(Timestamp(3), &["telegram".into()], &[], 9).await.unwrap();
    for row in due {
        store.outbox_sent(row.id, "x", Timestamp(3)).await.unwrap();
    }
    let of = |turn: usize| MessageId(i64::try_from(turn * 2 + 1).unwrap());
    let passages = (first..first + BATCH).map(|turn| NewPassage {
        message: of(turn),
        session,
        scope: scope(),
        text: words(turn),
        around: format!("you: {}\n{}", words(turn + 7), words(turn)),
        at: Timestamp(1),
    });
    store.index(MessageId(of(first + BATCH).0 - 1), passages.collect()).await.unwrap();
}

/// Everything has one value after the other. Says which holds now of what has changed most often.
async fn remember(store: &Store, turns: usize) -> MemoryId {
    let mut newest = MemoryId(0);
    for thing in 0..=THINGS {
        let changes = if thing == 0 { LONGEST } else { CHANGES };
        let mut replaces = Vec::new();
        for change in 0..changes {
            let said = MessageId(i64::try_from((thing * CHANGES + change) % turns * 2 + 1).unwrap());
            let also = MessageId((said.0 + 2_000) % i64::try_from(turns * 2).unwrap());
            let new = NewMemory {
                text: format!(
                    "The person's thing number{thing} is called value{change} and lives in the garden."
                ),
                kind: MemoryKind::Fact,
                scope: scope(),
                trust: MemoryTrust::Gathered,
                confidence: 80,
                source: Some(MemorySource::Message(said)),
                also: vec![also],
                learned_at: Timestamp(5),
                replaces: std::mem::take(&mut replaces),
            };
            let id = store.remember(new, Timestamp(5)).await.unwrap().memory.id;
            replaces.push(id);
            if thing == 0 {
                newest = id;
            }
        }
    }
    newest
}
