// SPDX-License-Identifier: MIT OR Apache-2.0
//! One call: attempts, the waits between them, and the events that the caller sees.
//!
//! Everything happens while the caller polls, and nothing runs on its own, so that dropping the call closes the
//! connection at once, and with it the provider's work.

use crate::assembler::Assembler;
use crate::client::Anthropic;
use crate::failure::{Failure, Repeat, request_id, tidy};
use crate::retry::backoff;
use crate::sse::{Decoder, Frame};
use blufio_core::money::Usage;
use blufio_core::provider::{Event, ProviderError, ProviderErrorKind};
use blufio_net::NetError;
use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Response};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Most bytes of an error answer that are read. The provider's own have a few hundred.
const MAX_ERROR_BODY: u64 = 64 * 1024;

/// Bytes a second that even a poor line sends. Photos and documents make requests of many megabytes, and the wait for
/// the answer begins only when they have gone out.
const SLOWEST_UPLOAD: usize = 64 * 1024;

const API_VERSION: &str = "2023-06-01";

pub(crate) struct Call<'a> {
    client: &'a Anthropic,
    body: Bytes,
    /// How many attempts have failed.
    failed: u32,
    phase: Phase,
}

enum Phase {
    Sending,
    Reading(Box<Reading>),
    Waiting(Duration),
    Over,
}

struct Reading {
    response: Response,
    decoder: Decoder,
    frames: VecDeque<Frame>,
    assembler: Assembler,
}

impl<'a> Call<'a> {
    pub(crate) fn new(client: &'a Anthropic, body: Bytes) -> Self {
        Self { client, body, failed: 0, phase: Phase::Sending }
    }

    /// The next event; `None` after the last.
    pub(crate) async fn next(&mut self) -> Option<Result<Event, ProviderError>> {
        loop {
            match &mut self.phase {
                Phase::Over => return None,
                Phase::Waiting(wait) => {
                    sleep(*wait).await;
                    self.phase = Phase::Sending;
                }
                Phase::Sending => match self.send().await {
                    Ok(reading) => self.phase = Phase::Reading(Box::new(reading)),
                    Err(failure) => return Some(self.after(failure, Usage::default())),
                },
                Phase::Reading(reading) => match reading.next(self.client).await {
                    Ok(event) => {
                        if matches!(event, Event::Completed(_)) {
                            self.phase = Phase::Over;
                        }
                        return Some(Ok(event));
                    }
                    Err(failure) => {
                        let usage = reading.assembler.usage();
                        let failure =
                            failure.with_request_id(reading.assembler.request_id().map(str::to_owned));
                        return Some(self.after(failure, usage));
                    }
                },
            }
        }
    }

    /// Decides between another attempt and giving up. Either way the connection is closed by the change of phase.
    fn after(&mut self, failure: Failure, usage: Usage) -> Result<Event, ProviderError> {
        let options = &self.client.options;
        let wait = match failure.repeat {
            Repeat::Never => None,
            _ if self.failed >= options.max_retries => None,
            Repeat::After(wait) => Some(wait),
            Repeat::Backoff => {
                let chance = (self.client.jitter)();
                Some(backoff(options.backoff_initial, options.backoff_cap, self.failed, chance))
            }
        };
        let class = failure.kind.class();
        let Some(wait) = wait else {
            tracing::warn!(
                class,
                attempts = self.failed.saturating_add(1),
                request_id = failure.request_id.as_deref(),
                error = %failure.message,
                "the provider's answer failed"
            );
            self.phase = Phase::Over;
            return Err(failure.into_error(usage));
        };
        self.failed = self.failed.saturating_add(1);
        tracing::info!(
            class,
            attempt = self.failed,
            wait_ms = wait.as_millis(),
            request_id = failure.request_id.as_deref(),
            error = %failure.message,
            "the provider's answer failed and is asked for again"
        );
        self.phase = Phase::Waiting(wait);
        Ok(Event::Retrying { class, usage, wait })
    }

