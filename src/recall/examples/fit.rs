// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes `weights.txt` of what `blufio memory eval FILE --clues OUT` has written, and says on standard error how well it does:
//!
//! `cargo run --release -p blufio-recall --example fit -- OUT… > src/recall/weights.txt`
//!
//! The order is fitted so that what answers a question stands before what does not; the fit, so that it tells what answers from
//! what does not, whatever else there is. Its threshold is laid where at most one of a thousand unrelated messages loads something.
//! Both are also fitted without a fifth of the samples at a time and measured on that fifth: those numbers are the honest ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_precision_loss)]

use serde_json::Value;
use std::collections::BTreeSet;

/// What the order is made of, where meaning counts and where it does not.
const ORDER: &[&str] = &["meaning", "around", "share", "length", "session", "speaker"];
const ORDER_BY_WORDS: &[&str] = &["share", "length", "speaker"];
const FIT: &[&str] = &[
    "meaning",
    "around",
    "share",
    "length",
    "asking",
    "memory",
    "several",
    "own",
    "subject",
    "errand",
    "foreign",
    "foreign meaning",
    "foreign around",
    "foreign share",
];
const FIT_BY_WORDS: &[&str] = &["share", "length", "asking", "memory", "several", "own", "subject", "errand"];
const FOLDS: usize = 5;
const ROUNDS: usize = 3000;
/// Candidates of a question that are looked at for the fit: those that would be shown.
const SHOWN: usize = 8;
/// Unrelated messages that may load something, and how far above them the threshold is laid.
const ASTRAY: f64 = 0.001;
const MARGIN: f64 = 0.6;

struct Question {
    sample: String,
    kind: String,
    answerable: bool,
    candidates: Vec<Candidate>,
}

struct Candidate {
    answers: bool,
    telling: bool,
    keyword: f64,
    clues: Value,
}

impl Candidate {
    fn values(&self, names: &[&str]) -> Vec<f64> {
        names.iter().map(|name| self.clues[*name].as_f64().unwrap()).collect()
    }
}

fn read(path: &str) -> Vec<Question> {
    let text = std::fs::read_to_string(path).expect(path);
    let question = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let candidates = line["candidates"].as_array().unwrap().iter().map(|candidate| Candidate {
            answers: candidate["answers"].as_bool().unwrap(),
            telling: candidate["telling"].as_bool().unwrap(),
            keyword: candidate["keyword"].as_f64().unwrap(),
            clues: candidate["clues"].clone(),
        });
        let word = |name: &str| line[name].as_str().unwrap().to_owned();
        let (sample, kind) = (word("sample"), word("kind"));
        let sample = if kind == "unrelated" { word("question") } else { sample };
        Question {
            sample,
            kind,
            answerable: line["answerable"].as_bool().unwrap(),
            candidates: candidates.collect(),
        }
    };
    text.lines().map(question).collect()
}

/// Numbers brought to one scale.
struct Scale {
    mean: Vec<f64>,
    spread: Vec<f64>,
}

