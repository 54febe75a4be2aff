// SPDX-License-Identifier: MIT OR Apache-2.0
//! What went wrong, and whether to try again.
//!
//! Three answers mean "stop" and are kept apart: too fast (429, usually with `retry-after`: wait), the provider's
//! monthly limit of the account (429 with a code and without `retry-after`), and a limit that the operator has set
//! himself (400, known only by its words). The last two are never repeated: nothing but a person or the calendar
//! changes them.

use crate::retry::{LONGEST_ASKED, asked};
use blufio_core::money::Usage;
use blufio_core::provider::{ProviderError, ProviderErrorKind};
use blufio_net::{NetError, Redactor};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use std::time::Duration;

/// Longest message that is kept, in characters.
const MAX_MESSAGE: usize = 600;
/// What is kept of an answer that is not the provider's own, such as a proxy's page.
const MAX_FOREIGN: usize = 160;
/// Longest id of a request that is kept; the provider's have about thirty characters.
const MAX_REQUEST_ID: usize = 100;

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Nothing: the same request fails again, or only much later does not.
    Never,
    /// Try again after the usual wait.
    Backoff,
    /// Try again after the wait that the provider asked for.
    After(Duration),
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: ProviderErrorKind,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    pub(crate) repeat: Repeat,
}

/// The `error` of an error body or of an `error` event.
#[derive(Debug, Deserialize)]
pub(crate) struct ApiError {
    r#type: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Option<Details>,
}

#[derive(Debug, Deserialize)]
struct Details {
    #[serde(default)]
    error_code: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ApiError,
    #[serde(default)]
    request_id: Option<String>,
}

impl Failure {
    /// A failure of this side or of the line; repeated if its kind allows.
    pub(crate) fn new(kind: ProviderErrorKind, message: impl Into<String>) -> Self {
        let repeat = if kind.is_retryable() { Repeat::Backoff } else { Repeat::Never };
        Self { kind, message: message.into(), request_id: None, repeat }
    }

    /// The exchange failed before or below the provider.
    pub(crate) fn from_net(error: &NetError) -> Self {
        let kind = match error {
            NetError::Timeout { .. } => ProviderErrorKind::Timeout,
            NetError::Request { .. } | NetError::Refused { .. } | NetError::Setup { .. } => {
                ProviderErrorKind::InvalidRequest
            }
            NetError::TooLarge { .. } => ProviderErrorKind::Malformed,
            NetError::Dns { .. }
            | NetError::Connect { .. }
            | NetError::Tls { .. }
            | NetError::Broken { .. } => ProviderErrorKind::Connection,
        };
        let repeat = if error.is_retryable() { Repeat::Backoff } else { Repeat::Never };
        Self { kind, message: error.to_string(), request_id: None, repeat }
    }

    /// The provider, or something in between, answered with an error. `body` is `None` when it was too long.
    pub(crate) fn from_answer(
        status: StatusCode,
        headers: &HeaderMap,
        body: Option<&[u8]>,
        redactor: &Redactor,
    ) -> Self {
        let parsed = body.and_then(|body| serde_json::from_slice::<ErrorBody>(body).ok());
        let api = parsed.as_ref().map(|body| &body.error);
        let mut kind = api.and_then(kind_of).unwrap_or_else(|| kind_of_status(status));
        let asked = asked(headers);
        if let ProviderErrorKind::RateLimited { retry_after } = &mut kind {
            *retry_after = asked;
        }
        let message = match api {
            Some(error) => tidy(&redactor.redact(&error.message), MAX_MESSAGE),
            None => foreign(status, body, redactor),
        };
        let request_id = request_id(headers, redactor).or_else(|| {
            let id = parsed.and_then(|body| body.request_id)?;
            Some(tidy(&redactor.redact(&id), MAX_REQUEST_ID))
        });
        Self { kind, message, request_id, repeat: repeat(kind, status, headers, asked) }
    }

    /// An `error` event in the middle of a stream, after HTTP 200.
    pub(crate) fn from_event(error: &ApiError, redactor: &Redactor) -> Self {
        let kind = kind_of(error).unwrap_or(ProviderErrorKind::Server);
        Self::new(kind, tidy(&redactor.redact(&error.message), MAX_MESSAGE))
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.request_id = self.request_id.or(request_id);
        self
    }

    /// The failure as the caller sees it, when it is the last.
    pub(crate) fn into_error(self, usage: Usage) -> ProviderError {
        ProviderError { kind: self.kind, message: self.message, usage, request_id: self.request_id }
    }
}

