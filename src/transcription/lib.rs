// SPDX-License-Identifier: MIT OR Apache-2.0
//! Turns voice into text through a command or an HTTP endpoint of the operator's choice.
