// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tools that are part of the program.

use crate::current_time;
use async_trait::async_trait;
use blufio_core::skill::{SkillRuntime, ToolOutcome, ToolSpec};
use blufio_core::time::Clock;
use serde_json::Value;
use std::sync::Arc;

/// Runs the built-in tools.
pub struct Builtin {
    clock: Arc<dyn Clock>,
}

impl Builtin {
    /// The tools, with the clock that they read.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

#[async_trait]
impl SkillRuntime for Builtin {
    fn tools(&self) -> Vec<ToolSpec> {
        vec![current_time::spec()]
    }

    async fn call(&self, name: &str, input: &Value) -> ToolOutcome {
        let result = match name {
            current_time::NAME => current_time::call(self.clock.now(), input),
            other => Err(format!("there is no tool named {other:?}")),
        };
        match result {
            Ok(content) => ToolOutcome { content, is_error: false },
            Err(content) => ToolOutcome { content, is_error: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::time::Timestamp;
    use serde_json::json;

    struct At(i64);
    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp(self.0)
        }
    }

    #[tokio::test]
    async fn an_unknown_tool_is_an_error_for_the_model_and_not_for_the_turn() {
        let outcome = Builtin::new(Arc::new(At(0))).call("fly", &json!({})).await;
        assert!(outcome.is_error);
        assert!(outcome.content.contains("fly"));
    }

    #[tokio::test]
    async fn the_clock_that_was_passed_in_is_the_one_that_is_read() {
        let outcome = Builtin::new(Arc::new(At(1_774_000_000_000))).call("current_time", &json!({})).await;
        assert_eq!(
            outcome,
            ToolOutcome { content: "Friday, 2026-03-20 09:46:40 UTC".into(), is_error: false }
        );
    }
}
