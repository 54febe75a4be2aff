// SPDX-License-Identifier: MIT OR Apache-2.0
//! Channel adapter for the Telegram Bot API.
