// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stand-ins for the Anthropic and Telegram APIs on loopback, over real HTTP.
//!
//! They are strict where the real ones are, answer only from what they were sent, keep a bill of their own, and break on
//! order. `blufio demo` and the end-to-end tests run against them; they depend on no other crate of the house, so that
//! they can judge it.
//!
//! | room | holds |
//! |---|---|
//! | [`server`] | [`Simulator`]: both APIs on two ports, and connections that can be cut |
//! | [`anthropic`] | [`anthropic::Anthropic`]: rules, tokens, cache, prices, a small Claude, faults |
//! | [`telegram`] | [`telegram::Telegram`]: the bot's side and the person's side of Telegram |
//! | `main.rs` | the same as a program, `blufio-simulator` |
//!
//! # Orders
//!
//! A handle orders faults and tells what happened:
//!
//! ```
//! use blufio_simulator::{Simulator, anthropic::Fault};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let simulator = Simulator::start(None).await?;
//! simulator.anthropic.fault(Fault::Status { status: 529 }, 2);
//! // … run a client against simulator.anthropic_url() …
//! assert_eq!(simulator.anthropic.bill().nano_usd, 0);
//! simulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Inside the last message of a person, `[sim:words 2000]` and its like order an answer: see
//! [`anthropic::brain::directives`].
//!
//! # Control over HTTP
//!
//! For tests that run the simulator as a program, every order can be given over HTTP below `/_sim/anthropic`: see
//! [`anthropic::control`] for the table. In short:
//!
//! ```text
//! POST   /_sim/anthropic/faults    {"fault": {"kind": "rate_limited", "retry_after": "2"}, "count": 1}
//! DELETE /_sim/anthropic/faults
//! GET    /_sim/anthropic/requests  what was asked; the key is never kept
//! GET    /_sim/anthropic/bill      nano-dollars and tokens by key
//! GET    /_sim/anthropic/usage     tokens and cache_hit_ratio
//! POST   /_sim/anthropic/advance   {"seconds": 300}
//! POST   /_sim/anthropic/wire      {"crlf": true, "chunks": [1, 3], "unknown_events": true}
//! POST   /_sim/anthropic/settings  {"keys": ["sk-…"], "cache_minimum": 2048}
//! POST   /_sim/anthropic/reset
//! ```

pub mod anthropic;
pub mod server;
pub mod telegram;

pub use server::{Broken, Cut, Simulator};