impl Scale {
    fn of<'a>(rows: impl Iterator<Item = &'a Vec<f64>> + Clone, width: usize) -> Self {
        let count = rows.clone().count().max(1) as f64;
        let mean: Vec<f64> =
            (0..width).map(|at| rows.clone().map(|row| row[at]).sum::<f64>() / count).collect();
        let spread = (0..width).map(|at| {
            let squares = rows.clone().map(|row| (row[at] - mean[at]).powi(2)).sum::<f64>() / count;
            squares.sqrt().max(1e-6)
        });
        Self { spread: spread.collect(), mean }
    }

    fn scaled(&self, row: &[f64]) -> Vec<f64> {
        row.iter()
            .zip(&self.mean)
            .zip(&self.spread)
            .map(|((value, mean), spread)| (value - mean) / spread)
            .collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Goes down the slope, with steps that suit each direction (Adam).
fn descend(width: usize, slope: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    let (mut at, mut first, mut second) = (vec![0.0; width], vec![0.0; width], vec![0.0; width]);
    for round in 1..=ROUNDS {
        let slope = slope(&at);
        let pace = 0.05 * (1.0 - round as f64 / ROUNDS as f64);
        let power = i32::try_from(round).unwrap();
        for d in 0..width {
            first[d] = 0.9 * first[d] + 0.1 * slope[d];
            second[d] = 0.999 * second[d] + 0.001 * slope[d] * slope[d];
            let mean = first[d] / (1.0 - 0.9_f64.powi(power));
            let square = second[d] / (1.0 - 0.999_f64.powi(power));
            at[d] -= pace * mean / (square.sqrt() + 1e-9);
        }
    }
    at
}

/// Weights under which what answers has the most of all candidates of its question.
fn order(questions: &[&Question], names: &[&str], by_words: bool) -> Vec<f64> {
    let lists: Vec<(Vec<Vec<f64>>, Vec<bool>)> = questions
        .iter()
        .map(|question| {
            let of = question.candidates.iter().filter(|candidate| !by_words || candidate.keyword > 0.0);
            let of: Vec<&Candidate> = of.collect();
            (of.iter().map(|one| one.values(names)).collect(), of.iter().map(|one| one.answers).collect())
        })
        .filter(|(_, answers): &(Vec<Vec<f64>>, Vec<bool>)| answers.contains(&true))
        .collect();
    let scale = Scale::of(lists.iter().flat_map(|(rows, _)| rows), names.len());
    let lists: Vec<(Vec<Vec<f64>>, Vec<bool>)> = lists
        .into_iter()
        .map(|(rows, answers)| (rows.iter().map(|row| scale.scaled(row)).collect(), answers))
        .collect();
    let weights = descend(names.len(), |weights| {
        let mut slope: Vec<f64> = weights.iter().map(|weight| 0.6 * weight).collect();
        for (rows, answers) in &lists {
            let sums: Vec<f64> = rows.iter().map(|row| dot(row, weights)).collect();
            let most = sums.iter().copied().fold(f64::MIN, f64::max);
            let shares: Vec<f64> = sums.iter().map(|sum| (sum - most).exp()).collect();
            let all: f64 = shares.iter().sum();
            let right: f64 =
                shares.iter().zip(answers).map(|(share, answers)| if *answers { *share } else { 0.0 }).sum();
            for ((row, share), answers) in rows.iter().zip(&shares).zip(answers) {
                let wanted = if *answers { share / right } else { 0.0 };
                for (slope, value) in slope.iter_mut().zip(row) {
                    *slope -= (wanted - share / all) * value;
                }
            }
        }
        slope
    });
    weights.iter().zip(&scale.spread).map(|(weight, spread)| weight / spread).collect()
}

/// Candidates in their order, the best first.
fn ordered<'a>(
    question: &'a Question,
    names: &[&str],
    weights: &[f64],
    by_words: bool,
) -> Vec<&'a Candidate> {
    let mut all: Vec<&Candidate> =
        question.candidates.iter().filter(|candidate| !by_words || candidate.keyword > 0.0).collect();
    all.sort_by(|a, b| dot(&b.values(names), weights).total_cmp(&dot(&a.values(names), weights)));
    all
}

