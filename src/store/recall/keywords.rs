// SPDX-License-Identifier: MIT OR Apache-2.0
//! What has the words of a query: BM25, with the rarest words first.
//!
//! A search reads where each word occurs, and nothing of the texts. How often a word is repeated within one of these short texts
//! does not count. A word that occurs in very many rows costs much and says little: where there are rarer ones, it is not looked
//! for, and counts as one that occurs everywhere. So the work is bounded, however many rows there are.

use super::Place;
use super::best::Best;
use crate::columns::to_integer;
use crate::error::RowError;
use crate::keywords::Key;
use crate::keywords::grams::{self, Wanted};
use blufio_core::memory::ItemId;
use rusqlite::{Connection, params};
use std::collections::HashMap;

pub(crate) const STEMS_OF: &str = "SELECT rowid FROM stems WHERE stems MATCH ?1 LIMIT ?2";
pub(crate) const GRAMS_OF: &str = "SELECT rowid FROM grams WHERE grams MATCH ?1 LIMIT ?2";
pub(crate) const STEMS_OF_SCOPE: &str =
    "SELECT rowid FROM stems WHERE stems MATCH ?1 AND rowid BETWEEN ?3 AND ?4 ORDER BY rowid DESC LIMIT ?2";
pub(crate) const GRAMS_OF_SCOPE: &str =
    "SELECT rowid FROM grams WHERE grams MATCH ?1 AND rowid BETWEEN ?3 AND ?4 ORDER BY rowid DESC LIMIT ?2";

/// Words that are looked for, at most.
const WORDS: usize = 64;
/// Runs of letters that are looked for, at most.
const RUNS: usize = 128;
/// About so many occurrences are read for the words of a query together, and for their runs of letters.
const WORK: u64 = 60_000;
/// A word with at most so many occurrences is looked for in any case.
const FEW: u64 = 500;
/// Below so many occurrences no word counts as too frequent, whatever share of the rows that is.
const SMALL: u64 = 1000;
/// What has less of a word's runs than this share has not the word.
const SOME_RUNS: f64 = 0.3;
/// A word counts as found if this share of its runs is.
const MOST_RUNS: f64 = 0.5;

/// The usual constants of BM25.
const K1: f64 = 1.2;
const B: f64 = 0.75;
/// Characters of a text of middle length.
const USUAL: f64 = 120.0;

/// How well an item has the words.
#[derive(Clone, Debug, Default)]
pub(super) struct Hit {
    pub(super) keyword: f64,
    pub(super) trigram: f64,
    /// Positions of the words that it has, in order.
    pub(super) found: Vec<usize>,
}

/// What has the words.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) hits: HashMap<ItemId, Hit>,
    /// In how many rows each word occurs.
    pub(super) occurrences: Vec<u64>,
}

/// What has the words of a query, the best of each kind and by each index.
pub(super) fn search(
    connection: &Connection,
    words: &[String],
    place: &Place,
    rows: u64,
) -> Result<Found, RowError> {
    let mut found = Found { hits: HashMap::new(), occurrences: vec![0; words.len()] };
    if place.scopes.is_empty() || rows == 0 {
        return Ok(found);
    }
    let wanted: Vec<_> = words.iter().take(WORDS).map(|word| grams::of_word(word)).collect();
    let stems = Index { connection, place, rows, everywhere: STEMS_OF, in_scope: STEMS_OF_SCOPE };
    let by_stems = by_stems(&stems, words, &wanted, &mut found.occurrences)?;
    let grams = Index { everywhere: GRAMS_OF, in_scope: GRAMS_OF_SCOPE, ..stems };
    let by_grams = by_grams(&grams, &wanted, &by_stems, &mut found.occurrences)?;
    for (key, score, has) in best(&stems, by_stems) {
        let hit = found.hits.entry(key.item()).or_default();
        hit.keyword = score;
        add(&mut hit.found, has);
    }
    for (key, score, has) in best(&grams, by_grams) {
        let hit = found.hits.entry(key.item()).or_default();
        hit.trigram = score;
        add(&mut hit.found, has);
    }
    Ok(found)
}

