// SPDX-License-Identifier: MIT OR Apache-2.0
//! Black-box tests: the real program, as a process of its own, against the stand-ins for both services.
//!
//! One behaviour a file; [`house`] is where they all live.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod house;
mod markdown;
mod text;
