// SPDX-License-Identifier: MIT OR Apache-2.0
//! Asks the questions, with each choice of signals, and once more as the program does under its threshold.

use super::haystack::{Haystack, Place, scope};
use super::known::Known;
use super::measure::Places;
use super::sample::{Asking, Sample};
use super::{CandidateClues, EvaluationError, Heard, OpenStore, Options, QuestionClues, variants};
use crate::Recaller;
use blufio_core::embedding::{Embedding, Patience};
use blufio_core::memory::Item;
use blufio_core::recall::{Question, Recall, Recollection};
use blufio_core::storage::Memories;
use blufio_recall::Clues;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// So far down is looked for what answers.
const DEEP: usize = 200;
/// Candidates of one question whose clues are told.
const TOLD: usize = 40;

/// What came of all questions.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) turns: Side,
    pub(super) facts: Side,
    /// What finding took.
    pub(super) searches: Vec<Duration>,
}

/// What came of them for turns, or for memories.
#[derive(Default)]
pub(super) struct Side {
    /// How many things could be found.
    pub(super) items: usize,
    pub(super) questions: Vec<Shower>,
    /// How much was shown for each message that has nothing to do with anything.
    pub(super) unrelated: Vec<usize>,
}

/// What came of one question.
pub(super) struct Shower {
    pub(super) category: u64,
    pub(super) kind: String,
    pub(super) answerable: bool,
    /// For each choice of signals; none where nothing answers.
    pub(super) places: Vec<Places>,
    /// How much was shown under the threshold, and how much of it answers.
    pub(super) shown: usize,
    pub(super) right: usize,
}

/// Everything about one haystack.
pub(super) async fn all(
    samples: &[&Sample],
    known: &Arc<Known>,
    open: &OpenStore<'_>,
    options: &Options,
    hear: &mut (dyn FnMut(Heard) + Send),
    outcome: &mut Outcome,
) -> Result<(), EvaluationError> {
    let turns = Haystack::of_turns(open()?, samples, &**known, options).await?;
    one(&turns, samples, known, options, hear, &mut outcome.turns, &mut outcome.searches).await?;
    if samples.iter().any(|sample| !sample.facts.is_empty()) {
        let facts = Haystack::of_facts(open()?, samples, &**known).await?;
        one(&facts, samples, known, options, hear, &mut outcome.facts, &mut outcome.searches).await?;
    }
    Ok(())
}

async fn one(
    haystack: &Haystack,
    samples: &[&Sample],
    known: &Arc<Known>,
    options: &Options,
    hear: &mut (dyn FnMut(Heard) + Send),
    side: &mut Side,
    searches: &mut Vec<Duration>,
) -> Result<(), EvaluationError> {
    side.items += haystack.len();
    let memories: Arc<dyn Memories> = Arc::clone(&haystack.storage) as _;
    let embedding = || Some(Arc::clone(known) as Arc<dyn Embedding>);
    let recallers: Vec<Recaller> = variants::all()
        .into_iter()
        .map(|(_, signals)| Recaller::new(Arc::clone(&memories), embedding()).with(signals))
        .collect();
    let recaller = Recaller::new(memories, embedding());
    for (at, sample) in samples.iter().enumerate() {
        for asking in &sample.questions {
            let answers = haystack.answers(at, sample, &asking.evidence);
            if asking.answerable && answers.is_empty() {
                continue;
            }
            let mut places = Vec::new();
            if asking.answerable {
                for recaller in &recallers {
                    let deep = question(haystack, &asking.question, DEEP, true);
                    let found = recaller.recall(&deep, Patience::Unhurried).await?.found;
                    places.push(places_of(haystack, &found, &answers));
                }
            }
            // The vector is known by now, or is made here: only finding is timed.
            known.embed(&[&asking.question], Patience::Unhurried).await?;
            let strict = question(haystack, &asking.question, options.limit, false);
            let began = Instant::now();
            let found = recaller.recall(&strict, Patience::Unhurried).await?.found;
            searches.push(began.elapsed());
            if options.clues {
                hear(Heard::Clues(clues(haystack, &recaller, asking, &sample.id, &answers).await?));
            }
            side.questions.push(Shower {
                category: asking.category,
                kind: asking.kind.clone(),
                answerable: asking.answerable,
                places,
                shown: found.len(),
                right: found.iter().filter(|found| is_right(haystack, found, &answers)).count(),
            });
        }
    }
    for message in &options.unrelated {
        let strict = question(haystack, message, options.limit, false);
        side.unrelated.push(recaller.recall(&strict, Patience::Unhurried).await?.found.len());
        if options.clues {
            let asking = Asking {
                question: message.clone(),
                category: 0,
                kind: "unrelated".into(),
                evidence: Vec::new(),
                answerable: false,
            };
            hear(Heard::Clues(clues(haystack, &recaller, &asking, "unrelated", &HashSet::new()).await?));
        }
    }
    Ok(())
}

fn question(haystack: &Haystack, text: &str, limit: usize, loosely: bool) -> Question {
    Question {
        text: text.to_owned(),
        before: String::new(),
        scopes: vec![scope()],
        passages: haystack.passages,
        shown: None,
        now: haystack.now,
        limit,
        loosely,
    }
}

/// Whether something answers: itself, or what it took the place of.
fn is_right(haystack: &Haystack, found: &Recollection, answers: &HashSet<Place>) -> bool {
    let answers = |item: &Item| haystack.place(item).is_some_and(|place| answers.contains(&place));
    answers(&found.item) || found.earlier.iter().any(|memory| answers(&Item::Memory(memory.clone())))
}

/// Where the first turn and the first session stand that answer. A turn in several parts counts once.
fn places_of(haystack: &Haystack, found: &[Recollection], answers: &HashSet<Place>) -> Places {
    let mut turns = Vec::new();
    let mut sessions = Vec::new();
    let mut places = Places::default();
    for recollection in found {
        let right = is_right(haystack, recollection, answers);
        let place = haystack.place(&recollection.item);
        if !turns.contains(&place) {
            turns.push(place);
        }
        if right {
            places.turn.get_or_insert(turns.len() - 1);
        }
        let Item::Passage(passage) = &recollection.item else { continue };
        if !sessions.contains(&passage.session) {
            sessions.push(passage.session);
        }
        if right {
            let at = sessions.iter().position(|session| *session == passage.session);
            places.session = places.session.into_iter().chain(at).min();
        }
    }
    places
}

async fn clues(
    haystack: &Haystack,
    recaller: &Recaller,
    asking: &Asking,
    sample: &str,
    answers: &HashSet<Place>,
) -> Result<QuestionClues, EvaluationError> {
    let wanted = question(haystack, &asking.question, TOLD, true);
    let mut candidates = Vec::new();
    for (item, clues) in recaller.clues(&wanted, Patience::Unhurried).await? {
        let answers = haystack.place(&item).is_some_and(|place| answers.contains(&place));
        let named = Clues::NAMES.iter().zip(clues.values).map(|(name, value)| ((*name).to_owned(), value));
        candidates.push(CandidateClues {
            answers,
            telling: clues.telling,
            keyword: clues.keyword,
            clues: named.collect(),
        });
    }
    Ok(QuestionClues {
        sample: sample.to_owned(),
        kind: asking.kind.clone(),
        question: asking.question.clone(),
        answerable: asking.answerable,
        candidates,
    })
}
