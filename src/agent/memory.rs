// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the agent remembers: what fits a message is shown to the model, and what is said is kept so that it can be found.
//!
//! | room | holds |
//! |---|---|
//! | `scopes` | who may be reminded of what |
//! | `note` | what the model is shown of it, and how much |
//! | `index` | past words, so that they can be found again |
//! | `vectors` | the meaning of what has none yet, or one of another model |
//! | `forgotten` | what is kept of a turn in which something was forgotten |
//! | `learn` | memories out of conversations that have gone quiet |
//! | `work` | the loops that do all of this while nobody waits |

mod forgotten;
mod index;
mod learn;
mod note;
mod scopes;
mod vectors;
mod work;

pub(crate) use forgotten::redact;
pub(crate) use learn::Lessons;
pub(crate) use note::shown;
pub(crate) use scopes::{own, scopes};
pub(crate) use work::{run, tick};