/// The weights and the bias of a logistic regression over what would be shown.
fn fit(
    questions: &[&Question],
    shown: &dyn Fn(&Question) -> Vec<Vec<f64>>,
    right: &dyn Fn(&Question) -> Vec<bool>,
    width: usize,
) -> Vec<f64> {
    let mut rows = Vec::new();
    for question in questions {
        for (row, right) in shown(question).into_iter().zip(right(question)) {
            let counts = match (right, question.answerable) {
                (true, _) => 1.0,
                (false, false) => 0.3,
                // What is shown beside the answer does less harm.
                (false, true) => 0.1,
            };
            rows.push((row, right, counts));
        }
    }
    let scale = Scale::of(rows.iter().map(|(row, _, _)| row), width);
    let rows: Vec<(Vec<f64>, bool, f64)> =
        rows.into_iter().map(|(row, right, counts)| (scale.scaled(&row), right, counts)).collect();
    let weights = descend(width + 1, |weights| {
        let mut slope: Vec<f64> = weights.to_vec();
        slope[width] = 0.0;
        for (row, right, counts) in &rows {
            let sum = dot(row, &weights[..width]) + weights[width];
            let wrong = counts * (1.0 / (1.0 + (-sum).exp()) - if *right { 1.0 } else { 0.0 });
            for (slope, value) in slope.iter_mut().zip(row) {
                *slope += wrong * value;
            }
            slope[width] += wrong;
        }
        slope
    });
    let mut plain: Vec<f64> =
        weights[..width].iter().zip(&scale.spread).map(|(weight, spread)| weight / spread).collect();
    plain.push(weights[width] - dot(&plain, &scale.mean));
    plain
}

struct Purpose {
    order_names: &'static [&'static str],
    fit_names: &'static [&'static str],
    by_words: bool,
}

struct Fitted {
    order: Vec<f64>,
    fit: Vec<f64>,
}

impl Purpose {
    /// Whether how well a candidate fits is told by these weights.
    fn tells(&self, candidate: &Candidate) -> bool {
        self.by_words || candidate.telling
    }

    fn fitted(&self, questions: &[&Question]) -> Fitted {
        let order = order(questions, self.order_names, self.by_words);
        let shown = |question: &Question| {
            let all = ordered(question, self.order_names, &order, self.by_words);
            all.iter()
                .take(SHOWN)
                .filter(|one| self.tells(one))
                .map(|one| one.values(self.fit_names))
                .collect()
        };
        let right = |question: &Question| {
            let all = ordered(question, self.order_names, &order, self.by_words);
            all.iter().take(SHOWN).filter(|one| self.tells(one)).map(|one| one.answers).collect()
        };
        let fit = fit(questions, &shown, &right, self.fit_names.len());
        Fitted { order, fit }
    }

    /// How well each candidate that would be shown fits, and whether it answers.
    fn sums(&self, fitted: &Fitted, question: &Question) -> Vec<(f64, bool)> {
        let (bias, weights) = fitted.fit.split_last().unwrap();
        let all = ordered(question, self.order_names, &fitted.order, self.by_words);
        all.iter()
            .take(SHOWN)
            .filter(|one| self.tells(one))
            .map(|one| (dot(&one.values(self.fit_names), weights) + bias, one.answers))
            .collect()
    }
}

/// The sum above which at most the allowed share of unrelated messages goes astray.
fn threshold(best: &mut [f64]) -> f64 {
    best.sort_by(f64::total_cmp);
    let allowed = (best.len() as f64 * ASTRAY).floor() as usize;
    best[best.len() - 1 - allowed] + MARGIN
}

