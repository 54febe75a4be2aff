// SPDX-License-Identifier: MIT OR Apache-2.0
//! What recall costs in the store: `cargo bench -p blufio-store --bench recall`.
//!
//! One row is a memory or a passage; a fifth are memories, and all are of one person. Their words follow Zipf's law. Passages have a second
//! vector, of what was said around them. What is measured is the whole call of `Memories::candidates`, the way to the reading thread and
//! back included, in a process of its own that finds the database as a daemon does after its start.
//!
//! | number | is |
//! |---|---|
//! | both | five words and a vector |
//! | words, meaning | one of them |
//! | long | forty words and a vector |
//! | frequent | five of the most frequent words that a text is made of |
//! | opened | until the file was checked and can be asked; a small one is looked through, a large one only after it was not closed in order |
//! | RSS | of the process before the first query and after the last |
//! | bytes a row | what the file holds more for each row than a store that has nothing but the messages |
//!
//! `BLUFIO_ROWS` names other numbers of rows (`1000,10000`). Pin the bench to one core (`taskset -c 1`) and stop other work. The table goes to
//! standard error, one JSON object to standard output. The allocator is the program's: it makes the difference in a static build.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use blufio_core::channel::{Inbound, Sender};
use blufio_core::content::{Block, Message};
use blufio_core::embedding::EmbeddingModel;
use blufio_core::ids::{Conversation, MessageId, SessionId};
use blufio_core::memory::{ItemId, MemoryKind, MemoryScope, MemoryTrust, NewMemory, NewPassage};
use blufio_core::storage::{
    Arrival, Embedded, Lesson, Memories, Queue, RecallQuery, Sessions, Settlement, Storage, TurnOutcome,
};
use blufio_core::time::Timestamp;
use blufio_store::{Store, StoreOptions};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// SQLite asks for a buffer for each block of vectors, and the C library's allocator would hand out fresh pages for it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Tells a child which database to ask.
const CHILD: &str = "BLUFIO_BENCH_CHILD";
const DIMENSION: usize = 384;
const VOCABULARY: usize = 20_000;
/// The most frequent words are such as no query has: the, of, my.
const SAY_NOTHING: usize = 60;
const WORDS_OF_A_TEXT: usize = 22;
const QUERIES: usize = 200;
/// Candidates by each signal, as the recaller wants them.
const CANDIDATES: usize = 50;
/// Messages settled in one transaction, and passages indexed in one.
const BATCH: usize = 500;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Ok(path) = std::env::var(CHILD) {
        println!("{}", runtime.block_on(measure(Path::new(&path))));
        return;
    }
    let rows = std::env::var("BLUFIO_ROWS").unwrap_or_else(|_| "1000,10000,100000".to_owned());
    let rows = rows.split(',').map(|rows| rows.trim().parse().expect("numbers of rows"));
    let measured: Vec<Value> = rows.map(|rows| runtime.block_on(of(rows))).collect();
    eprintln!(
        "{:>7}{:>21}{:>21}{:>21}{:>21}{:>21}{:>13}{:>13}{:>10}",
        "rows",
        "both: p50 p99 (cpu)",
        "words",
        "meaning",
        "long",
        "frequent",
        "RSS MB",
        "bytes a row",
        "opened"
    );
    for row in &measured {
        let spread = |name: &str| {
            let of = |percent: &str| row[name][percent].as_f64().unwrap_or_default();
            format!("{:.1} {:.1} ({:.1})", of("p50_ms"), of("p99_ms"), of("mean_cpu_ms"))
        };
        let rss = |name: &str| row[name].as_f64().unwrap_or_default();
        eprintln!(
            "{:>7}{:>21}{:>21}{:>21}{:>21}{:>21}{:>13}{:>13}{:>10.0}",
            row["rows"].as_u64().unwrap_or_default(),
            spread("both"),
            spread("words"),
            spread("meaning"),
            spread("long"),
            spread("frequent"),
            format!("{:.1} {:.1}", rss("rss_before_mb"), rss("rss_after_mb")),
            row["bytes_a_row"].as_u64().unwrap_or_default(),
            row["opened_ms"].as_f64().unwrap_or_default(),
        );
    }
    println!("{}", json!({ "recall": measured }));
}

