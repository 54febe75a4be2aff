// SPDX-License-Identifier: MIT OR Apache-2.0
//! Errors as the API tells them.

use serde_json::{Value, json};

/// A request that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) code: u16,
    pub(super) description: String,
    pub(super) retry_after: Option<u64>,
    pub(super) migrate_to_chat_id: Option<i64>,
}

impl ApiError {
    pub(super) fn new(code: u16, description: impl Into<String>) -> ApiError {
        ApiError { code, description: description.into(), retry_after: None, migrate_to_chat_id: None }
    }

    /// `Bad Request: …`. The service writes the first letter small, unless an upper-case name follows.
    pub(super) fn bad(reason: impl AsRef<str>) -> ApiError {
        let reason = reason.as_ref();
        let mut rest = reason.chars();
        let first = rest.next();
        let is_name = rest.clone().next().is_some_and(|second| second == '_' || second.is_ascii_uppercase());
        let reason = match first {
            Some(first) if !is_name => format!("{}{}", first.to_ascii_lowercase(), rest.as_str()),
            _ => reason.to_owned(),
        };
        ApiError::new(400, format!("Bad Request: {reason}"))
    }

    pub(super) fn forbidden(reason: &str) -> ApiError {
        ApiError::new(403, format!("Forbidden: {reason}"))
    }

    pub(super) fn too_many(retry_after: u64) -> ApiError {
        ApiError {
            retry_after: Some(retry_after),
            ..ApiError::new(429, format!("Too Many Requests: retry after {retry_after}"))
        }
    }

    pub(super) fn conflict() -> ApiError {
        ApiError::new(
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        )
    }

    pub(super) fn to_json(&self) -> Value {
        let mut value = json!({ "ok": false, "error_code": self.code, "description": self.description });
        let parameters = match (self.retry_after, self.migrate_to_chat_id) {
            (Some(wait), _) => json!({ "retry_after": wait }),
            (None, Some(chat)) => json!({ "migrate_to_chat_id": chat }),
            (None, None) => return value,
        };
        if let Value::Object(value) = &mut value {
            value.insert("parameters".into(), parameters);
        }
        value
    }
}
