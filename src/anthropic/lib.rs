// SPDX-License-Identifier: MIT OR Apache-2.0
//! Provider adapter for the Anthropic Messages API.
