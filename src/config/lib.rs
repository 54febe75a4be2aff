// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio.toml`: model, layers, diagnostics.
//!
//! The configuration is made of layers: built-in defaults, `/etc/blufio/blufio.toml`, the user's file, the file named on
//! the command line, and `BLUFIO_SECTION__KEY` in the environment. Unknown keys are refused, every problem is reported at
//! once with its place and its remedy, and secrets have no place in it at all.
//!
//! | room | holds |
//! |---|---|
//! | [`keys()`], [`sections()`] | the one table of keys: kinds, bounds, defaults, docs |
//! | [`Config`] | the configuration as the program uses it |
//! | [`WatchTarget`] | what is watched: a path or a page |
//! | [`Layers`], [`load`], [`validate`] | the layers, and what they make together |
//! | [`Problem`] | one thing that is wrong, rendered as a compiler would |
//! | [`edit`] | reading and changing one key; comments survive |
//! | [`secrets`] | secrets that stand in a file, and how they are taken out |
//! | [`defaults_toml`] | the file that one starts from |
//! | [`Environment`] | environment variables as an argument |
//!
//! ```
//! use blufio_config::{Environment, Layers, load, validate};
//!
//! let environment = Environment::from_iter([("BLUFIO_AGENT__NAME", "Ada")]);
//! let loaded = load(&Layers { files: Vec::new(), environment })?;
//! assert_eq!(loaded.config.agent.name, "Ada");
//!
//! let environment = Environment::from_iter([("BLUFIO_AGENT__NMAE", "Ada")]);
//! let problems = validate(&Layers { files: Vec::new(), environment });
//! assert_eq!(problems[0].help.as_deref(), Some("did you mean `agent.name`?"));
//! # Ok::<(), blufio_config::Problems>(())
//! ```

#[cfg(test)]
mod behaviour;
mod defaults;
mod dollars;
mod duration;
pub mod edit;
mod environment;
mod filter;
mod findings;
mod keys;
mod kind;
mod layers;
mod model;
mod nearest;
mod node;
mod persona;
mod place;
mod problem;
mod read;
mod replace;
mod rules;
pub mod secrets;
mod shape;
mod source;
mod target;

pub use defaults::defaults_toml;
pub use duration::parse as parse_duration;
pub use environment::Environment;
pub use keys::{Key, Section, keys, sections};
pub use kind::{Kind, is_secret_name};
pub use layers::{LayerFile, Layers, Loaded, Origin, load, load_despite_secrets, user_file, validate};
pub use model::{
    AgentConfig, AnthropicConfig, BackupConfig, BudgetConfig, Config, ContextConfig, Deliver, GatewayConfig,
    HeartbeatConfig, LogConfig, LogFormat, MemoryConfig, ModelForm, NetConfig, RoutingConfig, StoreConfig,
    Switch, TelegramConfig, TranscriptionConfig, VaultConfig, WhenSpent,
};
pub use persona::PersonaError;
pub use place::NoPlace;
pub use problem::{Problem, ProblemKind, Problems, Spot};
pub use target::WatchTarget;
