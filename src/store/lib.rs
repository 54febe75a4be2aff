// SPDX-License-Identifier: MIT OR Apache-2.0
//! Storage in one SQLite file with one writer.
