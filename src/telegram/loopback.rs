// SPDX-License-Identifier: MIT OR Apache-2.0
//! The adapter against a small Telegram on loopback.

mod answers;
mod delivering;
mod fetching;
mod receiving;
mod showing;
mod stand_in;
