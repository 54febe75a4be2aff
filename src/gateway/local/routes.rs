// SPDX-License-Identifier: MIT OR Apache-2.0
//! `POST /local/messages`, `GET /local/stream`, `POST /local/stop`.

use super::{LocalChannel, Order};
use crate::reply::{self, read_body};
use crate::wire::{
    Accepted, LocalListen, LocalMessage, LocalStop, MAX_ID_BYTES, MAX_MESSAGE_BYTES, is_conversation,
};
use axum::body::Body;
use axum::extract::{Query, State, rejection::QueryRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use blufio_core::channel::{Inbound, Sender};
use blufio_core::control::Control;
use blufio_core::ids::Conversation;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a message may take to be stored.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) uid: u32,
}

#[derive(Clone)]
struct Local {
    channel: Arc<LocalChannel>,
    control: Arc<dyn Control>,
}

pub(crate) fn router(channel: Arc<LocalChannel>, control: Arc<dyn Control>) -> Router {
    Router::new()
        .route("/local/messages", post(message))
        .route("/local/stop", post(stop))
        .route("/local/stream", get(stream))
        .with_state(Local { channel, control })
}

async fn message(State(local): State<Local>, Extension(caller): Extension<Caller>, body: Body) -> Response {
    let message: LocalMessage = match parse(body).await {
        Ok(message) => message,
        Err(bad) => return bad.into_response(),
    };
    let conversation = match conversation(&message.conversation) {
        Ok(conversation) => conversation,
        Err(bad) => return bad.into_response(),
    };
    if message.text.trim().is_empty() {
        return reply::error(StatusCode::UNPROCESSABLE_ENTITY, "`text` is empty");
    }
    if message.id.is_empty() || message.id.len() > MAX_ID_BYTES {
        return reply::error(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("`id` needs 1 to {MAX_ID_BYTES} bytes"),
        );
    }
    let inbound = Inbound {
        external_id: message.id,
        conversation,
        sender: Sender { id: caller.uid.to_string(), name: "operator".to_owned() },
        private: true,
        text: message.text,
        files: Vec::new(),
        group: None,
        not_before: None,
        notices: Vec::new(),
        sent_at: local.channel.clock.now(),
    };
    let (sender, answer) = oneshot::channel();
    if !local.order(Order::Accept { message: Box::new(inbound), reply: sender }).await {
        return local.not_accepting();
    }
    match tokio::time::timeout(ACCEPT_TIMEOUT, answer).await {
        Ok(Ok(Ok(new))) => Json(Accepted { duplicate: new == 0 }).into_response(),
        Ok(Ok(Err(error))) => {
            let status = if error.is_retryable() {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::INTERNAL_SERVER_ERROR
            };
            reply::error(status, format!("the message was not stored: {error}"))
        }
        // The inbox closed meanwhile. Whether it was stored will show when it is posted again under the same id.
        Ok(Err(_)) => local.not_accepting(),
        Err(_) => reply::error(
            StatusCode::SERVICE_UNAVAILABLE,
            "the message could not be stored in time; send it again",
        ),
    }
}

async fn stop(State(local): State<Local>, body: Body) -> Response {
    let stop: LocalStop = match parse(body).await {
        Ok(stop) => stop,
        Err(bad) => return bad.into_response(),
    };
    let conversation = match conversation(&stop.conversation) {
        Ok(conversation) => conversation,
        Err(bad) => return bad.into_response(),
    };
    if local.order(Order::Stop(conversation)).await {
        return Json(json!({})).into_response();
    }
    local.not_accepting()
}

async fn stream(State(local): State<Local>, query: Result<Query<LocalListen>, QueryRejection>) -> Response {
    let Ok(Query(listen)) = query else {
        return reply::error(StatusCode::BAD_REQUEST, "the only parameter of the stream is `conversation`");
    };
    let conversation = match conversation(&listen.conversation) {
        Ok(conversation) => conversation,
        Err(bad) => return bad.into_response(),
    };
    let Some(events) = local.channel.streams.listen(&conversation.chat) else {
        return reply::error(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many are listening already, or the daemon is stopping",
        );
    };
    // Without an inbox there is nobody to tell yet; it asks who is there when it opens.
    local.order(Order::Arrived(conversation)).await;
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(events)).into_response()
}

impl Local {
    /// Hands an order to the inbox; `false` when none is open.
    async fn order(&self, order: Order) -> bool {
        match self.channel.inbox() {
            Some(inbox) => inbox.send(order).await.is_ok(),
            None => false,
        }
    }

    fn not_accepting(&self) -> Response {
        let reason = self.control.health().reason;
        reply::error(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("the daemon does not accept messages now: {reason}"),
        )
    }
}

/// A request that is not taken, and why.
struct Bad(StatusCode, String);

impl IntoResponse for Bad {
    fn into_response(self) -> Response {
        reply::error(self.0, self.1)
    }
}

async fn parse<T: DeserializeOwned>(body: Body) -> Result<T, Bad> {
    let bytes =
        read_body(body, MAX_MESSAGE_BYTES).await.map_err(|error| Bad(error.status(), error.text()))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Bad(StatusCode::BAD_REQUEST, format!("the request is not understood: {error}")))
}

fn conversation(name: &str) -> Result<Conversation, Bad> {
    if is_conversation(name) {
        return Ok(LocalChannel::conversation(name));
    }
    let text = "`conversation` needs 1 to 64 of the characters A-Z, a-z, 0-9, '.', '_' and '-'";
    Err(Bad(StatusCode::UNPROCESSABLE_ENTITY, text.to_owned()))
}
