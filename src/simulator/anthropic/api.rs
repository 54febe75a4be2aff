// SPDX-License-Identifier: MIT OR Apache-2.0
//! The endpoints: headers, limits, and the walk of a call from its bytes to its answer.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, Query, Request as HttpRequest, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Anthropic, Call, Recorded,
    answer::{self, Answer},
    brain, control,
    error::ApiError,
    faults::Fault,
    fingerprint, models,
    models::Model,
    prices::Usage,
    prompt::Prompt,
    request::Request,
    rules, schema,
    stream::{self, Piece},
    thinking,
};
use crate::server::Cut;

/// The largest body of a request.
const BODY: usize = 32 * 1024 * 1024;
/// Requests, prompt tokens and answer tokens per minute, as the headers say them. They are told, not enforced: a 429 is
/// ordered as a fault.
const LIMITS: [u64; 3] = [4_000, 4_000_000, 800_000];
/// The versions of the API, oldest first.
const VERSIONS: [&str; 2] = ["2023-06-01", "2026-10-21"];

/// The routes of the API and of its control.
pub fn router(api: Anthropic) -> Router {
    Router::new()
        .route("/v1/messages", post(create))
        .route("/v1/messages/count_tokens", post(count))
        .route("/v1/models", get(list_models))
        .route("/v1/models/{id}", get(one_model))
        .nest("/_sim/anthropic", control::router())
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::disable())
        .with_state(api)
}

/// Why a call has no ordinary answer.
enum Failure {
    /// An error of the API.
    Api(ApiError),
    /// Something else: a cut connection, a page of HTML.
    Other(Box<Response>),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Failure {
        Failure::Api(error)
    }
}

/// A call that has been read and recorded.
struct Received {
    id: String,
    key: String,
    body: Arc<str>,
}

async fn create(State(api): State<Anthropic>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let (received, read) = receive(&api, &parts, body).await;
    let answered = match read {
        Ok(()) => created(&api, &parts, &received).await,
        Err(error) => Err(error.into()),
    };
    finish(&api, &received, answered)
}

async fn count(State(api): State<Anthropic>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let (received, read) = receive(&api, &parts, body).await;
    let answered = read.map_err(Failure::from).and_then(|()| {
        authenticate(&api, &parts.headers)?;
        let (_, _, prompt) = understand(&received, &parts.headers, schema::count)?;
        Ok(Json(json!({ "input_tokens": prompt.tokens() })).into_response())
    });
    finish(&api, &received, answered)
}

#[derive(Deserialize)]
struct Page {
    limit: Option<usize>,
    after_id: Option<String>,
    before_id: Option<String>,
}

async fn list_models(
    State(api): State<Anthropic>,
    Query(page): Query<Page>,
    request: HttpRequest,
) -> Response {
    let (parts, _) = request.into_parts();
    let received = note(&api, &parts, "".into());
    let answered = authenticate(&api, &parts.headers).map_err(Failure::from).and_then(|()| {
        let limit = page.limit.unwrap_or(20);
        if !(1..=1_000).contains(&limit) {
            return Err(ApiError::at("limit", "Input should be between 1 and 1000").into());
        }
        let place = |id: &str| models::MODELS.iter().position(|model| model.dated == Some(id) || model.id == id);
        let from = page.after_id.as_deref().and_then(place).map_or(0, |at| at.saturating_add(1));
        let to = page.before_id.as_deref().and_then(place).unwrap_or(models::MODELS.len());
        let listed = models::MODELS.get(from..to).unwrap_or_default();
        let data: Vec<Value> = listed.iter().take(limit).map(Model::info).collect();
        let id = |model: Option<&Value>| model.and_then(|model| model.get("id").cloned());
        Ok(Json(json!({
            "first_id": id(data.first()), "last_id": id(data.last()), "has_more": listed.len() > limit, "data": data,
        }))
        .into_response())
    });
    finish(&api, &received, answered)
}

async fn one_model(State(api): State<Anthropic>, Path(id): Path<String>, request: HttpRequest) -> Response {
    let (parts, _) = request.into_parts();
    let received = note(&api, &parts, "".into());
    let answered =
        authenticate(&api, &parts.headers).and_then(|()| Ok(Json(find_model(&id)?.info()).into_response()));
    finish(&api, &received, answered.map_err(Failure::from))
}

async fn unknown(State(api): State<Anthropic>, request: HttpRequest) -> Response {
    let (parts, _) = request.into_parts();
    let received = note(&api, &parts, "".into());
    finish(&api, &received, Err(ApiError::new(404, "Not found").into()))
}

async fn wrong_method(State(api): State<Anthropic>, request: HttpRequest) -> Response {
    let (parts, _) = request.into_parts();
    let received = note(&api, &parts, "".into());
    finish(&api, &received, Err(ApiError::new(405, "Method Not Allowed").into()))
}

