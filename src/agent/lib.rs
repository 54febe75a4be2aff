// SPDX-License-Identifier: MIT OR Apache-2.0
//! The turn: from a queued message to an answer in the outbox.
