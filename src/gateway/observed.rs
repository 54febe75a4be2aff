// SPDX-License-Identifier: MIT OR Apache-2.0
//! `GET /health` and `GET /metrics`.

use crate::{host, reply};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use blufio_core::control::{Ask, Control, Told};
use blufio_core::observe::{Observability, Observation};
use std::sync::Arc;
use std::time::Duration;

/// How long a scrape waits for the state file's numbers.
const STATUS_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Clone)]
struct Observed {
    control: Arc<dyn Control>,
    metrics: Arc<dyn Observability>,
}

pub(crate) fn router(control: Arc<dyn Control>, metrics: Arc<dyn Observability>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/metrics", get(scrape))
        .fallback(reply::not_found)
        .method_not_allowed_fallback(reply::wrong_method)
        .layer(middleware::from_fn(loopback_only))
        .with_state(Observed { control, metrics })
}

async fn loopback_only(request: Request, next: Next) -> Response {
    if host::is_loopback(request.uri(), request.headers()) {
        return next.run(request).await;
    }
    reply::error(
        StatusCode::MISDIRECTED_REQUEST,
        "ask for localhost, 127.0.0.1 or [::1]; other names are not served",
    )
}

async fn health(State(observed): State<Observed>) -> Response {
    let health = observed.control.health();
    let status = if health.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(health)).into_response()
}

async fn scrape(State(observed): State<Observed>) -> Response {
    let health = observed.control.health();
    observed.metrics.record(Observation::Health {
        ready: health.ready,
        sealed: health.sealed,
        draining: health.draining,
    });
    // The rest is worth having also while the disk hangs: its numbers then stay as they last were.
    match tokio::time::timeout(STATUS_TIMEOUT, observed.control.ask(Ask::Status)).await {
        Ok(Ok(Told::Status(status))) => observed.metrics.record(Observation::Store(status.store)),
        Ok(Ok(other)) => tracing::error!(?other, "the status was answered with something else"),
        Ok(Err(refusal)) => {
            tracing::warn!(%refusal, "the state file's numbers could not be read for a scrape")
        }
        Err(_) => tracing::warn!("the state file's numbers were not there in time for a scrape"),
    }
    match observed.metrics.render() {
        Ok(exposition) => {
            ([(header::CONTENT_TYPE, exposition.content_type)], exposition.body).into_response()
        }
        Err(reason) => {
            tracing::error!(%reason, "the metrics could not be written");
            reply::error(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("the metrics could not be written: {reason}"),
            )
        }
    }
}
