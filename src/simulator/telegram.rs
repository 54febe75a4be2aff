// SPDX-License-Identifier: MIT OR Apache-2.0
//! A strict stand-in for the Telegram Bot API.

/// The handle of the stand-in.
#[derive(Clone, Debug, Default)]
pub struct Telegram;

impl Telegram {
    /// A stand-in with an empty past.
    pub fn new() -> Telegram {
        Telegram
    }
}

/// The routes of the API.
pub fn router(state: Telegram) -> axum::Router {
    axum::Router::new().with_state(state)
}
