// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tools that are part of the program.

use crate::{close_reminder, current_time, remind, reminders};
use async_trait::async_trait;
use blufio_calendar::Zone;
use blufio_core::skill::{SkillRuntime, ToolContext, ToolOutcome, ToolSpec};
use blufio_core::storage::Jobs;
use blufio_core::time::Clock;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// Runs the built-in tools.
pub struct Builtin {
    clock: Arc<dyn Clock>,
    jobs: Arc<dyn Jobs>,
    zone: Zone,
}

impl Builtin {
    /// The tools: with the clock that they read, where reminders are kept, and the time zone in which people mean their
    /// times.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, jobs: Arc<dyn Jobs>, zone: Zone) -> Self {
        Self { clock, jobs, zone }
    }
}

#[async_trait]
impl SkillRuntime for Builtin {
    fn tools(&self) -> Vec<ToolSpec> {
        vec![current_time::spec(), remind::spec(), reminders::spec(), close_reminder::spec()]
    }

    async fn call(&self, name: &str, input: &Value, context: &ToolContext) -> ToolOutcome {
        let now = self.clock.now();
        let (jobs, zone) = (self.jobs.as_ref(), &self.zone);
        let result = match name {
            current_time::NAME => current_time::call(now, zone, input),
            remind::NAME => remind::call(now, zone, jobs, context, input).await,
            reminders::NAME => reminders::call(zone, jobs, context, input).await,
            close_reminder::NAME => close_reminder::call(now, jobs, context, input).await,
            other => Err(format!("there is no tool named {other:?}")),
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
        Builtin::new(Arc::new(At(now)), Arc::new(Notebook::default()), Zone::utc())
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
        // Four bytes are about a token: 400 of them.
        assert!(bytes <= 1_600, "{bytes} bytes");
    }

    #[test]
    fn every_tool_may_be_repeated_after_a_crash() {
        assert!(builtin(0).tools().iter().all(|tool| tool.effects == Effects::None));
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
