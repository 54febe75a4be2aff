// SPDX-License-Identifier: MIT OR Apache-2.0
//! The adapter against a small Telegram on loopback.