    /// One attempt, up to the head of a good answer.
    async fn send(&self) -> Result<Reading, Failure> {
        let Anthropic { net, options, endpoint, .. } = self.client;
        let net_failure = |error| Failure::from_net(&error);
        let mut key = HeaderValue::from_str(options.api_key.expose()).map_err(|_| {
            Failure::new(ProviderErrorKind::Authentication, "the key cannot stand in a header")
        })?;
        key.set_sensitive(true);
        let request = net
            .request(Method::POST, endpoint.clone())
            .map_err(net_failure)?
            .timeout(options.request_timeout)
            .header("x-api-key", key)
            .header("anthropic-version", API_VERSION)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream")
            .body(self.body.clone());
        let upload = Duration::from_secs(u64::try_from(self.body.len() / SLOWEST_UPLOAD).unwrap_or(u64::MAX));
        let limit = options.first_byte_timeout.saturating_add(upload);
        let response = timeout(limit, net.send(request))
            .await
            .map_err(|_| silence("the provider did not begin to answer within", limit))?
            .map_err(net_failure)?;
        if !response.status().is_success() {
            return Err(self.refused(response).await);
        }
        let request_id = request_id(response.headers(), net.redactor());
        let kind =
            response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("no type");
        if !kind.trim().to_ascii_lowercase().starts_with("text/event-stream") {
            let kind = tidy(&net.redactor().redact(kind), 60);
            let message = format!(
                "the answer is {kind} and no stream of events; is a proxy or a login page between here and {}?",
                endpoint.host_str().unwrap_or("the provider")
            );
            return Err(Failure::new(ProviderErrorKind::Malformed, message).with_request_id(request_id));
        }
        Ok(Reading {
            response,
            decoder: Decoder::default(),
            frames: VecDeque::new(),
            assembler: Assembler::new(request_id, Arc::clone(net.redactor())),
        })
    }

    async fn refused(&self, response: Response) -> Failure {
        let net = &self.client.net;
        let (status, headers) = (response.status(), response.headers().clone());
        // The status tells enough by itself: an unreadable body is not worth another failure.
        let body = match timeout(self.client.options.idle_timeout, net.read_capped(response, MAX_ERROR_BODY))
            .await
        {
            Ok(Ok(body)) => Some(body),
            Ok(Err(error)) => {
                tracing::debug!(%error, "the body of an error answer could not be read");
                None
            }
            Err(_) => {
                tracing::debug!("the body of an error answer did not come in time");
                None
            }
        };
        Failure::from_answer(status, &headers, body.as_deref(), net.redactor())
    }
}

impl Reading {
    async fn next(&mut self, client: &Anthropic) -> Result<Event, Failure> {
        let idle = client.options.idle_timeout;
        loop {
            while let Some(frame) = self.frames.pop_front() {
                if let Some(event) = self.assembler.feed(&frame)? {
                    return Ok(event);
                }
            }
            let piece = timeout(idle, self.response.chunk())
                .await
                .map_err(|_| silence("the answer stopped for longer than", idle))?
                .map_err(|error| broken_off(&client.net.error(&error), client.options.request_timeout))?;
            let Some(piece) = piece else {
                let message = "the connection was closed before the answer was whole";
                return Err(Failure::new(ProviderErrorKind::Connection, message));
            };
            self.decoder
                .push(&piece, &mut self.frames)
                .map_err(|error| Failure::new(ProviderErrorKind::Malformed, error.to_string()))?;
        }
    }
}

/// Within an answer the only timeout left is that of the whole attempt. A second one would take as long and cost as
/// much, so there is none.
fn broken_off(error: &NetError, limit: Duration) -> Failure {
    match error {
        NetError::Timeout { .. } => {
            let failure = silence("the answer was not whole within", limit);
            Failure { repeat: Repeat::Never, ..failure }
        }
        other => Failure::from_net(other),
    }
}

fn silence(what: &str, limit: Duration) -> Failure {
    Failure::new(ProviderErrorKind::Timeout, format!("{what} {:.1} seconds", limit.as_secs_f64()))
}
