// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both doors over real sockets, with a control and metrics that only pretend.

use crate::client::{ClientError, LocalClient};
use crate::wire::{LocalMessage, StreamEvent};
use crate::{Gateway, GatewayError, GatewayOptions, LocalChannel};
use async_trait::async_trait;
use blufio_core::channel::{Channel, ChannelError, Delivery, Inbound, Inbox, Progress};
use blufio_core::control::{
    Ask, Control, Health, Refusal, RefusalKind, Status, Told, VaultState, VaultStatus,
};
use blufio_core::ids::{Conversation, OutboxId, QueueId};
use blufio_core::observe::{Exposition, Observability, Observation};
use blufio_core::storage::{StorageError, StoreStats};
use blufio_core::time::{Clock, Timestamp};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000)
    }
}

/// A daemon that is ready, or sealed, or whose disk hangs.
#[derive(Default)]
struct FakeControl {
    sealed: AtomicBool,
    hangs: AtomicBool,
    passphrases: Mutex<Vec<String>>,
}

#[async_trait]
impl Control for FakeControl {
    async fn ask(&self, ask: Ask) -> Result<Told, Refusal> {
        match ask {
            Ask::Status if self.hangs.load(Ordering::SeqCst) => std::future::pending().await,
            Ask::Status => Ok(Told::Status(Box::new(Status {
                version: "0.0.0".into(),
                pid: 1,
                started_at: Timestamp(1),
                health: self.health(),
                vault: VaultStatus { state: VaultState::Unsealed, secrets: 2 },
                store: StoreStats { queue_depth: 3, ..StoreStats::default() },
                running: Vec::new(),
                channels: vec!["local".into()],
            }))),
            Ask::VaultUnseal { passphrase } => {
                self.passphrases.lock().unwrap().push(passphrase.expose().to_owned());
                Err(Refusal { kind: RefusalKind::Failed, message: "it does not open".into() })
            }
            _ => Ok(Told::Done),
        }
    }

    fn health(&self) -> Health {
        let sealed = self.sealed.load(Ordering::SeqCst);
        let reason = if sealed { "the vault is sealed" } else { "ok" };
        Health {
            live: true,
            ready: !sealed,
            sealed,
            draining: false,
            trial: false,
            reason: reason.into(),
            notices: Vec::new(),
        }
    }
}

/// Notes what it is told.
#[derive(Default)]
struct FakeMetrics {
    seen: Mutex<Vec<String>>,
}

impl Observability for FakeMetrics {
    fn record(&self, observation: Observation<'_>) {
        self.seen.lock().unwrap().push(format!("{observation:?}"));
    }

    fn render(&self) -> Result<Exposition, String> {
        Ok(Exposition {
            content_type: "text/plain; version=0.0.4",
            body: self.seen.lock().unwrap().join("\n"),
        })
    }
}

/// An inbox in memory.
#[derive(Default)]
pub(crate) struct FakeInbox {
    pub(crate) messages: Mutex<Vec<Inbound>>,
    pub(crate) ids: Mutex<HashSet<String>>,
    pub(crate) stopped: Mutex<Vec<Conversation>>,
    pub(crate) arrived: Mutex<Vec<Conversation>>,
    pub(crate) full: AtomicBool,
}

#[async_trait]
impl Inbox for FakeInbox {
    async fn accept(
        &self,
        channel: &str,
        messages: Vec<Inbound>,
        _: Option<i64>,
    ) -> Result<usize, StorageError> {
        assert_eq!(channel, "local");
        if self.full.load(Ordering::SeqCst) {
            return Err(StorageError::Full { path: "blufio.db".into() });
        }
        let mut ids = self.ids.lock().unwrap();
        let new: Vec<_> =
            messages.into_iter().filter(|message| ids.insert(message.external_id.clone())).collect();
        let number = new.len();
        self.messages.lock().unwrap().extend(new);
        Ok(number)
    }

    async fn cursor(&self, _: &str) -> Result<Option<i64>, StorageError> {
        Ok(None)
    }

    fn stop(&self, conversation: &Conversation) {
        self.stopped.lock().unwrap().push(conversation.clone());
    }

    fn arrived(&self, conversation: &Conversation) {
        self.arrived.lock().unwrap().push(conversation.clone());
    }
}

