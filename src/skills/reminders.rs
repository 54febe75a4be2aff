// SPDX-License-Identifier: MIT OR Apache-2.0
//! `reminders`: what is stored for this conversation.

use crate::builtin::arguments;
use crate::wording::{failed, when};
use blufio_calendar::Zone;
use blufio_core::skill::{Effects, ToolContext, ToolSpec};
use blufio_core::storage::Jobs;
use serde::Deserialize;
use serde_json::{Value, json};

/// The tool's name.
pub const NAME: &str = "reminders";

/// Most reminders that are told at once, and most characters of each: the model pays for every one.
const MOST: usize = 60;
const LONGEST: usize = 160;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {}

/// The tool as the model sees it.
#[must_use]
pub fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: "Lists the open reminders and tasks with their ids.".into(),
        input_schema: json!({ "type": "object", "properties": {}, "additionalProperties": false }),
        effects: Effects::None,
    }
}

/// The open reminders of the conversation, one a line: those with a time first.
///
/// # Errors
/// A text for the model: the arguments are wrong, or they could not be read.
pub async fn call(
    zone: &Zone,
    jobs: &dyn Jobs,
    context: &ToolContext,
    input: &Value,
) -> Result<String, String> {
    let Input {} = as_object(input)?;
    let open = jobs
        .open_jobs(Some(&context.conversation))
        .await
        .map_err(|error| failed("the reminders could not be read", &error))?;
    if open.is_empty() {
        return Ok("There are no open reminders.".into());
    }
    let mut lines: Vec<String> = open
        .iter()
        .take(MOST)
        .map(|job| format!("{}: {} ({})", job.id, brief(&job.text), when(job.due.as_ref(), zone)))
        .collect();
    let more = open.len().saturating_sub(MOST);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    Ok(lines.join("\n"))
}

fn as_object(input: &Value) -> Result<Input, String> {
    // An empty list would pass for a struct without fields.
    if input.is_object() { arguments(input) } else { Err("wrong arguments: they are an object, {}".into()) }
}

/// A text as one line, cut where it is long.
fn brief(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(LONGEST) {
        words.truncate(end);
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::{Notebook, asked};
    use crate::remind;
    use blufio_core::ids::Conversation;
    use blufio_core::time::Timestamp;

    async fn listed(jobs: &Notebook) -> String {
        call(&Zone::utc(), jobs, &asked("list"), &json!({})).await.unwrap()
    }

    async fn remind(jobs: &Notebook, key: &str, input: Value) {
        remind::call(Timestamp(0), &Zone::utc(), jobs, &asked(key), &input).await.unwrap();
    }

    #[tokio::test]
    async fn each_has_a_line_with_its_id_and_its_time() {
        let jobs = Notebook::default();
        remind(&jobs, "a", json!({ "text": "think\nabout it" })).await;
        remind(&jobs, "b", json!({ "text": "tea", "at": "1970-01-05T16:00", "every": "week" })).await;
        assert_eq!(
            listed(&jobs).await,
            "2: tea (Monday, 1970-01-05 16:00 (UTC), each week)\n1: think about it (no time)"
        );
    }

    #[tokio::test]
    async fn those_of_other_conversations_are_not_told() {
        let jobs = Notebook::default();
        let other = ToolContext { conversation: Conversation::new("test", "8"), ..asked("x") };
        remind::call(Timestamp(0), &Zone::utc(), &jobs, &other, &json!({ "text": "theirs" })).await.unwrap();
        assert_eq!(listed(&jobs).await, "There are no open reminders.");
    }

    #[tokio::test]
    async fn a_long_list_and_a_long_text_are_cut() {
        let jobs = Notebook::default();
        for number in 0..70 {
            remind(&jobs, &number.to_string(), json!({ "text": "ä".repeat(1_000) })).await;
        }
        let told = listed(&jobs).await;
        assert_eq!(told.lines().count(), 61);
        assert!(told.ends_with("\nand 10 more"));
        assert!(told.chars().count() < 61 * 200, "{}", told.chars().count());
    }

    #[tokio::test]
    async fn a_failing_storage_is_told() {
        let jobs = Notebook::default();
        jobs.fail();
        let refused = call(&Zone::utc(), &jobs, &asked("1"), &json!({})).await.unwrap_err();
        assert!(refused.contains("could not be read"), "{refused}");
    }
}