/// A word as a term of a query, whatever it is made of.
fn quoted(word: &str) -> String {
    let word = word.replace(|letter: char| letter.is_control(), " ").replace('"', "\"\"");
    format!("\"{word}\"")
}

/// One of the two indices.
#[derive(Clone, Copy)]
struct Index<'a> {
    connection: &'a Connection,
    place: &'a Place,
    rows: u64,
    everywhere: &'static str,
    in_scope: &'static str,
}

/// Where a term occurs.
struct Postings {
    /// In the scopes.
    keys: Vec<Key>,
    /// In how many rows of any scope, as far as that was counted. `None`: in so many that it was not looked for.
    rows: Option<u64>,
}

impl Index<'_> {
    /// Where terms occur, in their order.
    fn postings(&self, terms: &[String]) -> Result<Vec<Postings>, RowError> {
        let share = WORK / u64::try_from(terms.len().max(1)).unwrap_or(1);
        let most = (self.rows / 5).max(SMALL).min(share.max(FEW));
        let read = terms.iter().map(|term| self.read(term, most));
        let mut read = read.collect::<Result<Vec<_>, _>>()?;
        let rarer = read.iter().any(|postings| postings.rows.is_some() && !postings.keys.is_empty());
        if !rarer {
            for (term, postings) in terms.iter().zip(&mut read) {
                if postings.rows.is_none() {
                    *postings = Postings { keys: self.read_newest(term, most)?, rows: Some(most) };
                }
            }
        }
        Ok(read)
    }

    /// Where a term occurs, unless that is in more than `most` rows.
    fn read(&self, term: &str, most: u64) -> Result<Postings, RowError> {
        let mut statement = self.connection.prepare_cached(self.everywhere)?;
        let mut rows = statement.query(params![term, to_integer(most.saturating_add(1))])?;
        let mut count = 0;
        let mut keys = Vec::new();
        while let Some(row) = rows.next()? {
            count += 1;
            let key = Key(row.get(0)?);
            if self.place.scopes.binary_search(&key.scope()).is_ok() && self.is_wanted(key.item()) {
                keys.push(key);
            }
        }
        if count > most {
            return Ok(Postings { keys: Vec::new(), rows: None });
        }
        Ok(Postings { keys, rows: Some(count) })
    }

    /// Where a term occurs in the scopes, the newest at most.
    fn read_newest(&self, term: &str, most: u64) -> Result<Vec<Key>, RowError> {
        let of_each = most / u64::try_from(self.place.scopes.len().max(1)).unwrap_or(1);
        let mut keys = Vec::new();
        for scope in &self.place.scopes {
            let range = Key::range(*scope, self.place.passages);
            let mut statement = self.connection.prepare_cached(self.in_scope)?;
            let mut rows = statement.query(params![term, to_integer(of_each), range.start(), range.end()])?;
            while let Some(row) = rows.next()? {
                let key = Key(row.get(0)?);
                if self.is_wanted(key.item()) {
                    keys.push(key);
                }
            }
        }
        Ok(keys)
    }

    fn is_wanted(&self, item: ItemId) -> bool {
        (self.place.passages || matches!(item, ItemId::Memory(_))) && !self.place.shown.has(item)
    }

    /// What a term adds to the score of a text of middle length.
    fn weight(&self, occurrences: u64) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        let (rows, occurrences) = (self.rows as f64, occurrences.min(self.rows) as f64);
        (1.0 + (rows - occurrences + 0.5) / (occurrences + 0.5)).ln()
    }
}

/// What is left of a term's weight in a text that has other words beside it.
fn share(key: Key) -> f64 {
    (K1 + 1.0) / (1.0 + K1 * (1.0 - B + B * key.length() / USUAL))
}

/// What the words add up to in each row that has one, and which it has, as bits.
type Scores = HashMap<Key, (f64, u64)>;