/// The provider's id of the request, bounded. Even here a proxy could echo what it was sent.
pub(crate) fn request_id(headers: &HeaderMap, redactor: &Redactor) -> Option<String> {
    let id = headers.get("request-id")?.to_str().ok()?;
    Some(tidy(&redactor.redact(id), MAX_REQUEST_ID))
}

fn repeat(
    kind: ProviderErrorKind,
    status: StatusCode,
    headers: &HeaderMap,
    asked: Option<Duration>,
) -> Repeat {
    if matches!(
        kind,
        ProviderErrorKind::SpendLimit | ProviderErrorKind::WorkspaceSpendLimit | ProviderErrorKind::Billing
    ) {
        return Repeat::Never;
    }
    let advised = headers.get("x-should-retry").and_then(|value| match value.as_bytes() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    });
    let usual = kind.is_retryable() || matches!(status.as_u16(), 408 | 409 | 429 | 500..);
    match (advised.unwrap_or(usual), asked) {
        (false, _) => Repeat::Never,
        (true, Some(wait)) if wait > LONGEST_ASKED => Repeat::Never,
        (true, Some(wait)) => Repeat::After(wait),
        (true, None) => Repeat::Backoff,
    }
}

/// By the provider's own name of the error; `None` for names newer than this program.
fn kind_of(error: &ApiError) -> Option<ProviderErrorKind> {
    let code = error.details.as_ref().and_then(|details| details.error_code.as_deref());
    if code == Some("enforced_spend_limit_reached") {
        return Some(ProviderErrorKind::SpendLimit);
    }
    let says = |phrases: &[&str]| {
        let message = error.message.to_lowercase();
        phrases.iter().any(|phrase| message.contains(phrase))
    };
    let overflow = || {
        says(&["prompt is too long", "context limit", "context window", "context length", "maximum context"])
    };
    Some(match error.r#type.as_str() {
        "invalid_request_error" if says(&["api usage limit", "spend limit", "spending limit"]) => {
            ProviderErrorKind::WorkspaceSpendLimit
        }
        "invalid_request_error" if says(&["credit balance is too low"]) => ProviderErrorKind::Billing,
        "invalid_request_error" | "request_too_large" if overflow() => ProviderErrorKind::ContextOverflow,
        "invalid_request_error" => ProviderErrorKind::InvalidRequest,
        "request_too_large" => ProviderErrorKind::TooLarge,
        "authentication_error" => ProviderErrorKind::Authentication,
        "billing_error" => ProviderErrorKind::Billing,
        "permission_error" => ProviderErrorKind::Permission,
        "not_found_error" => ProviderErrorKind::NotFound,
        "rate_limit_error" => ProviderErrorKind::RateLimited { retry_after: None },
        "timeout_error" => ProviderErrorKind::Timeout,
        "overloaded_error" => ProviderErrorKind::Overloaded,
        // A conflict with another request passes like a failure of the provider.
        "api_error" | "conflict_error" => ProviderErrorKind::Server,
        _ => return None,
    })
}

fn kind_of_status(status: StatusCode) -> ProviderErrorKind {
    match status.as_u16() {
        401 => ProviderErrorKind::Authentication,
        402 => ProviderErrorKind::Billing,
        403 => ProviderErrorKind::Permission,
        404 => ProviderErrorKind::NotFound,
        408 | 504 => ProviderErrorKind::Timeout,
        409 => ProviderErrorKind::Server,
        413 => ProviderErrorKind::TooLarge,
        429 => ProviderErrorKind::RateLimited { retry_after: None },
        529 => ProviderErrorKind::Overloaded,
        400..=499 => ProviderErrorKind::InvalidRequest,
        500.. => ProviderErrorKind::Server,
        // A redirect that is not followed, or an informational answer: nobody who speaks this API does that.
        _ => ProviderErrorKind::Malformed,
    }
}

fn foreign(status: StatusCode, body: Option<&[u8]>, redactor: &Redactor) -> String {
    let text = match body {
        Some(body) => tidy(&redactor.redact(&String::from_utf8_lossy(body)), MAX_FOREIGN),
        None => "a text too long to read".to_owned(),
    };
    let text = if text.is_empty() { "nothing".to_owned() } else { text };
    format!("HTTP {}, and instead of the provider's error: {text}", status.as_u16())
}

/// One line of bounded length, after redaction: a secret cut in two would not be found any more.
pub(crate) fn tidy(text: &str, limit: usize) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    let mut tidy: String = line.chars().take(limit).collect();
    if tidy.len() < line.len() {
        tidy.push('…');
    }
    tidy
}

#[cfg(test)]
mod tests;
