// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a request to an answer: whose token, which method, which fault, and the envelope around it all.

use super::{
    Fault, Telegram, control,
    error::ApiError,
    methods,
    params::{self, Params},
};
use crate::server::{Broken, Cut};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Most bytes of a request, files included.
const BODY_LIMIT: usize = 52 << 20;

/// The routes of the API, and those of the control below `/_sim/telegram/`.
pub fn router(state: Telegram) -> Router {
    Router::new().nest("/_sim/telegram", control::router()).fallback(entry).with_state(state)
}

/// What a method gives back when it did what was asked.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) result: Value,
    pub(super) description: Option<&'static str>,
}

impl From<Value> for Answer {
    fn from(result: Value) -> Answer {
        Answer { result, description: None }
    }
}

impl Answer {
    fn to_json(&self) -> Value {
        let mut value = json!({ "ok": true, "result": self.result });
        if let (Some(description), Value::Object(value)) = (self.description, &mut value) {
            value.insert("description".into(), description.into());
        }
        value
    }
}

async fn entry(State(telegram): State<Telegram>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = params::decode(parts.uri.path(), false).unwrap_or_default();
    if let Some((token, path)) = path.strip_prefix("/file/bot").and_then(|rest| rest.split_once('/')) {
        return file(&telegram, token, path).await;
    }
    let Some((token, method)) = path.strip_prefix("/bot").and_then(|rest| rest.split_once('/')) else {
        return refuse(&telegram, "", &ApiError::new(404, "Not Found"));
    };
    if parts.method != Method::GET && parts.method != Method::POST {
        return refuse(&telegram, method, &ApiError::new(501, "Not Implemented"));
    }
    if let Err(error) = authorize(&telegram, token) {
        return refuse(&telegram, method, &error);
    }
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return refuse(&telegram, method, &ApiError::new(413, "Request Entity Too Large"));
    };
    let content_type =
        parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let params = match Params::read(parts.uri.query(), content_type, &body) {
        Ok(params) => params,
        Err(error) => return refuse(&telegram, method, &error),
    };
    call(&telegram, method, params).await
}

fn authorize(telegram: &Telegram, token: &str) -> Result<(), ApiError> {
    let well_formed = token.len() <= 80
        && token.split_once(':').is_some_and(|(id, _)| id.parse::<i64>().is_ok_and(|id| id > 0))
        && !token.starts_with('0');
    if !well_formed {
        return Err(ApiError::new(401, "Unauthorized: invalid token specified"));
    }
    if telegram.look(|world| world.token != token) {
        return Err(ApiError::new(401, "Unauthorized"));
    }
    Ok(())
}

/// One call of a method, with its fault if one waits for it.
async fn call(telegram: &Telegram, method: &str, params: Params) -> Response {
    let (number, fault) = telegram.change(|world| {
        let number = world.log_call(method, params.to_log());
        let fault = world.faults.next(method);
        if let Some(fault) = &fault {
            world.log_fault(number, fault.name());
        }
        (number, fault)
    });
    let status = |status: u16| telegram.change(|world| world.log_status(number, status));
    if let Some(error) = fault.as_ref().and_then(Fault::refusal) {
        status(error.code);
        return envelope(error.code, &error.to_json(), error.retry_after);
    }
    match &fault {
        Some(Fault::Html { status: code }) => {
            status(*code);
            return html(*code);
        }
        Some(Fault::ResetBefore) => return cut(),
        Some(Fault::Slow { millis }) => tokio::time::sleep(Duration::from_millis(*millis)).await,
        _ => {}
    }
    let outcome = methods::call(telegram, method, &params).await;
    if fault == Some(Fault::ResetAfter) {
        if let Err(error) = &outcome {
            telegram.change(|world| world.log_rejection(method, error.code, &error.description));
        }
        return cut();
    }
    match outcome {
        Ok(answer) if fault == Some(Fault::Truncated) => {
            status(200);
            let whole = answer.to_json().to_string();
            let half = whole.as_bytes().get(..whole.len() / 2).unwrap_or_default().to_vec();
            json_response(200, half, None)
        }
        Ok(answer) => {
            status(200);
            envelope(200, &answer.to_json(), None)
        }
        Err(error) => {
            status(error.code);
            refuse(telegram, method, &error)
        }
    }
}

/// A download.
async fn file(telegram: &Telegram, token: &str, path: &str) -> Response {
    let (number, fault, bytes) = telegram.change(|world| {
        let log = Map::from_iter([("file_path".to_owned(), Value::from(path))]);
        let number = world.log_call("file", log);
        let fault = world.faults.next("file");
        if let Some(fault) = &fault {
            world.log_fault(number, fault.name());
        }
        (number, fault, world.download(path))
    });
    let status = |status: u16| telegram.change(|world| world.log_status(number, status));
    if let Err(error) = authorize(telegram, token) {
        status(error.code);
        return refuse(telegram, "file", &error);
    }
    if let Some(error) = fault.as_ref().and_then(Fault::refusal) {
        status(error.code);
        return envelope(error.code, &error.to_json(), error.retry_after);
    }
    match &fault {
        Some(Fault::Html { status: code }) => {
            status(*code);
            return html(*code);
        }
        Some(Fault::ResetBefore | Fault::ResetAfter) => return cut(),
        Some(Fault::Slow { millis }) => tokio::time::sleep(Duration::from_millis(*millis)).await,
        _ => {}
    }
    let Some(bytes) = bytes else {
        status(404);
        return refuse(telegram, "file", &ApiError::new(404, "Not Found"));
    };
    status(200);
    // A download that is cut short: the head promises all of it.
    let sent = if fault == Some(Fault::Truncated) { bytes.slice(..bytes.len() / 2) } else { bytes.clone() };
    let mut response =
        if sent.len() == bytes.len() { Body::from(sent) } else { broken(sent) }.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    response
}

/// A body that ends with an error in its middle, a moment after what comes before has left: a reset takes along what has
/// not.
fn broken(bytes: Bytes) -> Body {
    let end = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(Broken)
    };
    Body::from_stream(stream::iter([Ok(bytes)]).chain(stream::once(end)))
}

/// A refusal of our own: it is written down.
fn refuse(telegram: &Telegram, method: &str, error: &ApiError) -> Response {
    if (400..500).contains(&error.code) {
        telegram.change(|world| world.log_rejection(method, error.code, &error.description));
    }
    envelope(error.code, &error.to_json(), error.retry_after)
}

fn envelope(code: u16, value: &Value, retry_after: Option<u64>) -> Response {
    json_response(code, value.to_string().into_bytes(), retry_after)
}

fn json_response(code: u16, body: Vec<u8>, retry_after: Option<u64>) -> Response {
    let mut response = Body::from(body).into_response();
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(wait) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}

fn html(code: u16) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_GATEWAY);
    let reason = status.canonical_reason().unwrap_or("Error");
    let page = format!(
        "<html>\r\n<head><title>{code} {reason}</title></head>\r\n<body>\r\n<center><h1>{code} \
         {reason}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    let mut response = Body::from(page).into_response();
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

fn cut() -> Response {
    let mut response = Body::empty().into_response();
    response.extensions_mut().insert(Cut);
    response
}