struct Running {
    control: Arc<FakeControl>,
    metrics: Arc<FakeMetrics>,
    local: Arc<LocalChannel>,
    address: SocketAddr,
    socket: PathBuf,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _folder: TempDir,
}

async fn start() -> Running {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("run/blufio.sock");
    let (control, metrics) = (Arc::<FakeControl>::default(), Arc::<FakeMetrics>::default());
    let local = Arc::new(LocalChannel::new(Arc::new(Noon)));
    let options = GatewayOptions { listen: ([127, 0, 0, 1], 0).into(), socket: socket.clone() };
    let gateway = Gateway::bind(
        options,
        Arc::clone(&control) as Arc<dyn Control>,
        Arc::clone(&metrics) as Arc<dyn Observability>,
        Arc::clone(&local),
    );
    let gateway = gateway.await.unwrap();
    let address = gateway.local_addr();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(gateway.serve(async move {
        let _ = stopped.await;
    }));
    Running { control, metrics, local, address, socket, stop, task, _folder: folder }
}

impl Running {
    async fn client(&self) -> LocalClient {
        LocalClient::connect(&self.socket).await.unwrap()
    }

    /// Lets messages in.
    fn open_inbox(&self) -> (Arc<FakeInbox>, JoinHandle<Result<(), ChannelError>>) {
        let inbox = Arc::<FakeInbox>::default();
        let (channel, of_task) = (Arc::clone(&self.local), Arc::clone(&inbox));
        (inbox, tokio::spawn(async move { channel.run(of_task.as_ref()).await }))
    }

    /// Sends bytes to the TCP door and reads until it is shut.
    async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    async fn get(&self, target: &str) -> (u16, String) {
        let answer = self.raw(&format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        split(&answer)
    }
}

fn split(answer: &str) -> (u16, String) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < Duration::from_secs(5), "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn message(id: &str, text: &str) -> LocalMessage {
    LocalMessage { conversation: "default".into(), text: text.into(), id: id.into() }
}

fn delivery(id: i64, text: &str) -> Delivery {
    let conversation = Conversation::new("local", "default");
    Delivery { id: OutboxId(id), conversation, turn: None, payload: json!({ "text": text }) }
}

#[tokio::test]
async fn health_is_200_when_ready_and_503_with_the_reason_when_not() {
    let running = start().await;
    let (status, body) = running.get("/health").await;
    assert_eq!(status, 200);
    let health: Health = serde_json::from_str(&body).unwrap();
    assert_eq!(health, running.control.health());
    running.control.sealed.store(true, Ordering::SeqCst);
    let (status, body) = running.get("/health").await;
    assert_eq!(status, 503);
    assert!(body.contains("\"sealed\":true") && body.contains("the vault is sealed"), "{body}");
}

#[tokio::test]
async fn a_scrape_holds_fresh_numbers_and_does_not_hang_with_the_disk() {
    let running = start().await;
    let (status, body) = running.get("/metrics").await;
    assert_eq!(status, 200);
    assert!(body.contains("queue_depth: 3") && body.contains("ready: true"), "{body}");

    running.control.hangs.store(true, Ordering::SeqCst);
    running.metrics.seen.lock().unwrap().clear();
    let begin = Instant::now();
    let (status, body) = running.get("/metrics").await;
    assert_eq!(status, 200);
    assert!(body.contains("ready: true") && !body.contains("queue_depth"), "{body}");
    assert!(begin.elapsed() < Duration::from_secs(3));
    // Health does not wait for anything.
    assert_eq!(running.get("/health").await.0, 200);
}

#[tokio::test]
async fn other_paths_methods_and_hosts_get_a_clear_answer_in_json() {
    let running = start().await;
    let (status, body) = running.get("/").await;
    assert_eq!(status, 404);
    assert!(serde_json::from_str::<Value>(&body).unwrap()["error"].is_string());
    let post = "POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    let (status, body) = split(&running.raw(post).await);
    assert_eq!(status, 405);
    assert!(serde_json::from_str::<Value>(&body).unwrap()["error"].is_string());
    // The operator's door is elsewhere.
    assert_eq!(running.get("/ask").await.0, 404);
    for host in [
        "Host: evil.example\r\n",
        "Host: evil.example:8787\r\n",
        "",
        "Host: localhost\r\nHost: localhost\r\n",
    ] {
        let answer = running.raw(&format!("GET /health HTTP/1.1\r\n{host}\r\n")).await;
        let (status, body) = split(&answer);
        assert!(status == 421 && !body.contains("ready"), "{host:?}: {answer}");
    }
}

