// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of models: what each may be asked for, and what it costs.
//!
//! The table of `models.toml` is compiled in; an operator's table is laid over it. Both are checked in the same way
//! when they are loaded, so that a model without a price, or a parameter that the provider would refuse, is found at
//! the start and not in the middle of a conversation.

mod checks;
mod day;
mod error;
mod prices;
mod table;

pub use error::ModelTableError;
pub use table::ModelTable;

use blufio_core::model::ModelSpec;
use blufio_core::route::Route;
use blufio_core::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Whether the model may choose tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// As it sees fit.
    Auto,
    /// It has to use one in every answer.
    Any,
    /// It may not, although it sees them.
    None,
}

/// What the provider refuses for a model, as data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterRules {
    /// Whether `temperature`, `top_p` and `top_k` may be set.
    pub sampling: bool,
    /// Whether the use of a tool may be forced.
    pub forced_tool_choice: bool,
    /// What `thinking.type` may be. Leaving it out is always possible.
    pub thinking_modes: Vec<String>,
    /// What `output_config.effort` may be. Leaving it out is always possible.
    pub efforts: Vec<String>,
}

/// What is sent with every request to a model. Checked against its [`ParameterRules`]; what is `None` is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    /// Randomness, 0 to 1.
    pub temperature: Option<f64>,
    /// Nucleus, 0 to 1.
    pub top_p: Option<f64>,
    /// Candidates, at least 1.
    pub top_k: Option<u32>,
    /// `thinking.type`.
    pub thinking: Option<String>,
    /// `output_config.effort`.
    pub effort: Option<String>,
    /// `tool_choice.type`; sent only when there are tools.
    pub tool_choice: Option<ToolChoice>,
}

/// One model of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Limits and prices.
    pub spec: ModelSpec,
    /// The class that it belongs to, if it may be taken for one without being named.
    pub route: Option<Route>,
    /// The day of its release. Every model of a class has one.
    pub released: Option<Timestamp>,
    /// What the provider refuses.
    pub rules: ParameterRules,
    /// What is sent.
    pub parameters: Parameters,
}

#[cfg(test)]
mod tests;
