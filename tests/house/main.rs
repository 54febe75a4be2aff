// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rules of the house: each is a pure function over manifests or texts, is run on the real ones, and is shown by a
//! made-up one that it can fail.

mod lints;
mod manifest;
mod rooms;
mod sources;
mod spdx;
mod speech;
mod tree;
mod walls;
