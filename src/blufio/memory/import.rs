// SPDX-License-Identifier: MIT OR Apache-2.0
//! Import: the memories of an export. Past words are parts of conversations, which no import brings along; they are passed over.

use super::{export, foreign};
use crate::exit::Coded;
use crate::global::Global;
use crate::operator;
use crate::paths::Place;
use anyhow::Context as _;
use blufio_core::control::{ImportedMemory, Told};
use blufio_core::memory::{MemoryKind, MemoryScope, MemoryTrust};
use blufio_core::time::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::json;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::io::BufReader;
use std::path::Path;

/// The form in which memories were named by their places in the list, and there were no past words.
const BY_PLACE: u32 = 1;
/// Memories that are handed over at once, however long their words are.
const BATCH: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    blufio_memories: u32,
    memories: Vec<Entry>,
    #[serde(default)]
    past_words: Passed,
}

/// A memory in any of the forms.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    text: String,
    kind: MemoryKind,
    scope: MemoryScope,
    trust: MemoryTrust,
    confidence: u8,
    learned_at: Timestamp,
    /// Place of what took its place.
    #[serde(default)]
    replaced_by: Option<i64>,
    #[serde(default)]
    id: Option<i64>,
    #[serde(default)]
    replaced: Option<By>,
    // What is true of where it was exported only.
    #[serde(default, rename = "source")]
    _source: IgnoredAny,
    #[serde(default, rename = "said_in")]
    _said_in: IgnoredAny,
    #[serde(default, rename = "used_at")]
    _used_at: IgnoredAny,
    #[serde(default, rename = "uses")]
    _uses: IgnoredAny,
}

#[derive(Deserialize)]
struct By {
    by: i64,
}

/// How many entries a list has, none of which is kept.
#[derive(Default)]
struct Passed(usize);

impl<'de> Deserialize<'de> for Passed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counting;

        impl<'de> Visitor<'de> for Counting {
            type Value = Passed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Passed, A::Error> {
                let mut count = 0_usize;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    count = count.saturating_add(1);
                }
                Ok(Passed(count))
            }
        }

        deserializer.deserialize_seq(Counting)
    }
}

pub(super) fn run(global: &Global, place: &Place, file: &Path) -> anyhow::Result<()> {
    let opened = std::fs::File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let export: File = serde_json::from_reader(BufReader::new(opened))
        .map_err(|error| Coded::usage(format!("{}: not an export of memories: {error}", file.display())))?;
    let (mut new, total, passed) = (0_usize, export.memories.len(), export.past_words.0);
    let memories = in_order(export.blufio_memories, export.memories)
        .map_err(|problem| Coded::usage(format!("{}: {problem}", file.display())))?;
    for batch in batches(&memories) {
        match operator::ask(place, json!({ "ask": "memory_import", "memories": batch }))? {
            Told::Imported { new: more } => new = new.saturating_add(more),
            _ => return Err(foreign()),
        }
    }
    let known = total.saturating_sub(new);
    if global.json {
        println!("{}", json!({ "new": new, "known": known, "past_words_passed_over": passed }));
        return Ok(());
    }
    println!("{new} memories are new, {known} were known.");
    if passed > 0 {
        println!(
            "{passed} past words were passed over: they belong to conversations, which only a backup brings back."
        );
    }
    Ok(())
}