#[tokio::test]
async fn an_endless_head_is_refused() {
    let running = start().await;
    let endless = format!("GET /health HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    // The daemon may shut the door before all of it is written.
    let _ = stream.write_all(endless.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
}

#[tokio::test]
async fn nonsense_at_either_door_hurts_nobody() {
    let running = start().await;
    let nonsense: [&[u8]; 6] = [
        b"\0\x01\x02\xff\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /ask HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 9\r\n\r\n{}",
        b"POST /ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ];
    for bytes in nonsense {
        let mut tcp = TcpStream::connect(running.address).await.unwrap();
        let mut unix = UnixStream::connect(&running.socket).await.unwrap();
        // Either door may be shut before all of it is written.
        let _ = (tcp.write_all(bytes).await, unix.write_all(bytes).await);
        let _ = (tcp.shutdown().await, unix.shutdown().await);
        let (mut one, mut two) = (Vec::new(), Vec::new());
        let _ = (tcp.read_to_end(&mut one).await, unix.read_to_end(&mut two).await);
        for answer in [one, two] {
            assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
        }
    }
    assert_eq!(running.get("/health").await.0, 200);
    running.client().await.ask(json!({"ask": "status"})).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_finish_a_request_is_not_waited_for() {
    let running = start().await;
    let begin = tokio::time::Instant::now();
    let mut half_a_head = TcpStream::connect(running.address).await.unwrap();
    half_a_head.write_all(b"GET /health HT").await.unwrap();
    let mut answer = Vec::new();
    half_a_head.read_to_end(&mut answer).await.unwrap();
    let mut half_a_body = UnixStream::connect(&running.socket).await.unwrap();
    let head = b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{";
    half_a_body.write_all(head).await.unwrap();
    let mut answer = String::new();
    half_a_body.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(begin.elapsed() < Duration::from_secs(40));
}

#[tokio::test(start_paused = true)]
async fn connections_that_say_nothing_do_not_keep_the_monitor_out() {
    let running = start().await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(running.address).await.unwrap());
    }
    let begin = tokio::time::Instant::now();
    assert_eq!(running.get("/health").await.0, 200);
    // Two rounds of silence: the door holds 64 at a time.
    assert!(begin.elapsed() < Duration::from_secs(6), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn only_loopback_is_listened_on_and_a_taken_port_is_named() {
    let running = start().await;
    let bind = |listen: SocketAddr| {
        let socket = running.socket.with_file_name("other.sock");
        Gateway::bind(
            GatewayOptions { listen, socket },
            Arc::clone(&running.control) as Arc<dyn Control>,
            Arc::clone(&running.metrics) as Arc<dyn Observability>,
            Arc::clone(&running.local),
        )
    };
    for outside in ["0.0.0.0:0", "10.1.2.3:0", "[::]:0"] {
        let error = bind(outside.parse().unwrap()).await.unwrap_err();
        assert!(matches!(error, GatewayError::NotLoopback(_)), "{error}");
    }
    let error = bind(running.address).await.unwrap_err().to_string();
    assert!(error.contains(&running.address.to_string()) && error.contains("another port"), "{error}");
}

#[tokio::test]
async fn the_operator_asks_and_is_answered_or_refused() {
    let running = start().await;
    let client = running.client().await;
    let Told::Status(status) = client.ask(json!({"ask": "status"})).await.unwrap() else {
        panic!("no status")
    };
    assert_eq!(status.store.queue_depth, 3);
    let passphrase = "correct \"horse\" \\ batter\u{fc}";
    let error = client.ask(json!({"ask": "vault_unseal", "passphrase": passphrase})).await.unwrap_err();
    let ClientError::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!((refusal.kind, refusal.message.as_str()), (RefusalKind::Failed, "it does not open"));
    assert_eq!(*running.control.passphrases.lock().unwrap(), [passphrase]);
}

#[tokio::test]
async fn a_question_that_is_not_understood_is_a_usage_error_that_repeats_nothing() {
    let running = start().await;
    let client = running.client().await;
    for question in [
        json!({"ask": "canary"}),
        json!({"ask": "vault_unseal", "passphrase": 12_345_678}),
        json!({"ask": "vault_unseal", "passphrase": "x", "canary": "canary"}),
        json!("canary"),
    ] {
        let ClientError::Refused(refusal) = client.ask(question).await.unwrap_err() else {
            panic!("not refused")
        };
        assert_eq!(refusal.kind, RefusalKind::Usage);
        assert!(!refusal.message.contains("canary") && !refusal.message.contains("12345678"), "{refusal}");
    }
    let too_large = json!({"ask": "vault_unseal", "passphrase": "x".repeat(600 * 1024)});
    let ClientError::Refused(refusal) = client.ask(too_large).await.unwrap_err() else {
        panic!("not refused")
    };
    assert_eq!(refusal.kind, RefusalKind::Usage);
    // The largest secret that the vault takes fits, also when every byte of it has to be escaped.
    let largest = json!({"ask": "vault_set", "name": "x", "value": "\u{1}".repeat(64 * 1024)});
    assert!(matches!(client.ask(largest).await, Ok(Told::Done)));
}

#[tokio::test]
async fn no_daemon_is_told_apart_from_other_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let error = LocalClient::connect(&path).await.unwrap_err();
    assert!(
        matches!(error, ClientError::NoDaemon { .. }) && error.to_string().contains("blufio serve"),
        "{error}"
    );
    // A daemon that was killed leaves its socket behind.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(matches!(LocalClient::connect(&path).await, Err(ClientError::NoDaemon { .. })));
}

#[tokio::test]
async fn a_message_is_accepted_once_and_not_at_all_while_nothing_is_accepted() {
    let running = start().await;
    let client = running.client().await;
    running.control.sealed.store(true, Ordering::SeqCst);
    let error = client.post_message(&message("1", "hello")).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Unavailable(text) if text.contains("the vault is sealed")),
        "{error}"
    );

    let (inbox, task) = running.open_inbox();
    eventually("the inbox is open", || running.local.inbox_is_open()).await;
    assert!(!client.post_message(&message("1", "hello")).await.unwrap().duplicate);
    assert!(client.post_message(&message("1", "hello")).await.unwrap().duplicate);
    {
        let messages = inbox.messages.lock().unwrap();
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].conversation, Conversation::new("local", "default"));
        assert_eq!(messages[0].sender.id, crate::socket::own_uid().to_string());
        assert_eq!(messages[0].sent_at, Noon.now());
        assert!(messages[0].private && messages[0].text == "hello");
    }
    inbox.full.store(true, Ordering::SeqCst);
    let error = client.post_message(&message("2", "again")).await.unwrap_err();
    assert!(matches!(&error, ClientError::Unavailable(text) if text.contains("disk is full")), "{error}");

    client.stop("default").await.unwrap();
    eventually("the turn is stopped", || inbox.stopped.lock().unwrap().len() == 1).await;

    task.abort();
    eventually("the inbox is closed", || !running.local.inbox_is_open()).await;
    assert!(matches!(client.stop("default").await, Err(ClientError::Unavailable(_))));
}

