// SPDX-License-Identifier: MIT OR Apache-2.0
//! The end of the command line: speaks to a running daemon over its socket.

use crate::socket::{may_speak, own_uid};
use crate::wire::{Accepted, Answer, LocalMessage, LocalStop, MAX_ASK_BYTES, StreamEvent};
use blufio_core::control::{Refusal, Told};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio_util::task::AbortOnDropHandle;
use zeroize::{Zeroize, Zeroizing};

/// How long a daemon may take to let us in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take. Longer than the daemon gives itself, so that its own words are heard.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(150);
/// Most bytes of an answer, and of one event of a stream.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens at the socket.
    #[error("no daemon answers at {}; start one with `blufio serve`", path.display())]
    NoDaemon {
        /// The socket.
        path: PathBuf,
    },
    /// The socket may not be used by this user.
    #[error("{}: this user may not use the socket; run the command as the daemon's user or as root", path.display())]
    NotAllowed {
        /// The socket.
        path: PathBuf,
    },
    /// The one who listens is neither this user nor root, and is told no secret.
    #[error("{}: user {uid} listens there, which is neither this user nor root; nothing was sent", path.display())]
    Stranger {
        /// The socket.
        path: PathBuf,
        /// The user at the other end.
        uid: u32,
    },
    /// The daemon heard the question and refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The daemon cannot do it now: it is sealed, draining, or its disk is full. Trying again helps when that is over.
    #[error("{0}")]
    Unavailable(String),
    /// The daemon did not take the request.
    #[error("{0}")]
    Rejected(String),
    /// The connection broke, or there was no answer in time. Whether the question was carried out is unknown.
    #[error("the connection to the daemon broke: {0}")]
    Broken(String),
    /// The answer could not be understood.
    #[error("the daemon's answer is not understood ({0}); are it and this program of one version?")]
    Malformed(String),
}

impl ClientError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::NoDaemon { .. } | Self::Unavailable(_) | Self::Broken(_))
    }
}

/// A daemon, by its socket. Each call makes a connection of its own.
#[derive(Clone, Debug)]
pub struct LocalClient {
    path: PathBuf,
}

impl LocalClient {
    /// Finds out whether a daemon answers at `path`.
    ///
    /// # Errors
    /// [`ClientError::NoDaemon`], [`ClientError::NotAllowed`], [`ClientError::Stranger`] or [`ClientError::Broken`].
    pub async fn connect(path: impl Into<PathBuf>) -> Result<Self, ClientError> {
        let client = Self { path: path.into() };
        client.open().await?;
        Ok(client)
    }

    /// The socket.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Asks one question, in the form that [`blufio_core::control::Ask`] reads. The question is wiped, whatever comes
    /// of it.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the daemon's reason, or what became of the connection.
    pub async fn ask(&self, mut question: Value) -> Result<Told, ClientError> {
        // Large enough from the start: a vector that grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_ASK_BYTES));
        let written = serde_json::to_writer(&mut *bytes, &question);
        wipe(&mut question);
        written.map_err(|error| ClientError::Rejected(error.to_string()))?;
        let answer = self.call(Method::POST, "/ask", Bytes::from_owner(bytes)).await?;
        match read(answer).await?.1 {
            Answer::Ok(told) => Ok(told),
            Answer::Refused(refusal) => Err(refusal.into()),
        }
    }

    /// Says something. Once this has returned, the message survives a crash of the daemon; after an error the same
    /// message may be posted again.
    ///
    /// # Errors
    /// [`ClientError::Unavailable`] when no messages are accepted now, or what became of the connection.
    pub async fn post_message(&self, message: &LocalMessage) -> Result<Accepted, ClientError> {
        self.post("/local/messages", message).await
    }

    /// Ends the running turn of a conversation, if there is one.
    ///
    /// # Errors
    /// As [`LocalClient::post_message`].
    pub async fn stop(&self, conversation: &str) -> Result<(), ClientError> {
        let _: Value = self.post("/local/stop", &LocalStop { conversation: conversation.to_owned() }).await?;
        Ok(())
    }

    /// Listens to a conversation. Messages that wait for a listener begin to arrive.
    ///
    /// # Errors
    /// [`ClientError::Unavailable`] when too many listen already, or what became of the connection.
    pub async fn stream(&self, conversation: &str) -> Result<LocalStream, ClientError> {
        if !crate::wire::is_conversation(conversation) {
            return Err(ClientError::Rejected(format!("{conversation:?} cannot name a conversation")));
        }
        let target = format!("/local/stream?conversation={conversation}");
        let connection = self.call(Method::GET, &target, Bytes::new()).await?;
        if connection.response.status() != StatusCode::OK {
            return Err(refused(connection).await);
        }
        Ok(LocalStream { connection, buffer: BytesMut::new() })
    }

