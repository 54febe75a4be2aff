// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tools that the model may call.
