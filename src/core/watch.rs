// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `Watch` trait: looks at a file or a page, so that a change can be noticed.

use async_trait::async_trait;

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Changes exactly when the content does. Lower-case hex.
    pub digest: String,
    /// The begin of the content, for the model. Written by others: not to be trusted.
    pub excerpt: String,
}

/// Looks at things that the operator has named.
#[async_trait]
pub trait Watch: Send + Sync {
    /// Looks at one target: an absolute path or an `https` URL. Reads a bounded part of it, within a bounded time.
    /// Dropping the future ends the look.
    ///
    /// # Errors
    /// Why it could not be seen, in words without secrets. What is not there is an error too.
    async fn look(&self, target: &str) -> Result<Sight, String>;
}
