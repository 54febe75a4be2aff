// SPDX-License-Identifier: MIT OR Apache-2.0
//! Export: all that is remembered as one JSON object, page by page, newest first. However long somebody has lived, no more
//! than a page is in memory.

use super::foreign;
use crate::global::Global;
use crate::operator;
use crate::paths::Place;
use anyhow::Context as _;
use blufio_core::control::{ExportedMemory, Told};
use blufio_core::ids::{MemoryId, PassageId};
use blufio_core::memory::Passage;
use serde::Serialize;
use serde_json::json;
use std::io::{BufWriter, Write};
use std::path::Path;

/// The form of the file.
pub(super) const VERSION: u32 = 2;
/// What is asked for at once.
const BATCH: usize = 250;

/// Where pages come from.
trait Pages {
    fn memories(&mut self, before: Option<MemoryId>) -> anyhow::Result<Vec<ExportedMemory>>;
    fn past_words(&mut self, before: Option<PassageId>) -> anyhow::Result<Vec<Passage>>;
}

struct Asked<'a>(&'a Place);

impl Pages for Asked<'_> {
    fn memories(&mut self, before: Option<MemoryId>) -> anyhow::Result<Vec<ExportedMemory>> {
        match operator::ask(self.0, json!({ "ask": "memory_export", "before": before, "limit": BATCH }))? {
            Told::MemoriesExported { memories } => Ok(memories),
            _ => Err(foreign()),
        }
    }

    fn past_words(&mut self, before: Option<PassageId>) -> anyhow::Result<Vec<Passage>> {
        match operator::ask(self.0, json!({ "ask": "past_words", "before": before, "limit": BATCH }))? {
            Told::PastWords { past_words } => Ok(past_words),
            _ => Err(foreign()),
        }
    }
}

/// How much was written.
#[derive(Debug, PartialEq, Eq)]
struct Written {
    memories: usize,
    past_words: usize,
}

pub(super) fn run(global: &Global, place: &Place, file: Option<&Path>) -> anyhow::Result<()> {
    let Some(file) = file else {
        let mut out = BufWriter::new(std::io::stdout().lock());
        write(&mut out, &mut Asked(place))?;
        return out.flush().context("the export cannot be written");
    };
    let written = anew(file, &mut Asked(place))?;
    if global.json {
        println!("{}", json!({ "exported": written.memories, "past_words": written.past_words }));
    } else {
        println!(
            "{} memories and {} past words are in {}.",
            written.memories,
            written.past_words,
            file.display()
        );
    }
    Ok(())
}

/// What is remembered is nobody else's business, and an older export is not overwritten. One that broke off is no export.
fn anew(file: &Path, pages: &mut impl Pages) -> anyhow::Result<Written> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let opened = opened.with_context(|| format!("{} cannot be made", file.display()))?;
    let mut out = BufWriter::new(opened);
    let written = write(&mut out, pages).and_then(|written| {
        out.flush()?;
        out.get_ref().sync_all()?;
        Ok(written)
    });
    written
        .inspect_err(|_| drop(std::fs::remove_file(file)))
        .with_context(|| format!("{} cannot be written", file.display()))
}

fn write(out: &mut impl Write, pages: &mut impl Pages) -> anyhow::Result<Written> {
    write!(out, "{{\n  \"blufio_memories\": {VERSION},\n  \"memories\": [")?;
    let memories =
        list(out, |last: Option<&ExportedMemory>| pages.memories(last.map(|last| last.memory.id)))?;
    write!(out, "],\n  \"past_words\": [")?;
    let past_words = list(out, |last: Option<&Passage>| pages.past_words(last.map(|last| last.id)))?;
    writeln!(out, "]\n}}")?;
    Ok(Written { memories, past_words })
}

