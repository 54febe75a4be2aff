// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stand-ins for the Anthropic and Telegram APIs on loopback.