    async fn post<T: DeserializeOwned>(&self, target: &str, body: &impl Serialize) -> Result<T, ClientError> {
        let bytes = serde_json::to_vec(body).map_err(|error| ClientError::Rejected(error.to_string()))?;
        let connection = self.call(Method::POST, target, bytes.into()).await?;
        if connection.response.status() != StatusCode::OK {
            return Err(refused(connection).await);
        }
        Ok(read(connection).await?.1)
    }

    async fn open(&self) -> Result<UnixStream, ClientError> {
        let path = self.path.clone();
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, UnixStream::connect(&path)).await;
        let stream = match connected.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into())) {
            Ok(stream) => stream,
            Err(error) => {
                return Err(match error.kind() {
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused => ClientError::NoDaemon { path },
                    ErrorKind::PermissionDenied => ClientError::NotAllowed { path },
                    _ => broken(error),
                });
            }
        };
        // Root may speak to anyone's daemon; everyone else only to his own or root's, or a stranger could lay a
        // socket there and be told the passphrase.
        let uid = stream.peer_cred().map_err(broken)?.uid();
        if own_uid() != 0 && !may_speak(uid, own_uid()) {
            return Err(ClientError::Stranger { path, uid });
        }
        Ok(stream)
    }

    async fn call(&self, method: Method, target: &str, body: Bytes) -> Result<Connection, ClientError> {
        let stream = self.open().await?;
        let (mut sender, connection) =
            http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await.map_err(broken)?;
        let task = AbortOnDropHandle::new(tokio::spawn(async move {
            // What goes wrong is told to whoever waits for the answer.
            let _ = connection.await;
        }));
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(broken)?;
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, sender.send_request(request)).await;
        let response = answer.map_err(|_| late())?.map_err(|error| {
            // A daemon that turns us away closes the connection without a word.
            if error.is_canceled() || error.is_incomplete_message() || error.is_closed() {
                return ClientError::Broken(
                    "it was closed without an answer; see the daemon's log".to_owned(),
                );
            }
            broken(error)
        })?;
        Ok(Connection { response, _task: task })
    }
}

/// An answer, and what drives its connection.
struct Connection {
    response: Response<Incoming>,
    _task: AbortOnDropHandle<()>,
}

/// The events of one conversation.
pub struct LocalStream {
    connection: Connection,
    buffer: BytesMut,
}

impl fmt::Debug for LocalStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalStream").field("buffered", &self.buffer.len()).finish_non_exhaustive()
    }
}

impl LocalStream {
    /// The next event; `None` when the daemon ended the stream. Can be dropped at any await without losing an event.
    ///
    /// # Errors
    /// When the connection breaks or the daemon says what cannot be understood.
    pub async fn next(&mut self) -> Result<Option<StreamEvent>, ClientError> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(end.saturating_add(1));
                return serde_json::from_slice(&line).map(Some).map_err(malformed);
            }
            if self.buffer.len() > MAX_ANSWER_BYTES {
                return Err(ClientError::Malformed("an event without end".to_owned()));
            }
            match self.connection.response.body_mut().frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                Some(Err(error)) => return Err(broken(error)),
                None => return Ok(None),
            }
        }
    }
}

async fn read<T: DeserializeOwned>(connection: Connection) -> Result<(StatusCode, T), ClientError> {
    let Connection { response, _task } = connection;
    let status = response.status();
    let whole = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect();
    let whole = tokio::time::timeout(ANSWER_TIMEOUT, whole).await.map_err(|_| late())?;
    let bytes = whole.map_err(broken)?.to_bytes();
    Ok((status, serde_json::from_slice(&bytes).map_err(malformed)?))
}

/// What an answer that is not 200 says.
async fn refused(connection: Connection) -> ClientError {
    match read::<Value>(connection).await {
        Ok((status, answer)) => {
            let text = answer.get("error").and_then(Value::as_str).unwrap_or("the daemon refused").to_owned();
            if status == StatusCode::SERVICE_UNAVAILABLE {
                ClientError::Unavailable(text)
            } else {
                ClientError::Rejected(text)
            }
        }
        Err(error) => error,
    }
}

fn late() -> ClientError {
    ClientError::Broken(format!("there was no answer within {} seconds", ANSWER_TIMEOUT.as_secs()))
}

fn broken(error: impl fmt::Display) -> ClientError {
    ClientError::Broken(error.to_string())
}

fn malformed(error: serde_json::Error) -> ClientError {
    ClientError::Malformed(error.to_string())
}

/// Overwrites every text in a question.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        _ => {}
    }
}
