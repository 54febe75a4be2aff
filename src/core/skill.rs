// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `SkillRuntime` trait: what the model may do besides talking.

use crate::ids::{Conversation, QueueId};
use crate::memory::MemoryScope;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The tool that lists what is remembered, and deletes it. What it lists is not kept in transcripts, where it would stay.
pub const FORGET: &str = "forget";

/// Whether running a tool twice could hurt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effects {
    /// Only looks; may be repeated after a crash.
    None,
    /// Changes something. Started and not finished, it is never repeated in silence.
    Outside,
}

/// A tool as the model sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// `[a-zA-Z0-9_-]{1,64}`.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Value,
    /// Whether it may be repeated.
    pub effects: Effects,
}

/// What a tool answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolOutcome {
    /// For the model.
    pub content: String,
    /// Whether it failed. A failure is for the model to deal with; it does not end the turn.
    pub is_error: bool,
}

/// Who asks for a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolContext {
    /// The conversation that the turn belongs to.
    pub conversation: Conversation,
    /// Names the call: the same after a crash, so that what is stored under it is stored once.
    pub key: String,
    /// The turn.
    pub turn: QueueId,
    /// Who may be reminded of what is said here.
    pub scope: MemoryScope,
    /// Whose memories may be shown here.
    pub scopes: Vec<MemoryScope>,
    /// Whose memories may be deleted here. What everybody may be reminded of is the operator's to delete.
    pub forgettable: Vec<MemoryScope>,
    /// The person's own words in this turn; nothing that others have written.
    pub said: String,
    /// Whether the model has read in this conversation what others have written: documents, pages, forwarded messages.
    pub foreign: bool,
}

/// Runs tools.
#[async_trait]
pub trait SkillRuntime: Send + Sync {
    /// What can be called, always in the same order.
    fn tools(&self) -> Vec<ToolSpec>;

    /// Runs one tool. An unknown name or bad arguments are an outcome with `is_error`, so that the model can correct
    /// itself. Dropping the future stops the tool.
    async fn call(&self, name: &str, input: &Value, context: &ToolContext) -> ToolOutcome;
}
