// SPDX-License-Identifier: MIT OR Apache-2.0
//! Request bodies within bounds, answers in JSON.

use axum::Json;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::json;
use std::time::Duration;
use zeroize::{Zeroize, Zeroizing};

/// How long a request's body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a body was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge { limit: usize },
    TooSlow,
    Broken,
}

impl BodyError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::TooLarge { limit } => format!("the request has more than {limit} bytes"),
            Self::TooSlow => format!("the request did not arrive within {} seconds", BODY_TIMEOUT.as_secs()),
            Self::Broken => "the request broke off".to_owned(),
        }
    }
}

/// The whole body, if it has at most `limit` bytes. It may hold a passphrase: the copy here is wiped by whoever drops
/// it, and the pieces it came in are wiped where nothing else holds them.
pub(crate) async fn read_body(body: Body, limit: usize) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    let read = async {
        let mut body = body;
        // All of it at once: a vector that grows leaves copies behind.
        let mut whole = Zeroizing::new(Vec::with_capacity(limit));
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
            if whole.len().saturating_add(data.len()) > limit {
                return Err(BodyError::TooLarge { limit });
            }
            whole.extend_from_slice(&data);
            wipe(data);
        }
        Ok(whole)
    };
    tokio::time::timeout(BODY_TIMEOUT, read).await.unwrap_or(Err(BodyError::TooSlow))
}

fn wipe(piece: Bytes) {
    if let Ok(mut piece) = piece.try_into_mut() {
        piece.as_mut().zeroize();
    }
}

/// An answer that says what is wrong.
pub(crate) fn error(status: StatusCode, text: impl Into<String>) -> Response {
    (status, Json(json!({ "error": text.into() }))).into_response()
}

/// There is nothing of this name.
pub(crate) async fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "there is nothing here")
}

/// It is there, and takes another method.
pub(crate) async fn wrong_method() -> Response {
    error(StatusCode::METHOD_NOT_ALLOWED, "this cannot be asked with that method")
}