/// The memories so that each stands before what took its place, which it names by its position.
fn in_order(version: u32, entries: Vec<Entry>) -> Result<Vec<ImportedMemory>, String> {
    if ![BY_PLACE, export::VERSION].contains(&version) {
        return Err(format!(
            "its form is {version}, and this program reads {BY_PLACE} to {}",
            export::VERSION
        ));
    }
    let count = entries.len();
    let places: BTreeMap<i64, usize> =
        entries.iter().enumerate().filter_map(|(at, entry)| Some((entry.id?, at))).collect();
    let mut by: Vec<Option<usize>> = Vec::with_capacity(count);
    for (at, entry) in entries.iter().enumerate() {
        by.push(match (entry.replaced_by, &entry.replaced) {
            (Some(place), _) => {
                let place = usize::try_from(place).ok().filter(|place| *place > at && *place < count);
                Some(place.ok_or(format!("memory {at}: replaced_by has to be the position of a later one"))?)
            }
            // What it names may have been forgotten while the export was written.
            (None, Some(replaced)) => places.get(&replaced.by).copied(),
            (None, None) => None,
        });
    }
    // How many took its place, one after the other.
    let mut behind: Vec<Option<usize>> = vec![None; count];
    for at in 0..count {
        let (mut chain, mut next) = (Vec::new(), Some(at));
        while let Some(place) = next.filter(|place| behind.get(*place).is_some_and(Option::is_none)) {
            if chain.len() > count {
                return Err(format!("memory {at}: what took its place was replaced by it"));
            }
            chain.push(place);
            next = by.get(place).copied().flatten();
        }
        let end = next.and_then(|place| behind.get(place).copied().flatten());
        let first = end.map_or(0, |end| end.saturating_add(1));
        for (further, place) in chain.into_iter().rev().enumerate() {
            if let Some(own) = behind.get_mut(place) {
                *own = Some(first.saturating_add(further));
            }
        }
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|at| Reverse(behind.get(*at).copied()));
    let moved: BTreeMap<usize, usize> = order.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    let mut entries: Vec<Option<Entry>> = entries.into_iter().map(Some).collect();
    let ordered = order.iter().filter_map(|at| {
        let entry = entries.get_mut(*at)?.take()?;
        Some(ImportedMemory {
            text: entry.text,
            kind: entry.kind,
            scope: entry.scope,
            trust: entry.trust,
            confidence: entry.confidence,
            learned_at: entry.learned_at,
            replaced_by: by.get(*at).copied().flatten().and_then(|by| moved.get(&by).copied()),
        })
    });
    Ok(ordered.collect())
}

