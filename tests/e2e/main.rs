// SPDX-License-Identifier: MIT OR Apache-2.0
//! Black-box tests: the real program, as a process of its own, against the stand-ins for both services.
//!
//! One behaviour a file; [`house`] is where they all live.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod dice;
mod house;
mod media;

mod backup;
mod budget;
mod busy;
mod commands;
mod compaction;
mod config;
mod cost;
mod crash;
mod endpoints;
mod files;
mod flood;
mod group;
mod healthcheck;
mod heartbeat;
mod log;
mod markdown;
mod memory;
mod memory_eval;
mod outage;
mod pairing;
mod polling;
mod prompt;
mod provider;
mod reminders;
mod routing;
mod sealed;
mod secrets;
mod shell;
mod shutdown;
mod soak;
mod start;
mod streaming;
mod systemd;
mod text;
mod tools;
mod trial;
mod unsupported;
mod vault;
mod voice;
