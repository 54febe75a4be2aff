// SPDX-License-Identifier: MIT OR Apache-2.0
//! The handle over HTTP, for tests in another process. The table of requests stands at the top of `telegram.rs`.

use super::{
    Attachment, ChatKind, Fault, FileKind, Limits, Telegram,
    people::{Sent, text_fields},
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Most bytes of a request: a file of 20 MB in base64, and some.
const BODY_LIMIT: usize = 64 << 20;
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

type Answer = Result<Json<Value>, Wrong>;

/// A request that makes no sense.
struct Wrong(String);

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": self.0 }))).into_response()
    }
}

pub(super) fn router() -> Router<Telegram> {
    Router::new()
        .route("/user", post(user))
        .route("/chat", post(chat))
        .route("/text", post(text))
        .route("/file", post(file))
        .route("/album", post(album))
        .route("/update", post(update))
        .route("/stop", post(stop))
        .route("/block", post(block))
        .route("/fault", post(fault))
        .route("/limits", post(limits))
        .route("/next_update_id", post(next_update_id))
        .route("/reset", post(reset))
        .route("/messages", get(messages))
        .route("/drafts", get(drafts))
        .route("/actions", get(actions))
        .route("/wait", get(wait))
        .route("/duplicates", get(async |State(telegram): State<Telegram>| show(telegram.duplicates())))
        .route("/calls", get(async |State(telegram): State<Telegram>| show(telegram.calls())))
        .route("/rejections", get(async |State(telegram): State<Telegram>| show(telegram.rejections())))
        .route("/warnings", get(async |State(telegram): State<Telegram>| show(telegram.warnings())))
        .route("/pending", get(async |State(telegram): State<Telegram>| show(telegram.pending_updates())))
        .route("/commands", get(async |State(telegram): State<Telegram>| show(telegram.commands())))
        .route("/bot", get(async |State(telegram): State<Telegram>| show(telegram.bot())))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

fn show(value: impl Serialize) -> Answer {
    serde_json::to_value(value).map(Json).map_err(|why| Wrong(why.to_string()))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Wrong> {
    serde_json::from_slice(body).map_err(|why| Wrong(why.to_string()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserBody {
    id: i64,
    name: String,
}

async fn user(State(telegram): State<Telegram>, body: bytes::Bytes) -> Answer {
    let UserBody { id, name } = read(&body)?;
    show(json!({ "chat": telegram.user(id, &name) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChatBody {
    id: i64,
    kind: ChatKind,
    title: String,
    #[serde(default)]
    topics: Vec<i64>,
}

async fn chat(State(telegram): State<Telegram>, body: bytes::Bytes) -> Answer {
    let ChatBody { id, kind, title, topics } = read(&body)?;
    telegram.chat(id, kind, &title);
    for thread in topics {
        telegram.topic(id, thread);
    }
    show(json!({ "chat": id }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextBody {
    chat: i64,
    from: Option<i64>,
    text: String,
    thread: Option<i64>,
}

async fn text(State(telegram): State<Telegram>, body: bytes::Bytes) -> Answer {
    let TextBody { chat, from, text, thread } = read(&body)?;
    let mut fields = text_fields(&text);
    if let Some(thread) = thread {
        fields.insert("message_thread_id".into(), thread.into());
        fields.insert("is_topic_message".into(), true.into());
    }
    show_sent(telegram.change(|world| world.receive(chat, from.unwrap_or(chat), fields)))
}

fn show_sent(sent: Sent) -> Answer {
    show(json!({ "update_id": sent.update_id, "message_id": sent.message_id }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePart {
    kind: FileKind,
    data: String,
    #[serde(default)]
    name: String,
    media_type: Option<String>,
    #[serde(default)]
    caption: String,
    size: Option<u64>,
}

impl FilePart {
    fn attachment(self) -> Result<Attachment, Wrong> {
        let bytes = STANDARD.decode(&self.data).map_err(|why| Wrong(format!("data is not base64: {why}")))?;
        let media_type = match (self.media_type, self.kind) {
            (None, FileKind::Voice) => Some("audio/ogg".to_owned()),
            (media_type, _) => media_type,
        };
        let FilePart { kind, name, caption, size, .. } = self;
        Ok(Attachment { kind, name, media_type, bytes, size, caption })
    }
}

#[derive(Deserialize)]
struct FileBody {
    chat: i64,
    from: Option<i64>,
    #[serde(flatten)]
    file: FilePart,
}

async fn file(State(telegram): State<Telegram>, body: bytes::Bytes) -> Answer {
    let FileBody { chat, from, file } = read(&body)?;
    let attachment = file.attachment()?;
    show_sent(telegram.change(|world| world.receive_file(chat, from.unwrap_or(chat), &attachment, None)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlbumBody {
    chat: i64,
    from: Option<i64>,
    files: Vec<FilePart>,
}

async fn album(State(telegram): State<Telegram>, body: bytes::Bytes) -> Answer {
    let AlbumBody { chat, from, files } = read(&body)?;
    let files = files.into_iter().map(FilePart::attachment).collect::<Result<Vec<_>, _>>()?;
    show(json!({ "update_ids": telegram.send_album(chat, from.unwrap_or(chat), &files) }))
}

async fn update(State(telegram): State<Telegram>, body: bytes::Bytes) -> Answer {
    let update: Map<String, Value> = read(&body)?;
    show(json!({ "update_id": telegram.send_raw_update(update) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StopBody {
    chat: i64,
    draft_id: i64,
}

async fn stop(State(telegram): State<Telegram>, body: bytes::Bytes) -> Answer {
    let StopBody { chat, draft_id } = read(&body)?;
    match telegram.press_stop(chat, draft_id) {
        Some(update_id) => show(json!({ "update_id": update_id })),
        None => Err(Wrong(format!("chat {chat} shows no draft {draft_id} with a stop button"))),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockBody {
    chat: i64,
    blocked: bool,
}

async fn block(State(telegram): State<Telegram>, body: bytes::Bytes) -> Answer {
    let BlockBody { chat, blocked } = read(&body)?;
    telegram.block(chat, blocked);
    show(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultBody {
    method: String,
    fault: Fault,
    times: Option<usize>,
}

async fn fault(State(telegram): State<Telegram>, body: bytes::Bytes) -> Answer {
    let FaultBody { method, fault, times } = read(&body)?;
    telegram.fail_times(&method, fault, times.unwrap_or(1));
    show(json!({ "waiting": telegram.faults_left() }))
}

async fn limits(State(telegram): State<Telegram>, body: bytes::Bytes) -> Answer {
    let value: Value = read(&body)?;
    let limits = match value.get("telegram") {
        Some(Value::Bool(true)) => Limits::telegram(),
        _ => serde_json::from_value(value).map_err(|why| Wrong(why.to_string()))?,
    };
    telegram.limits(limits);
    show(limits)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NextId {
    id: i64,
}

async fn next_update_id(State(telegram): State<Telegram>, body: bytes::Bytes) -> Answer {
    let NextId { id } = read(&body)?;
    telegram.next_update_id(id);
    show(json!({}))
}

async fn reset(State(telegram): State<Telegram>) -> Answer {
    telegram.reset();
    show(json!({}))
}

#[derive(Deserialize)]
struct OfChat {
    chat: i64,
}

async fn messages(State(telegram): State<Telegram>, Query(OfChat { chat }): Query<OfChat>) -> Answer {
    show(telegram.messages(chat))
}

async fn drafts(State(telegram): State<Telegram>, Query(OfChat { chat }): Query<OfChat>) -> Answer {
    show(telegram.drafts(chat))
}

async fn actions(State(telegram): State<Telegram>, Query(OfChat { chat }): Query<OfChat>) -> Answer {
    show(telegram.actions(chat))
}

#[derive(Deserialize)]
struct WaitQuery {
    chat: i64,
    messages: usize,
    timeout: f64,
}

async fn wait(State(telegram): State<Telegram>, Query(query): Query<WaitQuery>) -> Answer {
    let timeout = Duration::try_from_secs_f64(query.timeout)
        .map_err(|why| Wrong(format!("timeout: {why}")))?
        .min(LONGEST_WAIT);
    let waited = telegram.wait_for_messages(query.chat, query.messages, timeout).await;
    show(waited.map_err(|why| Wrong(why.to_string()))?)
}
