// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Telegram that answers as it is told, and writes down what it was asked.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::{Telegram, TelegramOptions};
use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use blufio_core::channel::{Delivery, Inbound, Inbox};
use blufio_core::ids::{Conversation, OutboxId, QueueId};
use blufio_core::observe::{Exposition, Observability, Observation};
use blufio_core::secret::SecretString;
use blufio_core::storage::StorageError;
use blufio_core::time::{Clock, Timestamp};
use blufio_net::{Net, NetOptions, Redactor};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

pub(super) const TOKEN: &str = "123456:AAcanary-token_that-must-not-be-seen";

/// As [`TelegramOptions::edit_interval`].
pub(super) const EDIT_INTERVAL: Duration = Duration::from_millis(40);

/// All that is left of an answer when the line is cut: what was asked for may have been done.
pub(super) const CUT_OFF: &str = r#"{"ok":true,"result":{"message_id":10"#;

/// A scripted answer.
#[derive(Clone)]
pub(super) enum Reply {
    Ok(Value),
    /// Status, description, parameters.
    Error(u16, &'static str, Value),
    Raw(&'static str),
    Late(Duration),
}

#[derive(Default)]
pub(super) struct Script {
    calls: Vec<(String, Value)>,
    replies: HashMap<String, VecDeque<Reply>>,
    next_message: i64,
    files: HashMap<String, Vec<u8>>,
}

pub(super) struct StandIn {
    script: Arc<Mutex<Script>>,
    pub(super) telegram: Arc<Telegram>,
    pub(super) observed: Arc<Observed>,
    server: JoinHandle<()>,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl StandIn {
    pub(super) async fn start() -> Self {
        let script = Arc::new(Mutex::new(Script { next_message: 100, ..Script::default() }));
        let router = Router::new()
            .route(&format!("/bot{TOKEN}/{{method}}"), axum::routing::post(answer))
            .route(&format!("/file/bot{TOKEN}/{{*path}}"), axum::routing::get(file))
            .with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        let observed = Arc::new(Observed::default());
        let telegram = Arc::new(telegram(address, Arc::clone(&observed)));
        Self { script, telegram, observed, server }
    }

    /// The next call of `method` is answered so.
    pub(super) fn will(&self, method: &str, reply: Reply) -> &Self {
        self.script.lock().unwrap().replies.entry(method.to_owned()).or_default().push_back(reply);
        self
    }

    pub(super) fn has_file(&self, path: &str, bytes: Vec<u8>) {
        self.script.lock().unwrap().files.insert(path.to_owned(), bytes);
    }

    /// What was asked of `method`, in order.
    pub(super) fn calls(&self, method: &str) -> Vec<Value> {
        let script = self.script.lock().unwrap();
        script.calls.iter().filter(|(name, _)| name == method).map(|(_, body)| body.clone()).collect()
    }
}

pub(super) fn telegram(address: SocketAddr, observed: Arc<Observed>) -> Telegram {
    let options = NetOptions { loopback_origins: vec![address], ..NetOptions::default() };
    let net = Net::new(options, Arc::new(Redactor::new())).unwrap();
    let options = TelegramOptions {
        token: SecretString::new(TOKEN.to_owned()),
        base_url: format!("http://{address}/").parse().unwrap(),
        streaming: true,
        edit_interval: EDIT_INTERVAL,
        poll_timeout: Duration::from_secs(1),
    };
    let mut telegram = Telegram::new(net, options, Arc::new(Noon), observed).unwrap();
    telegram.token_waits = [Duration::from_millis(5), Duration::from_millis(10)];
    telegram
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    Path(method): Path<String>,
    body: Bytes,
) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    // teloxide writes the names of some methods with a capital letter; Telegram does not mind.
    let mut letters = method.chars();
    let method: String =
        letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect();
    let reply = {
        let mut script = script.lock().unwrap();
        script.calls.push((method.clone(), asked.clone()));
        script.replies.get_mut(&method).and_then(VecDeque::pop_front)
    };
    match reply {
        Some(Reply::Ok(result)) => json!({"ok": true, "result": result}).to_string().into_response(),
        Some(Reply::Raw(text)) => text.into_response(),
        Some(Reply::Error(code, description, parameters)) => {
            let mut body = json!({"ok": false, "error_code": code, "description": description});
            if !parameters.is_null() {
                body["parameters"] = parameters;
            }
            (StatusCode::from_u16(code).unwrap(), body.to_string()).into_response()
        }
        late => {
            if let Some(Reply::Late(wait)) = late {
                tokio::time::sleep(wait).await;
            }
            let result = usual(&script, &method, &asked).await;
            json!({"ok": true, "result": result}).to_string().into_response()
        }
    }
}

async fn usual(script: &Mutex<Script>, method: &str, asked: &Value) -> Value {
    match method {
        "getMe" => json!({
            "id": 99, "is_bot": true, "first_name": "Blufio", "username": "blufio_bot",
            "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false,
            "can_connect_to_business": false, "has_main_web_app": false,
        }),
        "getUpdates" => {
            tokio::time::sleep(Duration::from_millis(200)).await;
            json!([])
        }
        "sendMessage" | "editMessageText" => {
            let mut script = script.lock().unwrap();
            script.next_message += 1;
            let id = asked["message_id"].as_i64().unwrap_or(script.next_message);
            json!({
                "message_id": id, "date": 1_800_000_000, "text": asked["text"],
                "chat": {"id": asked["chat_id"], "type": "private", "first_name": "Ada"},
            })
        }
        _ => json!(true),
    }
}

async fn file(State(script): State<Arc<Mutex<Script>>>, Path(path): Path<String>) -> Response {
    match script.lock().unwrap().files.get(&path) {
        Some(bytes) => bytes.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Always the same instant.
pub(super) struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000)
    }
}

/// Classes of failures to receive.
#[derive(Default)]
pub(super) struct Observed(pub(super) Mutex<Vec<&'static str>>);

impl Observability for Observed {
    fn record(&self, observation: Observation<'_>) {
        if let Observation::ReceiveFailed { class, .. } = observation {
            self.0.lock().unwrap().push(class);
        }
    }

    fn render(&self) -> Result<Exposition, String> {
        Err("not asked for".into())
    }
}

/// An inbox in memory, whose storage can fail.
#[derive(Default)]
pub(super) struct MemoryInbox {
    pub(super) cursor: Mutex<Option<i64>>,
    pub(super) fails: Mutex<u32>,
    pub(super) batches: Mutex<Vec<(Vec<Inbound>, Option<i64>)>>,
    pub(super) stops: Mutex<Vec<String>>,
}

impl MemoryInbox {
    pub(super) fn texts(&self) -> Vec<String> {
        let batches = self.batches.lock().unwrap();
        batches.iter().flat_map(|(messages, _)| messages.iter().map(|message| message.text.clone())).collect()
    }
}

#[async_trait]
impl Inbox for MemoryInbox {
    async fn accept(
        &self,
        channel: &str,
        messages: Vec<Inbound>,
        cursor: Option<i64>,
    ) -> Result<usize, StorageError> {
        assert_eq!(channel, "telegram");
        {
            let mut fails = self.fails.lock().unwrap();
            if *fails > 0 {
                *fails -= 1;
                return Err(StorageError::Full { path: "blufio.db".into() });
            }
        }
        *self.cursor.lock().unwrap() = cursor;
        let count = messages.len();
        self.batches.lock().unwrap().push((messages, cursor));
        Ok(count)
    }

    async fn cursor(&self, _channel: &str) -> Result<Option<i64>, StorageError> {
        Ok(*self.cursor.lock().unwrap())
    }

    fn stop(&self, conversation: &Conversation) {
        self.stops.lock().unwrap().push(conversation.to_string());
    }
}

/// Waits until something holds, at most five seconds.
pub(super) async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(holds(), "it did not come true in time");
}

pub(super) fn delivery(id: i64, chat: &str, turn: Option<i64>, payload: Value) -> Delivery {
    Delivery {
        id: OutboxId(id),
        conversation: Conversation::new("telegram", chat),
        turn: turn.map(QueueId),
        payload,
    }
}

/// An update with a message from a person in private.
pub(super) fn written(update: i64, text: &str) -> Value {
    json!({"update_id": update, "message": {
        "message_id": update, "date": 1_800_000_000, "text": text,
        "chat": {"id": 7, "type": "private", "first_name": "Ada"},
        "from": {"id": 7, "is_bot": false, "first_name": "Ada", "last_name": "Lovelace"},
    }})
}
