// SPDX-License-Identifier: MIT OR Apache-2.0
//! Export and import: one JSON object with all memories, oldest first.

use super::{foreign, list};
use crate::exit::Coded;
use crate::global::Global;
use crate::operator;
use crate::paths::Place;
use anyhow::Context as _;
use blufio_core::control::{ImportedMemory, Told};
use blufio_core::memory::Memory;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

/// The form of the file.
const VERSION: u32 = 1;
/// Memories that are asked for, or handed over, at once: what the daemon takes of them, however long their words are.
const BATCH: usize = 100;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    blufio_memories: u32,
    memories: Vec<ImportedMemory>,
}

pub(super) fn export(global: &Global, place: &Place, file: Option<&Path>) -> anyhow::Result<()> {
    let mut memories: Vec<Memory> = Vec::new();
    loop {
        let batch = list(place, memories.last().map(|memory| memory.id), BATCH)?;
        let whole = batch.len() < BATCH;
        memories.extend(batch);
        if whole {
            break;
        }
    }
    memories.reverse();
    let export = Export { blufio_memories: VERSION, memories: portable(&memories) };
    let text = format!("{}\n", serde_json::to_string_pretty(&export)?);
    let Some(file) = file else {
        std::io::stdout().write_all(text.as_bytes()).context("the export cannot be written")?;
        return Ok(());
    };
    write_anew(file, text.as_bytes())?;
    if global.json {
        println!("{}", json!({ "exported": export.memories.len() }));
    } else {
        println!("{} memories are in {}.", export.memories.len(), file.display());
    }
    Ok(())
}

/// What is remembered is nobody else's business, and an older export is not overwritten.
fn write_anew(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut opened = opened.with_context(|| format!("{} cannot be made", file.display()))?;
    let written = opened.write_all(bytes).and_then(|()| opened.sync_all());
    written.with_context(|| format!("{} cannot be written", file.display()))
}

fn portable(memories: &[Memory]) -> Vec<ImportedMemory> {
    let at: BTreeMap<_, _> = memories.iter().enumerate().map(|(at, memory)| (memory.id, at)).collect();
    let portable = memories.iter().map(|memory| ImportedMemory {
        text: memory.text.clone(),
        kind: memory.kind,
        scope: memory.scope.clone(),
        trust: memory.trust,
        confidence: memory.confidence,
        learned_at: memory.learned_at,
        replaced_by: memory.replaced.and_then(|replaced| at.get(&replaced.by).copied()),
    });
    portable.collect()
}

pub(super) fn import(global: &Global, place: &Place, file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let export: Export = serde_json::from_str(&text)
        .map_err(|error| Coded::usage(format!("{}: not an export of memories: {error}", file.display())))?;
    if export.blufio_memories != VERSION {
        return Err(Coded::usage(format!(
            "{}: its form is {}, and this program reads {VERSION}",
            file.display(),
            export.blufio_memories
        )));
    }
    let (mut new, total) = (0, export.memories.len());
    for batch in batches(export.memories, file)? {
        match operator::ask(place, json!({ "ask": "memory_import", "memories": batch }))? {
            Told::Imported { new: more } => new += more,
            _ => return Err(foreign()),
        }
    }
    if global.json {
        println!("{}", json!({ "new": new, "known": total.saturating_sub(new) }));
    } else {
        println!("{new} memories are new, {} were known.", total.saturating_sub(new));
    }
    Ok(())
}

/// Parts of the list within which every memory stands with all that it replaced.
fn batches(memories: Vec<ImportedMemory>, file: &Path) -> anyhow::Result<Vec<Vec<ImportedMemory>>> {
    let count = memories.len();
    if let Some(at) = memories
        .iter()
        .enumerate()
        .position(|(at, memory)| memory.replaced_by.is_some_and(|by| by <= at || by >= count))
    {
        return Err(Coded::usage(format!(
            "{}: memory {at}: replaced_by has to be the position of a later one",
            file.display()
        )));
    }
    // From the newest on, so that each finds the end of its chain worked out.
    let mut ends: Vec<usize> = (0..count).collect();
    for (at, memory) in memories.iter().enumerate().rev() {
        let end = memory.replaced_by.and_then(|by| ends.get(by).copied());
        if let (Some(end), Some(own)) = (end, ends.get_mut(at)) {
            *own = end;
        }
    }
    let mut chains: BTreeMap<usize, Vec<(usize, ImportedMemory)>> = BTreeMap::new();
    for ((at, memory), end) in memories.into_iter().enumerate().zip(ends) {
        chains.entry(end).or_default().push((at, memory));
    }
    let mut batches: Vec<Vec<ImportedMemory>> = Vec::new();
    for chain in chains.into_values() {
        if batches.last().is_none_or(|last| last.len().saturating_add(chain.len()) > BATCH) {
            batches.push(Vec::new());
        }
        let Some(batch) = batches.last_mut() else { continue };
        let begin = batch.len();
        let moved: BTreeMap<usize, usize> =
            chain.iter().enumerate().map(|(at, (old, _))| (*old, begin.saturating_add(at))).collect();
        batch.extend(chain.into_iter().map(|(_, memory)| ImportedMemory {
            replaced_by: memory.replaced_by.and_then(|by| moved.get(&by).copied()),
            ..memory
        }));
    }
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::memory::{MemoryKind, MemoryScope, MemoryTrust};
    use blufio_core::time::Timestamp;

    fn memory(text: usize, replaced_by: Option<usize>) -> ImportedMemory {
        ImportedMemory {
            text: text.to_string(),
            kind: MemoryKind::Fact,
            scope: MemoryScope::Agent,
            trust: MemoryTrust::Told,
            confidence: 100,
            learned_at: Timestamp(0),
            replaced_by,
        }
    }

    #[test]
    fn a_batch_never_parts_a_memory_from_what_it_replaced() {
        let mut memories: Vec<_> = (0..BATCH * 2).map(|at| memory(at, None)).collect();
        memories[3].replaced_by = Some(BATCH + 7);
        memories[BATCH + 7].replaced_by = Some(BATCH * 2 - 1);
        let batches = batches(memories, Path::new("x")).unwrap();
        assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), BATCH * 2);
        for batch in &batches {
            assert!(batch.len() <= BATCH);
            for (at, memory) in batch.iter().enumerate() {
                let by = memory.replaced_by.map(|by| {
                    assert!(by > at && by < batch.len());
                    batch[by].text.as_str()
                });
                let expected = match memory.text.as_str() {
                    "3" => Some((BATCH + 7).to_string()),
                    text if text == (BATCH + 7).to_string() => Some((BATCH * 2 - 1).to_string()),
                    _ => None,
                };
                assert_eq!(by, expected.as_deref());
            }
        }
    }

    #[test]
    fn what_points_backwards_or_nowhere_is_refused() {
        for (at, by) in [(1, 0), (0, 0), (0, 2)] {
            let mut memories = vec![memory(0, None), memory(1, None)];
            memories[at].replaced_by = Some(by);
            assert!(batches(memories, Path::new("x")).is_err());
        }
    }
}
