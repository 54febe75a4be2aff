// SPDX-License-Identifier: MIT OR Apache-2.0
//! All that a beat has found, and what it notes of it.

use super::agenda::{self, Agenda};
use super::calm::Calm;
use super::watched::{self, NOTED, Seen};
use crate::context::Shared;
use blufio_core::ids::Conversation;
use blufio_core::storage::{Job, StorageError};
use blufio_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Something that is not as it was at the last look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A file or a page has other content. `before`: `None` when there was nothing.
    Content { target: String, before: Option<String>, now: String },
    /// A file or a page cannot be seen any more.
    Gone { target: String, error: String },
    /// A file or a page could not be seen even once.
    Unseen { target: String, error: String },
    /// A reminder comes within a day.
    Due { text: String, at: Timestamp },
    /// A task is new.
    Task { text: String },
}

/// What a look has found.
pub(super) struct View {
    /// What has changed.
    pub(super) changes: Vec<Change>,
    /// The reminders and open tasks of the conversation.
    pub(super) open: Vec<Job>,
    /// Notes of what is seen for the first time. Good at once.
    pub(super) first: Vec<(String, String)>,
    /// Notes of everything. Good when the changes have been told.
    pub(super) whole: Vec<(String, String)>,
    /// The same. Good when the changes were not worth telling.
    pub(super) quiet: Vec<(String, String)>,
}

/// Looks at everything.
///
/// # Errors
/// When the state cannot be read.
pub(super) async fn look(
    shared: &Shared,
    conversation: &Conversation,
    now: Timestamp,
) -> Result<View, StorageError> {
    let mut view = View {
        changes: Vec::new(),
        open: Vec::new(),
        first: Vec::new(),
        whole: Vec::new(),
        quiet: Vec::new(),
    };

    let options = &shared.options.heartbeat;
    let noted: Option<Seen> = read(shared, NOTED).await?;
    let noted = noted.unwrap_or_default();
    let rests = |name: &String| noted.get(name).is_some_and(|known| known.calm.rests(options, now).is_some());
    let (resting, targets): (Vec<&String>, Vec<&String>) = options.watch.iter().partition(|name| rests(name));
    let rest: Seen =
        resting.into_iter().filter_map(|name| Some((name.clone(), noted.get(name)?.clone()))).collect();
    let (mut first, mut whole, mut quiet) = (noted.clone(), rest.clone(), rest);
    for (target, sight) in watched::look(shared.watch.as_ref(), &targets).await {
        let (mut after, change) = watched::compare(noted.get(&target), &target, sight, now);
        let mut if_quiet = after.clone();
        match change {
            None => {
                first.entry(target.clone()).or_insert_with(|| after.clone());
            }
            Some(change) => {
                if_quiet.calm = if_quiet.calm.after_nothing(options, now);
                after.calm = Calm::default();
                view.changes.push(change);
            }
        }
        whole.insert(target.clone(), after);
        quiet.insert(target, if_quiet);
    }
    keep(&mut view.first, NOTED, &noted, &first)?;
    keep(&mut view.whole, NOTED, &noted, &whole)?;
    keep(&mut view.quiet, NOTED, &noted, &quiet)?;

    let name = format!("heartbeat:agenda:{conversation}");
    view.open = shared.storage.open_jobs(Some(conversation)).await?;
    let noted: Option<Agenda> = read(shared, &name).await?;
    let (after, changes) = agenda::compare(noted.as_ref(), &view.open, now);
    if noted.is_none() {
        keep(&mut view.first, &name, &None, &Some(&after))?;
    }
    for notes in [&mut view.whole, &mut view.quiet] {
        keep(notes, &name, &noted.as_ref(), &Some(&after))?;
    }
    view.changes.extend(changes);
    Ok(view)
}

/// A value that was noted; one that cannot be read any more counts as none.
pub(crate) async fn read<T: DeserializeOwned>(
    shared: &Shared,
    name: &str,
) -> Result<Option<T>, StorageError> {
    let Some(text) = shared.storage.noted(name).await? else { return Ok(None) };
    match serde_json::from_str(&text) {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            tracing::warn!(name, %error, "a note cannot be read and is written anew");
            Ok(None)
        }
    }
}

/// A note of this value.
pub(crate) fn note<T: Serialize>(name: &str, value: &T) -> Result<(String, String), StorageError> {
    let text = serde_json::to_string(value)
        .map_err(|error| StorageError::Unexpected(format!("the note {name} cannot be written: {error}")))?;
    Ok((name.to_owned(), text))
}

fn keep<T: Serialize + PartialEq>(
    notes: &mut Vec<(String, String)>,
    name: &str,
    before: &T,
    after: &T,
) -> Result<(), StorageError> {
    if before != after {
        notes.push(note(name, after)?);
    }
    Ok(())
}

/// The first `most` characters of a text.
pub(super) fn begin(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