#[tokio::test]
async fn senseless_messages_are_rejected_with_the_reason() {
    let running = start().await;
    let (inbox, _task) = running.open_inbox();
    let client = running.client().await;
    let bad = [
        (message("1", "  \n"), "`text`"),
        (message("", "x"), "`id`"),
        (message(&"x".repeat(129), "x"), "`id`"),
        (LocalMessage { conversation: "a/b".into(), ..message("1", "x") }, "`conversation`"),
        (message("1", &"x".repeat(300_000)), "bytes"),
    ];
    for (message, named) in bad {
        let error = client.post_message(&message).await.unwrap_err();
        assert!(matches!(&error, ClientError::Rejected(text) if text.contains(named)), "{error}");
    }
    assert!(inbox.messages.lock().unwrap().is_empty());
}

#[tokio::test]
async fn whoever_listens_sees_the_turn_grow_and_its_answer() {
    let running = start().await;
    let (inbox, _task) = running.open_inbox();
    eventually("the inbox is open", || running.local.inbox_is_open()).await;
    let conversation = Conversation::new("local", "default");
    let absent = running.local.deliver(&delivery(1, "too early")).await.unwrap_err();
    assert!(matches!(absent, ChannelError::Absent { .. }));

    let mut stream = running.client().await.stream("default").await.unwrap();
    eventually("the arrival is told", || *inbox.arrived.lock().unwrap() == [conversation.clone()]).await;
    running.local.progress(&conversation, QueueId(1), Progress::Working).await;
    assert_eq!(stream.next().await.unwrap(), Some(StreamEvent::Working));
    running.local.progress(&conversation, QueueId(1), Progress::Partial("Hel")).await;
    assert_eq!(stream.next().await.unwrap(), Some(StreamEvent::Partial { text: "Hel".into() }));
    // Of what nobody has read yet, only the latest is shown, and nothing of it after the answer.
    running.local.progress(&conversation, QueueId(1), Progress::Partial("Hello\nyou")).await;
    assert_eq!(stream.next().await.unwrap(), Some(StreamEvent::Partial { text: "Hello\nyou".into() }));
    assert_eq!(running.local.deliver(&delivery(7, "Hello\n犬")).await.unwrap(), "7");
    assert_eq!(stream.next().await.unwrap(), Some(StreamEvent::Message { id: 7, text: "Hello\n犬".into() }));

    drop(stream);
    eventually("the listener is gone", || running.local.listened_to().is_empty()).await;
    let absent = running.local.deliver(&delivery(8, "too late")).await.unwrap_err();
    assert!(matches!(absent, ChannelError::Absent { .. }) && absent.is_retryable());
}

