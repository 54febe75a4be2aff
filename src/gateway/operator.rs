// SPDX-License-Identifier: MIT OR Apache-2.0
//! `POST /ask`: the operator's questions and commands.

use crate::reply::{self, read_body};
use crate::wire::{Answer, MAX_ASK_BYTES};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router, body::Body};
use blufio_core::control::{Ask, Control, Refusal, RefusalKind};
use std::sync::Arc;
use std::time::Duration;

/// How long an answer may take. Deriving the vault's key takes seconds on a slow machine.
const ASK_TIMEOUT: Duration = Duration::from_secs(120);

pub(crate) fn router(control: Arc<dyn Control>) -> Router {
    Router::new()
        .route("/ask", post(ask))
        .fallback(reply::not_found)
        .method_not_allowed_fallback(reply::wrong_method)
        .with_state(control)
}

async fn ask(State(control): State<Arc<dyn Control>>, body: Body) -> Response {
    let ask = match read_body(body, MAX_ASK_BYTES).await {
        // The parser's own words could repeat a piece of a secret that stands in the wrong place.
        Ok(bytes) => serde_json::from_slice::<Ask>(&bytes).map_err(|_| {
            let text =
                "this daemon does not understand the question; are it and the command line of one version?";
            (StatusCode::BAD_REQUEST, text.to_owned())
        }),
        Err(error) => Err((error.status(), error.text())),
    };
    let ask = match ask {
        Ok(ask) => ask,
        Err((status, message)) => {
            return (status, Json(Answer::Refused(Refusal { kind: RefusalKind::Usage, message })))
                .into_response();
        }
    };
    let answer = match tokio::time::timeout(ASK_TIMEOUT, control.ask(ask)).await {
        Ok(Ok(told)) => Answer::Ok(told),
        Ok(Err(refusal)) => Answer::Refused(refusal),
        Err(_) => Answer::Refused(Refusal {
            kind: RefusalKind::Failed,
            message: format!(
                "there was no answer within {} seconds; see the daemon's log",
                ASK_TIMEOUT.as_secs()
            ),
        }),
    };
    Json(answer).into_response()
}
