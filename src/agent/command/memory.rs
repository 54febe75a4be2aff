// SPDX-License-Identifier: MIT OR Apache-2.0
//! `/memory`: what is remembered, for the person whom it is about.

use super::{Asked, brief};
use crate::memory::scopes;
use blufio_calendar::Zone;
use blufio_core::embedding::Patience;
use blufio_core::ids::MemoryId;
use blufio_core::memory::{Item, ItemId, Memory, MemoryScope, MemoryTrust};
use blufio_core::recall::{Question, Recollection};
use blufio_core::storage::{MemoryFilter, StorageError};
use std::fmt::Write as _;
use std::time::Duration;

/// So many are shown at once.
const PAGE: usize = 10;
/// No more are counted.
const MOST_COUNTED: usize = 1_000;
/// So much of each is shown in a list, characters.
const BRIEF: usize = 160;
/// So many earlier values of one are told.
const MOST_EARLIER: usize = 20;
/// Who searches can wait longer than who talks.
const PATIENCE: Duration = Duration::from_secs(2);
const OFF: &str = "I remember nothing beyond a conversation (memory.enabled).";

pub(super) async fn run(asked: Asked<'_>, rest: &str) -> Result<String, StorageError> {
    if !asked.shared.options.memory.enabled {
        return Ok(OFF.into());
    }
    let readable = scopes(asked.shared, asked.message).await?.readable;
    if rest.is_empty() {
        return newest(asked, readable).await;
    }
    match rest.parse() {
        Ok(ItemId::Memory(id)) => return one(asked, &readable, id).await,
        Ok(id @ ItemId::Passage(_)) => {
            return Ok(format!(
                "{id} is a part of what was said, and is found by its words: `/memory` and some of them. `/forget {id}` deletes it."
            ));
        }
        Err(_) => {}
    }
    if let Some(before) = rest.strip_prefix("before ").and_then(|id| id.trim().parse().ok())
        && let ItemId::Memory(before) = before
    {
        return page(asked, readable, Some(before)).await;
    }
    let found = search(asked, readable, rest, PAGE).await?;
    let zone = &asked.shared.options.zone;
    if found.is_empty() {
        return Ok("Nothing that I remember has to do with that.".into());
    }
    let lines = found.iter().map(|found| line(&found.item, !found.earlier.is_empty(), zone));
    let lines: Vec<String> = lines.collect();
    Ok(format!("{}\n\n`/memory 12` shows one, `/forget 12` deletes it for good.", lines.join("\n")))
}

/// What fits some words, best first; also what fits badly.
pub(super) async fn search(
    asked: Asked<'_>,
    scopes: Vec<MemoryScope>,
    words: &str,
    limit: usize,
) -> Result<Vec<Recollection>, StorageError> {
    let question = Question {
        text: words.to_owned(),
        before: String::new(),
        scopes,
        passages: true,
        shown: None,
        now: asked.shared.clock.now(),
        limit,
        loosely: true,
    };
    let recalled = asked.shared.recall.recall(&question, Patience::Within(PATIENCE)).await?;
    Ok(recalled.listed())
}

async fn newest(asked: Asked<'_>, scopes: Vec<MemoryScope>) -> Result<String, StorageError> {
    let all = MemoryFilter { scopes: Some(scopes.clone()), limit: MOST_COUNTED, ..MemoryFilter::default() };
    let count = asked.shared.storage.memories(all).await?.len();
    let count = match count {
        0 => {
            return Ok("I remember nothing lasting here yet. Tell me to remember something; I also learn from what is \
                       said. `/memory` and some words looks through what was said."
                .into());
        }
        1 => "I remember one thing".to_owned(),
        MOST_COUNTED => format!("I remember {MOST_COUNTED} things or more"),
        count => format!("I remember {count} things"),
    };
    let whose = if asked.message.private { "" } else { " in this group" };
    Ok(format!("{count}{whose}, the newest first:\n{}", page(asked, scopes, None).await?))
}

/// Memories that were stored before one, newest first.
async fn page(
    asked: Asked<'_>,
    scopes: Vec<MemoryScope>,
    before: Option<MemoryId>,
) -> Result<String, StorageError> {
    let (storage, zone) = (&asked.shared.storage, &asked.shared.options.zone);
    let filter = MemoryFilter {
        scopes: Some(scopes),
        before,
        limit: PAGE.saturating_add(1),
        ..MemoryFilter::default()
    };
    let memories = storage.memories(filter).await?;
    let mut text = String::new();
    for memory in memories.iter().take(PAGE) {
        let earlier = storage.memory(memory.id).await?.is_some_and(|(_, earlier)| !earlier.is_empty());
        let _ = writeln!(text, "{}", line(&Item::Memory(memory.clone()), earlier, zone));
    }
    if memories.is_empty() {
        text.push_str("There is nothing older.\n");
    }
    let last = memories.iter().take(PAGE).next_back();
    let more = last
        .filter(|_| memories.len() > PAGE)
        .map(|last| format!("`/memory before {}` shows older ones, ", last.id));
    let _ = write!(
        text,
        "\n{}`/memory` and some words searches, `/memory 12` shows one, `/forget 12` deletes it for good.",
        more.unwrap_or_default()
    );
    Ok(text)
}

