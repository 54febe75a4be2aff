// SPDX-License-Identifier: MIT OR Apache-2.0
//! `close_reminder`: ends a reminder or an open task.

use crate::builtin::arguments;
use crate::wording::failed;
use blufio_core::ids::JobId;
use blufio_core::skill::{Effects, ToolContext, ToolSpec};
use blufio_core::storage::Jobs;
use blufio_core::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// The tool's name.
pub const NAME: &str = "close_reminder";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    id: i64,
}

/// The tool as the model sees it.
#[must_use]
pub fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: "Ends a reminder or task: it is done or not wanted any more.".into(),
        input_schema: json!({
            "type": "object",
            "properties": { "id": { "type": "integer" } },
            "required": ["id"],
            "additionalProperties": false
        }),
        // What is closed stays closed: twice is once.
        effects: Effects::None,
    }
}

/// Ends a reminder of this conversation.
///
/// # Errors
/// A text for the model: the arguments are wrong, none with this id is open, or it could not be stored.
pub async fn call(
    now: Timestamp,
    jobs: &dyn Jobs,
    context: &ToolContext,
    input: &Value,
) -> Result<String, String> {
    let Input { id } = arguments(input)?;
    match jobs.close_job(&context.conversation, JobId(id), now).await {
        Ok(true) => Ok(format!("{id} is closed.")),
        Ok(false) => Err(format!(
            "no reminder with the id {id} is open: it is closed already, or has another id; `reminders` lists them"
        )),
        Err(error) => Err(failed("the reminder could not be closed", &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::{Notebook, asked};
    use crate::remind;
    use blufio_calendar::Zone;
    use blufio_core::ids::Conversation;

    #[tokio::test]
    async fn only_an_open_one_of_this_conversation_is_ended() {
        let jobs = Notebook::default();
        let text = json!({ "text": "x" });
        remind::call(Timestamp(0), &Zone::utc(), &jobs, &asked("1"), &text).await.unwrap();
        let other = ToolContext { conversation: Conversation::new("test", "8"), ..asked("2") };
        let close =
            async |context: &ToolContext, id| call(Timestamp(0), &jobs, context, &json!({ "id": id })).await;
        assert!(close(&other, 1).await.is_err_and(|text| text.contains("no reminder with the id 1")));
        assert!(close(&asked("3"), 2).await.is_err_and(|text| text.contains("`reminders` lists them")));
        assert_eq!(close(&asked("4"), 1).await.as_deref(), Ok("1 is closed."));
        assert!(close(&asked("4"), 1).await.is_err_and(|text| text.contains("closed already")));
    }

    #[tokio::test]
    async fn wrong_arguments_and_a_failing_storage_are_told() {
        let jobs = Notebook::default();
        for input in [json!({}), json!({ "id": "one" }), json!({ "id": 1.5 })] {
            let refused = call(Timestamp(0), &jobs, &asked("1"), &input).await.unwrap_err();
            assert!(refused.starts_with("wrong arguments"), "{refused}");
        }
        jobs.fail();
        let refused = call(Timestamp(0), &jobs, &asked("1"), &json!({ "id": 1 })).await.unwrap_err();
        assert!(refused.contains("could not be closed"), "{refused}");
    }
}
