// SPDX-License-Identifier: MIT OR Apache-2.0
//! The turn against the real store, with a scripted model, channel and tools: what the black-box tests cannot stage.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    unreachable_pub
)]

mod brittle;
mod house;

mod vigil;

mod budgets;
mod commands;
mod compaction;
mod failures;
mod forgetting;
mod heartbeat;
mod learning;
mod month;
mod order;
mod remembering;
mod reminders;
mod routes;
mod strangers;
mod tools;
mod unrelated;
mod zones;