// ---- receiving ----------------------------------------------------------------------------------------------

/// Reads the body up to its limit and records the call.
async fn receive(api: &Anthropic, parts: &Parts, body: Body) -> (Received, Result<(), ApiError>) {
    let mut bytes = Vec::new();
    let mut total = 0_usize;
    let mut outcome = Ok(());
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) => {
                total = total.saturating_add(chunk.len());
                if total <= BODY {
                    bytes.extend_from_slice(&chunk);
                } else {
                    // The rest is read, within reason, so that the client sees the answer and not a reset.
                    bytes = Vec::new();
                    outcome = Err(ApiError::new(413, "Request exceeds the maximum size"));
                    if total > BODY.saturating_mul(4) {
                        break;
                    }
                }
            }
            Err(error) => {
                tracing::debug!(%error, "a request ended early");
                outcome = Err(ApiError::invalid("The request body could not be read"));
                break;
            }
        }
    }
    if outcome.is_ok() && std::str::from_utf8(&bytes).is_err() {
        outcome = Err(ApiError::invalid("The request body is not valid JSON: it is not UTF-8"));
    }
    (note(api, parts, String::from_utf8_lossy(&bytes).into()), outcome)
}

/// Records a call.
fn note(api: &Anthropic, parts: &Parts, body: Arc<str>) -> Received {
    let id = api.id("req_01");
    let key = api_key(&parts.headers).map(fingerprint).unwrap_or_default();
    let headers = parts
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-api-key" && *name != header::AUTHORIZATION)
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let at = api.now();
    let path = parts
        .uri
        .path_and_query()
        .map(|path| path.as_str().chars().take(2_000).collect())
        .unwrap_or_default();
    let mut state = api.state();
    state.record.add(Recorded {
        request_id: id.clone(),
        at,
        method: parts.method.to_string(),
        path,
        headers,
        key: key.clone(),
        body: Arc::clone(&body),
        status: 0,
        error: None,
        fault: None,
        billed: Usage::default(),
    });
    state.window.turn(at);
    state.window.requests = state.window.requests.saturating_add(1);
    drop(state);
    Received { id, key, body }
}

/// The key in `x-api-key`, or as a bearer token: the vendor's own client has come to send it so.
fn api_key(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = || text("authorization").and_then(|value| value.strip_prefix("Bearer "));
    text("x-api-key").or_else(bearer).filter(|key| !key.is_empty())
}

fn authenticate(api: &Anthropic, headers: &HeaderMap) -> Result<(), ApiError> {
    let key = api_key(headers).ok_or_else(|| ApiError::new(401, "x-api-key header is required"))?;
    if api.state().keys.as_ref().is_some_and(|keys| !keys.contains(key)) {
        return Err(ApiError::new(401, "invalid x-api-key"));
    }
    version(headers).map(|_| ())
}

fn version(headers: &HeaderMap) -> Result<&'static str, ApiError> {
    let version = headers.get("anthropic-version").map(|version| version.to_str().unwrap_or_default());
    let version = version.ok_or_else(|| ApiError::at("anthropic-version", "header is required"))?;
    VERSIONS
        .into_iter()
        .find(|known| *known == version)
        .ok_or_else(|| ApiError::at("anthropic-version", format!("\"{version}\" is not a valid version")))
}

fn find_model(id: &str) -> Result<&'static Model, ApiError> {
    models::find(id).ok_or_else(|| ApiError::new(404, format!("model: {id}")))
}

type Understood = (Request, &'static Model, Prompt);

fn understand(
    received: &Received,
    headers: &HeaderMap,
    shape: impl Fn(&Value) -> Result<Request, ApiError>,
) -> Result<Understood, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        return Err(ApiError::at("content-type", "must be application/json"));
    }
    let body: Value = serde_json::from_str(&received.body)
        .map_err(|error| ApiError::invalid(format!("The request body is not valid JSON: {error}")))?;
    if version(headers)? != "2023-06-01" {
        schema::removed(&body)?;
    }
    let request = shape(&body)?;
    let model = find_model(&request.model)?;
    rules::check(&request, model)?;
    let prompt = Prompt::new(&request, received.body.as_bytes())?;
    thinking::check(&request, model, &prompt)?;
    Ok((request, model, prompt))
}

// ---- creating -----------------------------------------------------------------------------------------------

