// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs tools, with a journal for those that have effects outside.

mod result;

use crate::context::Shared;
use crate::running::Ends;
use blufio_core::content::{Block, Message};
use blufio_core::skill::{Effects, ToolContext, ToolOutcome};
use blufio_core::storage::{StorageError, TurnRecord};
use serde_json::Value;
use tokio::time::Instant;

/// How the tools ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ActEnd {
    Ran,
    Stopped,
    OutOfTime,
    Abandoned,
}

/// Whether the tools may still run in this round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    Granted,
    /// Every call is answered with an error that asks the model to come to an end.
    Exhausted,
}

/// Answers the tool calls at the end of `record.steps` and appends the results. When it is stopped or runs out of time,
/// a tool that is running is dropped, and what has not run is answered with an error: what did run stays known. When
/// it is abandoned, there are no results; the calls are answered after the next claim.
///
/// `asked`: who asks. Each call gets a key of its own.
pub(crate) async fn act(
    shared: &Shared,
    asked: &ToolContext,
    record: &mut TurnRecord,
    leave: Leave,
    ends: &Ends,
    deadline: Instant,
) -> Result<ActEnd, StorageError> {
    let id = asked.turn;
    let uses: Vec<(String, String, Value)> = record.steps.last().map(tool_uses).unwrap_or_default();
    let tools = shared.skills.tools();
    let mut results = Vec::with_capacity(uses.len());
    let mut end = ActEnd::Ran;
    for (use_id, name, input) in uses {
        let effects = tools.iter().find(|tool| tool.name == name).map_or(Effects::None, |tool| tool.effects);
        if end == ActEnd::Ran && ends.stop.is_cancelled() {
            end = ActEnd::Stopped;
        }
        let outcome = if end != ActEnd::Ran {
            failed(NOT_RUN)
        } else if leave == Leave::Exhausted {
            failed("no more tools in this turn: answer now with what you have")
        } else if record.started.contains(&use_id) {
            failed(UNKNOWN)
        } else if !input.is_object() {
            failed("the arguments were not a valid JSON object; send the call again with valid arguments")
        } else {
            if ends.abandon.is_cancelled() {
                return Ok(ActEnd::Abandoned);
            }
            if effects == Effects::Outside {
                // Before it runs: a crash from here on is reported to the model and never repeated in silence.
                record.started.push(use_id.clone());
                if let Err(error) = shared.storage.checkpoint(id, record).await {
                    // It has not been started after all.
                    record.started.pop();
                    return Err(error);
                }
            }
            let context = ToolContext { key: format!("{id}:{use_id}"), ..asked.clone() };
            tokio::select! {
                biased;
                () = ends.abandon.cancelled() => return Ok(ActEnd::Abandoned),
                () = ends.stop.cancelled() => {
                    end = ActEnd::Stopped;
                    dropped(effects)
                }
                () = tokio::time::sleep_until(deadline) => {
                    end = ActEnd::OutOfTime;
                    dropped(effects)
                }
                outcome = shared.skills.call(&name, &input, &context) => outcome,
            }
        };
        tracing::debug!(tool = name, failed = outcome.is_error, "a tool has answered");
        let limit = result::limit(shared, &record.steps, &results);
        results.push(Block::ToolResult {
            tool_use_id: use_id,
            content: result::capped(outcome.content, limit),
            is_error: outcome.is_error,
        });
    }
    record.steps.push(Message::user(results));
    if end == ActEnd::Ran {
        shared.storage.checkpoint(id, record).await?;
    }
    Ok(end)
}

/// The tool calls of a message: id, name, arguments.
pub(crate) fn tool_uses(message: &Message) -> Vec<(String, String, Value)> {
    let uses = message.content.iter().filter_map(|block| match block {
        Block::ToolUse { id, name, input } => Some((id.clone(), name.clone(), input.clone())),
        _ => None,
    });
    uses.collect()
}

/// Whether a message holds a call whose arguments are none.
pub(crate) fn malformed(message: &Message) -> bool {
    message.content.iter().any(|block| matches!(block, Block::ToolUse { input, .. } if !input.is_object()))
}

const NOT_RUN: &str = "not run: stopped";
const UNKNOWN: &str = "the outcome of this call is unknown: the agent was interrupted while it ran. \
    It may or may not have taken effect; check before you repeat it";

/// Answers calls at the end of `record.steps` of a turn that ends here, so that the transcript tells what became of
/// them.
pub(crate) fn close(record: &mut TurnRecord) {
    let uses = record.steps.last().map(tool_uses).unwrap_or_default();
    if uses.is_empty() {
        return;
    }
    let results = uses.into_iter().map(|(tool_use_id, _, _)| {
        let content = if record.started.contains(&tool_use_id) { UNKNOWN } else { NOT_RUN };
        Block::ToolResult { tool_use_id, content: content.into(), is_error: true }
    });
    let results = results.collect();
    record.steps.push(Message::user(results));
}

/// What is known of a tool that was running when the turn was stopped.
fn dropped(effects: Effects) -> ToolOutcome {
    match effects {
        Effects::None => failed(NOT_RUN),
        Effects::Outside => failed("stopped while it ran: it may or may not have taken effect"),
    }
}

fn failed(content: &str) -> ToolOutcome {
    ToolOutcome { content: content.into(), is_error: true }
}
