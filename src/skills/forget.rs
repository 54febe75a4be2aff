// SPDX-License-Identifier: MIT OR Apache-2.0
//! `forget`: lists what is remembered about something, and deletes what the person means of it.

use crate::builtin::arguments;
use crate::recalled::{Id, line};
use crate::voice::names;
use crate::wording::failed;
use blufio_calendar::Zone;
use blufio_core::embedding::Patience;
use blufio_core::memory::{Item, ItemId, MemoryScope};
use blufio_core::recall::{Question, Recall};
use blufio_core::skill::{Effects, FORGET, ToolContext, ToolSpec};
use blufio_core::storage::{Forgetting, Memories};
use blufio_core::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// The tool's name.
pub const NAME: &str = FORGET;

/// So many are listed, and so many are deleted at once.
const MOST: usize = 30;
/// Somebody waits for the answer, but what is not found is not forgotten.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default)]
    about: Option<String>,
    #[serde(default)]
    ids: Option<Vec<Id>>,
}

/// The tool as the model sees it.
#[must_use]
pub fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: "Deletes what the person wants forgotten. First list it with `about`, then delete what is meant by \
                      `ids`, and say what is gone without repeating it."
            .into(),
        input_schema: json!({
            "type": "object",
            "properties": {
                "about": { "type": "string" },
                "ids": { "type": "array", "items": { "type": "string" } }
            },
            "additionalProperties": false
        }),
        // What it deletes is gone; whether it came to that must not be guessed.
        effects: Effects::Outside,
    }
}

/// Lists, or deletes for good. Dropping the future of the latter either leaves all or nothing deleted.
///
/// # Errors
/// A text for the model: the arguments are wrong, it is nothing that the person has asked for, or the storage failed.
pub async fn call(
    now: Timestamp,
    zone: &Zone,
    memories: &dyn Memories,
    recall: &dyn Recall,
    context: &ToolContext,
    input: &Value,
) -> Result<String, String> {
    let input: Input = arguments(input)?;
    if context.forgettable.is_empty() {
        return Err("nothing was deleted: what is remembered in a group belongs to all of it, and only the operator may \
                    delete it. What a person has told in private, he can delete there"
            .into());
    }
    let about = input.about.map(|about| about.trim().to_owned()).filter(|about| !about.is_empty());
    match (about, input.ids.filter(|ids| !ids.is_empty())) {
        (Some(about), None) => list(now, zone, recall, context, about).await,
        (None, Some(ids)) => delete(now, memories, recall, context, &ids).await,
        _ => {
            Err("wrong arguments: give `about` to list what fits, or `ids` out of such a list to delete"
                .into())
        }
    }
}

async fn list(
    now: Timestamp,
    zone: &Zone,
    recall: &dyn Recall,
    context: &ToolContext,
    about: String,
) -> Result<String, String> {
    let found = found(now, recall, context, about).await?;
    if found.is_empty() {
        return Ok("Nothing that is remembered fits. Nothing was deleted.".into());
    }
    let lines: Vec<String> = found.iter().map(|item| line(item, zone)).collect();
    Ok(format!(
        "Nothing is deleted yet. Call forget with the `ids` of those that the person means:\n{}",
        lines.join("\n")
    ))
}

async fn delete(
    now: Timestamp,
    memories: &dyn Memories,
    recall: &dyn Recall,
    context: &ToolContext,
    ids: &[Id],
) -> Result<String, String> {
    if ids.len() > MOST {
        return Err(format!("`ids` names more than {MOST}; delete them in several calls"));
    }
    let items = ids.iter().map(Id::item).collect::<Result<Vec<ItemId>, String>>()?;
    if context.foreign {
        are_meant(now, memories, recall, context, &items).await?;
    }
    let what = Forgetting { scopes: Some(context.forgettable.clone()), items };
    let forgotten =
        memories.forget(what, now).await.map_err(|error| failed("nothing was deleted", &error))?;
    if forgotten.memories == 0 && forgotten.messages == 0 {
        return Err("nothing was deleted: there is nothing with these ids that could be deleted here".into());
    }
    Ok(format!("Deleted for good: memories: {}, messages: {}.", forgotten.memories, forgotten.messages))
}

/// Where the model has read what others have written, only what the person's own message speaks of is deleted.
async fn are_meant(
    now: Timestamp,
    memories: &dyn Memories,
    recall: &dyn Recall,
    context: &ToolContext,
    items: &[ItemId],
) -> Result<(), String> {
    let near = found(now, recall, context, context.said.clone()).await?;
    let near: HashMap<ItemId, &str> = near.iter().map(|item| (item.id(), item.text())).collect();
    for item in items {
        let meant = match (near.get(item), item) {
            (Some(text), _) => names(&context.said, text),
            (None, ItemId::Memory(id)) => {
                let known = memories.memory(*id).await;
                let known = known.map_err(|error| failed("what is known could not be read", &error))?;
                known.is_some_and(|(memory, _)| names(&context.said, &memory.text))
            }
            (None, ItemId::Passage(_)) => false,
        };
        if !meant {
            let ids: Vec<String> = items.iter().map(ToString::to_string).collect();
            return Err(format!(
                "nothing was deleted: this conversation holds what others have written, and the person's own message does \
                 not speak of {item}. If the person wants it gone, he can write `/forget {}` himself",
                ids.join(" ")
            ));
        }
    }
    Ok(())
}

/// What fits, of what may be deleted here.
async fn found(
    now: Timestamp,
    recall: &dyn Recall,
    context: &ToolContext,
    text: String,
) -> Result<Vec<Item>, String> {
    let scopes: Vec<MemoryScope> = context.forgettable.clone();
    let question = Question {
        text,
        before: String::new(),
        scopes,
        passages: true,
        shown: None,
        now,
        limit: MOST,
        loosely: true,
    };
    let recalled = recall.recall(&question, Patience::Within(PATIENCE)).await;
    let recalled = recalled.map_err(|error| failed("what is known could not be looked through", &error))?;
    Ok(recalled.listed().into_iter().map(|found| found.item).collect())
}

#[cfg(test)]
mod tests;
