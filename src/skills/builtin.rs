// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tools that are part of the program.

use crate::{close_reminder, current_time, forget, remember, remind, reminders};
use async_trait::async_trait;
use blufio_calendar::Zone;
use blufio_core::recall::Recall;
use blufio_core::skill::{SkillRuntime, ToolContext, ToolOutcome, ToolSpec};
use blufio_core::storage::{Jobs, Memories};
use blufio_core::time::Clock;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// Runs the built-in tools.
pub struct Builtin {
    clock: Arc<dyn Clock>,
    jobs: Arc<dyn Jobs>,
    zone: Zone,
    /// Where memories are kept and found, where they are.
    memory: Option<(Arc<dyn Memories>, Arc<dyn Recall>)>,
}

impl Builtin {
    /// The tools: with the clock that they read, where reminders are kept, and the time zone in which people mean their
    /// times.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, jobs: Arc<dyn Jobs>, zone: Zone) -> Self {
        Self { clock, jobs, zone, memory: None }
    }

    /// With `remember` and `forget` among them: where memories are kept, and how they are found.
    #[must_use]
    pub fn remembering(self, memories: Arc<dyn Memories>, recall: Arc<dyn Recall>) -> Self {
        Self { memory: Some((memories, recall)), ..self }
    }
}

#[async_trait]
impl SkillRuntime for Builtin {
    fn tools(&self) -> Vec<ToolSpec> {
        let mut tools = vec![current_time::spec(), remind::spec(), reminders::spec(), close_reminder::spec()];
        if self.memory.is_some() {
            tools.extend([remember::spec(), forget::spec()]);
        }
        tools
    }

    async fn call(&self, name: &str, input: &Value, context: &ToolContext) -> ToolOutcome {
        let now = self.clock.now();
        let (jobs, zone) = (self.jobs.as_ref(), &self.zone);
        let memory = self.memory.as_ref().map(|(memories, recall)| (memories.as_ref(), recall.as_ref()));
        let result = match (name, memory) {
            (current_time::NAME, _) => current_time::call(now, zone, input),
            (remind::NAME, _) => remind::call(now, zone, jobs, context, input).await,
            (reminders::NAME, _) => reminders::call(zone, jobs, context, input).await,
            (close_reminder::NAME, _) => close_reminder::call(now, jobs, context, input).await,
            (remember::NAME, Some((memories, recall))) => {
                remember::call(now, zone, memories, recall, context, input).await
            }
            (forget::NAME, Some((memories, recall))) => {
                forget::call(now, zone, memories, recall, context, input).await
            }
            (other, _) => Err(format!("there is no tool named {other:?}")),
        };
        match result {
            Ok(content) => ToolOutcome { content, is_error: false },
            Err(content) => ToolOutcome { content, is_error: true },
        }
    }
}

/// The arguments of a tool. The error is for the model, and names what is allowed.
pub(crate) fn arguments<T: DeserializeOwned>(input: &Value) -> Result<T, String> {
    serde_json::from_value(input.clone()).map_err(|error| format!("wrong arguments: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::{Notebook, asked};
    use crate::shelf::Shelf;
    use blufio_core::skill::Effects;
    use blufio_core::time::Timestamp;
    use serde_json::json;

    struct At(i64);
    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp(self.0)
        }
    }

    fn builtin(now: i64) -> Builtin {
        let shelf = Arc::new(Shelf::default());
        Builtin::new(Arc::new(At(now)), Arc::new(Notebook::default()), Zone::utc())
            .remembering(Arc::clone(&shelf) as _, shelf)
    }

    #[tokio::test]
    async fn an_unknown_tool_is_an_error_for_the_model_and_not_for_the_turn() {
        let outcome = builtin(0).call("fly", &json!({}), &asked("1")).await;
        assert!(outcome.is_error);
        assert!(outcome.content.contains("fly"));
    }

    #[tokio::test]
    async fn the_clock_that_was_passed_in_is_the_one_that_is_read() {
        let outcome = builtin(1_774_000_000_000).call("current_time", &json!({}), &asked("1")).await;
        assert_eq!(
            outcome,
            ToolOutcome { content: "Friday, 2026-03-20 09:46:40 UTC".into(), is_error: false }
        );
    }

    #[tokio::test]
    async fn a_reminder_is_stored_listed_and_ended() {
        let tools = builtin(1_774_000_000_000);
        let stored = tools.call("remind", &json!({ "text": "buy milk" }), &asked("1")).await;
        assert!(!stored.is_error, "{stored:?}");
        let listed = tools.call("reminders", &json!({}), &asked("2")).await;
        assert_eq!(listed.content, "1: buy milk (no time)");
        let closed = tools.call("close_reminder", &json!({ "id": 1 }), &asked("3")).await;
        assert_eq!(closed, ToolOutcome { content: "1 is closed.".into(), is_error: false });
        let listed = tools.call("reminders", &json!({}), &asked("4")).await;
        assert_eq!(listed.content, "There are no open reminders.");
    }

    #[test]
    fn the_descriptions_stay_short_because_every_prompt_holds_them() {
        let bytes: usize = builtin(0)
            .tools()
            .iter()
            .map(|tool| tool.name.len() + tool.description.len() + tool.input_schema.to_string().len())
            .sum();
        // Four bytes are about a token: 550 of them.
        assert!(bytes <= 2_200, "{bytes} bytes");
    }

    #[test]
    fn every_tool_but_the_one_that_deletes_may_be_repeated_after_a_crash() {
        for tool in builtin(0).tools() {
            assert_eq!(tool.effects == Effects::Outside, tool.name == forget::NAME, "{}", tool.name);
        }
    }

    #[tokio::test]
    async fn where_nothing_is_remembered_there_are_no_tools_for_it() {
        let tools = Builtin::new(Arc::new(At(0)), Arc::new(Notebook::default()), Zone::utc());
        assert!(tools.tools().iter().all(|tool| tool.name != remember::NAME && tool.name != forget::NAME));
        let outcome = tools.call("remember", &json!({ "text": "x" }), &asked("1")).await;
        assert!(outcome.is_error && outcome.content.contains("no tool named"), "{outcome:?}");
    }

    #[tokio::test]
    async fn what_is_remembered_is_listed_and_forgotten() {
        let tools = builtin(0);
        let text = json!({ "text": "The person's dog is called Max." });
        assert_eq!(tools.call("remember", &text, &asked("1")).await.content, "Remembered as m1.");
        let listed = tools.call("forget", &json!({ "about": "dog" }), &asked("2")).await;
        assert!(listed.content.contains("m1 (1970-01-01)"), "{listed:?}");
        let gone = tools.call("forget", &json!({ "ids": ["m1"] }), &asked("3")).await;
        assert_eq!(
            gone,
            ToolOutcome { content: "Deleted for good: memories: 1, messages: 0.".into(), is_error: false }
        );
    }

    #[tokio::test]
    async fn arguments_that_are_no_object_or_have_a_foreign_name_are_explained_by_every_tool() {
        let tools = builtin(0);
        for tool in tools.tools() {
            for input in [json!("now"), json!(null), json!([1, 2, 3]), json!({ "colour": "blue" })] {
                let outcome = tools.call(&tool.name, &input, &asked("1")).await;
                assert!(
                    outcome.is_error && outcome.content.contains("wrong arguments"),
                    "{}: {outcome:?}",
                    tool.name
                );
            }
        }
    }
}