/// Fills a store and has it measured.
async fn of(rows: usize) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    let begun = Instant::now();
    let sizes = fill(&store, rows).await;
    let filled = begun.elapsed();
    store.close();
    drop(store);
    let output = Command::new(std::env::current_exe().unwrap()).env(CHILD, &path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut measured: Value = serde_json::from_slice(&output.stdout).unwrap();
    measured["rows"] = json!(rows);
    measured["filled_s"] = json!(filled.as_secs_f64());
    for (name, bytes) in sizes {
        measured[name] = json!(bytes / u64::try_from(rows).unwrap());
    }
    measured["bytes_a_row"] =
        json!(measured["text_and_keywords"].as_u64().unwrap() + measured["vectors"].as_u64().unwrap());
    measured
}

fn conversation() -> Conversation {
    Conversation::new("telegram", "7")
}

fn scope() -> MemoryScope {
    MemoryScope::Person { channel: "telegram".into(), sender: "7".into() }
}

fn model() -> EmbeddingModel {
    EmbeddingModel { name: "random".into(), revision: "1".into(), dimension: DIMENSION }
}

/// Messages, passages of most of them, memories, and all their vectors. Says what each step has added to the file, bytes.
async fn fill(store: &Store, rows: usize) -> [(&'static str, u64); 2] {
    let mut chance = Chance(0x5eed);
    let memories = rows / 5;
    let session = store.session(&conversation(), Timestamp(0)).await.unwrap();
    let texts: Vec<String> = (memories..rows).map(|_| chance.text(WORDS_OF_A_TEXT)).collect();
    for (number, said) in texts.chunks(BATCH).enumerate() {
        settle(store, session, number, said).await;
    }
    let plain = size(store).await;
    index(store, session, &texts).await;
    learn(store, session, memories, &mut chance).await;
    let with_words = size(store).await;
    loop {
        let without = store.unembedded(&model(), 64).await.unwrap();
        if without.is_empty() {
            break;
        }
        let vectors = without.into_iter().map(|item| Embedded {
            id: item.id,
            text: chance.vector(),
            around: item.around.map(|_| chance.vector()),
        });
        store.embed(&model(), vectors.collect()).await.unwrap();
    }
    let with_vectors = size(store).await;
    [("text_and_keywords", with_words - plain), ("vectors", with_vectors - with_words)]
}

async fn settle(store: &Store, session: SessionId, number: usize, said: &[String]) {
    let message = Inbound {
        external_id: number.to_string(),
        conversation: conversation(),
        sender: Sender { id: "7".into(), name: "Ada".into() },
        private: true,
        text: String::new(),
        files: Vec::new(),
        group: None,
        not_before: None,
        notices: Vec::new(),
        sent_at: Timestamp(0),
    };
    store.accept("telegram", vec![Arrival::from(message)], None, Timestamp(1)).await.unwrap();
    let turn = store.claim(&conversation(), Timestamp(1)).await.unwrap().unwrap();
    let settlement = Settlement {
        id: turn.id,
        outcome: TurnOutcome::Answered,
        session: Some(session),
        transcript: said.iter().map(|text| Message::user(vec![Block::text(text)])).collect(),
        end_session: false,
        decision: None,
        outbox: Vec::new(),
        once: Vec::new(),
        told: Vec::new(),
        forgets: false,
    };
    store.settle(settlement, Timestamp(2)).await.unwrap();
}

async fn index(store: &Store, session: SessionId, texts: &[String]) {
    let mut upto = 0;
    for said in texts.chunks(BATCH) {
        let mut passages = Vec::new();
        for text in said {
            upto += 1;
            let around: String = text.chars().rev().take(100).collect();
            passages.push(NewPassage {
                message: MessageId(upto),
                session,
                scope: scope(),
                text: text.clone(),
                around,
                at: Timestamp(upto),
            });
        }
        store.index(MessageId(upto), passages).await.unwrap();
    }
}

async fn learn(store: &Store, session: SessionId, count: usize, chance: &mut Chance) {
    let mut left = count;
    for upto in 1.. {
        let memories = (0..left.min(BATCH)).map(|_| NewMemory {
            text: chance.text(12),
            kind: MemoryKind::Fact,
            scope: scope(),
            trust: MemoryTrust::Gathered,
            confidence: 80,
            source: Some(blufio_core::memory::MemorySource::Message(MessageId(upto))),
            also: Vec::new(),
            learned_at: Timestamp(upto),
            replaces: Vec::new(),
        });
        let memories: Vec<_> = memories.collect();
        left -= memories.len();
        let lesson = Lesson { session, upto: MessageId(upto), memories, again: Vec::new() };
        assert!(store.learn(lesson, Timestamp(upto)).await.unwrap());
        if left == 0 {
            break;
        }
    }
}

/// Bytes of the main file once the log is in it.
async fn size(store: &Store) -> u64 {
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let stats = store.stats(Timestamp(0)).await.unwrap();
        if stats.wal_bytes == 0 {
            return stats.file_bytes;
        }
    }
}

