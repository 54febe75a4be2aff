// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the sentence model costs: `cargo bench -p blufio-memory`.
//!
//! Every form is measured in a process of its own, so that the memory of one is not the memory of another:
//!
//! | number | is |
//! |---|---|
//! | load | from the first call to its answer, less what a short sentence takes: checksums, laying out, optimising, all |
//! | time of a sentence | of a call on a loaded model, with the way to its thread and back; and what that thread spent on the processor |
//! | before, with, after | what the process holds before the model, after sentences of all lengths, and after it was given back |
//! | peak | the most that it held at any time, which is while the model loads |
//!
//! `BLUFIO_FORM` names one form to be measured alone. Where `BLUFIO_PYTHON` names a Python with numpy and onnxruntime, that runs the same
//! graphs on one thread for comparison. Pin the bench to one core (`taskset -c 1`) and stop other work. The table goes to standard error, one JSON
//! object to standard output.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use blufio_core::embedding::{Embedding, Patience};
use blufio_memory::{Embedder, Form, Options, Source};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The daemon has this one as well; what is given back, and when, is up to it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Tells a child which form to measure.
const CHILD: &str = "BLUFIO_BENCH_CHILD";
/// A short sentence, and what texts of 128 and 256 tokens are made of: two are special, and this word is one.
const SHORT: &str = "My dog is afraid of thunder and fireworks.";
const WORD: &str = "river ";
/// After this long the model is given back.
const IDLE: Duration = Duration::from_secs(2);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Ok(form) = std::env::var(CHILD) {
        println!("{}", measure(Form::named(&form).expect("a form")).await);
        return;
    }
    let only = std::env::var("BLUFIO_FORM").ok();
    let forms = Form::ALL.into_iter().filter(|form| only.as_ref().is_none_or(|only| only == form.name()));
    let rows: Vec<Value> = forms.map(child).chain(python()).collect();
    eprintln!("best form for this processor: {}", Form::of_this_processor());
    eprintln!(
        "{:<22}{:>9}{:>21}{:>21}{:>21}{:>9}{:>9}{:>9}{:>9}",
        "", "load ms", "short ms (cpu)", "128 tokens", "256 tokens", "before", "with", "after", "peak MB"
    );
    for row in &rows {
        let time = |name: &str| {
            let of = |kind: &str| row[name][kind].as_f64().map_or("-".to_owned(), |ms| format!("{ms:.1}"));
            format!("{} ({})", of("wall_ms"), of("cpu_ms"))
        };
        let number = |name: &str| row[name].as_f64().map_or("-".to_owned(), |number| format!("{number:.1}"));
        eprintln!(
            "{:<22}{:>9}{:>21}{:>21}{:>21}{:>9}{:>9}{:>9}{:>9}",
            row["form"].as_str().unwrap_or_default(),
            number("load_ms"),
            time("short"),
            time("tokens_128"),
            time("tokens_256"),
            number("before_mib"),
            number("with_mib"),
            number("after_mib"),
            number("peak_mib")
        );
    }
    println!("{}", json!({ "best_form": Form::of_this_processor(), "rows": rows }));
}

fn child(form: Form) -> Value {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    let output = command.env(CHILD, form.name()).output().expect("it runs");
    assert!(output.status.success(), "{form}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a row")
}

async fn measure(form: Form) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let source = Source::Folder(concat!(env!("CARGO_MANIFEST_DIR"), "/model").into());
    #[cfg(feature = "model")]
    let source = if std::env::var("BLUFIO_MODEL").is_ok_and(|place| place == "folder") {
        source
    } else {
        Source::Inside
    };
    let options = Options { form: Some(form), idle: IDLE, ..Options::new(source, folder.path().to_owned()) };
    let embedder = Embedder::open(options).expect("the model is there");
    let before = memory("VmRSS:");
    let began = Instant::now();
    embed(&embedder, SHORT).await;
    let load = began.elapsed();
    let short = times(&embedder, SHORT, 60).await;
    let middle = times(&embedder, &WORD.repeat(126), 20).await;
    let long = times(&embedder, &WORD.repeat(254), 12).await;
    let with = memory("VmRSS:");
    let anonymous = memory("RssAnon:");
    tokio::time::sleep(IDLE * 2).await;
    let taken = short["wall_ms"].as_f64().unwrap_or_default();
    json!({
        "form": form,
        "load_ms": round(load.as_secs_f64() * 1e3 - taken),
        "short": short,
        "tokens_128": middle,
        "tokens_256": long,
        "before_mib": before,
        "with_mib": with,
        "with_anonymous_mib": anonymous,
        "after_mib": memory("VmRSS:"),
        "peak_mib": memory("VmHWM:"),
    })
}

async fn embed(embedder: &Embedder, text: &str) {
    embedder.embed(&[text], Patience::Unhurried).await.expect("a vector");
}

/// The middle of many times.
async fn times(embedder: &Embedder, text: &str, count: usize) -> Value {
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (began, spent) = (Instant::now(), spent());
        embed(embedder, text).await;
        walls.push(began.elapsed());
        cpus.push(self::spent() - spent);
    }
    let middle = |times: &mut Vec<Duration>| {
        times.sort();
        round(times[times.len() / 2].as_secs_f64() * 1e3)
    };
    json!({ "wall_ms": middle(&mut walls), "cpu_ms": middle(&mut cpus) })
}

/// What the thread of the model has spent on the processor.
fn spent() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").expect("the kernel tells").flatten();
    let read = |path: &Path, name: &str| std::fs::read_to_string(path.join(name)).unwrap_or_default();
    let mut own = tasks.map(|task| task.path()).filter(|task| read(task, "comm").trim() == "embedding");
    let line = own.next().map(|task| read(&task, "schedstat")).unwrap_or_default();
    Duration::from_nanos(line.split_whitespace().next().and_then(|field| field.parse().ok()).unwrap_or(0))
}

/// Mebibytes by the kernel's account.
fn memory(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the kernel tells");
    let line = status.lines().find(|line| line.starts_with(field)).expect("the field");
    round(line.split_whitespace().nth(1).expect("a number").parse::<f64>().expect("a number") / 1024.0)
}

/// The same graphs in ONNX Runtime, where there is one.
fn python() -> Vec<Value> {
    let Ok(python) = std::env::var("BLUFIO_PYTHON") else { return Vec::new() };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/embedding.py");
    let output = Command::new(python).arg(script).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("rows")
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
