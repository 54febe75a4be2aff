// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio memory eval`: how well things are found again, measured on a file of conversations and questions. What is remembered
//! on this machine is not touched: the turns go into a store of their own, which is thrown away.

use crate::assemble;
use crate::assemble::evaluation::{
    self, Estimate, EvaluationError, Heard, Options, Quality, QuestionClues, Report, Shown,
};
use crate::exit::Coded;
use crate::global::Global;
use crate::paths::Place;
use crate::terminal::visible;
use anyhow::Context as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Conversations and questions: JSON in the LoCoMo format
    file: PathBuf,
    /// All conversations in one haystack, which makes it harder
    #[arg(long)]
    pooled: bool,
    /// Messages that have to do with none of them, one a line: how many would be shown something all the same?
    #[arg(long, value_name = "FILE")]
    unrelated: Option<PathBuf>,
    /// Also write what spoke for each candidate, a line of JSON a question; `examples/fit` of blufio-recall makes weights of it
    #[arg(long, value_name = "FILE")]
    clues: Option<PathBuf>,
}

pub(super) fn run(global: &Global, place: &Place, args: &Args) -> anyhow::Result<()> {
    let samples = evaluation::read(&read(&args.file)?).map_err(|error| wrong(&args.file, error))?;
    let unrelated = match &args.unrelated {
        Some(file) => read(file)?.lines().map(str::to_owned).filter(|line| !line.trim().is_empty()).collect(),
        None => Vec::new(),
    };
    let options =
        Options { pooled: args.pooled, unrelated, clues: args.clues.is_some(), ..Options::default() };
    let mut clues = match &args.clues {
        Some(file) => Some(std::io::BufWriter::new(
            std::fs::File::create(file)
                .map_err(|error| Coded::usage(format!("{} cannot be written: {error}", file.display())))?,
        )),
        None => None,
    };
    let mut written = Ok(());
    let folder = tempfile::Builder::new().prefix("blufio-eval-").tempdir().context("no temporary folder")?;
    let embedding = assemble::embedder(&place.config.memory, folder.path())?;
    let stores = AtomicUsize::new(0);
    let open = || {
        let number = stores.fetch_add(1, Ordering::Relaxed);
        assemble::open(&folder.path().join(format!("{number}.db")))
    };
    let shows = std::io::stderr().is_terminal();
    let mut hear = |heard: Heard| match (heard, &mut clues) {
        (Heard::Done { haystacks, of }, _) if shows => {
            eprint!("\r{haystacks} of {of} done");
            std::io::stderr().flush().ok();
        }
        (Heard::Clues(question), Some(file)) if written.is_ok() => written = line(file, &question),
        _ => {}
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let measured = runtime.block_on(evaluation::run(&samples, &embedding, &open, &options, &mut hear));
    if shows {
        eprintln!();
    }
    if let Some(mut file) = clues {
        written = written.and_then(|()| file.flush());
    }
    written.context("the clues cannot be written")?;
    let report = measured.map_err(|error| wrong(&args.file, error))?;
    if global.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(())
}

fn line(file: &mut impl std::io::Write, question: &QuestionClues) -> std::io::Result<()> {
    serde_json::to_writer(&mut *file, question)?;
    file.write_all(b"\n")
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file)
        .map_err(|error| Coded::usage(format!("{} cannot be read: {error}", file.display())))
}

/// What is wrong with the file is the caller's matter; everything else is not.
fn wrong(file: &Path, error: EvaluationError) -> anyhow::Error {
    match error {
        EvaluationError::Json(_) | EvaluationError::Format { .. } => {
            Coded::usage(format!("{}: {error}", file.display()))
        }
        error => error.into(),
    }
}

fn print(report: &Report) {
    let size = &report.size;
    println!(
        "{} conversations, {} sessions, {} turns of which {} can be found, {} questions; {}",
        size.samples, size.sessions, size.turns, size.indexed, size.questions, report.model.name
    );
    if size.lost_evidence > 0 {
        println!("{} pieces of evidence name no turn.", size.lost_evidence);
    }
    println!(
        "\n{:<34}{:>6}  {:<20} {:<20} {:<20} {:<20}",
        "", "n", "recall@1", "recall@5", "recall@10", "MRR"
    );
    row("all questions with an answer", &report.overall);
    for (category, quality) in &report.categories {
        row(&format!("  category {category}"), quality);
    }
    for (kind, quality) in &report.kinds {
        row(&format!("  {kind}"), quality);
    }
    println!("by sessions");
    let depths: Vec<String> = report
        .overall
        .session_recall
        .iter()
        .map(|(depth, value)| format!("@{depth} {}", share(value)))
        .collect();
    println!("  {}", depths.join("   "));
    println!("by signals");
    for found in &report.signals {
        row(&format!("  {}", found.signals), &found.quality);
    }
    shown("shown of the turns", &report.shown);
    if let Some(facts) = &report.facts {
        println!("\n{} memories, as a good listener has written them down", facts.memories);
        for found in &facts.signals {
            row(&format!("  {}", found.signals), &found.quality);
        }
        shown("shown of the memories", &facts.shown);
    }
    let times = &report.times;
    println!(
        "\nfinding {:.1} ms p50, {:.1} ms p99; a vector {:.1} ms p50, {:.1} ms p99",
        times.search.p50_ms, times.search.p99_ms, times.embedding.p50_ms, times.embedding.p99_ms
    );
    if let Some(rss) = report.rss_mb {
        println!("{rss:.0} MB in memory");
    }
}

fn row(name: &str, quality: &Quality) {
    let at = |depth: &str| quality.turn_recall.get(depth).map(share).unwrap_or_default();
    let name = visible(name);
    println!(
        "{name:<34}{:>6}  {:<20} {:<20} {:<20} {:<20}",
        quality.questions,
        at("1"),
        at("5"),
        at("10"),
        share(&quality.mrr)
    );
}

fn shown(what: &str, shown: &Shown) {
    println!(
        "{what}, at most {}: the answer for {} of the questions that have one; anything for {} of {} that have none, and for {} of {} \
         unrelated messages",
        shown.limit,
        share(&shown.answered),
        share(&shown.unanswerable),
        shown.unanswerable_questions,
        share(&shown.unrelated),
        shown.unrelated_messages
    );
}

/// A mean with its interval.
fn share(estimate: &Estimate) -> String {
    format!("{:.3} [{:.3} {:.3}]", estimate.mean, estimate.low, estimate.high)
}
