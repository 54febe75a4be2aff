// SPDX-License-Identifier: MIT OR Apache-2.0
//! Provider adapter for the Anthropic Messages API.
//!
//! [`Anthropic`] implements [`blufio_core::provider::Provider`]: it writes the request, reads the streamed answer, and
//! repeats what failed and may succeed. What a model costs and takes is data, in a [`ModelTable`]. The address, the
//! key and the times to wait are [`AnthropicOptions`].
//!
//! | room | holds |
//! |---|---|
//! | `options` | [`AnthropicOptions`]: address, key, times to wait |
//! | `models`, `models.toml` | [`ModelTable`]: ids, classes, limits, dated prices, and what the provider refuses for each model |
//! | `client` | [`Anthropic`]: the adapter |
//! | `call` | one call: attempts, waits, and the events between them |
//! | `wire` | the body of a request; its `marks` say what of it the provider caches |
//! | `sse` | server-sent events out of bytes |
//! | `assembler` | the answer out of events |
//! | `failure` | what went wrong, and whether to try again |
//! | `retry` | how long to wait |
//!
//! ```
//! use blufio_anthropic::{Anthropic, AnthropicOptions, DEFAULT_BASE_URL, ModelTable};
//! use blufio_core::{provider::Provider, secret::SecretString};
//! use blufio_net::{Net, NetOptions, Redactor};
//! use std::sync::Arc;
//!
//! let net = Net::new(NetOptions::default(), Arc::new(Redactor::new()))?;
//! let key = SecretString::new("sk-ant-example".into());
//! let options = AnthropicOptions::new(DEFAULT_BASE_URL.parse()?, key);
//! let claude = Anthropic::new(net, options, ModelTable::builtin()?)?;
//! assert!(claude.model("claude-haiku-5-5").is_some());
//! assert!(claude.model("a-model-without-a-price").is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod assembler;
mod call;
mod client;
mod failure;
mod models;
mod options;
mod retry;
mod sse;
mod wire;

pub use client::{Anthropic, AnthropicError};
pub use models::{Model, ModelTable, ModelTableError, ParameterRules, Parameters, ToolChoice};
pub use options::{AnthropicOptions, DEFAULT_BASE_URL};
pub use retry::Jitter;
