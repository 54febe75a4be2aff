// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fetching what people sent.

use super::Outcome;
use crate::telegram::{World, params::Params};

pub(super) fn get(world: &mut World, params: &Params) -> Outcome {
    let file_id = params.text("file_id")?;
    world.link_file(file_id).map(Into::into)
}
