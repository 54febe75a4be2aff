// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the operator decides about turns.

use std::time::Duration;

/// What the operator decides about turns.
#[derive(Clone, Debug)]
pub struct AgentOptions {
    /// Name of the agent, as people see it.
    pub name: String,
    /// Version of the program, for `/status`.
    pub version: String,
    /// The system prompt. The same bytes in every turn.
    pub system: String,
    /// Id of the model that answers.
    pub model: String,
    /// Most tokens that one answer may have.
    pub max_output_tokens: u64,
    /// Conversations that may have a turn running at the same time.
    pub max_concurrent_turns: usize,
    /// How often tools may be used within one turn.
    pub max_tool_rounds: u32,
    /// Messages of the session that go into the prompt.
    pub history_messages: usize,
    /// Longest turn. What has been written by then is delivered.
    pub turn_timeout: Duration,
    /// How long running turns may go on after the order to stop.
    pub drain_timeout: Duration,
    /// Channels whose people need no pairing, because the channel itself has made sure who they are.
    pub trusted_channels: Vec<String>,
    /// People who need no pairing: (channel, sender).
    pub allowed: Vec<(String, String)>,
}

impl Default for AgentOptions {
    fn default() -> Self {
        Self {
            name: "Blufio".into(),
            version: String::new(),
            system: String::new(),
            model: String::new(),
            max_output_tokens: 8_192,
            max_concurrent_turns: 64,
            max_tool_rounds: 16,
            history_messages: 200,
            turn_timeout: Duration::from_secs(600),
            drain_timeout: Duration::from_secs(30),
            trusted_channels: Vec::new(),
            allowed: Vec::new(),
        }
    }
}
