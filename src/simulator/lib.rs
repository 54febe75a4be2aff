// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stand-ins for the Anthropic and Telegram APIs on loopback.

pub mod anthropic;
pub mod server;
pub mod telegram;

pub use server::{Broken, Cut, Simulator};
