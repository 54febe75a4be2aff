// SPDX-License-Identifier: MIT OR Apache-2.0
//! A server on loopback that answers each connection by a script, byte by byte if need be.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};

/// What the server does next on a connection.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Sends bytes as they are.
    Raw(Vec<u8>),
    /// Sends one chunk of the body.
    Chunk(Vec<u8>),
    /// Waits.
    Pause(Duration),
    /// Ends the body as HTTP wants it.
    Finish,
    /// Says nothing until the client hangs up.
    Hang,
}

/// One answer. After its last act the connection is closed.
pub(super) type Script = Vec<Act>;

/// A request that has arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) head: String,
    pub(super) body: Value,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    hung_up: Arc<Notify>,
    accepting: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Server {
    /// Answers the first request by the first script, and so on; further connections are closed at once.
    pub(super) async fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let hung_up = Arc::new(Notify::new());
        let (log, notify) = (Arc::clone(&seen), Arc::clone(&hung_up));
        let accepting = tokio::spawn(async move {
            let mut scripts = VecDeque::from(scripts);
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let script = scripts.pop_front();
                let (log, notify) = (Arc::clone(&log), Arc::clone(&notify));
                connections.spawn(async move {
                    if let Some(script) = script {
                        play(stream, script, &log, &notify).await;
                    }
                });
            }
        });
        Self { address, seen, hung_up, accepting: accepting.abort_handle() }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("log").clone()
    }

    /// Waits until a client has hung up on [`Act::Hang`].
    pub(super) async fn hung_up(&self) {
        tokio::time::timeout(Duration::from_secs(5), self.hung_up.notified())
            .await
            .expect("a client hangs up");
    }
}

async fn play(mut stream: TcpStream, script: Script, log: &Mutex<Vec<Seen>>, hung_up: &Notify) {
    let Some(seen) = read(&mut stream).await else { return };
    log.lock().expect("log").push(seen);
    for act in script {
        let sent = match act {
            Act::Raw(bytes) => stream.write_all(&bytes).await,
            Act::Chunk(bytes) => {
                let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
                chunk.extend_from_slice(&bytes);
                chunk.extend_from_slice(b"\r\n");
                stream.write_all(&chunk).await
            }
            Act::Finish => stream.write_all(b"0\r\n\r\n").await,
            Act::Pause(span) => {
                tokio::time::sleep(span).await;
                Ok(())
            }
            Act::Hang => {
                // Nothing more comes from the client but the end.
                let _ = stream.read(&mut [0; 1]).await;
                hung_up.notify_one();
                Ok(())
            }
        };
        if sent.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut seen = Seen { head, body: Value::Null };
    let length: usize = seen.header("content-length")?.trim().parse().ok()?;
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    seen.body = serde_json::from_slice(&bytes[head_end..]).ok()?;
    Some(seen)
}

pub(super) fn head(status: u16, headers: &[(&str, &str)]) -> Act {
    let mut head = format!("HTTP/1.1 {status} X\r\ntransfer-encoding: chunked\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    Act::Raw((head + "\r\n").into_bytes())
}

/// The head of a good answer.
pub(super) fn streaming() -> Act {
    head(200, &[("content-type", "text/event-stream; charset=utf-8"), ("request-id", "req_42")])
}

pub(super) fn error(status: u16, headers: &[(&str, &str)], error: Value) -> Script {
    let body = json!({"type": "error", "error": error, "request_id": "req_err"}).to_string();
    let mut all = vec![("content-type", "application/json")];
    all.extend_from_slice(headers);
    vec![head(status, &all), Act::Chunk(body.into_bytes()), Act::Finish]
}

pub(super) fn event(value: &Value) -> Vec<u8> {
    format!("event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap_or_default()).into_bytes()
}

pub(super) fn message_start() -> Value {
    json!({"type": "message_start", "message": {
        "model": "claude-haiku-5-5", "content": [], "usage": {"input_tokens": 7, "output_tokens": 1}
    }})
}

pub(super) fn open_text() -> Value {
    json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
}

pub(super) fn words(text: &str) -> Value {
    json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
}

pub(super) fn ending(reason: &str) -> Vec<u8> {
    [
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]
    .iter()
    .flat_map(event)
    .collect()
}

/// All bytes of an answer in words.
pub(super) fn answer_bytes(text: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = [message_start(), open_text(), words(text)].iter().flat_map(event).collect();
    bytes.extend(ending("end_turn"));
    bytes
}

pub(super) fn answer(text: &str) -> Script {
    vec![streaming(), Act::Chunk(answer_bytes(text)), Act::Finish]
}

/// An answer that has begun: its counts and two words.
pub(super) fn beginning() -> Act {
    Act::Chunk([message_start(), open_text(), words("Half an")].iter().flat_map(event).collect())
}
