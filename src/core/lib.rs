// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words of the domain and the adapter traits.
//!
//! Every other crate of the house speaks in the types of this one. Nothing here does I/O, reads a clock, or needs
//! an async runtime: time and identifiers are passed in, so that two days can be tested in milliseconds.
//!
//! | room | holds |
//! |---|---|
//! | [`ids`], [`time`], [`money`] | identifiers, instants, tokens and nano-dollars: units in the type |
//! | [`content`] | what a transcript is made of: roles, blocks, messages |
//! | [`memory`] | what the agent remembers |
//! | [`model`] | what a model may be asked for and what it costs |
//! | [`route`] | which model answers, and why |
//! | [`channel`], [`provider`], [`storage`], [`embedding`], [`recall`], [`observe`], [`skill`], [`transcribe`], [`watch`] | the adapter traits |
//! | [`secret`] | strings that are wiped and never printed, and the rows of the vault |
//! | [`control`] | what the operator may ask of a running daemon |
//!
//! ```
//! use blufio_core::money::{NanoUsd, Usage};
//!
//! let usage = Usage { input: 1_000, output: 200, ..Usage::default() };
//! assert_eq!(usage.prompt(), 1_000);
//! assert_eq!(NanoUsd(1_500_000_000).to_string(), "$1.50");
//! ```

pub mod channel;
pub mod checkup;
pub mod content;
pub mod control;
pub mod embedding;
pub mod ids;
pub mod memory;
pub mod model;
pub mod money;
pub mod observe;
pub mod provider;
pub mod recall;
pub mod route;
pub mod secret;
pub mod skill;
pub mod storage;
pub mod time;
pub mod transcribe;
pub mod watch;
