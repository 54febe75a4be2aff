// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the operator decides about turns.

use crate::budget::Terms;
use blufio_calendar::{Hours, Zone};
use blufio_core::money::NanoUsd;
use blufio_core::route::Route;
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
    /// The time zone in which days and months begin, and in which people mean their times.
    pub zone: Zone,
    /// Which model answers.
    pub routing: RoutingOptions,
    /// What may be spent.
    pub budget: BudgetOptions,
    /// How much of a conversation is shown to the model.
    pub context: ContextOptions,
    /// What is done unasked.
    pub heartbeat: HeartbeatOptions,
    /// What is remembered.
    pub memory: MemoryOptions,
    /// Most tokens that one answer may have.
    pub max_output_tokens: u64,
    /// Conversations that may have a turn running at the same time.
    pub max_concurrent_turns: usize,
    /// How often tools may be used within one turn.
    pub max_tool_rounds: u32,
    /// Longest turn. What has been written by then is delivered.
    pub turn_timeout: Duration,
    /// How long running turns may go on after the order to stop.
    pub drain_timeout: Duration,
    /// Channels whose people need no pairing, because the channel itself has made sure who they are.
    pub trusted_channels: Vec<String>,
    /// People who need no pairing: (channel, sender).
    pub allowed: Vec<(String, String)>,
    /// People who may change what the agent may spend: (channel, sender). Trusted channels need no naming.
    pub operators: Vec<(String, String)>,
}

impl AgentOptions {
    /// What limits are made of.
    #[must_use]
    pub fn terms(&self) -> Terms<'_> {
        Terms { zone: &self.zone, budget: &self.budget, heartbeat: self.heartbeat.monthly }
    }
}

/// Which model answers.
#[derive(Clone, Debug, Default)]
pub struct RoutingOptions {
    /// The route of every message. `None`: decided message by message.
    pub always: Option<Route>,
    /// Id of the model of each route.
    pub slots: Slots,
    /// Routes whose models are asked, in this order, when the chosen model fails.
    pub fallback: Vec<Route>,
}

/// Id of the model of each route.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    /// Small and cheap.
    pub fast: String,
    /// For ordinary work.
    pub standard: String,
    /// For what a weaker model is likely to get wrong.
    pub deep: String,
}

impl Slots {
    /// Id of the model of a route.
    #[must_use]
    pub fn model(&self, route: Route) -> &str {
        match route {
            Route::Fast => &self.fast,
            Route::Standard => &self.standard,
            Route::Deep => &self.deep,
        }
    }
}

/// What may be spent. `None`: no such limit.
#[derive(Clone, Debug, Default)]
pub struct BudgetOptions {
    /// In a day.
    pub daily: Option<NanoUsd>,
    /// In a month.
    pub monthly: Option<NanoUsd>,
    /// In a session.
    pub session: Option<NanoUsd>,
    /// What becomes of messages when a limit is reached.
    pub when_spent: WhenSpent,
}

/// What becomes of messages when a limit is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenSpent {
    /// They wait until it resets or is raised.
    #[default]
    Wait,
    /// They are declined.
    Decline,
}

/// How much of a conversation is shown to the model, tokens.
#[derive(Clone, Debug)]
pub struct ContextOptions {
    /// A history larger than this is summarised.
    pub soft_limit: u64,
    /// So much of its newer part is left as it was said.
    pub keep: u64,
    /// Largest result of one tool.
    pub tool_result: u64,
    /// Id of the model that summarises.
    pub summary_model: String,
}

impl Default for ContextOptions {
    fn default() -> Self {
        Self { soft_limit: 30_000, keep: 8_000, tool_result: 8_000, summary_model: String::new() }
    }
}

/// What is done unasked.
#[derive(Clone, Debug)]
pub struct HeartbeatOptions {
    /// Whether anything is.
    pub enabled: bool,
    /// How often the agent looks.
    pub interval: Duration,
    /// In which part of the day.
    pub hours: Hours,
    /// Id of the model that is asked when something has changed. A key of its own: no other setting changes it.
    pub model: String,
    /// Absolute paths and `https` URLs that are looked at.
    pub watch: Vec<String>,
    /// What may be spent on it in a month.
    pub monthly: NanoUsd,
    /// When results are told.
    pub deliver: Deliver,
}

impl Default for HeartbeatOptions {
    fn default() -> Self {
        Self {
            enabled: false,
            interval: Duration::from_secs(30 * 60),
            hours: Hours::ALL,
            model: String::new(),
            watch: Vec::new(),
            monthly: NanoUsd(10_000_000_000),
            deliver: Deliver::Now,
        }
    }
}

/// What is remembered.
#[derive(Clone, Debug)]
pub struct MemoryOptions {
    /// Whether anything is: neither kept nor shown otherwise.
    pub enabled: bool,
    /// Most tokens of what is shown beside a message.
    pub tokens: u64,
    /// How long a turn waits for what fits its message; by words alone after that.
    pub patience: Duration,
    /// Whether memories are made of conversations that have gone quiet.
    pub learn: bool,
    /// How long nobody has said anything in a conversation that has gone quiet.
    pub quiet: Duration,
    /// Id of the model that makes them. A key of its own: no other setting changes it.
    pub model: String,
}

impl Default for MemoryOptions {
    fn default() -> Self {
        Self {
            enabled: true,
            tokens: 600,
            patience: Duration::from_secs(3),
            learn: true,
            quiet: Duration::from_secs(15 * 60),
            model: String::new(),
        }
    }
}

/// When results of the background are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deliver {
    /// At once.
    Now,
    /// With the next answer.
    WithNext,
}

impl Default for AgentOptions {
    fn default() -> Self {
        Self {
            name: "Blufio".into(),
            version: String::new(),
            system: String::new(),
            zone: Zone::utc(),
            routing: RoutingOptions::default(),
            budget: BudgetOptions::default(),
            context: ContextOptions::default(),
            heartbeat: HeartbeatOptions::default(),
            memory: MemoryOptions::default(),
            max_output_tokens: 8_192,
            max_concurrent_turns: 64,
            max_tool_rounds: 16,
            turn_timeout: Duration::from_secs(600),
            drain_timeout: Duration::from_secs(30),
            trusted_channels: Vec::new(),
            allowed: Vec::new(),
            operators: Vec::new(),
        }
    }
}