/// Parts of the list in which each memory stands behind all that it has replaced. What was handed over in an earlier part is
/// repeated there: it is known by then.
fn batches(memories: &[ImportedMemory]) -> Vec<Vec<ImportedMemory>> {
    let mut replaced: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, memory) in memories.iter().enumerate() {
        if let Some(by) = memory.replaced_by {
            replaced.entry(by).or_default().push(at);
        }
    }
    let mut batches: Vec<Vec<ImportedMemory>> = Vec::new();
    // Where those are that stand in the newest part.
    let mut here: BTreeMap<usize, usize> = BTreeMap::new();
    for at in 0..memories.len() {
        let earlier = replaced.remove(&at).unwrap_or_default();
        let missing = earlier.iter().filter(|at| !here.contains_key(*at)).count();
        let is_full = |batch: &Vec<_>| batch.len().saturating_add(missing) >= BATCH;
        if batches.last().is_none_or(is_full) {
            batches.push(Vec::new());
            here.clear();
        }
        let Some(batch) = batches.last_mut() else { continue };
        for at in earlier.iter().copied().chain([at]) {
            if let Some(memory) = memories.get(at).filter(|_| !here.contains_key(&at)) {
                here.insert(at, batch.len());
                batch.push(ImportedMemory { replaced_by: None, ..memory.clone() });
            }
        }
        let own = here.get(&at).copied();
        for place in earlier.iter().filter_map(|at| here.get(at)) {
            if let Some(memory) = batch.get_mut(*place) {
                memory.replaced_by = own;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn read(version: u32, memories: &[serde_json::Value]) -> Result<Vec<ImportedMemory>, String> {
        let own =
            json!({ "kind": "fact", "scope": "agent", "trust": "told", "confidence": 100, "learned_at": 0 });
        let entry = |memory: &serde_json::Value| {
            let mut entry = own.clone();
            entry.as_object_mut().unwrap().extend(memory.as_object().unwrap().clone());
            serde_json::from_value(entry).unwrap()
        };
        in_order(version, memories.iter().map(entry).collect())
    }

    /// Each with what took its place.
    fn pairs(memories: &[ImportedMemory]) -> BTreeSet<(String, String)> {
        let by = |(at, memory): (usize, &ImportedMemory)| {
            let by = memory.replaced_by?;
            assert!(by > at && by < memories.len(), "{at} {by}");
            Some((memory.text.clone(), memories[by].text.clone()))
        };
        memories.iter().enumerate().filter_map(by).collect()
    }

    fn names(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
        pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
    }

    #[test]
    fn whatever_took_the_place_of_another_is_behind_it_also_where_it_is_the_older_one() {
        let memories = [
            json!({ "id": 9, "text": "d", "replaced": { "by": 7, "at": 1 }, "said_in": [{ "message": 1 }] }),
            json!({ "id": 7, "text": "c", "uses": 3, "used_at": 5, "source": null }),
            json!({ "id": 3, "text": "b", "replaced": { "by": 9, "at": 1 } }),
            json!({ "id": 1, "text": "a", "replaced": { "by": 99, "at": 1 } }),
        ];
        let ordered = read(2, &memories).unwrap();
        assert_eq!(pairs(&ordered), names(&[("d", "c"), ("b", "d")]));
        assert_eq!(ordered.len(), 4);
        let first = [json!({ "text": "a", "replaced_by": 1 }), json!({ "text": "b" })];
        assert_eq!(pairs(&read(1, &first).unwrap()), names(&[("a", "b")]));
    }

    #[test]
    fn what_points_backwards_nowhere_or_in_a_circle_is_refused_and_so_is_another_form() {
        for (at, by) in [(1, 0), (0, 0), (0, 2), (0, -1)] {
            let mut memories = [json!({ "text": "a" }), json!({ "text": "b" })];
            memories[at]["replaced_by"] = json!(by);
            assert!(read(1, &memories).is_err());
        }
        let circle = |id: i64, by: i64| json!({ "id": id, "text": "a", "replaced": { "by": by, "at": 1 } });
        for circle in [
            vec![circle(1, 1)],
            vec![circle(1, 2), circle(2, 1)],
            vec![circle(3, 1), circle(1, 2), circle(2, 1)],
        ] {
            assert!(read(2, &circle).is_err());
        }
        assert!(read(3, &[]).is_err());
    }

    #[test]
    fn however_long_a_history_is_each_part_is_small_and_has_all_that_one_of_it_replaced() {
        let chain = (0..BATCH * 3)
            .map(|at| json!({ "id": at, "text": format!("m{at}"), "replaced": { "by": at + 1, "at": 1 } }));
        let others = (BATCH * 3..BATCH * 4).map(|at| json!({ "id": at, "text": format!("m{at}") }));
        let many = (BATCH * 4..BATCH * 4 + 30)
            .map(|at| json!({ "id": at, "text": format!("m{at}"), "replaced": { "by": 350, "at": 1 } }));
        let memories: Vec<_> = chain.chain(others).chain(many).collect();
        let ordered = read(2, &memories).unwrap();
        let batches = batches(&ordered);
        let together: BTreeSet<_> = batches.iter().flat_map(|batch| pairs(batch)).collect();
        assert_eq!(together, pairs(&ordered));
        let texts: BTreeSet<_> = batches.iter().flatten().map(|memory| &memory.text).collect();
        assert_eq!(texts.len(), memories.len());
        assert!(
            batches.iter().all(|batch| batch.len() <= BATCH),
            "{:?}",
            batches.iter().map(Vec::len).collect::<Vec<_>>()
        );
        let all: usize = batches.iter().map(Vec::len).sum();
        assert!(all < memories.len() + 60, "little is repeated: {all}");
    }

    #[test]
    fn past_words_are_counted_and_not_kept() {
        let file: File = serde_json::from_str(
            "{\"blufio_memories\":2,\"memories\":[],\"past_words\":[{\"id\":1,\"text\":\"x\"},{\"id\":2}]}",
        )
        .unwrap();
        assert_eq!(file.past_words.0, 2);
    }
}
