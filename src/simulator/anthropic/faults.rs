// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can go wrong, on order.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::ApiError;

/// Something that goes wrong with a call of `POST /v1/messages`.
///
/// In JSON: `{"kind": "rate_limited", "retry_after": "2"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// 429 with a `retry-after` header: seconds, or an HTTP date.
    RateLimited {
        /// The header's value.
        retry_after: String,
    },
    /// 429 without `retry-after`, with the code of the provider's spend limit: retrying is useless.
    SpendLimit,
    /// 400: the limit that the operator set for the workspace.
    WorkspaceSpendLimit,
    /// A plain error of this status, with the type that the API gives it: 401, 402, 403, 404, 409, 413, 500, 504, 529.
    Status {
        /// The status.
        status: u16,
    },
    /// A page of HTML with status 502, as a proxy in between sends it.
    HtmlBadGateway,
    /// The connection is reset after the request was accepted; nothing was done, nothing is billed.
    Reset,
    /// The request is done and billed, and the connection is reset instead of an answer.
    ResetAfterWork,
    /// No answer for this long, then a reset.
    Hang {
        /// In seconds, at most an hour.
        seconds: f64,
    },
    /// The stream breaks off with an `overloaded_error` event after this many events. Without streaming: 529.
    OverloadedMidStream {
        /// Events before it; `message_start` is the first.
        after_events: usize,
    },
    /// The stream ends in good order after this many events, without `message_stop`.
    Truncated {
        /// Events before its end.
        after_events: usize,
    },
    /// The connection is reset after this many bytes of the body.
    CutAfter {
        /// Bytes that arrive.
        bytes: usize,
    },
    /// The connection is reset inside the first multi-byte character of the body; half-way if there is none.
    CutInCharacter,
    /// Silence after this many bytes of the body; after an hour a reset.
    Stall {
        /// Bytes that arrive.
        bytes: usize,
    },
    /// The body comes in drops.
    Drip {
        /// Bytes of a drop, at least one.
        bytes: usize,
        /// Milliseconds before each.
        millis: u64,
    },
    /// Things between the events that a client has to ignore: comments, unknown events, unknown deltas, retries.
    Garbage,
    /// After this many events one whose data is no JSON.
    Malformed {
        /// Events before it.
        after_events: usize,
    },
}

impl Fault {
    /// The error that is answered before anything is done, if this fault is one.
    pub fn error(&self) -> Option<ApiError> {
        match self {
            Fault::RateLimited { retry_after } => Some(ApiError {
                retry_after: Some(retry_after.clone()),
                ..ApiError::new(
                    429,
                    "This request would exceed your organization's rate limit. Please try again later.",
                )
            }),
            Fault::SpendLimit => Some(ApiError {
                details: Some(json!({ "error_code": "enforced_spend_limit_reached" })),
                ..ApiError::new(429, "Your organization has reached its monthly spend limit.")
            }),
            Fault::WorkspaceSpendLimit => Some(ApiError::invalid(
                "You have reached your specified workspace API usage limits. You will regain access on the first of next \
                 month at 00:00 UTC.",
            )),
            Fault::Status { status } => Some(ApiError::new(*status, plain(*status))),
            _ => None,
        }
    }

    /// How long [`Fault::Hang`] hangs.
    pub fn hang(seconds: f64) -> Duration {
        Duration::try_from_secs_f64(seconds.clamp(0.0, 3_600.0)).unwrap_or(Duration::ZERO)
    }
}

fn plain(status: u16) -> &'static str {
    match status {
        401 => "invalid x-api-key",
        402 => "Your credit balance is too low to access the Anthropic API.",
        403 => "Your API key does not have permission to use the specified resource.",
        413 => "Request exceeds the maximum size",
        504 => "Request timed out",
        529 => "Overloaded",
        _ => "Internal server error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_stop_signals_differ_as_the_api_has_them() {
        let wait = Fault::RateLimited { retry_after: "3".to_owned() }.error().unwrap();
        assert_eq!((wait.status, wait.retry_after.as_deref(), wait.details), (429, Some("3"), None));
        let spent = Fault::SpendLimit.error().unwrap();
        assert_eq!((spent.status, spent.retry_after), (429, None));
        assert_eq!(spent.details.unwrap()["error_code"], "enforced_spend_limit_reached");
        let own = Fault::WorkspaceSpendLimit.error().unwrap();
        assert_eq!((own.status, own.kind), (400, "invalid_request_error"));
    }

    #[test]
    fn a_fault_is_written_as_json_with_its_kind() {
        let fault: Fault = serde_json::from_str(r#"{"kind":"drip","bytes":3,"millis":5}"#).unwrap();
        assert_eq!(fault, Fault::Drip { bytes: 3, millis: 5 });
        assert_eq!(serde_json::to_value(Fault::CutInCharacter).unwrap(), json!({"kind": "cut_in_character"}));
        assert!(serde_json::from_str::<Fault>(r#"{"kind":"explode"}"#).is_err());
    }
}