fn by_stems(
    index: &Index<'_>,
    words: &[String],
    wanted: &[Wanted],
    occurrences: &mut [u64],
) -> Result<Scores, RowError> {
    let served: Vec<_> =
        (0..).zip(words.iter().zip(wanted)).filter(|(_, (_, wanted))| wanted.stems).collect();
    let terms: Vec<_> = served.iter().map(|(_, (word, _))| quoted(word)).collect();
    let mut scores = Scores::new();
    for ((position, _), postings) in served.into_iter().zip(index.postings(&terms)?) {
        let rows = postings.rows.unwrap_or(index.rows);
        count(occurrences, position, rows);
        let weight = index.weight(rows);
        for key in postings.keys {
            let (score, has) = scores.entry(key).or_default();
            *score += weight;
            *has |= 1 << position;
        }
    }
    Ok(scores)
}

/// Words that `by_stems` has found in a row do not count again.
fn by_grams(
    index: &Index<'_>,
    wanted: &[Wanted],
    by_stems: &Scores,
    occurrences: &mut [u64],
) -> Result<Scores, RowError> {
    let mut terms: Vec<String> = wanted.iter().flat_map(|wanted| wanted.terms.iter().cloned()).collect();
    terms.sort_unstable();
    terms.dedup();
    terms.truncate(RUNS);
    let postings: HashMap<&str, Postings> =
        terms.iter().map(String::as_str).zip(index.postings(&terms)?).collect();
    let mut scores = Scores::new();
    for (position, Wanted { terms, .. }) in
        wanted.iter().enumerate().filter(|(_, word)| !word.terms.is_empty())
    {
        let runs = terms.iter().filter_map(|run| postings.get(run.as_str()));
        let runs: Vec<_> = runs.filter_map(|run| Some((run.rows?, &run.keys))).collect();
        let mut of_word: HashMap<Key, (f64, f64)> = HashMap::new();
        for (rows, keys) in &runs {
            let weight = index.weight(*rows);
            for key in *keys {
                let (score, found) = of_word.entry(*key).or_default();
                *score += weight;
                *found += 1.0;
            }
        }
        #[allow(clippy::cast_precision_loss)]
        let all = runs.len() as f64;
        // Only in the scopes: elsewhere it is not known which runs come together.
        let rows = of_word.values().filter(|(_, found)| found / all >= MOST_RUNS).count();
        let rows = if runs.is_empty() { index.rows } else { u64::try_from(rows).unwrap_or(u64::MAX) };
        count(occurrences, position, rows);
        for (key, (score, found)) in of_word {
            let known = by_stems.get(&key).is_some_and(|(_, has)| has >> position & 1 == 1);
            if known || found / all < SOME_RUNS {
                continue;
            }
            let (sum, has) = scores.entry(key).or_default();
            *sum += score / all;
            *has |= u64::from(found / all >= MOST_RUNS) << position;
        }
    }
    Ok(scores)
}

/// The best of each kind, by their scores for the lengths that they have.
fn best(index: &Index<'_>, scores: Scores) -> Vec<(Key, f64, u64)> {
    let mut memories = Best::new(index.place.limit);
    let mut passages = Best::new(index.place.limit);
    for (key, (score, has)) in scores {
        let of_kind = match key.item() {
            ItemId::Memory(_) => &mut memories,
            ItemId::Passage(_) => &mut passages,
        };
        of_kind.consider(score * share(key), (key.item(), key, has));
    }
    let best = memories.into_items().chain(passages.into_items());
    best.map(|(score, (_, key, has))| (key, score, has)).collect()
}

fn count(occurrences: &mut [u64], position: usize, rows: u64) {
    if let Some(known) = occurrences.get_mut(position) {
        *known = rows.max(*known);
    }
}

/// Adds the positions of the bits that are set.
fn add(positions: &mut Vec<usize>, bits: u64) {
    positions.extend((0..WORDS).filter(|position| bits >> position & 1 == 1));
    positions.sort_unstable();
    positions.dedup();
}
