// SPDX-License-Identifier: MIT OR Apache-2.0
//! `/forget`: deletes what is remembered, for good.

use super::Asked;
use super::memory::{line, search};
use crate::memory::scopes;
use blufio_core::memory::{ItemId, Memory, MemoryScope};
use blufio_core::storage::{Forgetting, Forgotten, StorageError};

/// So many are listed, and so many are deleted at once.
const MOST: usize = 20;
const USAGE: &str = "Write `/forget` and some words to see what would go, or `/forget 12 p34` to delete what has these \
    numbers in such a list or in /memory.";
/// Told to everybody but the operator where what is remembered belongs to several people.
const NOT_HERE: &str = "Nothing was deleted: what I remember in a group belongs to all of it, and only the operator may \
    delete it. What you have told me in private you can delete there.";

pub(super) async fn run(asked: Asked<'_>, rest: &str) -> Result<String, StorageError> {
    let scopes = scopes(asked.shared, asked.message).await?;
    if scopes.forgettable.is_empty() {
        return Ok(NOT_HERE.into());
    }
    let names = rest.split([' ', ',', '\n', '\t']).filter(|name| !name.is_empty());
    let items: Result<Vec<ItemId>, _> = names.map(str::parse).collect();
    match items {
        Ok(items) if items.is_empty() => Ok(USAGE.into()),
        Ok(items) if items.len() > MOST => Ok(format!("Those are more than {MOST} at once. {USAGE}")),
        Ok(items) => delete(asked, scopes.forgettable, items).await,
        Err(_) => list(asked, scopes.forgettable, rest).await,
    }
}

async fn list(asked: Asked<'_>, scopes: Vec<MemoryScope>, words: &str) -> Result<String, StorageError> {
    let found = search(asked, scopes, words, MOST).await?;
    if found.is_empty() {
        return Ok("Nothing that I remember has to do with that, so there is nothing to forget.".into());
    }
    let zone = &asked.shared.options.zone;
    let lines: Vec<String> =
        found.iter().map(|found| line(&found.item, !found.earlier.is_empty(), zone)).collect();
    let ids: Vec<String> = found.iter().take(2).map(|found| found.item.id().to_string()).collect();
    Ok(format!(
        "Nothing is deleted yet. This has to do with it:\n{}\n\n`/forget {}` deletes those for good, a memory with its \
         history and the message in which it was said.",
        lines.join("\n"),
        ids.join(" ")
    ))
}

/// Deletes, and says what was deleted without repeating it: what is said here is kept for a while, too.
async fn delete(
    asked: Asked<'_>,
    forgettable: Vec<MemoryScope>,
    items: Vec<ItemId>,
) -> Result<String, StorageError> {
    let storage = &asked.shared.storage;
    let mut told = Vec::new();
    let mut elsewhere = Vec::new();
    for item in &items {
        let ItemId::Memory(id) = item else { continue };
        match storage.memory(*id).await? {
            Some((memory, earlier)) if forgettable.contains(&memory.scope) => {
                told.push(of(asked, *item, &memory, earlier.len()));
            }
            _ => elsewhere.push(item.to_string()),
        }
    }
    let what = Forgetting { scopes: Some(forgettable), items: items.clone() };
    let forgotten = storage.forget(what, asked.shared.clock.now()).await?;
    let passages = items.iter().filter(|item| matches!(item, ItemId::Passage(_))).map(ToString::to_string);
    let passages: Vec<String> = passages.collect();
    tracing::info!(
        memories = forgotten.memories,
        messages = forgotten.messages,
        "memories and messages were deleted, as the person wishes"
    );
    Ok(report(forgotten, &told, &passages, &elsewhere))
}

fn of(asked: Asked<'_>, id: ItemId, memory: &Memory, earlier: usize) -> String {
    let day = asked.shared.options.zone.date(memory.learned_at);
    let history = if earlier == 0 { "" } else { ", with its history" };
    format!("{id} ({} of {day}{history})", memory.kind)
}

fn report(forgotten: Forgotten, told: &[String], passages: &[String], elsewhere: &[String]) -> String {
    let mut lines = Vec::new();
    let nothing = forgotten == Forgotten::default();
    if nothing {
        lines.push(
            "Nothing was deleted: there is nothing here with these numbers, or it is gone already."
                .to_owned(),
        );
    } else {
        if !told.is_empty() {
            lines.push(format!("Forgotten for good: {}.", told.join(", ")));
        }
        match forgotten.messages {
            0 => {}
            1 => lines.push("The words of one message are gone.".into()),
            messages => lines.push(format!("The words of {messages} messages are gone.")),
        }
        if forgotten.messages == 0 && !passages.is_empty() {
            lines.push(format!("There is no {} here.", passages.join(", ")));
        }
        if !elsewhere.is_empty() {
            lines.push(format!("There is no {} here that you could delete.", elsewhere.join(", ")));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_deleted_is_told_and_what_was_not_too() {
        let strings = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
        let told = report(
            Forgotten { memories: 2, messages: 1 },
            &strings(&["m12 (fact of 2026-03-08, with its history)"]),
            &[],
            &strings(&["m3"]),
        );
        assert_eq!(
            told,
            "Forgotten for good: m12 (fact of 2026-03-08, with its history).\nThe words of one message are gone.\n\
             There is no m3 here that you could delete."
        );
        assert!(report(Forgotten::default(), &[], &strings(&["p1"]), &[]).starts_with("Nothing was deleted"));
    }
}
