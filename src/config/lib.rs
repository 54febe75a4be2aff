// SPDX-License-Identifier: MIT OR Apache-2.0
//! blufio.toml: model, layers, diagnostics.
