// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is worth remembering, and what fits a message. Words and numbers only: no storage, no model, no clock.
