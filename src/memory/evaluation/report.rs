// SPDX-License-Identifier: MIT OR Apache-2.0
//! What came out, as it is written as JSON.

use super::ask::{Outcome, Shower, Side};
use super::known::Known;
use super::measure::{estimate, in_f64, latency, quality};
use super::sample::Sample;
use super::{Options, variants};
use blufio_core::embedding::EmbeddingModel;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mean, and between what it lies with 95 % by resampling the questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How well questions were answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// How many.
    pub questions: usize,
    /// By depth: share of the questions for which one of the turns that answer it is among the first so many.
    pub turn_recall: BTreeMap<String, Estimate>,
    /// The same of sessions, in the order of their best turns.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub session_recall: BTreeMap<String, Estimate>,
    /// Mean reciprocal rank of the first turn that answers.
    pub mrr: Estimate,
}

/// Some signals, and how well they did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Which signals.
    pub signals: String,
    /// How well.
    pub quality: Quality,
}

/// What the model would have been shown, under the threshold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// At most so many things.
    pub limit: usize,
    /// Share of the answerable questions for which something that answers was shown.
    pub answered: Estimate,
    /// Share of the answerable questions for which something was shown that does not answer.
    pub answerable_with_other: Estimate,
    /// How many things were shown for an answerable question.
    pub things: Estimate,
    /// How many questions have no answer.
    pub unanswerable_questions: usize,
    /// Share of them for which something was shown.
    pub unanswerable: Estimate,
    /// How many messages have nothing to do with anything, counted once for each haystack.
    pub unrelated_messages: usize,
    /// Share of them for which something was shown.
    pub unrelated: Estimate,
}

/// How well what a good listener had written down was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// How many memories.
    pub memories: usize,
    /// By signals. What took the place of an older memory stands for both.
    pub signals: Vec<Found>,
    /// By kind of question, as the program does it.
    pub kinds: BTreeMap<String, Quality>,
    /// What the model would have been shown.
    pub shown: Shown,
}

/// How much was looked through.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// Conversations.
    pub samples: usize,
    /// Whether they were one haystack.
    pub pooled: bool,
    /// Sessions.
    pub sessions: usize,
    /// Turns.
    pub turns: usize,
    /// Turns that were looked through: those of assistants are not.
    pub indexed: usize,
    /// Questions.
    pub questions: usize,
    /// Answerable ones whose evidence names no turn; they are not counted further.
    pub without_evidence: usize,
    /// Pieces of evidence that name no turn of their conversation.
    pub lost_evidence: u64,
}

/// What it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Half of them took at most so long, milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 took at most so long, milliseconds.
    pub p99_ms: f64,
}

/// What it took, part by part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Finding, with the vector of the question at hand.
    pub search: Latency,
    /// The vector of a question, a turn, or a turn with what was said around it.
    pub embedding: Latency,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Which sentence model.
    pub model: EmbeddingModel,
    /// How much was looked through.
    pub size: Size,
    /// As the program does it.
    pub overall: Quality,
    /// The same by category.
    pub categories: BTreeMap<String, Quality>,
    /// The same by kind, where the file names them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kinds: BTreeMap<String, Quality>,
    /// By signals, from words alone to all of them.
    pub signals: Vec<Found>,
    /// What the model would have been shown of the turns.
    pub shown: Shown,
    /// The same for what a good listener had written down, where the file has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// What it took.
    pub times: Times,
    /// What the process has in memory at the end, megabytes; `None` where the system does not tell.
    pub rss_mb: Option<f64>,
}

/// Puts the report together.
pub(super) fn of(
    samples: &[Sample],
    options: &Options,
    model: &EmbeddingModel,
    known: &Known,
    outcome: Outcome,
) -> Report {
    let sum = |of: &dyn Fn(&Sample) -> usize| samples.iter().map(of).sum();
    let unmeasured = |sample: &Sample| {
        sample.questions.iter().filter(|asking| asking.answerable && asking.evidence.is_empty()).count()
    };
    let size = Size {
        samples: samples.len(),
        pooled: options.pooled,
        sessions: sum(&|sample| sample.sessions.len()),
        turns: sum(&|sample| sample.sessions.iter().map(|session| session.turns.len()).sum()),
        indexed: outcome.turns.items,
        questions: sum(&|sample| sample.questions.len()),
        without_evidence: sum(&unmeasured),
        lost_evidence: samples.iter().map(|sample| sample.lost).sum(),
    };
    let facts = (outcome.facts.items > 0).then(|| Facts {
        memories: outcome.facts.items,
        signals: by_signals(&outcome.facts, false),
        kinds: grouped(&outcome.facts, false, |question| question.kind.clone()),
        shown: shown(&outcome.facts, options.limit),
    });
    let turns = &outcome.turns;
    Report {
        model: model.clone(),
        size,
        overall: by_signals(turns, true)
            .into_iter()
            .find(|found| found.signals == variants::PRODUCT)
            .map(|found| found.quality)
            .unwrap_or_default(),
        categories: grouped(turns, true, |question| question.category.to_string()),
        kinds: grouped(turns, true, |question| question.kind.clone()),
        signals: by_signals(turns, true),
        shown: shown(turns, options.limit),
        facts,
        times: Times { search: latency(outcome.searches), embedding: latency(known.times()) },
        rss_mb: rss(),
    }
}

fn by_signals(side: &Side, sessions: bool) -> Vec<Found> {
    let found = variants::all().into_iter().enumerate().map(|(at, (name, _))| {
        let places: Vec<_> =
            side.questions.iter().filter_map(|question| question.places.get(at).copied()).collect();
        Found { signals: name.to_owned(), quality: quality(&places, sessions) }
    });
    found.collect()
}

fn grouped(side: &Side, sessions: bool, by: impl Fn(&Shower) -> String) -> BTreeMap<String, Quality> {
    let product = variants::all().iter().position(|(name, _)| *name == variants::PRODUCT).unwrap_or(0);
    let mut groups: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for question in &side.questions {
        if let Some(places) = question.places.get(product) {
            groups.entry(by(question)).or_default().push(*places);
        }
    }
    let named = groups.into_iter().filter(|(name, _)| !name.is_empty());
    named.map(|(name, places)| (name, quality(&places, sessions))).collect()
}

fn shown(side: &Side, limit: usize) -> Shown {
    let yes = |it: bool| if it { 1.0 } else { 0.0 };
    let share = |answerable: bool, value: &dyn Fn(&Shower) -> f64| {
        let of = side.questions.iter().filter(|question| question.answerable == answerable);
        estimate(&of.map(value).collect::<Vec<_>>())
    };
    let unrelated: Vec<f64> = side.unrelated.iter().map(|shown| yes(*shown > 0)).collect();
    Shown {
        limit,
        answered: share(true, &|question| yes(question.right > 0)),
        answerable_with_other: share(true, &|question| yes(question.shown > question.right)),
        things: share(true, &|question| in_f64(question.shown)),
        unanswerable_questions: side.questions.iter().filter(|question| !question.answerable).count(),
        unanswerable: share(false, &|question| yes(question.shown > 0)),
        unrelated_messages: unrelated.len(),
        unrelated: estimate(&unrelated),
    }
}

fn rss() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}
