// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the store as a whole promises, one promise a file.

mod backup;
mod closing;
mod concurrency;
mod crash;
pub(crate) mod fixture;
mod full_disk;
mod learning;
mod migration;
mod model;
mod opening;
mod plans;
mod read_only;
mod version_1;
mod version_2;