async fn created(api: &Anthropic, parts: &Parts, received: &Received) -> Result<Response, Failure> {
    authenticate(api, &parts.headers)?;
    let fault = api.take_fault();
    if let Some(fault) = &fault {
        api.state().record.update(&received.id, |call| call.fault = Some(fault.clone()));
        strike(fault).await?;
    }
    let (request, model, prompt) = understand(received, &parts.headers, schema::create)?;
    let size = prompt.tokens();
    if size > model.context {
        let message = format!("prompt is too long: {size} tokens > {} maximum", model.context);
        return Err(ApiError::invalid(message).into());
    }
    if !request.stream && matches!(fault, Some(Fault::OverloadedMidStream { .. })) {
        return Err(ApiError::new(529, "Overloaded").into());
    }
    let usage = api.settle_cache(&received.key, model, &prompt);
    let reply = brain::answer(&request);
    let answer = answer::compose(&request, model, &prompt, usage, reply, |kind| api.id(kind));
    let call = Call { request_id: received.id.clone(), key: received.key.clone(), model, prompt: size };
    if matches!(fault, Some(Fault::ResetAfterWork)) {
        tokio::time::sleep(answer.pace).await;
        api.charge(&call, &answer.usage, true);
        return Err(cut());
    }
    Ok(respond(api, call, &request, &answer, fault.as_ref()))
}

/// Faults that need no request.
async fn strike(fault: &Fault) -> Result<(), Failure> {
    if let Some(error) = fault.error() {
        return Err(error.into());
    }
    match fault {
        Fault::HtmlBadGateway => {
            let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad \
                        Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
            let kind = [(header::CONTENT_TYPE, "text/html")];
            Err(Failure::Other(Box::new((StatusCode::BAD_GATEWAY, kind, page).into_response())))
        }
        Fault::Reset => Err(cut()),
        Fault::Hang { seconds } => {
            tokio::time::sleep(Fault::hang(*seconds)).await;
            Err(cut())
        }
        _ => Ok(()),
    }
}

fn cut() -> Failure {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(Cut);
    Failure::Other(Box::new(response))
}

fn respond(
    api: &Anthropic,
    call: Call,
    request: &Request,
    answer: &Answer,
    fault: Option<&Fault>,
) -> Response {
    let wire = api.wire();
    let (kind, pieces) = if request.stream {
        let frames = stream::break_frames(stream::frames(answer, &wire), fault);
        (
            "text/event-stream; charset=utf-8",
            stream::encode(frames, &wire, matches!(fault, Some(Fault::Garbage))),
        )
    } else {
        let mut json = answer.json().to_string();
        if matches!(fault, Some(Fault::Malformed { .. } | Fault::Truncated { .. })) {
            json.pop();
        }
        let whole =
            Piece { wait: answer.pace, bytes: json.into(), report: Some(answer.usage), broken: false };
        ("application/json", [whole].into())
    };
    let pieces = stream::chop(stream::break_pieces(pieces, fault), &wire.chunks, Duration::ZERO);
    let api = api.clone();
    let mut started = true;
    let body = Body::from_stream(stream::body(pieces, move |usage| {
        api.charge(&call, &usage, std::mem::take(&mut started));
    }));
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

// ---- answering ----------------------------------------------------------------------------------------------

/// Records the outcome and adds the headers that every answer has.
fn finish(api: &Anthropic, received: &Received, answered: Result<Response, Failure>) -> Response {
    let (mut response, error) = match answered {
        Ok(response) => (response, None),
        Err(Failure::Other(response)) => (*response, None),
        Err(Failure::Api(error)) => (error.response(&received.id), Some(error.message)),
    };
    let is_cut = response.extensions().get::<Cut>().is_some();
    let status = if is_cut { 0 } else { response.status().as_u16() };
    let now = api.now();
    let mut state = api.state();
    state.record.update(&received.id, |call| {
        call.status = status;
        call.error = error;
    });
    state.window.turn(now);
    let window = state.window;
    drop(state);
    let headers = response.headers_mut();
    let mut set = |name: &str, value: &str| {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    };
    set("request-id", &received.id);
    set("anthropic-organization-id", "00000000-0000-4000-8000-000000000000");
    let rest = Duration::from_secs(60).saturating_sub(now.saturating_sub(window.start));
    let reset = jiff::Timestamp::now()
        .checked_add(jiff::SignedDuration::try_from(rest).unwrap_or_default())
        .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default();
    let [requests, input, output] = LIMITS;
    let kinds = [
        ("requests", requests, window.requests),
        ("tokens", input.saturating_add(output), window.input.saturating_add(window.output)),
        ("input-tokens", input, window.input),
        ("output-tokens", output, window.output),
    ];
    for (kind, limit, used) in kinds {
        set(&format!("anthropic-ratelimit-{kind}-limit"), &limit.to_string());
        set(&format!("anthropic-ratelimit-{kind}-remaining"), &limit.saturating_sub(used).to_string());
        set(&format!("anthropic-ratelimit-{kind}-reset"), &reset);
    }
    response
}

#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;
