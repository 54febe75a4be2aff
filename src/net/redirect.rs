// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which redirects are followed.
//!
//! Requests carry keys, in headers that only their API knows (`x-api-key`) and that no HTTP library takes off on the
//! way to another server, and they carry what people wrote. So a redirect may lead elsewhere on the same origin, and
//! not to anybody else. Each hop is checked like a first request, and its name is resolved and checked again.

use crate::client::Gate;
use crate::error::Refusal;
use reqwest::redirect::{Attempt, Policy};
use std::sync::Arc;
use url::Url;

/// Most redirects that one request may follow.
const MAX_HOPS: usize = 5;

pub(crate) fn policy(gate: Arc<Gate>) -> Policy {
    Policy::custom(move |attempt: Attempt<'_>| match judge(&gate, attempt.previous(), attempt.url()) {
        Ok(()) => attempt.follow(),
        Err(refusal) => attempt.error(refusal),
    })
}

fn judge(gate: &Gate, previous: &[Url], next: &Url) -> Result<(), Refusal> {
    gate.check(next)?;
    let host = next.host_str().unwrap_or_default();
    if previous.len() > MAX_HOPS {
        return Err(Refusal::new(host, format!("it redirected more than {MAX_HOPS} times")));
    }
    let Some(last) = previous.last() else { return Ok(()) };
    if last.origin() != next.origin() {
        let reason = format!(
            "{} redirects there, and a request never follows to another server; if that is right, configure {} as the address",
            last.host_str().unwrap_or("another server"),
            next.origin().ascii_serialization(),
        );
        return Err(Refusal::new(host, reason));
    }
    Ok(())
}
