// SPDX-License-Identifier: MIT OR Apache-2.0
//! Signatures of thinking blocks: they bind a block to its text, to the model, and on the newest models to everything
//! that stood before it.
//!
//! A signature can be checked without remembering it, so that a restarted simulator still knows its own.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use super::{
    error::ApiError,
    models::Model,
    prompt::{Digest, Prompt},
    request::{Kind, Request},
};

fn seal(model: &str, text: &str, before: &Digest) -> Vec<u8> {
    let part = |label: &str, bytes: &[u8]| {
        Sha256::new().chain_update("simulated thinking").chain_update(label).chain_update(bytes).finalize()
    };
    let mut signature = Vec::with_capacity(96);
    signature.extend(part("model", model.as_bytes()));
    signature.extend(part("text", text.as_bytes()));
    signature.extend(part("before", before));
    signature
}

/// The signature of thinking that answers `prompt`.
pub fn sign(model: &Model, text: &str, prompt: &Prompt) -> String {
    STANDARD.encode(seal(model.id, text, &prompt.before_message(usize::MAX)))
}

/// Checks every thinking block that was given back.
///
/// # Errors
/// A block was altered, comes from another model, or something before it has changed.
pub fn check(request: &Request, model: &Model, prompt: &Prompt) -> Result<(), ApiError> {
    for (at, message) in request.messages.iter().enumerate() {
        for (position, block) in message.content.iter().enumerate() {
            let Kind::Thinking { text, signature } = &block.kind else { continue };
            let path = format!("messages.{at}.content.{position}");
            let expected = seal(model.id, text, &prompt.before_message(at));
            let given = STANDARD.decode(signature).unwrap_or_default();
            let same = |from: usize| {
                let part = from..from.saturating_add(32);
                given.get(part.clone()).is_some_and(|bytes| Some(bytes) == expected.get(part))
            };
            if given.len() != expected.len() || !same(32) {
                return Err(ApiError::at(&path, "Invalid `signature` in `thinking` block"));
            }
            if !same(0) {
                return Err(ApiError::at(
                    &path,
                    "`thinking` blocks are bound to the model that produced them and cannot be sent to another model",
                ));
            }
            if model.bound_thinking && !same(64) {
                return Err(ApiError::at(
                    &path,
                    "`thinking` blocks are bound to the conversation that produced them: tools, system prompt or earlier \
                     messages have changed",
                ));
            }
        }
    }
    Ok(())
}
