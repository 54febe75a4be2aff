// SPDX-License-Identifier: MIT OR Apache-2.0
//! The crate as a whole, one concern a file.

mod editing;
mod files;
mod hostile;
mod layering;
mod problems;
mod secrecy;
mod table;