fn tell(purpose: &Purpose, questions: &[Question], sums: &[Vec<(f64, bool)>], orders: &[Vec<bool>]) {
    let best = |sums: &[(f64, bool)]| sums.iter().map(|(sum, _)| *sum).fold(f64::MIN, f64::max);
    let unrelated = questions.iter().zip(sums).filter(|(question, _)| question.kind == "unrelated");
    let mut astray: Vec<f64> = unrelated.map(|(_, sums)| best(sums)).collect();
    let bar = threshold(&mut astray);
    type Sums = [(f64, bool)];
    let share = |of: &dyn Fn(&Question) -> bool, yes: &dyn Fn(&Sums) -> bool| {
        let of: Vec<bool> = questions
            .iter()
            .zip(sums)
            .filter(|(question, _)| of(question))
            .map(|(_, sums)| yes(sums))
            .collect();
        of.iter().filter(|yes| **yes).count() as f64 / of.len().max(1) as f64
    };
    for (name, bar) in [("as laid", bar), ("1 lower", bar - 1.0), ("2 lower", bar - 2.0)] {
        eprintln!(
            "{} threshold {name} ({bar:.2}): answered {:.3}, unanswerable with something {:.3}, unrelated {:.4}",
            if purpose.by_words { "words" } else { "all" },
            share(&|question| question.answerable, &|sums| sums
                .iter()
                .any(|(sum, right)| *right && *sum > bar)),
            share(&|question| question.kind == "none", &|sums| best(sums) > bar),
            share(&|question| question.kind == "unrelated", &|sums| best(sums) > bar),
        );
    }
    let answerable: Vec<&Vec<bool>> = questions
        .iter()
        .zip(orders)
        .filter(|(question, _)| question.answerable)
        .map(|(_, order)| order)
        .collect();
    for depth in [1, 5, 10] {
        let hits = answerable.iter().filter(|order| order.iter().take(depth).any(|right| *right)).count();
        eprintln!("  recall@{depth} {:.3}", hits as f64 / answerable.len() as f64);
    }
}

fn write(purpose: &str, names: &[&str], weights: &[f64]) {
    for (name, weight) in names.iter().zip(weights) {
        println!("{purpose}: {name} {weight:.3}");
    }
}

fn main() {
    let questions: Vec<Question> = std::env::args().skip(1).flat_map(|path| read(&path)).collect();
    let all: Vec<&Question> = questions.iter().collect();
    let samples: BTreeSet<&String> = questions.iter().map(|question| &question.sample).collect();
    let samples: Vec<&String> = samples.into_iter().collect();
    let fold = |question: &Question| samples.binary_search(&&question.sample).unwrap() % FOLDS;
    println!("# SPDX-License-Identifier: MIT OR Apache-2.0");
    println!("# How much each clue counts. Made by examples/fit; do not edit by hand.");
    let purposes = [
        ("order", "fit", Purpose { order_names: ORDER, fit_names: FIT, by_words: false }),
        (
            "order-by-words",
            "fit-by-words",
            Purpose { order_names: ORDER_BY_WORDS, fit_names: FIT_BY_WORDS, by_words: true },
        ),
    ];
    for (order_name, fit_name, purpose) in purposes {
        let fitted: Vec<Fitted> = (0..FOLDS)
            .map(|left_out| {
                let rest: Vec<&Question> =
                    all.iter().copied().filter(|question| fold(question) != left_out).collect();
                purpose.fitted(&rest)
            })
            .collect();
        let sums: Vec<_> =
            questions.iter().map(|question| purpose.sums(&fitted[fold(question)], question)).collect();
        let orders: Vec<Vec<bool>> = questions
            .iter()
            .map(|question| {
                let order = &fitted[fold(question)].order;
                ordered(question, purpose.order_names, order, purpose.by_words)
                    .iter()
                    .map(|one| one.answers)
                    .collect()
            })
            .collect();
        tell(&purpose, &questions, &sums, &orders);
        let whole = purpose.fitted(&all);
        let unrelated = questions.iter().filter(|question| question.kind == "unrelated");
        let best = unrelated.map(|question| {
            purpose.sums(&whole, question).iter().map(|(sum, _)| *sum).fold(f64::MIN, f64::max)
        });
        let bar = threshold(&mut best.collect::<Vec<_>>());
        let (bias, weights) = whole.fit.split_last().unwrap();
        write(order_name, purpose.order_names, &whole.order);
        // These count only where they are asked for, to see what they are worth.
        for extra in ["recency", "importance"] {
            let names: Vec<&str> = purpose.order_names.iter().copied().chain([extra]).collect();
            let with = order(&all, &names, purpose.by_words);
            write(order_name, &[extra], &with[names.len() - 1..]);
        }
        println!("{fit_name}: bias {:.3}", bias - bar);
        write(fit_name, purpose.fit_names, weights);
    }
}