async fn one(asked: Asked<'_>, readable: &[MemoryScope], id: MemoryId) -> Result<String, StorageError> {
    let known = asked.shared.storage.memory(id).await?;
    Ok(match known.filter(|(memory, _)| readable.contains(&memory.scope)) {
        Some((memory, earlier)) => {
            let sources = asked.shared.storage.sources(id).await?;
            let again = sources.iter().filter(|source| memory.source != Some(**source)).count();
            whole(&memory, again, &earlier, &asked.shared.options.zone)
        }
        None => format!("There is no memory {id} here. /memory lists them."),
    })
}

/// `m12 · 2026-03-08 · fact ↻ – The person's dog is called Max.`
pub(super) fn line(item: &Item, has_history: bool, zone: &Zone) -> String {
    let kind = match item {
        Item::Memory(memory) => memory.kind.name(),
        Item::Passage(_) => "as it was said",
    };
    let history = if has_history { " ↻" } else { "" };
    format!("{} · {} · {kind}{history} – {}", item.id(), zone.date(item.at()), brief(item.text(), BRIEF))
}

/// A memory with all that is known of it. `again`: in so many further messages it was said.
fn whole(memory: &Memory, again: usize, earlier: &[Memory], zone: &Zone) -> String {
    let mut text = format!("{}: {}\n", ItemId::Memory(memory.id), memory.text);
    let how = match (memory.source, memory.trust) {
        (None, _) => "entered by hand",
        (Some(_), MemoryTrust::Told) => "you asked me to remember it",
        (Some(_), MemoryTrust::Gathered) => "gathered from what you said",
    };
    let _ = writeln!(text, "Kind: {}. {}: {how}.", memory.kind, zone.describe(memory.learned_at));
    match again {
        0 => {}
        1 => text.push_str("Said in one more message; forgetting it takes that one along.\n"),
        more => {
            let _ = writeln!(text, "Said in {more} more messages; forgetting it takes them along.");
        }
    }
    if memory.scope == MemoryScope::Agent {
        text.push_str("Everybody who talks to me may be reminded of it.\n");
    }
    match (memory.uses, memory.used_at) {
        (0, _) | (_, None) => text.push_str("Not needed for an answer yet.\n"),
        (1, Some(at)) => {
            let _ = writeln!(text, "Looked at for one answer, on {}.", zone.date(at));
        }
        (uses, Some(at)) => {
            let _ = writeln!(text, "Looked at for {uses} answers, the last on {}.", zone.date(at));
        }
    }
    if let Some(replaced) = memory.replaced {
        let by = ItemId::Memory(replaced.by);
        let _ = writeln!(text, "It holds no more since {}: {by} took its place.", zone.date(replaced.at));
    }
    for (at, earlier) in earlier.iter().take(MOST_EARLIER).enumerate() {
        let begin = if at == 0 { "Before that:\n" } else { "" };
        let until = earlier.replaced.map_or(earlier.learned_at, |replaced| replaced.at);
        let _ = writeln!(text, "{begin}↻ until {}: {}", zone.date(until), brief(&earlier.text, BRIEF));
    }
    let _ = write!(text, "`/forget {}` deletes it for good.", memory.id);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::ids::QueueId;
    use blufio_core::memory::{MemoryKind, MemorySource, Replaced};
    use blufio_core::time::Timestamp;

    fn memory(id: i64, text: &str) -> Memory {
        Memory {
            id: MemoryId(id),
            text: text.into(),
            kind: MemoryKind::Fact,
            scope: MemoryScope::Agent,
            trust: MemoryTrust::Told,
            confidence: 100,
            source: Some(MemorySource::Turn(QueueId(1))),
            learned_at: Timestamp(1_772_900_000_000),
            used_at: None,
            uses: 0,
            replaced: None,
        }
    }

    #[test]
    fn a_memory_is_shown_with_its_day_its_source_its_uses_and_its_history() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let mut now = memory(12, "The person lives in Porto.");
        (now.uses, now.used_at) = (3, Some(Timestamp(1_774_000_000_000)));
        let mut before = memory(3, "The person lives in Ghent.");
        before.replaced = Some(Replaced { by: MemoryId(12), at: Timestamp(1_772_900_000_000) });
        assert_eq!(
            whole(&now, 3, &[before.clone()], &zone),
            "m12: The person lives in Porto.\n\
             Kind: fact. Saturday, 2026-03-07 17:13 (Europe/Berlin): you asked me to remember it.\n\
             Said in 3 more messages; forgetting it takes them along.\n\
             Everybody who talks to me may be reminded of it.\n\
             Looked at for 3 answers, the last on 2026-03-20.\n\
             Before that:\n\
             ↻ until 2026-03-07: The person lives in Ghent.\n\
             `/forget 12` deletes it for good."
        );
        let told = whole(&before, 0, &[], &zone);
        assert!(told.contains("It holds no more since 2026-03-07: m12 took its place."), "{told}");
        assert!(told.contains("Not needed for an answer yet."), "{told}");
    }

    #[test]
    fn lists_show_one_line_each_and_cut_what_is_long() {
        let shown = line(&Item::Memory(memory(12, &"long\nwords ".repeat(60))), true, &Zone::utc());
        assert!(shown.starts_with("m12 · 2026-03-07 · fact ↻ – long words long"), "{shown}");
        assert!(shown.ends_with('…') && shown.chars().count() < 200, "{shown}");
    }
}
