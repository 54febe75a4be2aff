// SPDX-License-Identifier: MIT OR Apache-2.0
//! A strict stand-in for the Anthropic Messages API.

/// The handle of the stand-in.
#[derive(Clone, Debug, Default)]
pub struct Anthropic;

impl Anthropic {
    /// A stand-in with an empty past.
    pub fn new() -> Anthropic {
        Anthropic
    }
}

/// The routes of the API.
pub fn router(state: Anthropic) -> axum::Router {
    axum::Router::new().with_state(state)
}