/// Writes page after page, one entry a line.
fn list<T: Serialize>(
    out: &mut impl Write,
    mut page: impl FnMut(Option<&T>) -> anyhow::Result<Vec<T>>,
) -> anyhow::Result<usize> {
    let (mut last, mut count) = (None, 0_usize);
    loop {
        let entries = page(last.as_ref())?;
        for entry in &entries {
            let comma = if count == 0 { "" } else { "," };
            write!(out, "{comma}\n    {}", serde_json::to_string(entry)?)?;
            count = count.saturating_add(1);
        }
        match entries.into_iter().next_back() {
            Some(entry) => last = Some(entry),
            None => break,
        }
    }
    if count > 0 {
        write!(out, "\n  ")?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::ids::{MessageId, SessionId};
    use blufio_core::memory::{Memory, MemoryKind, MemoryScope, MemorySource, MemoryTrust, Replaced};
    use blufio_core::time::Timestamp;
    use serde_json::Value;

    /// So many of each, three a page.
    struct Shelf {
        count: i64,
        fails_at: Option<i64>,
    }

    impl Shelf {
        fn before(&self, before: Option<i64>) -> impl Iterator<Item = i64> + use<> {
            let next = before.unwrap_or(self.count + 1) - 1;
            (1..=next).rev().take(3)
        }
    }

    impl Pages for Shelf {
        fn memories(&mut self, before: Option<MemoryId>) -> anyhow::Result<Vec<ExportedMemory>> {
            let memory = |id| Memory {
                id: MemoryId(id),
                text: format!("fact {id}"),
                kind: MemoryKind::Fact,
                scope: MemoryScope::Agent,
                trust: MemoryTrust::Told,
                confidence: 100,
                source: None,
                learned_at: Timestamp(id),
                used_at: None,
                uses: 0,
                replaced: (id == 1).then_some(Replaced { by: MemoryId(2), at: Timestamp(2) }),
            };
            let said_in = |id| vec![MemorySource::Message(MessageId(id))];
            let page = self.before(before.map(|id| id.0));
            Ok(page.map(|id| ExportedMemory { memory: memory(id), said_in: said_in(id) }).collect())
        }

        fn past_words(&mut self, before: Option<PassageId>) -> anyhow::Result<Vec<Passage>> {
            anyhow::ensure!(self.fails_at != before.map(|id| id.0) || before.is_none(), "the daemon is gone");
            let passage = |id| Passage {
                id: PassageId(id),
                message: MessageId(id),
                session: SessionId(1),
                scope: MemoryScope::Agent,
                text: format!("said “{id}”\n"),
                around: String::new(),
                at: Timestamp(id),
            };
            Ok(self.before(before.map(|id| id.0)).map(passage).collect())
        }
    }

    #[test]
    fn every_memory_and_all_past_words_are_in_it_once_however_many_pages_there_are() {
        for count in [0, 1, 3, 8] {
            let mut out = Vec::new();
            let written = write(&mut out, &mut Shelf { count, fails_at: None }).unwrap();
            let length = usize::try_from(count).unwrap();
            assert_eq!(written, Written { memories: length, past_words: length });
            let all: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(all["blufio_memories"], 2);
            for list in ["memories", "past_words"] {
                let ids = all[list].as_array().unwrap().iter().map(|entry| entry["id"].as_i64().unwrap());
                assert_eq!(ids.collect::<Vec<_>>(), (1..=count).rev().collect::<Vec<_>>());
            }
            if count == 8 {
                assert_eq!(all["memories"][7]["replaced"]["by"], 2);
                assert_eq!(all["memories"][7]["said_in"], json!([{ "message": 1 }]));
                assert_eq!(all["past_words"][7]["text"], "said “1”\n");
            }
        }
    }

    #[test]
    fn an_export_that_broke_off_leaves_no_file_and_none_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("all.json");
        assert!(anew(&file, &mut Shelf { count: 8, fails_at: Some(3) }).is_err() && !file.exists());
        anew(&file, &mut Shelf { count: 8, fails_at: None }).unwrap();
        let before = std::fs::read(&file).unwrap();
        assert!(anew(&file, &mut Shelf { count: 1, fails_at: None }).is_err());
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }
}