/// Asks a store that lies there.
async fn measure(path: &Path) -> Value {
    let begun = Instant::now();
    let store = Store::open(path, StoreOptions::default()).unwrap();
    let opened = begun.elapsed();
    let mut chance = Chance(0xa5c);
    let before = rss();
    let mut measured = json!({ "opened_ms": opened.as_secs_f64() * 1e3 });
    for (name, words, by_words, by_meaning) in [
        ("both", 5, true, true),
        ("words", 5, true, false),
        ("meaning", 5, false, true),
        ("long", 40, true, true),
    ] {
        let queries: Vec<_> = (0..QUERIES)
            .map(|_| RecallQuery {
                words: if by_words { chance.words(words) } else { Vec::new() },
                vector: by_meaning.then(|| (model(), chance.vector())),
                ..query()
            })
            .collect();
        measured[name] = spread(&store, queries).await;
    }
    let frequent = (0..QUERIES).map(|_| RecallQuery {
        words: (0..5).map(|_| word(chance.below(SAY_NOTHING))).collect(),
        vector: Some((model(), chance.vector())),
        ..query()
    });
    measured["frequent"] = spread(&store, frequent.collect()).await;
    measured["rss_before_mb"] = json!(before);
    measured["rss_after_mb"] = json!(rss());
    measured
}

fn query() -> RecallQuery {
    RecallQuery {
        scopes: vec![MemoryScope::Agent, scope(), MemoryScope::Conversation(conversation())],
        words: Vec::new(),
        vector: None,
        passages: true,
        shown: Some((SessionId(1), MessageId(i64::MAX - 1))),
        limit: CANDIDATES,
    }
}

async fn spread(store: &Store, queries: Vec<RecallQuery>) -> Value {
    let mut took = Vec::new();
    let mut found = 0;
    let before = processor();
    for query in queries {
        let begun = Instant::now();
        let candidates = store.candidates(query).await.unwrap();
        took.push(begun.elapsed());
        found += candidates.candidates.len();
        assert!(
            candidates.candidates.iter().any(|candidate| matches!(candidate.item.id(), ItemId::Passage(_)))
        );
    }
    let cpu = (processor() - before).as_secs_f64() * 1e3 / f64::from(u32::try_from(took.len()).unwrap());
    took.sort();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    json!({ "p50_ms": at(50), "p99_ms": at(99), "mean_cpu_ms": cpu, "candidates": found / took.len() })
}

/// What all threads have spent on the processor.
fn processor() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let nanoseconds = threads.map(|thread| {
        let spent = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        spent.split_whitespace().next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(nanoseconds.sum())
}

/// What this process holds, MB.
fn rss() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// The word of a rank.
fn word(rank: usize) -> String {
    const SYLLABLES: [&str; 24] = [
        "ba", "ke", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "we",
        "xi", "yo", "zu", "cha", "ste", "bri", "plo",
    ];
    let mut rest = rank;
    let mut word = String::new();
    for _ in 0..if rank < 500 { 2 } else { 4 } {
        word.push_str(SYLLABLES[rest % SYLLABLES.len()]);
        rest /= SYLLABLES.len();
    }
    word
}

/// Always the same.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From 0 to before 1.
    fn fraction(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap()) / 4_294_967_296.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// A rank after Zipf's law: the second half as frequent as the first, and so on.
    fn rank(&mut self) -> usize {
        let ranks = f64::from(u32::try_from(VOCABULARY).unwrap());
        let rank = ((ranks + 1.0).ln() * self.fraction()).exp();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rank = rank as usize;
        (rank - 1).min(VOCABULARY - 1)
    }

    fn text(&mut self, words: usize) -> String {
        let words: Vec<_> = (0..words).map(|_| word(self.rank())).collect();
        words.join(" ")
    }

    /// Words of a query, each once.
    fn words(&mut self, count: usize) -> Vec<String> {
        let mut words = Vec::new();
        while words.len() < count {
            let rank = self.rank();
            if rank >= SAY_NOTHING && !words.contains(&word(rank)) {
                words.push(word(rank));
            }
        }
        words
    }

    #[allow(clippy::cast_possible_truncation)]
    fn vector(&mut self) -> Vec<f32> {
        let numbers: Vec<f64> = (0..DIMENSION).map(|_| self.fraction() - 0.5).collect();
        let length = numbers.iter().map(|number| number * number).sum::<f64>().sqrt();
        numbers.into_iter().map(|number| (number / length) as f32).collect()
    }
}
