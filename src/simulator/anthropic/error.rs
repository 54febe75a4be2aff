// SPDX-License-Identifier: MIT OR Apache-2.0
//! The error envelope of the API.

use axum::{Json, response::IntoResponse};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// An answer that is an error, as the API words and shapes it.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// `error.type`.
    pub kind: &'static str,
    /// `error.message`.
    pub message: String,
    /// `error.details`, where the API gives them.
    pub details: Option<Value>,
    /// The `retry-after` header.
    pub retry_after: Option<String>,
}

impl ApiError {
    /// An error of this status, with the type that the API gives it.
    pub fn new(status: u16, message: impl Into<String>) -> ApiError {
        ApiError { status, kind: kind_of(status), message: message.into(), details: None, retry_after: None }
    }

    /// A request that breaks a rule: 400.
    pub fn invalid(message: impl Into<String>) -> ApiError {
        ApiError::new(400, message)
    }

    /// A request that breaks a rule at a place, as `messages.0.content: Field required`.
    pub fn at(path: &str, message: impl std::fmt::Display) -> ApiError {
        ApiError::invalid(format!("{path}: {message}"))
    }

    /// The JSON of the envelope.
    pub fn envelope(&self, request_id: &str) -> Value {
        let mut error = json!({ "type": self.kind, "message": self.message });
        if let (Some(details), Some(object)) = (&self.details, error.as_object_mut()) {
            object.insert("details".to_owned(), details.clone());
        }
        json!({ "type": "error", "error": error, "request_id": request_id })
    }

    /// The whole answer; the `request-id` header is set where every answer gets it.
    pub fn response(&self, request_id: &str) -> axum::response::Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.envelope(request_id))).into_response();
        if let Some(value) = self.retry_after.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

/// The `error.type` of a status.
fn kind_of(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_has_the_shape_of_the_api() {
        let mut error = ApiError::new(429, "slow down");
        assert_eq!(
            error.envelope("req_1"),
            json!({"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}, "request_id": "req_1"})
        );
        error.details = Some(json!({"error_code": "enforced_spend_limit_reached"}));
        assert_eq!(error.envelope("req_1")["error"]["details"]["error_code"], "enforced_spend_limit_reached");
    }

    #[test]
    fn every_documented_status_has_its_type() {
        let kinds: Vec<_> =
            [400, 401, 402, 403, 404, 409, 413, 429, 500, 504, 529].into_iter().map(kind_of).collect();
        assert_eq!(
            kinds,
            [
                "invalid_request_error",
                "authentication_error",
                "billing_error",
                "permission_error",
                "not_found_error",
                "conflict_error",
                "request_too_large",
                "rate_limit_error",
                "api_error",
                "timeout_error",
                "overloaded_error"
            ]
        );
    }
}