#[tokio::test]
async fn a_listener_that_came_before_the_inbox_opened_is_told_of_when_it_does() {
    let running = start().await;
    let _stream = running.client().await.stream("early").await.unwrap();
    let (inbox, _task) = running.open_inbox();
    let early = Conversation::new("local", "early");
    eventually("the arrival is told", || *inbox.arrived.lock().unwrap() == [early.clone()]).await;
}

#[tokio::test]
async fn streams_are_bounded_and_leave_room_for_the_operator() {
    let running = start().await;
    let client = running.client().await;
    let mut streams = Vec::new();
    for chat in 0..4 {
        for _ in 0..8 {
            streams.push(client.stream(&format!("chat{chat}")).await.unwrap());
        }
    }
    for chat in ["chat0", "another"] {
        assert!(matches!(client.stream(chat).await, Err(ClientError::Unavailable(_))));
    }
    client.ask(json!({"ask": "status"})).await.unwrap();
    streams.pop();
    eventually("a place is free", || running.local.listened_to().len() < 32).await;
    client.stream("chat3").await.unwrap();
}

#[tokio::test]
async fn the_end_closes_streams_lets_answers_finish_and_takes_the_socket_away() {
    let running = start().await;
    let mut stream = running.client().await.stream("default").await.unwrap();
    // One that never asks is not waited for.
    let mut dangling = UnixStream::connect(&running.socket).await.unwrap();
    dangling.write_all(b"POST /ask HTTP/1.1\r\n").await.unwrap();
    // A question that is being answered is answered.
    running.control.hangs.store(true, Ordering::SeqCst);
    let scrape = tokio::spawn({
        let address = running.address;
        async move {
            let mut tcp = TcpStream::connect(address).await.unwrap();
            tcp.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
            let mut answer = String::new();
            tcp.read_to_string(&mut answer).await.unwrap();
            answer
        }
    });
    eventually("the scrape has begun", || !running.metrics.seen.lock().unwrap().is_empty()).await;
    running.stop.send(()).unwrap();
    assert_eq!(stream.next().await.unwrap(), None);
    assert!(scrape.await.unwrap().contains("200 OK"));
    tokio::time::timeout(Duration::from_secs(3), running.task).await.unwrap().unwrap();
    assert!(!running.socket.exists());
    assert!(TcpStream::connect(running.address).await.is_err());
    assert!(matches!(LocalClient::connect(&running.socket).await, Err(ClientError::NoDaemon { .. })));
}

#[tokio::test]
async fn dropped_it_is_gone_at_once() {
    let running = start().await;
    let mut stream = running.client().await.stream("default").await.unwrap();
    running.task.abort();
    assert!(running.task.await.unwrap_err().is_cancelled());
    assert!(!running.socket.exists());
    assert!(matches!(stream.next().await, Ok(None) | Err(_)));
}
